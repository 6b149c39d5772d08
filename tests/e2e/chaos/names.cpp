#include "tests/e2e/chaos/names.h"

#include <map>

#include "proto/values/overloaded.h"
#include "recovery/rebuild.h"

namespace troth::chaos {
namespace {

std::string_view name_of(const fact::EpochStarted&) {
  return "epoch-started";
}
std::string_view name_of(const fact::PrepareStarted&) {
  return "prepare-started";
}
std::string_view name_of(const fact::OnePhaseStarted&) {
  return "one-phase-started";
}
std::string_view name_of(const fact::CommitDecided&) {
  return "commit-decided";
}
std::string_view name_of(const fact::AbortTold&) {
  return "abort-told";
}
std::string_view name_of(const fact::Ended&) {
  return "ended";
}
std::string_view name_of(const fact::ParticipantRegistered&) {
  return "participant-registered";
}

template <class Fact>
std::pair<const std::uint16_t, std::string_view> named() {
  return {recovery::to_record(Fact{}).kind, name_of(Fact{})};
}

std::string_view name_of_message(const session::Message& message) {
  return std::visit(Overloaded{
                        [](const session::Welcome&) { return "welcome"; },
                        [](const session::Prepare&) { return "prepare"; },
                        [](const session::CommitOnePhase&) { return "one-phase"; },
                        [](const session::Commit&) { return "commit"; },
                        [](const session::Abort&) { return "abort"; },
                        [](const session::Decision&) { return "decision"; },
                        [](const session::Forget&) { return "forget"; },
                        [](const session::Recover&) { return "recover"; },
                        [](const session::Vote&) { return "vote"; },
                        [](const session::Ack&) { return "ack"; },
                        [](const session::Inquire&) { return "inquire"; },
                        [](const auto&) { return ""; },
                    },
                    message);
}

}  // namespace

std::string_view name_of_record(std::uint16_t kind) {
  static const std::map<std::uint16_t, std::string_view> kNames{
      named<fact::EpochStarted>(),         named<fact::PrepareStarted>(), named<fact::OnePhaseStarted>(),
      named<fact::CommitDecided>(),        named<fact::AbortTold>(),      named<fact::Ended>(),
      named<fact::ParticipantRegistered>()};
  const auto found = kNames.find(kind);
  return found == kNames.end() ? "other" : found->second;
}

std::string_view name_of(const engine::Command& command) {
  return std::visit(Overloaded{
                        [](const engine::ClientRequest& c) -> std::string_view {
                          if (std::holds_alternative<request::Begin>(c.request)) return "begin";
                          return std::holds_alternative<request::Commit>(c.request) ? "commit" : "";
                        },
                        [](const engine::SessionOpened&) -> std::string_view { return "hello"; },
                        [](const engine::SessionSaid& c) { return name_of_message(c.message); },
                        [](const auto&) -> std::string_view { return ""; },
                    },
                    command);
}

std::string_view name_of(const engine::Outgoing& outgoing) {
  return std::visit(Overloaded{
                        [](const engine::Reply&) -> std::string_view { return "answer"; },
                        [](const engine::ToSession& c) { return name_of_message(c.message); },
                        [](const auto&) -> std::string_view { return ""; },
                    },
                    outgoing);
}

std::string_view name_of_file(std::string_view name) {
  if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos) name.remove_prefix(slash + 1);
  if (name.starts_with("head.")) return "head";
  if (!name.starts_with("log.")) return name;
  if (name.ends_with("-wal")) return "wal";
  if (name.ends_with("-journal")) return "journal";
  return "log";
}

}  // namespace troth::chaos
