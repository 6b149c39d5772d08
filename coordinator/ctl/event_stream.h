// coordinator/ctl/event_stream.h: Server-Sent Events out of the pieces in which they come.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace troth::ctl {

struct Event {
  std::string id;
  std::string name = "message";
  std::string data;
};

class EventReader {
 public:
  /// Calls `take` for each event that is whole, until it returns false; then that is the result.
  bool feed(std::string_view piece, const std::function<bool(const Event&)>& take);
  /// Where to go on: the last id that came, also one without an event. Empty: none came.
  const std::string& last_id() const { return last_id_; }

 private:
  void field(const std::string& line);

  std::string rest_;  // a line that is not whole yet
  Event event_;
  bool has_data_ = false;
  std::string last_id_;
};

}  // namespace troth::ctl
