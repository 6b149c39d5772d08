#include "coordinator/ctl/print.h"

#include <boost/json/serialize.hpp>
#include <iomanip>

#include "proto/codec/api_json.h"

namespace troth::ctl {

void line(std::ostream& out, std::string_view name, std::string_view value) {
  constexpr int kNameWidth = 12;
  out << std::left << std::setw(kNameWidth) << name << value << "\n";
}

void json_line(std::ostream& out, const boost::json::value& value) {
  out << boost::json::serialize(value) << "\n";
}

boost::json::value json_time(Millis at) {
  if (at == 0) return nullptr;
  return boost::json::string(codec::rfc3339(at));
}

boost::json::value json_epoch(EpochId epoch) {
  if (epoch == EpochId{}) return nullptr;
  return {{"epoch", epoch.epoch}, {"nonce", nonce_to_text(epoch.nonce)}};
}

std::string text_of(EpochId epoch) {
  return epoch == EpochId{} ? "none" : std::to_string(epoch.epoch);
}

std::string count_of(std::uint64_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace troth::ctl
