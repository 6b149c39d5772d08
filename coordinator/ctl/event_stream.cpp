#include "coordinator/ctl/event_stream.h"

#include <utility>

namespace troth::ctl {

bool EventReader::feed(std::string_view piece, const std::function<bool(const Event&)>& take) {
  rest_ += piece;
  for (std::size_t end = rest_.find('\n'); end != rest_.npos; end = rest_.find('\n')) {
    std::string line = rest_.substr(0, end);
    rest_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) {
      field(line);
      continue;
    }
    const Event event = std::exchange(event_, Event{});
    if (!event.id.empty()) last_id_ = event.id;
    if (std::exchange(has_data_, false) && !take(event)) return false;
  }
  return true;
}

void EventReader::field(const std::string& line) {
  const std::size_t colon = line.find(':');
  if (colon == 0) return;  // a comment: the server shows that it is there
  const std::string name = line.substr(0, colon);
  std::string value = colon == line.npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.erase(0, 1);
  if (name == "id") event_.id = value;
  if (name == "event") event_.name = value;
  if (name != "data") return;
  event_.data += (has_data_ ? "\n" : "") + value;
  has_data_ = true;
}

}  // namespace troth::ctl
