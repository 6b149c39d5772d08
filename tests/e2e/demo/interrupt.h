// Ctrl-C and SIGTERM: nothing is left running.
#pragma once

#include <stdexcept>

namespace troth::demo {

class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

/// From now on SIGINT and SIGTERM are noticed instead of ending the process.
void notice_interrupts();
bool is_interrupted();
/// Unwinds to where the children are ended.
void throw_if_interrupted();

}  // namespace troth::demo
