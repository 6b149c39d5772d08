// Apart from the tests that use it, so that the compiler sees no free() beside a `new` that it inlined.
#include "tests/proto/counting_new.h"

#include <cstdlib>
#include <new>

namespace troth::tests {
thread_local std::size_t allocated_bytes = 0;
}

void* operator new(std::size_t size) {
  troth::tests::allocated_bytes += size;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
