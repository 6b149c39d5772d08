#include "coordinator/server/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "coordinator/server/metric_builder.h"
#include "coordinator/server/routes.h"
#include "coordinator/server/version.h"
#include "proto/values/words.h"

namespace troth::server {
namespace {

constexpr std::array<double, 11> kSyncBoundsMs = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 500};
constexpr std::array<double, 11> kBatchBounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

template <class Enum>
std::string word_of(std::size_t index) {
  return std::string(word(static_cast<Enum>(index)));
}

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

double seconds(Millis ms) {
  return static_cast<double>(ms) * 0.001;
}

/// 0 when there is none.
double age(const Scrape& scrape, Millis since) {
  return since == 0 ? 0 : seconds(std::max<Millis>(scrape.now_at - since, 0));
}

void add_transactions(Metrics& metrics, const engine::Stats& stats) {
  metrics.counter("troth_transactions_begun_total", "Transactions begun.").add(number(stats.begun));
  metrics.counter("troth_transactions_total", "Transactions decided, by outcome and reason.");
  metrics.add(number(stats.committed), {{"outcome", "committed"}, {"reason", ""}});
  for (std::size_t i = 0; i < stats.aborted_by_reason.size(); ++i) {
    metrics.add(number(stats.aborted_by_reason[i]), {{"outcome", "aborted"}, {"reason", word_of<AbortReason>(i)}});
  }
  metrics.gauge("troth_transactions_in_flight", "Live transactions by phase.");
  for (std::size_t i = 0; i < stats.live_by_phase.size(); ++i) {
    metrics.add(number(stats.live_by_phase[i]), {{"phase", word_of<Phase>(i)}});
  }
  metrics.histogram("troth_transaction_duration_seconds", "From begin to outcome.");
  for (std::size_t i = 0; i < stats.transaction_ms.size(); ++i) {
    metrics.add_duration(stats.transaction_ms[i], {{"outcome", word_of<Outcome>(i)}});
  }
  metrics.histogram("troth_phase_duration_seconds", "Duration of prepare, decide, log and complete.");
  metrics.add_duration(stats.prepare_ms, {{"phase", "prepare"}});
  metrics.add_duration(stats.decide_ms, {{"phase", "decide"}});
  metrics.add_duration(stats.log_ms, {{"phase", "log"}});
  metrics.add_duration(stats.complete_ms, {{"phase", "complete"}});
  metrics.counter("troth_one_phase_total", "Transactions sent to be committed in one phase.")
      .add(number(stats.one_phase));
}

/// What an operator has to look at.
void add_problems(Metrics& metrics, const Scrape& scrape) {
  const engine::Stats& stats = scrape.engine;
  metrics.gauge("troth_transactions_in_doubt", "Transactions with a branch that voted commit and is not settled.")
      .add(number(stats.in_doubt_transactions));
  metrics.gauge("troth_oldest_in_doubt_seconds", "How long the oldest of these is in doubt; 0: none.")
      .add(age(scrape, stats.in_doubt_since));
  metrics.gauge("troth_oldest_undecided_seconds", "How long the oldest undecided one is in phase one; 0: none.")
      .add(age(scrape, stats.undecided_since));
  metrics.gauge("troth_oldest_unacknowledged_seconds", "Age of the oldest decision not acknowledged by all; 0: none.")
      .add(age(scrape, stats.undelivered_since));
  metrics.gauge("troth_branches_in_doubt", "Branches prepared whose acknowledgement is missing.")
      .add(number(stats.in_doubt_branches));
  metrics.gauge("troth_undelivered_branches", "Branches whose decision is not acknowledged.")
      .add(number(stats.undelivered_branches));
  metrics.counter("troth_heuristic_outcomes_total", "Branches finished otherwise than decided.");
  for (std::size_t i = 0; i < stats.heuristics_by_kind.size(); ++i) {
    metrics.add(number(stats.heuristics_by_kind[i]), {{"kind", word_of<HeuristicKind>(i)}});
  }
  metrics.gauge("troth_heuristics_unresolved", "Branches with a heuristic that nobody has forgotten.")
      .add(number(stats.heuristics_unresolved));
  metrics.counter("troth_unknown_answers_total", "Participants that were told `unknown`: each one needs an operator.")
      .add(number(stats.unknown_answers));
}

void add_messages(Metrics& metrics, const engine::Stats& stats) {
  constexpr std::array<const char*, 4> kDeliveries = {"prepare", "commit_one_phase", "commit", "abort"};
  metrics.counter("troth_votes_total", "Votes heard, repeats included.");
  for (std::size_t i = 0; i < stats.votes.size(); ++i) {
    metrics.add(number(stats.votes[i]), {{"vote", word_of<VoteKind>(i)}});
  }
  metrics.counter("troth_read_only_votes_total", "Votes heard that said read-only.")
      .add(number(stats.votes[static_cast<std::size_t>(VoteKind::kReadOnly)]));
  metrics.counter("troth_acknowledgements_total", "Answers heard to commit and abort, repeats included.");
  for (std::size_t i = 0; i < stats.acks.size(); ++i) {
    metrics.add(number(stats.acks[i]), {{"result", word_of<AckResult>(i)}});
  }
  metrics.counter("troth_deliveries_total", "Messages handed to participants, by whether it was the first attempt.");
  for (std::size_t i = 0; i < stats.deliveries.size(); ++i) {
    metrics.add(number(stats.deliveries[i].first), {{"message", kDeliveries[i]}, {"attempt", "first"}});
    metrics.add(number(stats.deliveries[i].repeat), {{"message", kDeliveries[i]}, {"attempt", "repeat"}});
  }
  metrics.counter("troth_failed_attempts_total", "Callbacks that gave no usable answer.")
      .add(number(stats.failed_attempts));
  metrics.gauge("troth_branches_backing_off", "Branches whose next attempt waits for its time.")
      .add(number(stats.waiting_to_retry));
  metrics.counter("troth_carried_prepares_total", "Prepares that carried the work with them.")
      .add(number(stats.carried_prepares));
  metrics.gauge("troth_held_messages", "Messages that wait for a sync.").add(number(stats.held_back));
}

void add_states(Metrics& metrics, const std::vector<engine::ParticipantStats>& participants) {
  std::array<std::uint64_t, 3> by_state{};
  for (const auto& participant : participants) {
    const auto state = participant.retired          ? ParticipantState::kRetired
                       : participant.instances == 0 ? ParticipantState::kDisconnected
                                                    : ParticipantState::kConnected;
    if (participant.kind == ParticipantKind::kSession || participant.retired)
      ++by_state[static_cast<std::size_t>(state)];
  }
  metrics.gauge("troth_participants", "Registered participants with sessions, by state.");
  for (std::size_t i = 0; i < by_state.size(); ++i) {
    metrics.add(number(by_state[i]), {{"state", word_of<ParticipantState>(i)}});
  }
}

void add_participants(Metrics& metrics, const Scrape& scrape, const SocketCounters& sockets) {
  const auto& participants = *scrape.engine.participants;
  const auto of = [](const auto& counts, const std::string& name) {
    const auto found = counts.find(name);
    return number(found == counts.end() ? 0 : found->second);
  };
  add_states(metrics, participants);
  metrics.gauge("troth_participant_instances", "Connected instances of the participant; callbacks have none.");
  for (const auto& p : participants) {
    if (p.kind == ParticipantKind::kSession) metrics.add(number(p.instances), {{"participant", p.name}});
  }
  metrics.gauge("troth_participant_live_branches", "Branches that are not settled; max-unsettled is their limit.");
  for (const auto& p : participants) metrics.add(number(p.unsettled), {{"participant", p.name}});
  metrics.gauge("troth_participant_branches_in_doubt", "troth_branches_in_doubt of this participant.");
  for (const auto& p : participants) metrics.add(number(p.in_doubt), {{"participant", p.name}});
  metrics.gauge("troth_participant_oldest_in_doubt_seconds", "How long its oldest branch is in doubt; 0: none.");
  for (const auto& p : participants) metrics.add(age(scrape, p.in_doubt_since), {{"participant", p.name}});
  metrics.gauge("troth_participant_undelivered_branches", "Branches whose decision it has not acknowledged.");
  for (const auto& p : participants) metrics.add(number(p.undelivered), {{"participant", p.name}});
  metrics.gauge("troth_participant_queue_messages", "Messages that wait for being sent to its instances.");
  for (const auto& p : participants) metrics.add(of(scrape.queued, p.name), {{"participant", p.name}});
  metrics.counter("troth_participant_refused_total", "Work for it that its bulkhead turned away, by limit.");
  for (const auto& p : participants) {
    metrics.add(number(p.refused), {{"participant", p.name}, {"reason", "max_unsettled"}});
    metrics.add(of(sockets.overfull, p.name), {{"participant", p.name}, {"reason", "max_queue"}});
  }
}

void add_refusals(Metrics& metrics, const engine::Stats& stats, const SocketCounters& sockets) {
  constexpr std::array<const char*, engine::kRefusals> kReasons = {"max_live",     "max_unsettled", "max_participants",
                                                                   "max_branches", "max_waiters",   "disk_full",
                                                                   "draining",     "old_copy"};
  metrics.counter("troth_refused_total", "New work that a limit turned away, by limit.");
  for (std::size_t i = 0; i < kReasons.size(); ++i) metrics.add(number(stats.refused[i]), {{"reason", kReasons[i]}});
  metrics.add(number(sockets.refused_backlog), {{"reason", "backlog"}});
  metrics.add(number(sockets.refused_connections), {{"reason", "max_connections"}});
  metrics.add(number(sockets.closed_for_queue), {{"reason", "max_queue"}});
  metrics.add(number(sockets.closed_unread), {{"reason", "unread_replies"}});
  metrics.add(number(sockets.closed_for_window), {{"reason", "window"}});
}

void add_log(Metrics& metrics, const Scrape& scrape) {
  const wal::LogStats& log = scrape.log;
  metrics.histogram("troth_log_fsync_duration_seconds", "Time to make a batch durable.")
      .add_histogram(kSyncBoundsMs, log.sync_buckets, 0.001, log.sync_seconds);
  metrics.histogram("troth_log_batch_size", "Records made durable together.")
      .add_histogram(kBatchBounds, log.batch_buckets, 1, number(log.records));
  metrics.counter("troth_log_batches_total", "Syncs that made records durable.").add(number(log.batches));
  metrics.counter("troth_log_records_total", "Records made durable.").add(number(log.records));
  metrics.gauge("troth_log_appended_lsn", "LSN of the last record that was appended.")
      .add(number(std::max(scrape.engine.appended_lsn, scrape.durable_lsn)));
  metrics.gauge("troth_log_durable_lsn", "LSN up to which every record is durable.").add(number(scrape.durable_lsn));
  metrics.gauge("troth_log_bytes", "Size of the log's files.").add(number(log.file_bytes));
  metrics.gauge("troth_log_free_bytes", "Free space on the log's disk.").add(number(log.free_bytes));
  metrics.gauge("troth_log_reserve_ok", "1 while the log's disk has its reserve.")
      .add(scrape.readiness.disk_full ? 0 : 1);
}

void add_retention(Metrics& metrics, const Scrape& scrape) {
  metrics.gauge("troth_log_set_rows", "Rows that say again what compacted records said.")
      .add(number(scrape.log.set_rows));
  metrics.gauge("troth_log_records_after_set", "Records that a start reads besides the set.")
      .add(number(scrape.log_records_after_set));
  metrics.counter("troth_log_compactions_total", "Compactions that were finished.")
      .add(number(scrape.compactor.compactions));
  metrics.gauge("troth_log_compaction_running", "1 while a compaction runs.").add(scrape.compactor.running ? 1 : 0);
  metrics.gauge("troth_log_last_compaction_seconds", "How long the last compaction took; 0: none yet.")
      .add(seconds(scrape.compactor.last_took_ms));
  metrics.gauge("troth_log_last_compaction_timestamp_seconds", "When it ended, since the Unix epoch; 0: none yet.")
      .add(seconds(scrape.compactor.last_at));
  metrics.gauge("troth_remembered_commits", "Commits whose outcome is remembered.")
      .add(number(scrape.engine.remembered_commits));
  metrics.gauge("troth_horizon_age_seconds", "How far back every commit is remembered.")
      .add(age(scrape, scrape.engine.remembered_since));
}

void add_http(Metrics& metrics, const HttpCounters& http) {
  const auto route_of = [](std::size_t i) {
    return i < routes().size() ? std::string(routes()[i].pattern) : std::string("none");
  };
  const auto method_of = [](std::size_t i) {
    return i < routes().size() ? std::string(routes()[i].method) : std::string("any");
  };
  metrics.counter("troth_http_requests_total", "Requests answered, by route, method and class of status.");
  for (std::size_t i = 0; i < http.routes.size(); ++i) {
    const auto& by_class = http.routes[i].by_status_class;
    for (std::size_t c = 1; c < by_class.size(); ++c) {
      if (by_class[c] == 0) continue;
      const std::string status = std::to_string(c) + "xx";
      metrics.add(number(by_class[c]), {{"route", route_of(i)}, {"method", method_of(i)}, {"status", status}});
    }
  }
  metrics.histogram("troth_http_request_duration_seconds", "From the whole request to its answer.");
  for (std::size_t i = 0; i < http.routes.size(); ++i) {
    if (http.routes[i].duration.count == 0) continue;
    metrics.add_duration(http.routes[i].duration, {{"route", route_of(i)}, {"method", method_of(i)}});
  }
}

void add_sockets(Metrics& metrics, const Scrape& scrape, const SocketCounters& sockets) {
  metrics.gauge("troth_http_connections", "Open connections.").add(number(scrape.http_connections));
  metrics.gauge("troth_sessions", "Connected participant instances.").add(number(scrape.engine.sessions));
  metrics.counter("troth_socket_frames_total", "WebSocket frames by direction.");
  metrics.add(number(sockets.frames_in), {{"direction", "in"}});
  metrics.add(number(sockets.frames_out), {{"direction", "out"}});
  metrics.counter("troth_socket_messages_total", "Messages in these frames.");
  metrics.add(number(sockets.messages_in), {{"direction", "in"}});
  metrics.add(number(sockets.messages_out), {{"direction", "out"}});
  metrics.counter("troth_socket_dropped_frames_total", "Frames that named another log or epoch.")
      .add(number(sockets.dropped_frames));
  metrics.counter("troth_socket_closes_total", "Connections that this coordinator closed, by code.");
  for (const auto& [code, count] : sockets.closed_by_code) metrics.add(number(count), {{"code", std::to_string(code)}});
}

}  // namespace

