#include "coordinator/ctl/tx_list.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <ostream>

#include "coordinator/ctl/problem.h"
#include "coordinator/ctl/values.h"
#include "coordinator/ctl/words.h"

namespace troth::ctl {
namespace {

namespace json = boost::json;

constexpr std::size_t kDefaultLimit = 1'000;

void print_json(const Listed& listed, const Look& look, std::ostream& out) {
  if (look.format == Format::kJsonl) {
    for (const auto& transaction : listed.transactions) out << json::serialize(transaction) << "\n";
  } else if (!listed.body.empty()) {
    out << listed.body << "\n";
  } else {
    json::object all{{"transactions", listed.transactions}, {"nextPageToken", nullptr}};
    if (!listed.next.empty()) all["nextPageToken"] = listed.next;
    out << json::serialize(all) << "\n";
  }
}

void print_listed(const Listed& listed, const Look& look, std::ostream& out) {
  if (look.is_json()) return print_json(listed, look, out);
  if (look.format == Format::kName) {
    for (const auto& one : listed.transactions) out << printable(text_at(as_object(one), "id")) << "\n";
    return;
  }
  Table table = transaction_table(look);
  for (const auto& transaction : listed.transactions) add_transaction(table, look, as_object(transaction));
  table.print(out, look);
}

}  // namespace

Filter read_filter(const Typed& typed) {
  Filter filter;
  const auto add = [&](const char* name, const std::string& value) {
    filter.query += (filter.query.empty() ? "?" : "&") + std::string(name) + "=" + percent_encoded(value);
  };
  if (typed.has("--state")) {
    add("state", read_choice("--state", typed.text("--state"),
                             "active|preparing|committing|aborting|finished|in_doubt|attention"));
  }
  if (typed.has("--participant")) add("participant", read_participant(typed.text("--participant")));
  if (typed.has("--label")) add("label", typed.text("--label"));
  if (typed.has("--older-than")) {
    add("olderThanMs", std::to_string(read_duration("--older-than", typed.text("--older-than"))));
  }
  filter.limit = kDefaultLimit;
  if (typed.has("--limit")) {
    filter.limit = read_number<std::size_t>("--limit", typed.text("--limit"), 1, 1'000'000'000);
  }
  return filter;
}

std::optional<Answer> list_transactions(Client& client, const Filter& filter, Listed& listed) {
  for (std::size_t pages = 1;; ++pages) {
    // Never more than is wanted: what is left out of a page would be skipped by the token after it.
    const std::size_t size = std::min(filter.page_size, filter.limit - listed.transactions.size());
    const std::string page = (filter.query.empty() ? "?" : "&") + ("pageSize=" + std::to_string(size)) +
                             (listed.next.empty() ? "" : "&pageToken=" + percent_encoded(listed.next));
    Answer answer = client.get("/v1/transactions" + filter.query + page);
    answer.expect_list("transactions");
    if (!answer.is_ok()) return answer;
    for (const auto& transaction : array_at(answer.object(), "transactions")) {
      if (listed.transactions.size() < filter.limit) listed.transactions.push_back(transaction);
    }
    listed.next = text_at(answer.object(), "nextPageToken");
    listed.body = pages == 1 ? answer.body : "";
    if (listed.next.empty() || listed.transactions.size() >= filter.limit) return std::nullopt;
  }
}

int run_tx_list(Invocation& invocation) {
  const Filter filter = read_filter(invocation.typed);
  Client client(invocation.endpoints);
  if (invocation.typed.has("--watch")) return watch_list(invocation, client, filter);
  Listed listed;
  if (const auto problem = list_transactions(client, filter, listed)) return fail(invocation, *problem);
  print_listed(listed, invocation.look, invocation.terminal.out);
  if (!invocation.look.is_table()) return kExitOk;
  if (!listed.next.empty()) {
    invocation.terminal.err << "hint: these are the oldest " << listed.transactions.size()
                            << "; --limit N shows more\n";
  } else if (listed.transactions.empty()) {
    invocation.terminal.err << "no transaction is like that\n";
  }
  return kExitOk;
}

}  // namespace troth::ctl
