// coordinator/ctl/words.h: what a transaction's fields mean, in the words an operator needs.
#pragma once

#include <string>

#include "coordinator/ctl/json_at.h"
#include "coordinator/ctl/look.h"
#include "coordinator/ctl/verb.h"

namespace troth::ctl {

/// Its end is still missing.
bool is_unsettled(const Object& branch);
/// "bank-b (disconnected)" of each branch that is missing; empty when none is.
std::string waiting_on(const Object& transaction);
/// "committed, not delivered to all", …
std::string state_in_words(const Object& transaction);
std::string attention_in_words(const Object& transaction);

Tone tone_of_attention(const std::string& attention);
Tone tone_of_outcome(const std::string& outcome);

/// The table of transactions, one row each.
Table transaction_table(const Look& look);
void add_transaction(Table& table, const Look& look, const Object& transaction);

/// The answer to a command that acted on one transaction, in the format asked for.
void print_transaction(Invocation& invocation, const std::string& body, const Object& transaction);

/// What the coordinator says an act would change, and what could go wrong.
void print_dry_run(std::ostream& out, const Look& look, const Object& run);

}  // namespace troth::ctl
