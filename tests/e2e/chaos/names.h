// tests/e2e/chaos/names.h: what the things are called that points are named after.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "coordinator/engine/engine.h"

namespace troth::chaos {

/// `commit-decided`; by record kind.
std::string_view name_of_record(std::uint16_t kind);
/// `vote`, `begin`, `hello`; empty for what is no step of a transaction.
std::string_view name_of(const engine::Command& command);
/// `prepare`, `answer`; empty as above.
std::string_view name_of(const engine::Outgoing& outgoing);
/// `log`, `wal`, `head`, `CURRENT`, `CURRENT.tmp`, …: the file without its generation.
std::string_view name_of_file(std::string_view name);

}  // namespace troth::chaos
