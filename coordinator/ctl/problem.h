// coordinator/ctl/problem.h: what went wrong, in three parts: what, why, and what to do next; and the exit code of it.
#pragma once

#include <optional>
#include <string>

#include "coordinator/ctl/client.h"
#include "coordinator/ctl/verb.h"
#include "proto/values/problem.h"

namespace troth::ctl {

/// What a command was about, so that a hint can name it.
struct Subject {
  std::string transaction;  // its id
  std::string participant;
  std::string again = {};  // how to try the same again safely, when it is not by the very same command
  std::string hint = {};   // when it was refused and the command itself knows better what to do
};

/// api.md "trothctl". One that a newer server invented goes by its status.
int exit_code_of(Slug slug);
/// Of an answer that is not a success. 6 when something that changes was sent and nobody knows what became of it: it
/// was lost, or whoever answered is no trothd.
int exit_code_of(const Answer& answer);

/// Says on stderr what went wrong and what to do (with -o json the problem itself, as it came), and returns the exit
/// code.
int fail(const Invocation& invocation, const Answer& answer, const Subject& subject = {});
/// What trothctl itself found: `error: …`, `hint: …`.
void say_error(const Invocation& invocation, const std::string& what, const std::string& hint);
/// What is wrong with an answer that is not a success.
std::string what_of(const Answer& answer);
std::string hint_for(Slug slug, const Subject& subject, const std::string& program);

}  // namespace troth::ctl
