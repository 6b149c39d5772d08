#include "bench/workload.h"

#include <algorithm>

namespace troth::bench {
namespace {

constexpr const char* kFrom = "accounts";
constexpr const char* kTo = "warehouse";

DecidedBranch branch(std::uint32_t n, const char* participant, const char* instance) {
  DecidedBranch branch;
  branch.n = n;
  branch.participant = participant;
  branch.instance = instance;
  return branch;
}

fact::ParticipantRegistered registered(const char* name, Millis at) {
  fact::ParticipantRegistered registered;
  registered.name = name;
  registered.at = at;
  return registered;
}

}  // namespace

Workload::Workload(LogId log, EpochId epoch, Millis at) : log_(log), epoch_(epoch), at_(at) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    clients_[i].assign(16, static_cast<char>('A' + i % 32));
    clients_[i][0] = static_cast<char>(i);
  }
}

std::vector<Fact> Workload::head() const {
  fact::EpochStarted started;
  started.epoch = epoch_;
  started.at = at_;
  return {started, registered(kFrom, at_), registered(kTo, at_)};
}

fact::CommitDecided Workload::decided(std::uint64_t sequence) const {
  fact::CommitDecided decided;
  decided.id = id(sequence);
  // The SDK's own names, when none is configured.
  decided.branches = {branch(1, kFrom, "k3v9qzt07m2xw8r4hs6ndcp1"), branch(2, kTo, "b7y5f0jg2kq8tz4mwx1v9hr3")};
  const std::uint64_t nth = sequence / kClients + 1;  // of its client
  decided.origin.client_session = clients_[sequence % kClients];
  decided.origin.sequence = nth;
  decided.origin.acked_below = nth - std::min(nth, kUnheard);
  decided.begun_at = at_;
  decided.decided_at = at_;
  return decided;
}

}  // namespace troth::bench