std::string metrics_text(const Scrape& scrape, const HttpCounters& http, const SocketCounters& sockets) {
  Metrics metrics;
  metrics.gauge("troth_build_info", "Version of this program.").add(1, {{"version", std::string(version())}});
  metrics.gauge("troth_ready", "1 when new transactions are taken.").add(unready(scrape.readiness) ? 0 : 1);
  metrics.gauge("troth_fencing_epoch", "Epoch of this start.").add(scrape.epoch);
  metrics.gauge("troth_recovery_seconds", "How long this start took until it was ready.")
      .add(seconds(scrape.recovery_ms));
  metrics.gauge("troth_recovered_transactions", "Transactions that this start found unfinished.")
      .add(number(scrape.recovered));
  metrics.gauge("troth_inbox_commands", "Commands that wait for the engine.").add(number(scrape.inbox));
  add_transactions(metrics, scrape.engine);
  add_problems(metrics, scrape);
  add_messages(metrics, scrape.engine);
  add_participants(metrics, scrape, sockets);
  add_refusals(metrics, scrape.engine, sockets);
  add_log(metrics, scrape);
  add_retention(metrics, scrape);
  add_http(metrics, http);
  add_sockets(metrics, scrape, sockets);
  add_process(metrics);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, metrics.families());
  return out.str();
}

}  // namespace troth::server
