#include "bench/bulkhead.h"

#include <cstdio>
#include <stdexcept>

#include "bench/cluster.h"

namespace troth::bench {
namespace {

constexpr const char* kUndelivered = R"(troth_participant_undelivered_branches{participant="dead"})";

/// It votes, and then there is nobody who could do what was decided: as an exception means "not yet", it is asked again
/// until it is gone.
class Dead : public Obliging {
 public:
  Ack commit(const Branch&) override { throw std::runtime_error("there is nobody here any more"); }
};

struct Pair {
  Phase alone;
  Phase beside;
};

void leave_stuck(Cluster& cluster, std::uint64_t count) {
  Dead resource;
  const auto participant = cluster.join("dead", resource);
  cluster.commit_with("dead", count);
  participant->stop();
  cluster.wait_for(R"(troth_participant_instances{participant="dead"})", 0);
  cluster.wait_for(kUndelivered, static_cast<double>(count));
}

/// The decisions were kept for it: it gets all of them, and none twice after it has said so.
void come_back(Cluster& cluster, std::uint64_t count) {
  Obliging resource;
  const auto participant = cluster.join("dead", resource);
  cluster.wait_for(kUndelivered, 0);
  cluster.wait_for("troth_transactions_in_doubt", 0);
  if (resource.committed != count) throw std::runtime_error("the participant that came back heard of other commits");
}

std::vector<Row> rows_of(const std::vector<Pair>& pairs, const Options& options) {
  const std::string stuck = std::to_string(options.stuck) + " stuck";
  Row rate{"commits a second, beside " + stuck + " / alone", "", {}, {}, 0.9, {}};
  rate.at_least = true;
  Row p99{"commit p99, beside " + stuck + " / alone", "", {}, {}, 1.5, {}};
  Row processor{"processor time a commit, beside " + stuck + " / alone", "", {}, {}, {}, {}};
  Row rates_beside{"commits a second, beside " + stuck, "/s", {}, {}, {}, {}};
  Row rates_alone{"commits a second, alone", "/s", {}, {}, {}, {}};
  Row p99_beside{"commit p99, beside " + stuck, "ms", {}, {}, {}, {}};
  Row p99_alone{"commit p99, alone", "ms", {}, {}, {}, {}};
  for (const Pair& pair : pairs) {
    rate.runs.push_back(pair.beside.per_second / pair.alone.per_second);
    p99.runs.push_back(pair.beside.p99_ms / pair.alone.p99_ms);
    processor.runs.push_back(pair.beside.processor_us / pair.alone.processor_us);
    rates_beside.runs.push_back(pair.beside.per_second);
    rates_alone.runs.push_back(pair.alone.per_second);
    p99_beside.runs.push_back(pair.beside.p99_ms);
    p99_alone.runs.push_back(pair.alone.p99_ms);
  }
  rate.note = p99.note = "median of " + std::to_string(pairs.size()) + " pairs by turns, " +
                         std::to_string(options.in_flight) + " in flight";
  return {rate, p99, processor, rates_beside, rates_alone, p99_beside, p99_alone};
}

}  // namespace

std::vector<Row> measure_bulkhead(const Options& options, const std::string& dir) {
  Cluster healthy(dir + "/alone");
  Cluster afflicted(dir + "/beside");
  leave_stuck(afflicted, options.stuck);
  std::fprintf(stderr, "%llu transactions wait for a participant that is gone\n",
               static_cast<unsigned long long>(options.stuck));
  for (Cluster* cluster : {&healthy, &afflicted}) cluster->load(options.in_flight, options.seconds / 2);  // warm
  std::vector<Pair> pairs;
  std::uint64_t committed = 0;
  for (int i = 0; i < options.pairs; ++i) {
    Pair pair;
    if (i % 2 == 0) pair.alone = healthy.load(options.in_flight, options.seconds);
    pair.beside = afflicted.load(options.in_flight, options.seconds);
    if (i % 2 == 1) pair.alone = healthy.load(options.in_flight, options.seconds);
    committed += pair.beside.committed;
    std::fprintf(stderr, "pair %d: alone %.0f/s, p99 %.2f ms; beside %.0f/s, p99 %.2f ms\n", i + 1,
                 pair.alone.per_second, pair.alone.p99_ms, pair.beside.per_second, pair.beside.p99_ms);
    pairs.push_back(pair);
  }
  afflicted.wait_for("troth_transactions_in_doubt", static_cast<double>(options.stuck));
  if (afflicted.metric(kUndelivered) != static_cast<double>(options.stuck)) {
    throw std::runtime_error("what was stuck is not stuck any more");
  }
  if (afflicted.metric(R"(troth_transactions_total{outcome="committed",reason=""})") <
      static_cast<double>(committed + options.stuck)) {
    throw std::runtime_error("more was told than is counted");
  }
  come_back(afflicted, options.stuck);
  return rows_of(pairs, options);
}

}  // namespace troth::bench
