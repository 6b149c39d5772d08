#include "coordinator/server/media.h"

#include <algorithm>
#include <string>

namespace troth::server {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes what stands before `separator` off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const auto end = std::min(rest.find(separator), rest.size());
  const std::string_view first = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(first);
}

bool equal(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// `q=0.25` in thousandths; 1000 when absent, 0 when malformed.
int weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = take(parameters, ';');
    const std::string_view name = take(parameter, '=');
    if (!equal(name, "q")) continue;
    if (parameter.empty() || (parameter[0] != '0' && parameter[0] != '1')) return 0;
    int weight = parameter[0] == '1' ? 1'000 : 0;
    int place = 100;
    for (std::size_t i = 2; i < parameter.size() && i < 5; ++i, place /= 10) {
      if (parameter[i] >= '0' && parameter[i] <= '9') weight += (parameter[i] - '0') * place;
    }
    return std::min(weight, 1'000);
  }
  return 1'000;
}

}  // namespace

std::string_view content_type(Media media) {
  switch (media) {
    case Media::kJson: return "application/json";
    case Media::kProtobuf: return "application/x-protobuf";
    case Media::kText: return "text/plain";
    case Media::kYaml: break;
    case Media::kEvents: return "text/event-stream";
    case Media::kBytes: return "application/octet-stream";
  }
  return "application/yaml";
}

bool is_type(std::string_view header, std::string_view type) {
  return equal(take(header, ';'), type);
}

int accept_weight(std::string_view accept, std::string_view type) {
  if (trim(accept).empty()) return 1'000;
  const std::string any_subtype = std::string(type.substr(0, type.find('/'))) + "/*";
  int best_rank = 0;
  int weight = 0;
  while (!accept.empty()) {
    std::string_view parameters = take(accept, ',');
    const std::string_view range = take(parameters, ';');
    const int rank = equal(range, type) ? 3 : equal(range, any_subtype) ? 2 : range == "*/*" ? 1 : 0;
    if (rank <= best_rank) continue;
    best_rank = rank;
    weight = weight_of(parameters);
  }
  return weight;
}

}  // namespace troth::server
