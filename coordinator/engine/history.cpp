#include "coordinator/engine/history.h"

#include "coordinator/engine/view.h"
#include "proto/codec/record_codec.h"

namespace troth::engine {

void History::add(const TransactionId& id, std::uint16_t kind, std::string body, std::uint64_t revision, Lsn lsn,
                  Millis finished_at, Millis kept_since) {
  Row row{kind, std::move(body), revision, lsn, finished_at, kept_since};
  if (rows_.insert_or_assign(id, std::move(row)).second) order_.push_back(id);
  while (!order_.empty()) {
    const auto oldest = rows_.find(order_.front());
    if (oldest != rows_.end()) {
      const bool expired = oldest->second.kept_since + max_age_ms_ < kept_since;
      if (rows_.size() <= max_count_ && !expired) break;
      rows_.erase(oldest);
    }
    order_.pop_front();
  }
}

void History::drop_before(const TransactionId& horizon, std::size_t most) {
  for (; most > 0 && !rows_.empty() && rows_.begin()->first < horizon; --most) rows_.erase(rows_.begin());
}

std::optional<Fact> History::find(const TransactionId& id) const {
  const auto row = rows_.find(id);
  if (row == rows_.end()) return std::nullopt;
  return codec::decode_fact(row->second.kind, row->second.body);
}

std::optional<TransactionView> History::view(const TransactionId& id) const {
  const auto row = rows_.find(id);
  if (row == rows_.end()) return std::nullopt;
  const auto fact = codec::decode_fact(row->second.kind, row->second.body);
  if (!fact) return std::nullopt;
  TransactionView view;
  if (const auto* decided = std::get_if<fact::CommitDecided>(&*fact)) {
    view = view_of(*decided);
  } else if (const auto* told = std::get_if<fact::AbortTold>(&*fact)) {
    view = view_of(*told);
  } else {
    return std::nullopt;
  }
  if (row->second.lsn != 0) view.lsn = row->second.lsn;
  view.revision = row->second.revision;
  if (row->second.finished_at != 0) view.finished_at = row->second.finished_at;
  return view;
}

void History::walk(const TransactionId& after, const std::function<bool(const TransactionId&)>& visit) const {
  for (auto row = rows_.upper_bound(after); row != rows_.end(); ++row) {
    if (!visit(row->first)) return;
  }
}

}  // namespace troth::engine
