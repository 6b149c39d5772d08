// What SQL changed, as bytes: recorded under a session, applied later, and the rows it touches.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "participant-sdk/adapters/sqlite_db.h"

struct sqlite3_session;

namespace troth::sqlite {

/// Records the changes of all but the adapter's own tables from now until it dies.
class Recording {
 public:
  explicit Recording(const Connection& db);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  /// The changes so far, net: empty when nothing is different.
  std::string changeset();

 private:
  const Connection& db_;
  sqlite3_session* session_ = nullptr;
};

/// Applies `changeset` inside the running transaction: wholly, and then returns "", or not at all, and then why.
std::string apply_changeset(const Connection& db, std::string_view changeset);

/// One name for each row the changeset touches, the same for the same row whatever way its key is written:
/// `account(7)`. Sorted, without duplicates.
std::vector<std::string> rows_of(std::string_view changeset);

std::vector<std::string> tables_of(std::string_view changeset);

/// A place in the running transaction to go back to.
class Savepoint {
 public:
  explicit Savepoint(const Connection& db);
  ~Savepoint();  // goes back, unless kept; when it cannot, ends the transaction
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  void keep();

 private:
  const Connection& db_;
  bool open_ = true;
};

}  // namespace troth::sqlite
