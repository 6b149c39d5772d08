// tests/proto/counting_new.h: how many bytes this thread has asked of the heap; for tests that bound what hostile input
// may cost.
#pragma once

#include <cstddef>

namespace troth::tests {

extern thread_local std::size_t allocated_bytes;

}  // namespace troth::tests
