// coordinator/ctl/json_guard.h: JSON on its way to a terminal. What could steer the terminal leaves as \uXXXX, which is
// the same JSON; all else as it came.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace troth::ctl {

class JsonGuard : public std::streambuf {
 public:
  explicit JsonGuard(std::ostream& out) : out_(out) {}

 protected:
  int overflow(int c) override;
  int sync() override;

 private:
  std::ostream& out_;
  std::string pending_;  // the beginning of a character
};

}  // namespace troth::ctl
