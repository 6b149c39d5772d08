// bench/cluster.h: a whole coordinator in this process (log, engine, sockets), two participants that do nothing but
// answer, and a client of the SDK that loads them.
#pragma once

#include <troth/client.h>
#include <troth/participant.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/server/server.h"
#include "proto/transport/http_client.h"

namespace troth::bench {

/// Votes commit and holds nothing. Any thread.
class Obliging : public Resource {
 public:
  Vote prepare(const Branch&) override {
    ++prepared;
    return Vote::kCommit;
  }
  Ack commit(const Branch&) override {
    ++committed;
    return Ack::kCommitted;
  }
  Ack abort(const Branch&) override { return Ack::kAborted; }
  std::vector<BranchId> in_doubt() override { return {}; }
  bool keeps_seen() const override { return true; }

  std::atomic<std::uint64_t> prepared = 0;
  std::atomic<std::uint64_t> committed = 0;
};

/// What one stretch of load came to.
struct Phase {
  double per_second = 0;
  double p99_ms = 0;
  double processor_us = 0;  // of this whole process, a commit: what a busy machine does not stretch
  std::uint64_t committed = 0;
};

class Cluster {
 public:
  /// Its files go into `dir`, which is made. Throws when it does not start or the participants do not connect.
  explicit Cluster(const std::string& dir);
  ~Cluster();

  /// A participant of that name that is connected when this returns. It must go before the cluster.
  std::unique_ptr<Participant> join(const std::string& name, Resource& resource);

  /// Transactions of bank-a and bank-b, so many at the same time, for so long; then those under way are waited for.
  /// Throws when one of them is not committed: nothing here gives a reason for it.
  Phase load(std::uint64_t in_flight, double seconds);

  /// Begins `count` transactions of `name` and bank-a, and returns when all of them are told committed.
  void commit_with(const std::string& name, std::uint64_t count);

  std::string scrape();
  /// The value of a sample of /metrics. Throws when there is none.
  double metric(const std::string& sample);
  /// Throws when it does not become so within a minute.
  void wait_for(const std::string& sample, double value);

 private:
  std::unique_ptr<server::Server> server_;
  transport::Io io_;
  std::unique_ptr<transport::HttpClient> http_;
  Obliging resource_;
  std::unique_ptr<Participant> a_;
  std::unique_ptr<Participant> b_;
  std::unique_ptr<Client> client_;
};

}  // namespace troth::bench
