// `transactions list --watch`, `transactions watch`: what changes, as it changes.
#include "coordinator/ctl/tx_watch.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <map>
#include <ostream>
#include <thread>

#include "coordinator/ctl/problem.h"
#include "coordinator/ctl/tx_list.h"
#include "coordinator/ctl/tx_show.h"
#include "coordinator/ctl/values.h"
#include "coordinator/ctl/words.h"

namespace troth::ctl {
namespace {

namespace json = boost::json;

constexpr Millis kDefaultIntervalMs = 2'000;
constexpr Millis kLeastIntervalMs = 100;
constexpr Millis kRetryMs = 1'000;
constexpr Millis kGiveUpMs = 60'000;

void pause_for(Millis ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

/// A coordinator that restarts is waited for; one that never answered, or does not come back within a minute, ends it.
class Patience {
 public:
  void answered() {
    has_answered_ = true;
    silent_since_ = 0;
  }
  /// False: no more.
  bool is_left(const Invocation& invocation, const Answer& answer) {
    const bool may_come_back = answer.status == 0 || answer.status == 503;
    if (silent_since_ == 0) silent_since_ = now_at();
    if (!may_come_back || !has_answered_ || now_at() - silent_since_ > kGiveUpMs) return false;
    invocation.terminal.err << "the coordinator does not answer; trying again\n";
    pause_for(kRetryMs);
    return true;
  }

 private:
  bool has_answered_ = false;
  Millis silent_since_ = 0;  // its first silence; 0: it answers
};

struct Seen {
  std::int64_t revision = 0;
  json::value transaction;
};

void print_change(std::ostream& out, const char* change, const json::value& transaction) {
  out << json::serialize(json::object{{"change", change}, {"transaction", transaction}}) << "\n" << std::flush;
}

/// Lines for what is new, moved or gone since the last look.
void print_changes(std::ostream& out, const Listed& listed, std::map<std::string, Seen>& seen) {
  std::map<std::string, Seen> present;
  for (const auto& transaction : listed.transactions) {
    const Object& object = as_object(transaction);
    const std::string id = text_at(object, "id");
    const std::int64_t revision = number_at(object, "revision");
    const auto before = seen.find(id);
    if (before == seen.end()) print_change(out, "added", transaction);
    if (before != seen.end() && before->second.revision != revision) print_change(out, "changed", transaction);
    present[id] = {revision, transaction};
  }
  for (const auto& [id, last] : seen) {
    if (!present.contains(id)) print_change(out, "gone", last.transaction);
  }
  seen = std::move(present);
}

void redraw(const Invocation& invocation, const Listed& listed) {
  std::ostream& out = invocation.terminal.out;
  Table table = transaction_table(invocation.look);
  constexpr std::size_t kOtherRows =
      5;  // the line above and the heading, what is left out, and where the cursor stands
  const std::size_t height = invocation.look.height;
  const std::size_t all = listed.transactions.size();
  const std::size_t shown =
      height == 0 || all + kOtherRows <= height ? all : std::max(height, kOtherRows + 1) - kOtherRows;
  for (std::size_t i = 0; i < shown; ++i) add_transaction(table, invocation.look, as_object(listed.transactions[i]));
  out << "\033[H\033[J" << invocation.endpoints.front() << ": " << listed.transactions.size()
      << (listed.next.empty() ? "" : " oldest") << " transactions; Ctrl-C ends\n\n";
  table.print(out, invocation.look);
  if (shown < all) out << "… " << all - shown << " more\n";
  out << std::flush;
}

/// One line: when, what state, and each branch.
void print_step(const Invocation& invocation, const Object& transaction, bool is_first) {
  Table table({"REVISION", "PHASE", "OUTCOME", "BRANCHES", "WAITING FOR"});
  std::string branches;
  for (const auto& value : array_at(transaction, "branches")) {
    const Object& branch = as_object(value);
    branches += (branches.empty() ? "" : " ") + text_at(branch, "participant") + "=" + text_at(branch, "state");
  }
  const std::string outcome = text_at(transaction, "outcome");
  const std::vector<Cell> row = {text_at(transaction, "revision"), text_at(transaction, "phase"),
                                 Cell(outcome, tone_of_outcome(outcome)), branches, waiting_on(transaction)};
  std::ostream& out = invocation.terminal.out;
  if (!invocation.look.aligned) {
    table.add(row);
    is_first ? table.print(out, invocation.look) : table.print_rows(out, invocation.look);
  } else {
    out << "revision " << text_at(transaction, "revision") << ": "
        << painted(invocation.look, tone_of_outcome(outcome), printable(state_in_words(transaction)))
        << (branches.empty() ? "" : " (" + printable(branches) + ")") << "\n";
  }
  out << std::flush;
}

void print_watched(const Invocation& invocation, const Answer& answer, bool is_first) {
  if (invocation.look.is_json()) {
    invocation.terminal.out << answer.body << "\n" << std::flush;
  } else {
    print_step(invocation, answer.object(), is_first);
  }
}

}  // namespace

int watch_list(Invocation& invocation, Client& client, const Filter& filter) {
  const Typed& typed = invocation.typed;
  const Millis interval =
      typed.has("--interval") ? read_duration("--interval", typed.text("--interval")) : kDefaultIntervalMs;
  if (interval < kLeastIntervalMs) throw UsageError{"--interval " + typed.text("--interval") + ": at least 100ms"};
  const std::size_t rounds =
      typed.has("--rounds") ? read_number<std::size_t>("--rounds", typed.text("--rounds"), 1, 1'000'000'000) : 0;
  Patience patience;
  std::map<std::string, Seen> seen;
  const char* term = invocation.environment("TERM");
  const bool is_dumb = term != nullptr && std::string(term) == "dumb";
  const bool redraws = invocation.look.aligned && invocation.look.is_table() && !is_dumb;
  if (invocation.look.format == Format::kName || (invocation.look.is_wide() && !redraws)) {
    throw UsageError{"-o " + typed.text("--output") + ": with --watch there are table and, off a terminal, jsonl"};
  }
  for (std::size_t round = 0;;) {
    Listed listed;
    if (const auto problem = list_transactions(client, filter, listed)) {
      if (!patience.is_left(invocation, *problem)) return fail(invocation, *problem);
      continue;
    }
    patience.answered();
    redraws ? redraw(invocation, listed) : print_changes(invocation.terminal.out, listed, seen);
    if (++round == rounds || !invocation.terminal.out) return kExitOk;
    pause_for(interval);
  }
}

int run_tx_watch(Invocation& invocation) {
  const TransactionId id = read_transaction(invocation.typed.text("ID"));
  Client client(invocation.endpoints);
  Patience patience;
  std::int64_t revision = -1;
  bool waits = false;
  for (bool is_first = true;;) {
    const std::string since = waits ? "?waitForRevision=" + std::to_string(revision) : "";
    const Millis asked_at = now_at();
    Answer answer = client.get(transaction_path(id, since));
    answer.expect_text("id", to_text(id));
    if (!answer.is_ok()) {
      // A coordinator may hold an answer longer than we wait for it: a look that it need not hold shows whether it is
      // there.
      const bool was_held = waits && answer.status == 0 && now_at() - asked_at >= kAnswerMs;
      waits = false;
      if (was_held || patience.is_left(invocation, answer)) continue;
      return fail(invocation, answer, {to_text(id), {}});
    }
    patience.answered();
    const Object& transaction = answer.object();
    const std::int64_t now = number_at(transaction, "revision");
    if (now != revision) print_watched(invocation, answer, is_first);
    revision = now;
    is_first = false;
    waits = true;
    if (text_at(transaction, "phase") == "finished") {
      return text_at(transaction, "outcome") == "aborted" ? kExitAborted : kExitOk;
    }
    if (!invocation.terminal.out) return kExitUnreachable;
  }
}

}  // namespace troth::ctl
