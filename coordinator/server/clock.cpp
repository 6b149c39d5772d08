#include "coordinator/server/clock.h"

#include <time.h>

namespace troth::server {
namespace {

Millis read(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return Millis{time.tv_sec} * 1'000 + time.tv_nsec / 1'000'000;
}

}  // namespace

core::Now now() {
  return {read(CLOCK_BOOTTIME), read(CLOCK_REALTIME)};
}

}  // namespace troth::server
