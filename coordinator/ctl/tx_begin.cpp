// `transactions begin|commit|abort`: what a client does, by hand.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <ostream>
#include <random>

#include "coordinator/ctl/client.h"
#include "coordinator/ctl/problem.h"
#include "coordinator/ctl/values.h"
#include "coordinator/ctl/words.h"
#include "proto/codec/strict_json.h"

namespace troth::ctl {
namespace {

namespace json = boost::json;

constexpr const char* kWaits = "decided|completed";

/// `participant=JSON` or `participant:key=JSON`; the payload may be left out with its `=`.
json::object read_branch(const std::string& text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::size_t colon = std::min(text.find(':'), equals);
  json::object branch{{"participant", read_participant(text.substr(0, colon))}};
  if (colon < equals) branch["key"] = text.substr(colon + 1, equals - colon - 1);
  if (equals == text.size()) return branch;
  auto payload = codec::parse_strict(text.substr(equals + 1));
  if (const auto* problem = std::get_if<Problem>(&payload)) {
    throw UsageError{"--branch " + text + ": what follows the = is no JSON: " + problem->detail};
  }
  branch["payload"] = std::move(std::get<json::value>(payload));
  return branch;
}

std::string random_key() {
  std::random_device random;
  std::string key = "trothctl-";
  for (int i = 0; i < 4; ++i) key += std::to_string(random());
  return key;
}

json::object begin_body(const Typed& typed) {
  json::object body;
  if (typed.has("--label")) body["label"] = typed.text("--label");
  if (typed.has("--timeout")) body["timeoutMs"] = read_duration("--timeout", typed.text("--timeout"));
  json::array branches;
  for (const auto& branch : typed.all("--branch")) branches.push_back(read_branch(branch));
  if (!branches.empty()) body["branches"] = std::move(branches);
  if (typed.has("--commit")) body["commit"] = true;
  if (typed.has("--wait")) body["wait"] = read_choice("--wait", typed.text("--wait"), kWaits);
  if (typed.has("--wait") && !typed.has("--commit")) throw UsageError{"--wait: that goes with --commit"};
  return body;
}

/// 202: it is on its way, and nobody knows yet where it ends.
int still_undecided(const Invocation& invocation, const std::string& id) {
  invocation.terminal.err << "error: it is not decided yet\nhint: `" << invocation.program << " tx watch " << id
                          << "` shows how it goes on; `" << invocation.program << " tx commit " << id
                          << "` waits again and is safe\n";
  return kExitUnknown;
}

int run_begin(Invocation& invocation) {
  const Typed& typed = invocation.typed;
  const json::object body = begin_body(typed);
  const std::string key = typed.has("--key") ? typed.text("--key") : random_key();
  Client client(invocation.endpoints);
  Answer answer = client.post("/v1/transactions", body, {{"idempotency-key", key}});
  answer.expect(parse_transaction_id(text_at(answer.object(), "id")).has_value());
  Subject subject;
  subject.transaction = text_at(object_at(answer.object(), "transaction"), "id");
  subject.again = "the same command with --key " + key + " cannot begin it twice";
  if (!answer.is_ok()) return fail(invocation, answer, subject);
  print_transaction(invocation, answer.body, answer.object());
  const std::string id = text_at(answer.object(), "id");
  if (answer.status == 202) return still_undecided(invocation, id);
  if (!typed.has("--commit") && invocation.look.is_table()) {
    invocation.terminal.err << "hint: " << invocation.program << " tx commit " << id << "\n";
  }
  return kExitOk;
}

int run_commit(Invocation& invocation) {
  const Typed& typed = invocation.typed;
  const TransactionId id = read_transaction(typed.text("ID"));
  json::object body;
  if (typed.has("--wait")) body["wait"] = read_choice("--wait", typed.text("--wait"), kWaits);
  if (typed.has("--branch-count")) {
    body["branchCount"] = read_number<std::uint32_t>("--branch-count", typed.text("--branch-count"), 1, 1'000);
  }
  Client client(invocation.endpoints);
  Answer answer = client.post(transaction_path(id, "/commit"), body);
  answer.expect_text("id", to_text(id));
  if (!answer.is_ok()) return fail(invocation, answer, {to_text(id), {}});
  print_transaction(invocation, answer.body, answer.object());
  return answer.status == 202 ? still_undecided(invocation, to_text(id)) : kExitOk;
}

int run_abort(Invocation& invocation) {
  const TransactionId id = read_transaction(invocation.typed.text("ID"));
  json::object body;
  if (invocation.typed.has("--reason")) body["reason"] = invocation.typed.text("--reason");
  Client client(invocation.endpoints);
  Answer answer = client.post(transaction_path(id, "/abort"), body);
  answer.expect_text("id", to_text(id));
  if (!answer.is_ok()) return fail(invocation, answer, {to_text(id), {}});
  print_transaction(invocation, answer.body, answer.object());
  return answer.status == 202 ? still_undecided(invocation, to_text(id)) : kExitOk;
}

}  // namespace

std::vector<Verb> begin_verbs() {
  const Parameter id{
      .name = "ID", .value = "", .help = "the transaction", .required = true, .completes = Completes::kUndecided};
  const Parameter wait{.name = "--wait",
                       .value = "FOR",
                       .help = "answer when it is decided (default), or completed: acknowledged by every branch",
                       .completes = Completes::kChoices,
                       .choices = kWaits};
  return {
      {"transactions",
       "begin",
       "begin a transaction; with --commit, also end it",
       {"trothctl tx begin --branch 'bank-a={\"account\":\"7\",\"amount\":-50}' "
        "--branch 'bank-b={\"account\":\"7\",\"amount\":50}' --commit",
        "id=$(trothctl tx begin --label order-4711 --timeout 5m -o name)"},
       {{.name = "--branch",
         .value = "NAME[:KEY]=JSON",
         .help = "a participant, and what it shall do",
         .repeats = true,
         .completes = Completes::kParticipant},
        {.name = "--label", .value = "TEXT", .help = "to find it by"},
        {.name = "--timeout", .value = "TIME", .help = "from begin to decision: 30s, 5m"},
        {.name = "--commit", .value = "", .help = "commit it at once"},
        wait,
        {.name = "--key",
         .value = "KEY",
         .help = "Idempotency-Key: the same key never begins twice; else a random one"}},
       run_begin},
      {"transactions",
       "commit",
       "commit a transaction and wait for its outcome; asking again is safe",
       {"trothctl tx commit 07q2m9xw4e3ta-0-3-1fk2mzq-118204 --branch-count 2"},
       {id, wait, {.name = "--branch-count", .value = "N", .help = "abort it unless it has so many branches"}},
       run_commit},
      {"transactions",
       "abort",
       "abort a transaction that is not decided",
       {"trothctl tx abort 07q2m9xw4e3ta-0-3-1fk2mzq-118204 --reason 'customer hung up'"},
       {id, {.name = "--reason", .value = "TEXT", .help = "why"}},
       run_abort},
  };
}

}  // namespace troth::ctl
