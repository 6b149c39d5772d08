// What the SQL of a branch may do: a changeset can be stored, tried and applied later without surprise only for tables
// where one row is one primary key and touching it touches nothing else. Everything else is refused before it runs.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "participant-sdk/adapters/sqlite_db.h"

namespace troth::sqlite {

/// The own tables of the adapter; branches may not write them.
inline constexpr std::string_view kOwnPrefix = "troth_";

class Guard {
 public:
  /// Installs the authorizer on `db`; it lets everything pass until `enter`. Must outlive the use of the connection.
  explicit Guard(const Connection& db);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// From now on statements are judged, and none is let through once the transaction has ended. Looks at the tables
  /// again when the schema has changed.
  void enter();
  /// Looks at the tables again, whatever the schema's version says (it counts no temporary triggers).
  void look();
  /// Why branches may not write this table of the database file; empty when they may.
  std::string why_not_write(const std::string& table) const { return why_not_write(table, "main"); }
  /// Statements pass again; says why one was refused since `enter`, empty when none was.
  std::string leave();

 private:
  static int judge(void* self, int action, const char* first, const char* second, const char* database,
                   const char* trigger);
  std::string why_not(int action, std::string_view first, std::string_view second, std::string_view database) const;
  std::string why_not_write(const std::string& table, std::string_view database) const;
  void make_table_functions();
  void look_at_tables();

  const Connection& db_;
  Statement schema_version_;
  std::int64_t seen_version_ = -1;
  std::map<std::string, std::string> tables_;  // ordinary table → why branches may not write it, empty: they may
  bool judging_ = false;
  std::string refusal_;
};

}  // namespace troth::sqlite
