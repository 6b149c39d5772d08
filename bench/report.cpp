#include "bench/report.h"

#include <sys/statfs.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string_view>
#include <thread>

#include "proto/codec/json_text.h"

namespace troth::bench {
namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name")) continue;
    return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

/// The mount that `directory` lies in: of those whose path begins it, the longest.
std::string file_system_of(const std::string& directory) {
  char* const real = ::realpath(directory.c_str(), nullptr);
  const std::string path = std::string(real != nullptr ? real : directory.c_str()) + "/";
  std::free(real);
  std::ifstream mounts("/proc/self/mounts");
  std::string device;
  std::string mount;
  std::string type;
  std::string rest;
  std::string best = "unknown";
  std::size_t longest = 0;
  while (mounts >> device >> mount >> type && std::getline(mounts, rest)) {
    const std::string within = mount == "/" ? mount : mount + "/";
    if (!path.starts_with(within) || within.size() < longest) continue;
    longest = within.size();
    best = type;
  }
  return best;
}

/// Three digits that mean something, and no more.
std::string number(double value) {
  char text[32];
  const double size = std::fabs(value);
  const int decimals = size >= 100 || value == std::floor(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  std::string digits = text;
  const std::size_t sign = digits.front() == '-' ? 1 : 0;
  for (std::size_t at = std::min(digits.find('.'), digits.size()); at > sign + 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string spread(const std::vector<double>& runs) {
  if (runs.size() < 2) return "";
  const auto [least, most] = std::minmax_element(runs.begin(), runs.end());
  return number(*least) + " to " + number(*most);
}

std::string verdict(const Row& row) {
  if (!row.goal) return "";
  const double value = median(row.runs);
  const bool is_met = row.at_least ? value >= *row.goal : value <= *row.goal;
  return (row.at_least ? "at least " : "at most ") + number(*row.goal) + (is_met ? ": met" : ": MISSED");
}

std::string with_unit(double value, const Row& row) {
  return number(value) + (row.unit.empty() ? "" : " " + row.unit);
}

void put(std::string& out, const char* name, const std::string& value) {
  codec::append_quoted(out, name);
  out += ':';
  codec::append_quoted(out, value);
}

std::string plain_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

void put_all(std::string& out, const char* name, const std::vector<double>& values) {
  out += std::string(",\"") + name + "\":[";
  for (std::size_t i = 0; i < values.size(); ++i) out += (i == 0 ? "" : ",") + plain_number(values[i]);
  out += ']';
}

}  // namespace

Machine this_machine(const std::string& directory) {
  Machine machine;
  utsname names{};
  ::uname(&names);
  machine.cpu = cpu_model();
  machine.cores = std::thread::hardware_concurrency();
  machine.kernel = names.release;
  machine.file_system = file_system_of(directory);
  machine.build = TROTH_BENCH_BUILD;
  const std::time_t now = std::time(nullptr);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", std::gmtime(&now));
  machine.date = date;
  ::getloadavg(&machine.load, 1);
  return machine;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::string table(const Machine& machine, const std::vector<Row>& rows) {
  std::string out = machine.cpu + ", " + std::to_string(machine.cores) + " cores, " + machine.file_system + ", Linux " +
                    machine.kernel + ", " + machine.build + ", " + machine.date + ", load before " +
                    number(machine.load) + "\n\n";
  out += "| what | median | runs | goal | plain SQLite, same rows | ratio | note |\n|---|---|---|---|---|---|---|\n";
  for (const Row& row : rows) {
    const double value = median(row.runs);
    const double plain = median(row.plain);
    out += "| " + row.name + " | " + with_unit(value, row) + " | " + spread(row.runs) + " | " + verdict(row) + " | ";
    out += row.plain.empty() ? "" : with_unit(plain, row);
    out += " | ";
    out += plain > 0 ? number(value / plain) : "";
    out += " | " + row.note + " |\n";
  }
  return out;
}

std::string json(const Machine& machine, const std::vector<Row>& rows) {
  std::string out = "{\"machine\":{";
  put(out, "cpu", machine.cpu);
  out += ",\"cores\":" + std::to_string(machine.cores) + ",";
  put(out, "fileSystem", machine.file_system);
  out += ',';
  put(out, "kernel", machine.kernel);
  out += ',';
  put(out, "build", machine.build);
  out += ',';
  put(out, "date", machine.date);
  out += ",\"load\":" + plain_number(machine.load) + "},\"rows\":[";
  for (const Row& row : rows) {
    out += &row == rows.data() ? "{" : ",{";
    put(out, "name", row.name);
    out += ',';
    put(out, "unit", row.unit);
    out += ",\"median\":" + plain_number(median(row.runs));
    put_all(out, "runs", row.runs);
    out += ",\"goal\":" + (row.goal ? plain_number(*row.goal) : "null");
    out += std::string(",\"goalIsLeast\":") + (row.at_least ? "true" : "false");
    out += ",\"plain\":" + (row.plain.empty() ? "null" : plain_number(median(row.plain)));
    put_all(out, "plainRuns", row.plain);
    out += ',';
    put(out, "note", row.note);
    out += '}';
  }
  return out + "]}";
}

}  // namespace troth::bench
