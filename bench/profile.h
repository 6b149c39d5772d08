// bench/profile.h: where one thread spends its processor time, by samples. For one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <regex>

namespace troth::bench {

struct Samples {
  std::uint64_t all = 0;
  std::uint64_t matching = 0;  // taken in a function of this program whose (mangled) name matches
};

/// Runs `work` and looks, every few milliseconds of processor time (the kernel's tick), which function this thread is
/// in: the innermost one, so a function counts without those it calls, unless their names match too. Names are those of
/// this program's symbol table; throws when it has none.
Samples profile(const std::function<void()>& work, const std::regex& names);

}  // namespace troth::bench
