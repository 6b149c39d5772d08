#include "bench/profile.h"

#include <elf.h>
#include <link.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace troth::bench {
namespace {

// What the signal handler writes: no memory is taken there.
constexpr std::size_t kMost = 1 << 18;
std::array<std::uintptr_t, kMost> addresses;
std::atomic<std::size_t> taken = 0;

void sample(int, siginfo_t*, void* context) {
  const std::size_t at = taken.fetch_add(1);
  if (at < kMost) {
    addresses[at] = static_cast<std::uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
  }
}

struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

/// Where the program lies in memory: the first object is the program itself.
std::uintptr_t load_address() {
  std::uintptr_t found = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        *static_cast<std::uintptr_t*>(out) = info->dlpi_addr;
        return 1;
      },
      &found);
  return found;
}

std::vector<Range> functions(const std::regex& names) {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(bytes.data());
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(bytes.data() + header->e_shoff);
  const std::uintptr_t base = load_address();
  std::vector<Range> found;
  for (std::size_t i = 0; i < header->e_shnum; ++i) {
    if (sections[i].sh_type != SHT_SYMTAB) continue;
    const char* const texts = bytes.data() + sections[sections[i].sh_link].sh_offset;
    const auto* symbols = reinterpret_cast<const Elf64_Sym*>(bytes.data() + sections[i].sh_offset);
    for (std::size_t s = 0; s < sections[i].sh_size / sizeof(Elf64_Sym); ++s) {
      const Elf64_Sym& symbol = symbols[s];
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || !std::regex_search(texts + symbol.st_name, names)) continue;
      found.push_back({base + symbol.st_value, base + symbol.st_value + symbol.st_size});
    }
  }
  if (found.empty()) throw std::runtime_error("the program's symbol table names no such function");
  return found;
}

/// Fires while this thread uses the processor; stops with this object.
class Timer {
 public:
  Timer() {
    struct sigaction action {};
    action.sa_sigaction = sample;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigaction(SIGPROF, &action, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGPROF;
    event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
    constexpr itimerspec kEvery{{0, 1'000'000}, {0, 1'000'000}};
    if (::timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer_) != 0 ||
        ::timer_settime(timer_, 0, &kEvery, nullptr) != 0) {
      throw std::runtime_error("there is no timer of a thread's processor time");
    }
  }
  ~Timer() { ::timer_delete(timer_); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  timer_t timer_{};
};

}  // namespace

Samples profile(const std::function<void()>& work, const std::regex& names) {
  const std::vector<Range> ranges = functions(names);
  taken = 0;
  {
    const Timer timer;
    work();
  }
  Samples samples;
  samples.all = std::min(taken.load(), kMost);
  for (std::size_t i = 0; i < samples.all; ++i) {
    samples.matching += std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
      return range.begin <= addresses[i] && addresses[i] < range.end;
    });
  }
  return samples;
}

}  // namespace troth::bench
