#include "coordinator/ctl/problem.h"

#include <boost/json/serialize.hpp>
#include <ostream>

namespace troth::ctl {
namespace {

namespace json = boost::json;

int exit_code_of_status(int status) {
  switch (status) {
    case 404: return kExitNotFound;
    case 409:
    case 412: return kExitConflict;
    case 503: return kExitUnreachable;
    default: return kExitRefused;
  }
}

/// Only an id in a gap comes with what can be done about it.
bool is_in_gap(const Answer& answer) {
  return !array_at(object_at(answer.object(), "transaction"), "allowedActions").empty();
}

std::string hint_of(const Answer& answer, const Subject& subject, const std::string& program) {
  if (answer.slug().empty() && answer.status != 0) {
    const std::string who = "is this the address of a trothd? `" + program + " status` shows who answers";
    return exit_code_of(answer) == kExitUnknown ? who + "; a trothd may have acted behind it: trying again is safe"
                                                : who;
  }
  if (answer.status == 0) {
    if (exit_code_of(answer) == kExitUnknown) {
      return "trying again is safe: " + (subject.again.empty() ? "give the same command again" : subject.again);
    }
    return "is trothd running there? --endpoint URL or TROTH_ENDPOINTS names another; `" + program +
           " doctor` looks at what can be seen";
  }
  if (!subject.hint.empty()) return subject.hint;
  const auto slug = parse_slug(answer.slug());
  if (slug == Slug::kAskOperator && !is_in_gap(answer)) {
    return "maybe trothd runs on an old copy of its log: compare the epoch of `" + program +
           " status` with the id's, which is its third number; then `trothctl log restore`";
  }
  return slug ? hint_for(*slug, subject, program) : "a newer coordinator said this; see `" + program + " doctor`";
}

}  // namespace

std::string what_of(const Answer& answer) {
  if (answer.status == 0) {
    const bool is_unknown = exit_code_of(answer) == kExitUnknown;
    return is_unknown ? "no answer, so nobody knows whether it was done: " + answer.error
                      : "no coordinator answers: " + answer.error;
  }
  const std::string detail = text_at(answer.object(), "detail");
  const std::string slug = answer.slug();
  if (slug.empty()) {
    return answer.endpoint + " answers " + std::to_string(answer.status) +
           (answer.is_foreign ? ", but not what a trothd answers to this" : ", which says nothing of Troth");
  }
  const std::string reason = text_at(answer.object(), "abortReason");
  return (detail.empty() ? text_at(answer.object(), "title") : detail) +
         (reason.empty() ? "" : " (reason: " + reason + ")") + " [" + slug + "]";
}

int exit_code_of(Slug slug) {
  switch (slug) {
    case Slug::kAborted: return kExitAborted;
    case Slug::kUnknownTransaction:
    case Slug::kUnknownParticipant:
    case Slug::kUnknownBranch:
    case Slug::kExpired: return kExitNotFound;
    case Slug::kIdempotencyKeyReused: return kExitConflict;
    case Slug::kNoSuchRoute: return kExitRefused;  // an older coordinator, not something that is not there
    default: return exit_code_of_status(info(slug).status);
  }
}

int exit_code_of(const Answer& answer) {
  if (answer.slug().empty()) return answer.sent && answer.changes ? kExitUnknown : kExitUnreachable;
  const auto slug = parse_slug(answer.slug());
  return slug ? exit_code_of(*slug) : exit_code_of_status(answer.status);
}

std::string hint_for(Slug slug, const Subject& subject, const std::string& program) {
  const auto quoted = [](const std::string& command) { return "`" + command + "`"; };
  const std::string show = program + (subject.transaction.empty() ? " tx list" : " tx show " + subject.transaction);
  switch (slug) {
    case Slug::kUnknownTransaction: return quoted(program + " tx list") + " shows what is live or remembered";
    case Slug::kUnknownParticipant: return quoted(program + " participants list") + " shows who is registered";
    case Slug::kForeignLog: return "another coordinator made this id: ask that one, with --endpoint";
    case Slug::kExpired: return "its outcome is older than what is kept (--retain-ms, --retain-count of trothd)";
    case Slug::kCursorExpired: return "leave --after out to begin with what happens now";
    case Slug::kAskOperator:
      return "look in its participants' databases, then " +
             quoted(program + " tx resolve " + subject.transaction + " --outcome committed|aborted --reason '…'");
    case Slug::kParticipantInUse:
      return quoted(program + " tx list --participant " + subject.participant) + " shows what is not settled";
    case Slug::kParticipantConflict: return quoted(program + " participants show " + subject.participant);
    case Slug::kNoBranches: return "a commit needs a branch: " + quoted(program + " tx begin --help");
    case Slug::kIdempotencyKeyReused: return "another --key, or the request that this key came with first";
    case Slug::kRevisionChanged: return quoted(show) + ", then give its present revision to --expect-revision";
    case Slug::kStarting:
    case Slug::kDraining:
    case Slug::kDiskFull:
    case Slug::kOverloaded: return quoted(program + " doctor") + " says why; then try again";
    case Slug::kLimitReached: return "try again in a moment; `/v1/limits` says what is allowed";
    case Slug::kNoSuchRoute: return "the coordinator may be older than this trothctl: " + quoted(program + " version");
    default: return subject.transaction.empty() ? "the help of the command says what it takes" : quoted(show);
  }
}

void say_error(const Invocation& invocation, const std::string& what, const std::string& hint) {
  std::ostream& err = invocation.terminal.err;
  err << "error: " << printable(what) << "\n";
  if (!hint.empty()) err << "hint: " << hint << "\n";
}

int fail(const Invocation& invocation, const Answer& answer, const Subject& subject) {
  const int code = exit_code_of(answer);
  if (!invocation.look.is_json()) {
    say_error(invocation, what_of(answer), hint_of(answer, subject, invocation.program));
    return code;
  }
  if (answer.status != 0 && !answer.slug().empty()) {
    invocation.terminal.err << answer.body << "\n";
    return code;
  }
  const json::object problem{{"type", code == kExitUnknown ? "urn:troth:ctl:unknown" : "urn:troth:ctl:unreachable"},
                             {"title", "The coordinator did not answer"},
                             {"status", answer.status == 0 ? json::value(nullptr) : json::value(answer.status)},
                             {"detail", what_of(answer)},
                             {"retryable", true}};
  invocation.terminal.err << json::serialize(problem) << "\n";
  return code;
}

}  // namespace troth::ctl
