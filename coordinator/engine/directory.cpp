#include "coordinator/engine/directory.h"

#include <iterator>

namespace troth::engine {

Directory::Directory(const std::map<std::string, recovery::KnownParticipant>& known) {
  for (const auto& [name, entry] : known) add(entry.registered, 0).retired = entry.retired;
}

Participant* Directory::find(const std::string& name) {
  const auto found = participants_.find(name);
  return found == participants_.end() ? nullptr : &found->second;
}

Participant& Directory::add(const fact::ParticipantRegistered& registered, Lsn lsn) {
  Participant& participant = participants_[registered.name];
  participant.name = registered.name;
  participant.kind = registered.kind;
  participant.url = registered.url;
  participant.registered_lsn = lsn;
  participant.registered_at = registered.at;
  return participant;
}

void Directory::remove(const std::string& name) {
  participants_.erase(name);
}

Session* Directory::session(ConnectionId connection) {
  const auto found = by_connection_.find(connection);
  return found == by_connection_.end() ? nullptr : found->second;
}

Session& Directory::open(Participant& participant, Session session) {
  const ConnectionId connection = session.connection;
  session.participant = &participant;
  const std::string instance = session.instance;
  Session& stored = participant.sessions[instance] = std::move(session);
  by_connection_[connection] = &stored;
  return stored;
}

void Directory::close(ConnectionId connection) {
  Session* session = this->session(connection);
  if (!session) return;
  by_connection_.erase(connection);
  Participant* participant = session->participant;
  participant->sessions.erase(std::string(session->instance));
}

bool Directory::may_carry(const Session& session, const core::Branch& branch, bool one_phase) {
  if (branch.instance.empty()) return true;
  const bool own = session.instance == branch.instance;
  const bool prepared = branch.vote.has_value() || !branch.joined || one_phase;
  if (!prepared) return own && session.incarnation == branch.incarnation;
  return own || branch.routing == Routing::kAny;
}

Session* Directory::pick(Participant& participant, const core::Branch& branch, bool one_phase) {
  if (participant.sessions.empty()) return nullptr;
  if (const auto own = participant.sessions.find(branch.instance);
      own != participant.sessions.end() && may_carry(own->second, branch, one_phase)) {
    return &own->second;
  }
  const std::size_t count = participant.sessions.size();
  for (std::size_t i = 0; i < count; ++i) {
    auto candidate = std::next(participant.sessions.begin(), static_cast<long>(participant.next_pick++ % count));
    if (may_carry(candidate->second, branch, one_phase)) return &candidate->second;
  }
  return nullptr;
}

ParticipantView view_of(const Participant& participant) {
  ParticipantView view;
  view.name = participant.name;
  view.kind = participant.kind;
  view.routing = participant.routing;
  if (!participant.url.empty()) view.url = participant.url;
  view.state = participant.retired            ? ParticipantState::kRetired
               : participant.sessions.empty() ? ParticipantState::kDisconnected
                                              : ParticipantState::kConnected;
  for (const auto& [instance, session] : participant.sessions) {
    InstanceView row;
    row.id = instance;
    row.remote = session.remote;
    row.connected_at = session.connected_at;
    row.protocol = session.protocol;
    view.instances.push_back(std::move(row));
  }
  view.live_branches = participant.unsettled;
  view.in_doubt_branches = participant.in_doubt;
  view.hazards = participant.heuristics;
  view.registered_at = participant.registered_at;
  view.last_error = participant.last_error;
  if (participant.last_seen_at != 0) view.last_seen_at = participant.last_seen_at;
  return view;
}

}  // namespace troth::engine
