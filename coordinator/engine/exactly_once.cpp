// A repeated request is executed once: by Idempotency-Key (also across a crash, through the log), and by
// (client session, sequence).
#include "coordinator/engine/impl.h"
#include "proto/codec/record_codec.h"

namespace troth::engine {

namespace {

std::optional<Recorded> read_recorded(const wal::Found& found) {
  if (!found.present) return std::nullopt;
  const auto fact = codec::decode_fact(found.kind, found.body);
  if (!fact) return std::nullopt;
  if (const auto* decided = std::get_if<fact::CommitDecided>(&*fact)) {
    auto view = view_of(*decided);
    view.lsn = found.lsn;
    return Recorded{decided->id, Outcome::kCommitted, decided->origin.request_hash, decided->decided_at,
                    std::move(view)};
  }
  if (const auto* told = std::get_if<fact::AbortTold>(&*fact)) {
    return Recorded{told->id, Outcome::kAborted, told->origin.request_hash, told->decided_at, view_of(*told)};
  }
  return std::nullopt;
}

constexpr const char* kReused = "This Idempotency-Key came with another request; use a new key for a new request.";

}  // namespace

void Engine::Impl::begin_with_key(ReplyTo to, request::Begin& begin) {
  const std::string key = begin.origin.key;
  const auto found = keys_.find(key);
  if (found == keys_.end()) {
    const std::uint64_t token = next_token_++;
    KeyRun& run = keys_[key];
    run.hash = begin.origin.request_hash;
    run.waiting.emplace_back(to, std::move(begin));
    finding_[token] = key;
    finds_.emplace_back(key, token);
    return;
  }
  KeyRun& run = found->second;
  if (!run.id) {
    run.waiting.emplace_back(to, std::move(begin));
    return;
  }
  repeat_key(to, begin, std::string(run.hash), TransactionId(*run.id));
}

void Engine::Impl::repeat_key(ReplyTo to, const request::Begin& begin, const std::string& hash,
                              const TransactionId& id) {
  if (hash != begin.origin.request_hash) {
    refuse(to, Slug::kIdempotencyKeyReused, kReused);
  } else {
    repeat_begin(to, id, begin.commit, begin.wait);
  }
}

/// The log has answered. Absent, or older than keys are kept: the first that waits begins, the others repeat it.
void Engine::Impl::on_found(wal::Found& found) {
  const auto finding = finding_.find(found.token);
  if (finding == finding_.end()) return;
  const std::string key = std::move(finding->second);
  finding_.erase(finding);
  auto waiting = std::move(keys_[key].waiting);
  keys_.erase(key);
  const auto recorded = read_recorded(found);
  const bool kept = recorded && recorded->at + options_.limits.key_retain_ms >= now_.at;
  for (auto& [to, begin] : waiting) {
    if (kept) {
      repeat_recorded(to, begin, *recorded);
    } else if (keys_.count(key) == 0) {
      this->begin(to, begin);
    } else {
      begin_with_key(to, begin);
    }
  }
}

/// A key binds for as long as it is kept, also when its transaction is older than outcomes are remembered: then the
/// record that was found says what became of it.
void Engine::Impl::repeat_recorded(ReplyTo to, const request::Begin& begin, const Recorded& recorded) {
  const bool same = recorded.hash == begin.origin.request_hash;
  const bool forgotten = !live_.find(recorded.id) && recovery::classify(known_, epoch_, last_sequence_, recorded.id) ==
                                                         recovery::IdStatus::kBeforeHorizon;
  if (!same || !forgotten) return repeat_key(to, begin, recorded.hash, recorded.id);
  auto view = recorded.view;
  view.revision = first_revision(epoch_);
  reply_repeat(to, told(std::move(view), recorded.outcome, false), begin.commit);
}

void Engine::Impl::repeat_begin(ReplyTo to, const TransactionId& id, bool commit, Wait wait) {
  Live* live = live_.find(id);
  if (live && commit) {
    ask_commit(*live, to, wait, std::nullopt);
    return;
  }
  if (live) {
    reply(live->rests_on, to, answer::Transaction{201, view_of(live->transaction, now_)});
    return;
  }
  reply_repeat(to, about(id, false), commit);
}

/// What became of a begin that is over.
void Engine::Impl::reply_repeat(ReplyTo to, answer::Answer answer, bool commit) {
  if (!commit) {  // the first was answered 201; what became of it since shows in the transaction
    if (auto* refused = std::get_if<answer::Refused>(&answer); refused && refused->transaction) {
      answer = answer::Transaction{201, std::move(*refused->transaction)};
    } else if (auto* told = std::get_if<answer::Transaction>(&answer)) {
      told->status = 201;
    }
  }
  reply(last_forced_, to, std::move(answer));
}

/// Every request of a session keeps its window alive and moves its watermark; only begins can be executed twice.
void Engine::Impl::on_session_request(ClientRequest& command) {
  const InSession& from = *command.in_session;
  auto* begin = std::get_if<request::Begin>(&command.request);
  if (begin && windows_.may_be_forgotten(from.session, from.sequence, from.first_epoch != epoch_)) {
    refuse(command.reply, Slug::kExpired, "This client session was idle for too long; open a new one.");
    return;
  }
  const bool has_room = windows_.touch(from.session, from.acked_below, now_.due);
  if (begin) {
    begin_in_session(command.reply, *begin, from, has_room);
  } else if (from.problem) {
    reply(0, command.reply, answer::Refused{*from.problem, std::nullopt});
  } else {
    std::visit([&](auto& request) { handle(command.reply, request); }, command.request);
  }
}

void Engine::Impl::begin_in_session(ReplyTo to, request::Begin& begin, const InSession& from, bool has_room) {
  if (windows_.is_acked(from.session, from.sequence)) {
    refuse(to, Slug::kExpired, "This client session has acknowledged the answer to this sequence already.");
  } else if (const auto id = windows_.find(from.session, from.sequence)) {
    repeat_begin(to, *id, begin.commit, begin.wait);
  } else if (from.problem) {
    reply(0, to, answer::Refused{*from.problem, std::nullopt});
  } else if (from.first_epoch != epoch_) {
    answer_older_epoch(to, from);
  } else if (!has_room) {
    refuse(to, Slug::kLimitReached,
           "Too many client sessions, or too many answers that this one has not acknowledged.");
  } else {
    begin.origin.client_session = from.session;
    begin.origin.sequence = from.sequence;
    begin.origin.acked_below = from.acked_below;
    this->begin(to, begin);
  }
}

/// First sent to an earlier start of this coordinator: never executed now. Had it committed, the window would know.
void Engine::Impl::answer_older_epoch(ReplyTo to, const InSession& from) {
  const TransactionId first{known_.log, known_.shard, from.first_epoch, 1};
  const bool is_known = known_.find_epoch(from.first_epoch) && !recovery::is_in_gap_range(known_, from.first_epoch);
  if (old_copy_ || !is_known) {
    refuse(to, Slug::kAskOperator, "The log does not know the epoch of this request; only an operator can settle it.");
  } else if (first < known_.horizon) {
    refuse(to, Slug::kExpired, "The outcome of this request is no longer remembered.");
  } else {
    refuse(to, Slug::kAborted,
           "The coordinator restarted before request " + std::to_string(from.sequence) +
               " was decided, so it aborted; send it again as a new request.");
  }
}

}  // namespace troth::engine
