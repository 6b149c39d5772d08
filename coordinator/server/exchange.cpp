#include "coordinator/server/exchange.h"

#include <utility>

namespace troth::server {

std::optional<BranchId> carried_branch(const session::Message& message) {
  if (const auto* prepare = std::get_if<session::Prepare>(&message)) return prepare->branch;
  if (const auto* one_phase = std::get_if<session::CommitOnePhase>(&message)) return one_phase->branch;
  return std::nullopt;
}

engine::ReplyTo Exchange::enqueue(request::Request request, std::optional<engine::InSession> in_session, Hear hear,
                                  std::vector<engine::Command>& batch) {
  const engine::ReplyTo reply = next_reply_++;
  waiting_.emplace(reply, std::move(hear));
  batch.push_back(engine::ClientRequest{reply, std::move(request), std::move(in_session)});
  return reply;
}

engine::ReplyTo Exchange::ask(request::Request request, std::optional<engine::InSession> in_session, Hear hear) {
  std::vector<engine::Command> batch;
  const engine::ReplyTo reply = enqueue(std::move(request), std::move(in_session), std::move(hear), batch);
  inbox_.push(batch);
  return reply;
}

void Exchange::abandon(engine::ReplyTo reply) {
  waiting_.erase(reply);
}

engine::ConnectionId Exchange::add(SessionEnd& session) {
  const engine::ConnectionId connection = next_connection_++;
  sessions_.emplace(connection, &session);
  return connection;
}

void Exchange::remove(engine::ConnectionId connection) {
  sessions_.erase(connection);
}

void Exchange::release(std::vector<engine::Outgoing>& batch) {
  if (batch.empty()) return;
  auto taken = std::make_shared<std::vector<engine::Outgoing>>(std::move(batch));
  batch = {};
  io_.post([this, taken] { deliver(*taken); });
}

void Exchange::deliver(std::vector<engine::Outgoing>& batch) {
  for (engine::Outgoing& outgoing : batch) {
    if (auto* reply = std::get_if<engine::Reply>(&outgoing)) {
      if (auto heard = waiting_.extract(reply->reply)) heard.mapped()(std::move(reply->answer));
    } else if (auto* message = std::get_if<engine::ToSession>(&outgoing)) {
      const auto session = sessions_.find(message->connection);
      if (session != sessions_.end()) session->second->send(std::move(message->message));
    } else if (auto* close = std::get_if<engine::CloseSession>(&outgoing)) {
      const auto session = sessions_.find(close->connection);
      if (session != sessions_.end()) session->second->close(close->code, std::move(close->reason));
    } else if (auto* told = std::get_if<engine::OutcomesTold>(&outgoing)) {
      if (hear_outcomes_) hear_outcomes_(std::move(*told));
    }
  }
}

}  // namespace troth::server
