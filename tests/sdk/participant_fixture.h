// tests/sdk/participant_fixture.h: a participant on a resource in memory, and the coordinator it dials.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "tests/sdk/fake_coordinator.h"
#include "troth/participant.h"

namespace troth::sdk {

inline BranchId branch(std::uint64_t sequence) {
  return {{LogId{7}, 0, {3, 9}, sequence}, 1};
}

/// Keeps in memory what a real one keeps on disk; outlives the Participant like a disk does.
struct MemoryResource : Resource {
  Vote prepare(const Branch& b) override {
    const std::lock_guard lock(mutex);
    ++prepares;
    if (b.payload == "throw") throw std::runtime_error("boom");
    if (b.payload == "refuse") return {Vote::kAbort, "no money"};
    prepared.insert(b.id);
    return Vote::kCommit;
  }
  Ack commit(const Branch& b) override {
    const std::lock_guard lock(mutex);
    if (commits_to_fail > 0) {
      --commits_to_fail;
      throw std::runtime_error("disk");
    }
    prepared.erase(b.id);
    committed.insert(b.id);
    return Ack::kCommitted;
  }
  Ack abort(const Branch& b) override {
    const std::lock_guard lock(mutex);
    prepared.erase(b.id);
    aborted.insert(b.id);
    return Ack::kAborted;
  }
  std::vector<BranchId> in_doubt() override {
    const std::lock_guard lock(mutex);
    if (lists_to_fail > 0) {
      --lists_to_fail;
      throw 7;  // anything can be thrown
    }
    return {prepared.begin(), prepared.end()};
  }
  int prepare_count() {
    const std::lock_guard lock(mutex);
    return prepares;
  }
  bool has_committed(const BranchId& id) {
    const std::lock_guard lock(mutex);
    return committed.contains(id);
  }
  std::mutex mutex;
  std::set<BranchId> prepared, committed, aborted;
  int prepares = 0;
  int commits_to_fail = 0;
  int lists_to_fail = 0;
};

class ParticipantTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "troth-sdk-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override {
    participant_.reset();
    std::filesystem::remove_all(directory_);
  }
  Options options() {
    Options options;
    options.participant = "bank-a";
    options.instance = "one";
    options.coordinator = coordinator_.url();
    options.state_file = directory_ / "bank.troth";
    options.reconnect_min = std::chrono::milliseconds(1);
    options.reconnect_max = std::chrono::milliseconds(20);
    options.on_state = [this](std::string_view state) {
      const std::lock_guard lock(mutex_);
      states_.emplace_back(state);
      changed_.notify_all();
    };
    return options;
  }
  void start() { start(options()); }
  void start(const Options& options) { participant_ = std::make_unique<Participant>(options, resource_); }
  bool hears(const std::string& prefix) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] {
      return std::any_of(states_.begin(), states_.end(), [&](const auto& s) { return s.starts_with(prefix); });
    });
  }
  FakeSession accept() {
    auto peer = coordinator_.accept();
    return peer ? FakeSession(peer) : FakeSession();
  }
  /// A session in steady state; its Recover is left unread.
  FakeSession steady(EpochId epoch = {3, 9}) {
    auto session = accept();
    if (session && session.next<session::Hello>()) session.welcome(epoch);
    return session;
  }
  static session::Prepare prepare(const BranchId& id, const std::string& payload = "1", std::uint32_t attempt = 1) {
    session::Prepare message;
    message.branch = id;
    message.payload = payload;
    message.payload_type = PayloadType::kJson;
    message.deadline_in_ms = 30'000;
    message.attempt = attempt;
    return message;
  }

  std::filesystem::path directory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> states_;
  MemoryResource resource_;
  FakeCoordinator coordinator_{"troth.session.v1"};
  std::unique_ptr<Participant> participant_;
};

}  // namespace troth::sdk
