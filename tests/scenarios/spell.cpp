#include "tests/scenarios/spell.h"

#include "proto/values/overloaded.h"
#include "proto/values/problem.h"

namespace troth::scenarios {
namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string spell_list(const std::vector<DecidedBranch>& branches) {
  std::string text;
  for (const auto& branch : branches) {
    text += (text.empty() ? "" : " ") + number(branch.n) + ":" + branch.participant;
    if (branch.routing == Routing::kPinned) text += "/" + branch.instance;
    if (branch.read_only) text += "(read-only)";
  }
  return " [" + text + "]";
}

std::string spell_origin(const RequestOrigin& origin) {
  std::string text;
  if (!origin.key.empty()) text += " key=" + origin.key;
  if (!origin.client_session.empty()) {
    text +=
        " session=" + origin.client_session + "/" + number(origin.sequence) + " acked=" + number(origin.acked_below);
  }
  return text;
}

std::string_view spell(fact::OperatorAct act) {
  switch (act) {
    case fact::OperatorAct::kSettledCommit: return "settled-commit";
    case fact::OperatorAct::kSettledAbort: return "settled-abort";
    case fact::OperatorAct::kForgot: return "forgot";
    case fact::OperatorAct::kRetired: return "retired";
    case fact::OperatorAct::kGapCommitted: return "gap-committed";
    case fact::OperatorAct::kGapAborted: return "gap-aborted";
  }
  return "?";
}

/// " attempt=2", and nothing for the first.
std::string spell_attempt(std::uint32_t attempt) {
  return attempt == 1 ? "" : " attempt=" + number(attempt);
}

template <class Work>
std::string spell_work(Names& names, const std::string& what, const Work& work) {
  std::string text = what + " " + names.spell(work.branch) + spell_attempt(work.attempt);
  if (work.joined) text += " joined";
  if (!work.payload.empty()) text += " payload=" + work.payload;
  return text;
}

std::string spell_all(Names& names, const std::vector<BranchId>& branches) {
  std::string text;
  for (const auto& branch : branches) text += " " + names.spell(branch);
  return text;
}

std::string spell_view(const BranchView& view) {
  std::string text = number(view.n) + ":" + view.participant + " " + std::string(word(view.state));
  if (view.attempts > 1) text += " attempts=" + number(view.attempts);
  if (view.heuristic) text += " heuristic=" + std::string(word(*view.heuristic));
  if (view.last_error) text += " error=" + view.last_error->code;
  return text;
}

std::string spell_view(Names& names, const TransactionView& view, bool with_branches) {
  std::string text = names.spell(view.id) + " " + std::string(word(view.phase));
  if (view.outcome) text += " " + std::string(word(*view.outcome));
  if (view.abort_reason) text += " reason=" + std::string(word(*view.abort_reason));
  if (view.heuristic) text += " heuristic=" + std::string(word(*view.heuristic));
  if (view.effects_none) text += " effects=none";
  if (!with_branches) return text;
  if (view.attention) text += " attention=" + std::string(word(*view.attention));
  for (const auto& branch : view.branches) text += " | " + spell_view(branch);
  return text;
}

std::string spell_act(Names& names, const fact::OperatorActed& acted) {
  const std::string what = acted.branch.n == 0 ? names.spell(acted.branch.transaction) : names.spell(acted.branch);
  const std::string against = acted.contradicts ? " heuristic=" + std::string(word(acted.heuristic)) : "";
  return "operator-acted " + what + " " + std::string(spell(acted.act)) + against;
}

struct FactSpeller {
  Names& names;

  std::string operator()(const fact::EpochStarted& f) { return "epoch-started " + Names::spell(f.epoch); }
  std::string operator()(const fact::PrepareStarted& f) {
    return "prepare-started " + names.spell(f.id) + spell_list(f.branches) + spell_origin(f.origin);
  }
  std::string operator()(const fact::OnePhaseStarted& f) {
    return "one-phase-started " + names.spell(f.id) + spell_list({f.branch}) + spell_origin(f.origin);
  }
  std::string operator()(const fact::CommitDecided& f) {
    const std::string how = f.one_phase ? " one-phase" : "";
    return "commit-decided " + names.spell(f.id) + spell_list(f.branches) + how + spell_origin(f.origin);
  }
  std::string operator()(const fact::AbortTold& f) {
    return "abort-told " + names.spell(f.id) + " reason=" + std::string(word(f.reason)) + spell_origin(f.origin);
  }
  std::string operator()(const fact::Ended& f) {
    std::string text = "ended";
    for (const auto& id : f.ids) text += " " + names.spell(id);
    return text;
  }
  std::string operator()(const fact::GapOpened& f) {
    return "gap-opened " + Names::spell(f.from) + " to " + Names::spell(f.to);
  }
  std::string operator()(const fact::Checkpoint& f) { return "checkpoint " + number(f.cut); }
  std::string operator()(const fact::HeuristicReported& f) {
    return "heuristic-reported " + names.spell(f.branch) + " " + f.participant + " " + std::string(word(f.kind));
  }
  std::string operator()(const fact::OperatorActed& f) { return spell_act(names, f); }
  std::string operator()(const fact::ParticipantRegistered& f) {
    return "participant-registered " + f.name + " " + std::string(word(f.kind));
  }
  std::string operator()(const fact::ParticipantChanged& f) {
    return "participant-changed " + f.name + (f.retired ? " retired" : "");
  }
  std::string operator()(const fact::ParticipantRemoved& f) { return "participant-removed " + f.name; }
  std::string operator()(const fact::Horizon& f) { return "horizon " + names.spell(f.id); }
  std::string operator()(const fact::CommitBits& f) {
    return "commit-bits " + Names::spell(f.epoch) + "." + number(f.first);
  }
  std::string operator()(const fact::ClientWindow& f) {
    return "client-window " + f.client_session + " acked=" + number(f.acked_below);
  }
  std::string operator()(const fact::Mark& f) { return "mark " + names.spell(f.id); }
};

struct MessageSpeller {
  Names& names;

