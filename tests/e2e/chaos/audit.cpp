#include "tests/e2e/chaos/audit.h"

#include <condition_variable>
#include <functional>
#include <mutex>

#include "tests/e2e/demo/answer.h"
#include "tests/e2e/demo/books.h"

namespace troth::chaos {
namespace {

constexpr Millis kAnswerMs = 40'000;

using demo::Entries;
using demo::Entry;

/// Takes what is there of a committed job out of `entries`.
void take(const Told& told, const std::vector<std::string>& files, std::vector<Entries>& entries, Findings& findings) {
  for (const Effect& effect : told.job.effects) {
    if (effect.amount == 0) continue;
    const auto [first, last] = entries[effect.at].equal_range(told.transaction);
    const std::string where = told.transaction + " was told committed and ";
    if (first == last) {
      findings.lost.push_back(where + "is not in " + files[effect.at]);
    } else if (std::next(first) != last || first->second != Entry{effect.account, effect.amount}) {
      findings.mismatches.push_back(where + "is otherwise in " + files[effect.at]);
    }
    entries[effect.at].erase(first, last);
  }
}

/// Sends all `count` requests, some at a time, and hands each result to `see`, one after the other.
void ask_all(std::size_t count,
             const std::function<void(std::size_t, std::function<void(transport::HttpResult)>)>& send,
             const std::function<void(std::size_t, const transport::HttpResult&)>& see) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t answered = 0;
  for (std::size_t i = 0; i < count; ++i) {
    send(i, [&, i](const transport::HttpResult& result) {
      const std::lock_guard lock(mutex);
      see(i, result);
      ++answered;
      changed.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return answered == count; });
}

const char* word(bool committed) {
  return committed ? "committed" : "aborted";
}

}  // namespace

void check_books(const std::vector<std::string>& files, const std::vector<Told>& told, Findings& findings) {
  std::vector<Entries> entries;
  for (const std::string& file : files) entries.push_back(demo::entries_of(file));
  for (const Told& one : told) {
    if (one.committed) take(one, files, entries, findings);  // what is there of others is found below
  }
  for (std::size_t at = 0; at < files.size(); ++at) {
    for (const auto& [transaction, entry] : entries[at]) {
      findings.mismatches.push_back(transaction + " is in " + files[at] + " and nobody was told that it committed");
    }
    demo::check_balances(files[at], findings.mismatches);
  }
  findings.in_doubt += prepared_in(files);
}

std::uint64_t prepared_in(const std::vector<std::string>& files) {
  std::uint64_t count = 0;
  for (const std::string& file : files) count += demo::prepared_in(file);
  return count;
}

void check_outcomes(transport::HttpClient& client, const std::vector<const Told*>& asked, Findings& findings) {
  const auto send = [&](std::size_t i, std::function<void(transport::HttpResult)> done) {
    client.call("GET", "/v1/transactions/" + asked[i]->transaction, {}, {}, kAnswerMs, std::move(done));
  };
  ask_all(asked.size(), send, [&](std::size_t i, const transport::HttpResult& result) {
    const std::string wanted = std::string(R"("outcome":")") + word(asked[i]->committed) + '"';
    if (result.status == 200 && result.body.find(wanted) != std::string::npos) return;
    findings.mismatches.push_back(asked[i]->transaction + " was told " + word(asked[i]->committed) +
                                  " and the coordinator says " + std::to_string(result.status) + " " +
                                  result.body.substr(0, 300));
  });
}

void check_repeats(transport::HttpClient& client, const std::vector<Repeat>& repeats, Findings& findings) {
  const auto send = [&](std::size_t i, std::function<void(transport::HttpResult)> done) {
    const Request& request = repeats[i].request;
    client.call("POST", request.target, request.headers, request.body, kAnswerMs, std::move(done));
  };
  ask_all(repeats.size(), send, [&](std::size_t i, const transport::HttpResult& result) {
    const Told& told = *repeats[i].told;
    const demo::Answer answer = demo::read_answer(result);
    const auto wanted = told.committed ? demo::Answer::kCommitted : demo::Answer::kAborted;
    if (answer.kind == wanted && answer.transaction == told.transaction) return;
    findings.mismatches.push_back(told.transaction + " was told " + word(told.committed) + " and a repeat hears " +
                                  std::to_string(result.status) + " " + result.body.substr(0, 300));
  });
}

void check_attention(transport::HttpClient& client, Findings& findings) {
  const auto result = client.call("GET", "/v1/transactions?pageSize=1&state=attention", {}, {}, kAnswerMs);
  if (result.status == 200 && result.body.find("\"transactions\":[]") != std::string::npos) return;
  findings.mismatches.push_back("an operator is asked for: " + result.body.substr(0, 300));
}

}  // namespace troth::chaos
