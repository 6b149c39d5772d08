// `transactions resolve|retry`: what an operator does to a transaction that does not settle by itself. What cannot be
// taken back is first asked for as a dry run, shown, and confirmed.
#include <boost/json/object.hpp>
#include <ostream>

#include "coordinator/ctl/client.h"
#include "coordinator/ctl/confirm.h"
#include "coordinator/ctl/problem.h"
#include "coordinator/ctl/values.h"
#include "coordinator/ctl/words.h"

namespace troth::ctl {
namespace {

namespace json = boost::json;

struct Resolve {
  Target target;
  std::string word;  // commit, abort, forget; for a gap id committed, aborted
  std::string reason;
  std::string actor;
  std::optional<std::uint64_t> revision;
};

Resolve read_resolve(const Invocation& invocation) {
  const Typed& typed = invocation.typed;
  Resolve resolve;
  resolve.target = read_target(typed.text("ID"));
  int count = 0;
  for (const char* option : {"--commit", "--abort", "--forget"}) {
    if (!typed.has(option)) continue;
    resolve.word = option + 2;
    ++count;
  }
  if (typed.has("--outcome")) {
    resolve.word = read_choice("--outcome", typed.text("--outcome"), "committed|aborted");
    ++count;
    if (resolve.target.branch) throw UsageError{"--outcome: that is for an id in a gap of the log, without its .N"};
  } else if (!resolve.target.branch) {
    throw UsageError{typed.text("ID") + ": name the branch, for example " + typed.text("ID") +
                     ".1; an id in a gap of the log takes --outcome"};
  }
  if (count != 1) throw UsageError{"give one of --commit, --abort and --forget; for an id in a gap, --outcome"};
  resolve.reason = read_reason(typed);
  resolve.actor = typed.has("--actor") ? typed.text("--actor") : actor_of(invocation.environment);
  resolve.revision = read_revision(typed);
  if (!resolve.target.branch && typed.has("--dry-run")) {
    throw UsageError{"--dry-run: there is none for an id in a gap, since the log knows nothing about it"};
  }
  return resolve;
}

json::object body_of(const Resolve& resolve, const Typed& typed, bool dry_run) {
  if (!resolve.target.branch) {
    return {{"outcome", resolve.word}, {"reason", resolve.reason}, {"actor", resolve.actor}};
  }
  return {{"action", resolve.word},
          {"reason", resolve.reason},
          {"actor", resolve.actor},
          {"heuristic", typed.has("--heuristic")},
          {"dryRun", dry_run}};
}

std::string path_of(const Target& target) {
  if (!target.branch) return transaction_path(target.id, "/resolve");
  return transaction_path(target.id, "/branches/" + std::to_string(*target.branch) + "/resolve");
}

/// What the branch last said, which is the last chance to see a mistake.
void print_branch(const Object& transaction, std::uint32_t n, std::ostream& out) {
  for (const auto& value : array_at(transaction, "branches")) {
    const Object& branch = as_object(value);
    if (number_at(branch, "n") != n) continue;
    const std::string vote = text_at(branch, "vote");
    const Object& error = object_at(branch, "lastError");
    out << "transaction: " << printable(state_in_words(transaction)) << "\n"
        << "branch " << n << ": " << printable(text_at(branch, "participant")) << ", "
        << (is_true(branch, "connected") ? "connected" : "not connected") << ", " << text_at(branch, "state")
        << "; it last said: " << (vote.empty() ? "nothing" : "vote " + vote);
    if (!error.empty()) out << ", then " << printable(text_at(error, "code") + ": " + text_at(error, "detail"));
    out << "\n";
  }
}

/// What the coordinator decided; empty when it cannot be seen.
std::string outcome_of(Client& client, const TransactionId& id) {
  const Answer shown = client.get(transaction_path(id));
  return shown.is_ok() ? text_at(shown.object(), "outcome") : "";
}

Subject subject_of(const Invocation& invocation, Client& client, const Resolve& resolve, const Answer& answer) {
  Subject subject{to_text(resolve.target.id), {}};
  const bool may_contradict = resolve.word == "commit" || resolve.word == "abort";
  if (answer.slug() != "action-refused" || !may_contradict || invocation.typed.has("--heuristic")) return subject;
  const std::string outcome = outcome_of(client, resolve.target.id);
  if (outcome == (resolve.word == "commit" ? "aborted" : "committed")) {
    subject.hint = "`" + invocation.program + " tx show " + subject.transaction +
                   "` says what is possible; what contradicts the decision needs --heuristic";
  }
  return subject;
}

/// Shows what would happen; the exit code when it cannot.
std::optional<int> preview(Invocation& invocation, Client& client, const Resolve& resolve) {
  const bool dry_run = invocation.typed.has("--dry-run");
  std::ostream& err = invocation.terminal.err;
  if (!resolve.target.branch) {
    Answer now = client.get(transaction_path(resolve.target.id));
    now.expect_text("id", to_text(resolve.target.id));
    if (now.is_ok()) {
      say_error(invocation, "the log knows what became of this id; only one in a gap of the log is settled like this",
                "`" + invocation.program + " tx show " + to_text(resolve.target.id) + "`");
      return kExitConflict;
    }
    const bool can_be_settled = !array_at(object_at(now.object(), "transaction"), "allowedActions").empty();
    if (!can_be_settled) return fail(invocation, now, {to_text(resolve.target.id), {}});
    err << "would change: all branches of this id hear " << resolve.word
        << " from now on; this is done once, for ever\n"
        << "warning: the log knows nothing about this id; only its participants' databases do\n";
    return std::nullopt;
  }
  Answer answer =
      client.post(path_of(resolve.target), body_of(resolve, invocation.typed, true), if_match(resolve.revision));
  answer.changes = false;
  answer.expect_list("wouldChange");
  if (!answer.is_ok()) return fail(invocation, answer, subject_of(invocation, client, resolve, answer));
  if (dry_run && invocation.look.is_json()) {
    invocation.terminal.out << answer.body << "\n";
    return std::nullopt;
  }
  const Answer shown = client.get(transaction_path(resolve.target.id));
  if (shown.is_ok()) print_branch(shown.object(), *resolve.target.branch, err);
  Look look = invocation.look;
  look.color = look.color && (dry_run || invocation.terminal.is_interactive);
  print_dry_run(dry_run ? invocation.terminal.out : err, look, answer.object());
  return std::nullopt;
}

void expect_acted(Answer& answer, const Target& target) {
  target.branch ? answer.expect_text("n", std::to_string(*target.branch))
                : answer.expect_text("id", to_text(target.id));
}

/// The branch as it is now; of a gap id the transaction.
void print_acted(Invocation& invocation, const Target& target, const Answer& answer) {
  if (!target.branch) return print_transaction(invocation, answer.body, answer.object());
  const Object& branch = answer.object();
  const std::string id = to_text(target.id) + "." + std::to_string(*target.branch);
  std::ostream& out = invocation.terminal.out;
  if (invocation.look.is_json()) {
    out << answer.body << "\n";
  } else if (invocation.look.format == Format::kName) {
    out << id << "\n";
  } else {
    Table table({"BRANCH", "PARTICIPANT", "CONNECTED", "STATE", "HEURISTIC", "ATTEMPTS", "NEXT RETRY"});
    table.add({id, text_at(branch, "participant"), is_true(branch, "connected") ? "yes" : "no",
               text_at(branch, "state"), Cell(text_at(branch, "heuristic"), Tone::kBad), text_at(branch, "attempts"),
               time_text(invocation.look, text_at(branch, "nextAttemptAt"))});
    table.print(out, invocation.look);
  }
}

int run_resolve(Invocation& invocation) {
  const Typed& typed = invocation.typed;
  const Resolve resolve = read_resolve(invocation);
  const bool dry_run = typed.has("--dry-run");
  if (!dry_run && !can_be_asked(invocation.terminal, typed.has("--yes"))) return kExitUsage;
  Client client(invocation.endpoints);
  if (const auto code = preview(invocation, client, resolve)) return *code;
  if (dry_run) return kExitOk;
  const std::string id = typed.text("ID");
  if (!is_wanted_by_name(invocation.terminal, typed.has("--yes"), "This cannot be taken back.",
                         id.substr(id.size() - std::min<std::size_t>(6, id.size())))) {
    return kExitUsage;
  }
  Answer answer = client.post(path_of(resolve.target), body_of(resolve, typed, false), if_match(resolve.revision));
  expect_acted(answer, resolve.target);
  if (!answer.is_ok()) return fail(invocation, answer, subject_of(invocation, client, resolve, answer));
  print_acted(invocation, resolve.target, answer);
  return kExitOk;
}

int run_retry(Invocation& invocation) {
  const Target target = read_target(invocation.typed.text("ID.N"));
  if (!target.branch) throw UsageError{"name the branch: " + invocation.typed.text("ID.N") + ".1 is its first"};
  const auto revision = read_revision(invocation.typed);
  Client client(invocation.endpoints);
  const std::string n = std::to_string(*target.branch);
  Answer answer = client.post(transaction_path(target.id, "/branches/" + n + "/retry"), if_match(revision));
  expect_acted(answer, target);
  if (!answer.is_ok()) return fail(invocation, answer, {to_text(target.id), {}});
  const Object& branch = answer.object();
  print_acted(invocation, target, answer);
  if (!is_true(branch, "connected")) {
    invocation.terminal.err << "hint: nothing can be sent before " << printable(text_at(branch, "participant"))
                            << " connects; then it is told at once\n";
  }
  return kExitOk;
}

}  // namespace

std::vector<Verb> operator_verbs() {
  const Parameter revision{.name = "--expect-revision",
                           .value = "N",
                           .help = "do nothing unless this is still its revision (`tx show` names it)"};
  return {
      {"transactions",
       "resolve",
       "settle by hand a branch that does not settle by itself, or an id in a gap of the log",
       {"trothctl tx resolve 07q2m9xw4e3ta-0-3-1fk2mzq-118204.2 --commit --reason 'disk of bank-b lost, booked by "
        "hand'",
        "trothctl tx resolve 07q2m9xw4e3ta-0-3-1fk2mzq-118204.2 --forget --reason 'books agree, ticket 4711' --dry-run",
        "trothctl tx resolve 07q2m9xw4e3ta-0-3-1fk2mzq-118204 --outcome aborted --reason 'no marker anywhere' --yes"},
       {{.name = "ID",
         .value = "",
         .help = "ID.N: a branch; ID: an id in a gap of the log",
         .required = true,
         .completes = Completes::kBranch},
        {.name = "--commit", .value = "", .help = "the branch was committed by hand"},
        {.name = "--abort", .value = "", .help = "the branch was aborted by hand"},
        {.name = "--forget", .value = "", .help = "its heuristic is put right; stop listing it"},
        {.name = "--outcome",
         .value = "OUTCOME",
         .help = "committed or aborted: for an id in a gap",
         .completes = Completes::kChoices,
         .choices = "committed|aborted"},
        {.name = "--reason", .value = "TEXT", .help = "why; it is kept in the log", .required = true},
        {.name = "--heuristic", .value = "", .help = "yes, against the decision"},
        {.name = "--dry-run", .value = "", .help = "only show what would change"},
        {.name = "--yes", .value = "", .help = "do not ask", .shorthand = "-y"},
        revision,
        {.name = "--actor", .value = "WHO", .help = "who does it; else user@host"}},
       run_resolve,
       "table|wide|json|jsonl|name"},
      {"transactions",
       "retry",
       "send to a branch now what it has not acknowledged, instead of at its next retry",
       {"trothctl tx retry 07q2m9xw4e3ta-0-3-1fk2mzq-118204.2"},
       {{.name = "ID.N", .value = "", .help = "the branch", .required = true, .completes = Completes::kBranch},
        revision},
       run_retry,
       "table|wide|json|jsonl|name"},
  };
}

}  // namespace troth::ctl