  std::string operator()(const session::Welcome& m) {
    const std::string horizon = m.horizon == TransactionId{} ? "" : " horizon=" + names.spell(m.horizon);
    return "welcome " + Names::spell(m.epoch) + horizon;
  }
  std::string operator()(const session::Prepare& m) { return spell_work(names, "prepare", m); }
  std::string operator()(const session::CommitOnePhase& m) { return spell_work(names, "commit-one-phase", m); }
  std::string operator()(const session::Commit& m) {
    return "commit " + names.spell(m.branch) + " lsn=" + number(m.lsn) + spell_attempt(m.attempt);
  }
  std::string operator()(const session::Abort& m) {
    return "abort " + names.spell(m.branch) + spell_attempt(m.attempt);
  }
  std::string operator()(const session::Decision& m) {
    return "decision " + names.spell(m.branch) + " " + std::string(word(m.decision));
  }
  std::string operator()(const session::Enlisted& m) {
    if (!m.problem.empty()) return "enlisted " + names.spell(m.transaction) + " refused: " + m.problem;
    return "enlisted " + names.spell(m.branch);
  }
  std::string operator()(const session::Forget& m) {
    const bool rose = m.horizon != TransactionId{};
    return "forget" + spell_all(names, m.branches) + (rose ? " horizon=" + names.spell(m.horizon) : "");
  }
  std::string operator()(const session::Vote& m) {
    const std::string reason = m.reason.empty() ? "" : " (" + m.reason + ")";
    return "vote " + std::string(word(m.vote)) + " " + names.spell(m.branch) + reason;
  }
  std::string operator()(const session::Ack& m) {
    return "ack " + std::string(word(m.result)) + " " + names.spell(m.branch);
  }
  std::string operator()(const session::Inquire& m) { return "inquire " + names.spell(m.branch); }
  template <class Other>
  std::string operator()(const Other&) {
    return "a message nobody expects here";
  }
};

struct AnswerSpeller {
  Names& names;
  bool with_branches = false;

  std::string operator()(const answer::Transaction& a) {
    return number(static_cast<std::uint64_t>(a.status)) + " " + spell_view(names, a.view, with_branches);
  }
  std::string operator()(const answer::Branch& a) {
    const BranchId id{a.transaction, a.view.n};
    return number(static_cast<std::uint64_t>(a.status)) + " " + names.spell(id) + " " + std::string(word(a.view.state));
  }
  std::string operator()(const answer::Refused& a) {
    const auto& slug = info(a.problem.slug);
    const std::string about = a.transaction ? ": " + spell_view(names, *a.transaction, false) : "";
    return number(static_cast<std::uint64_t>(slug.status)) + " " + std::string(slug.text) + about;
  }
  std::string operator()(const answer::Transactions& a) {
    std::string text = "200";
    for (const auto& view : a.views) text += " " + names.spell(view.id);
    return text;
  }
  std::string operator()(const answer::Decision& a) {
    return "200 " + names.spell(a.view.branch) + " " + std::string(word(a.view.decision));
  }
  std::string operator()(const answer::Participant& a) {
    return "200 " + a.view.name + " " + std::string(word(a.view.state));
  }
  std::string operator()(const answer::Participants& a) {
    std::string text = "200";
    for (const auto& view : a.views) text += " " + view.name;
    return text;
  }
  std::string operator()(const answer::DryRun& a) {
    std::string text = "200 dry run";
    for (const auto& change : a.would_change) text += "; " + change;
    for (const auto& warning : a.warnings) text += "; warning: " + warning;
    return text;
  }
  std::string operator()(const answer::Gone&) { return "204"; }
};

}  // namespace

std::string spell(Names& names, const Fact& fact) {
  FactSpeller speller{names};
  return std::visit(speller, fact);
}

std::string spell(Names& names, const session::Message& message) {
  MessageSpeller speller{names};
  return std::visit(speller, message);
}

std::string spell(Names& names, const answer::Answer& answer, bool with_branches) {
  AnswerSpeller speller{names, with_branches};
  return std::visit(speller, answer);
}

}  // namespace troth::scenarios
