#include "coordinator/server/metrics.h"

#include <prometheus/text_serializer.h>

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
  metrics.counter("troth_heuristic_outcomes_total", "Branches finished otherwise than decided.");
  for (std::size_t i = 0; i < stats.heuristics_by_kind.size(); ++i) {
    metrics.add(number(stats.heuristics_by_kind[i]), {{"kind", word_of<HeuristicKind>(i)}});
  }
  metrics.gauge("troth_oldest_undecided_seconds", "Age of the oldest transaction that is being prepared; 0: none.")
      .add(static_cast<double>(stats.oldest_undecided_ms) * 0.001);
  metrics.gauge("troth_oldest_unacknowledged_seconds", "Age of the oldest decision not acknowledged by all; 0: none.")
      .add(static_cast<double>(stats.oldest_undelivered_ms) * 0.001);
  metrics.histogram("troth_phase_duration_seconds", "Duration of prepare, decide and complete.");
  metrics.add_duration(stats.prepare_ms, {{"phase", "prepare"}});
  metrics.add_duration(stats.decide_ms, {{"phase", "decide"}});
  metrics.add_duration(stats.complete_ms, {{"phase", "complete"}});
}

void add_branches(Metrics& metrics, const engine::Stats& stats) {
  metrics.gauge("troth_branches_in_doubt", "Branches prepared whose acknowledgement is missing.")
      .add(number(stats.in_doubt_branches));
  metrics.gauge("troth_participant_branches_in_doubt", "The same by participant.");
  for (const auto& [name, count] : stats.in_doubt_by_participant) metrics.add(number(count), {{"participant", name}});
  metrics.counter("troth_read_only_votes_total", "Branches that dropped out with a read-only vote.")
      .add(number(stats.read_only_votes));
  metrics.counter("troth_one_phase_total", "Transactions committed in one phase.").add(number(stats.one_phase));
  metrics.counter("troth_carried_prepares_total", "Prepares that carried the work with them.")
      .add(number(stats.carried_prepares));
  metrics.counter("troth_unknown_answers_total", "Participants that were told `unknown`: each one needs an operator.")
      .add(number(stats.unknown_answers));
  metrics.gauge("troth_held_messages", "Messages that wait for a sync.").add(number(stats.held_back));
  metrics.gauge("troth_remembered_commits", "Commits whose outcome is remembered.")
      .add(number(stats.remembered_commits));
}

void add_log(Metrics& metrics, const Scrape& scrape) {
  const wal::LogStats& log = scrape.log;
  metrics.histogram("troth_log_fsync_duration_seconds", "Time to make a batch durable.")
      .add_histogram(kSyncBoundsMs, log.sync_buckets, 0.001, log.sync_seconds);
  metrics.histogram("troth_log_batch_size", "Records made durable together.")
      .add_histogram(kBatchBounds, log.batch_buckets, 1, number(log.records));
  metrics.counter("troth_log_records_total", "Records made durable.").add(number(log.records));
  metrics.gauge("troth_log_bytes", "Size of the log's files.").add(number(log.file_bytes));
  metrics.gauge("troth_log_free_bytes", "Free space on the log's disk.").add(number(log.free_bytes));
  metrics.gauge("troth_log_set_rows", "Rows that say again what compacted records said.").add(number(log.set_rows));
  metrics.gauge("troth_log_records_after_set", "Records that a start reads besides the set.")
      .add(number(scrape.log_records_after_set));
  metrics.counter("troth_log_compactions_total", "Compactions that were finished.")
      .add(number(scrape.compactor.compactions));
  metrics.gauge("troth_log_compaction_running", "1 while a compaction runs.").add(scrape.compactor.running ? 1 : 0);
  metrics.gauge("troth_log_last_compaction_seconds", "How long the last compaction took; 0: none yet.")
      .add(static_cast<double>(scrape.compactor.last_took_ms) * 0.001);
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
  metrics.gauge("troth_inbox_commands", "Commands that wait for the engine.").add(number(scrape.inbox));
  add_transactions(metrics, scrape.engine);
  add_branches(metrics, scrape.engine);
  add_log(metrics, scrape);
  add_http(metrics, http);
  add_sockets(metrics, scrape, sockets);
  add_process(metrics);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, metrics.families());
  return out.str();
}

}  // namespace troth::server
