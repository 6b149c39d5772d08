// A coordinator, a copy of its data directory, and what happened after the copy was made: the ids that the copy lacks.
#pragma once

#include <string>

#include "tests/e2e/banks.h"

namespace troth::e2e {

/// `cp -a from to`.
void copy_directory(const std::string& from, const std::string& to);

class OldCopy : public ::testing::Test {
 protected:
  /// Both banks at `real_` and a transfer committed: `before_`.
  void begin();
  /// `cp -a` of the running coordinator's data directory.
  void copy_to(const std::string& dir) { copy_directory(real_.data(), dir); }
  /// A transfer that both banks have seen the commit of: `after_`. The copy lacks it.
  void go_on();
  /// A transfer that bank-a has committed and of which bank-b, killed, holds the prepared branch: `torn_`.
  void tear();
  /// bank-b, which is now not running, comes to `copy` and unmasks it. Nobody else has to be connected.
  void unmask(World& copy);
  /// What everybody hears, and what the operator sees, from now on.
  void expect_unmasked(World& copy);
  /// Every start on it: 73, one line that names the file and the remedy, nothing changed.
  void expect_refused(World& copy);
  /// Both banks come to the real one: what was torn is mended and everybody agrees on what was told.
  void expect_mended(std::uint64_t transfers);

  World real_;
  Banks banks_;
  std::string before_;
  std::string after_;
  std::string torn_;
};

}  // namespace troth::e2e
