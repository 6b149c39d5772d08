// Lists: transactions by id, participants by name. A list rests on the last forced record appended.
#include <algorithm>
#include <set>
#include <utility>

#include "coordinator/engine/impl.h"

namespace troth::engine {

namespace {

/// How many transactions one page may look at: a filter that matches little must not hold up the engine. A page that
/// ends for this reason is short and has a next page.
constexpr std::size_t kMaxLookedAt = 20'000;

bool matches_state(const request::List& list, const TransactionView& view) {
  switch (list.state) {
    case request::StateFilter::kAll: return true;
    case request::StateFilter::kPhase: return view.phase == list.phase;
    case request::StateFilter::kAttention: return view.attention.has_value();
    case request::StateFilter::kInDoubt:
      return std::any_of(view.branches.begin(), view.branches.end(), [](const BranchView& b) { return b.in_doubt; });
  }
  return false;
}

bool matches(const request::List& list, const TransactionView& view, Millis now_at) {
  if (!matches_state(list, view)) return false;
  if (!list.label.empty() && view.label != list.label) return false;
  if (list.older_than_ms && now_at - view.begun_at.value_or(now_at) < *list.older_than_ms) return false;
  if (list.participant.empty()) return true;
  return std::any_of(view.branches.begin(), view.branches.end(),
                     [&](const BranchView& b) { return b.participant == list.participant; });
}

/// Finished ones can match only these filters; the rest need not be read.
bool may_be_finished(const request::List& list) {
  return list.state == request::StateFilter::kAll ||
         (list.state == request::StateFilter::kPhase && list.phase == Phase::kFinished);
}

}  // namespace

void Engine::Impl::handle(ReplyTo to, request::List& list) {
  const TransactionId after = list.after.value_or(TransactionId{});
  std::set<TransactionId> ids;
  live_.walk(after, [&](Live& live) {
    ids.insert(live.transaction.id);
    return ids.size() <= kMaxLookedAt;
  });
  if (may_be_finished(list)) {
    std::size_t looked_at = 0;
    history_.walk(after, [&](const TransactionId& id) {
      ids.insert(id);
      return ++looked_at <= kMaxLookedAt;
    });
  }
  answer::Transactions page;
  std::size_t looked_at = 0;
  std::optional<TransactionId> last;
  for (const auto& id : ids) {
    if (page.views.size() == list.page_size || looked_at == kMaxLookedAt) {
      page.next = last;
      break;
    }
    ++looked_at;
    last = id;
    const Live* live = live_.find(id);
    auto view = live ? view_of(live->transaction, now_) : remembered(id).value_or(TransactionView{});
    if (view.id == id && matches(list, view, now_.at)) page.views.push_back(std::move(view));
  }
  reply(last_forced_, to, std::move(page));
}

/// From what is counted with each step: nothing is looked through.
ParticipantView Engine::Impl::participant_view(const Participant& participant) const {
  ParticipantView view = view_of(participant);
  const Millis since = participant.in_doubt_since.oldest();
  if (since != 0) view.oldest_in_doubt_ms = std::max<Millis>(0, now_.at - since);
  return view;
}

void Engine::Impl::handle(ReplyTo to, request::ListParticipants&) {
  answer::Participants all;
  for (const auto& [name, participant] : directory_.all()) all.views.push_back(participant_view(participant));
  reply(last_forced_, to, std::move(all));
}

void Engine::Impl::handle(ReplyTo to, request::GetParticipant& get) {
  const Participant* participant = directory_.find(get.name);
  if (!participant) {
    refuse(to, Slug::kUnknownParticipant, "No participant '" + get.name + "' is registered.");
    return;
  }
  reply(last_forced_, to, answer::Participant{participant_view(*participant)});
}

void Engine::Impl::handle(ReplyTo to, request::RemoveParticipant& remove) {
  Participant* participant = directory_.find(remove.name);
  if (!participant) {
    refuse(to, Slug::kUnknownParticipant, "No participant '" + remove.name + "' is registered.");
    return;
  }
  if (participant->retired) {
    refuse(to, Slug::kParticipantInUse,
           "It is retired; its name stays taken, so that it can never come back with what it held.");
    return;
  }
  bool in_use = false;
  live_.walk({}, [&](Live& live) {
    for (const auto& link : live.links) in_use = in_use || link.participant == participant;
    return !in_use;
  });
  if (in_use) {
    refuse(to, Slug::kParticipantInUse, "The participant has live branches; wait for them, or retire it.");
    return;
  }
  fact::ParticipantRemoved removed{remove.name, now_.at};
  const Lsn lsn = stage(removed);
  recovery::fold(known_, lsn, removed);
  std::vector<ConnectionId> connections;
  for (const auto& [instance, session] : participant->sessions) connections.push_back(session.connection);
  for (const ConnectionId connection : connections) {
    say(lsn, CloseSession{connection, session::kCloseReplaced, "This participant was removed."});
    end_connection(connection);
  }
  directory_.remove(remove.name);
  reply(lsn, to, answer::Gone{});
}

}  // namespace troth::engine
