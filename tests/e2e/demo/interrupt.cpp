#include "tests/e2e/demo/interrupt.h"

#include <csignal>

namespace troth::demo {
namespace {

volatile std::sig_atomic_t noticed = 0;

void notice(int) {
  noticed = 1;
}

}  // namespace

void notice_interrupts() {
  std::signal(SIGINT, notice);
  std::signal(SIGTERM, notice);
}

bool is_interrupted() {
  return noticed != 0;
}

void throw_if_interrupted() {
  if (is_interrupted()) throw Interrupted();
}

}  // namespace troth::demo
