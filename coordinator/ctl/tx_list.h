// coordinator/ctl/tx_list.h: the transactions that a filter lets through, all pages of them.
#pragma once

#include <boost/json/array.hpp>
#include <string>

#include "coordinator/ctl/client.h"
#include "coordinator/ctl/verb.h"

namespace troth::ctl {

struct Listed {
  boost::json::array transactions;
  std::string next;  // the token of the page after; empty: there is none
  std::string body;  // as it came, when one page was all
};

/// What --state, --participant, --label, --older-than and --limit ask for.
struct Filter {
  std::string query;
  std::size_t limit = 0;
  std::size_t page_size = 1'000;  // at most, in one answer
};
Filter read_filter(const Typed& typed);

/// The answer that was no success, if one was not.
std::optional<Answer> list_transactions(Client& client, const Filter& filter, Listed& listed);

int run_tx_list(Invocation& invocation);
int watch_list(Invocation& invocation, Client& client, const Filter& filter);

}  // namespace troth::ctl
