// A decorator of SQLite's file system that ends the process, as kill -9 does, at the n-th operation that changes a
// file.
#pragma once

namespace troth::testing {

inline constexpr int kCrashExit = 77;

enum class Crash {
  kBefore,     // the operation does not happen
  kTorn,       // a write is half done
  kSyncFails,  // nobody dies; operations are the syncs
};

/// From now on this process dies, or a sync fails, at operation `at` (from 1). Once per process, before a database is
/// opened.
void crash_at(int at, Crash how);

}  // namespace troth::testing
