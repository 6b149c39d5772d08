// tests/mutants/cells.h: which cells of the table in coordinator/core/PROTOCOL.md a run has reached. A cell is a row
// (an event, with what makes it the special case the row names) and a column (the phase before the step).
//
// A step is counted for a row when the row's words hold for it literally and the step can have the effect that the
// cell describes; a step that the table does not describe (a repeated vote in Preparing, an acknowledgement by an
// instance that may not speak) is counted for none. Where two rows describe one step, it is counted for both: the
// commit vote of the only branch is both "Vote commit" and "the last missing" unless it is Preparing, where the cells
// differ.
//
// Cheap: called for every step of a simulation. One thread, or one object a thread and `merge` at the end.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/core/event.h"
#include "coordinator/core/transaction.h"

namespace troth::mutants {

/// The columns of the table, in its order.
enum class Column : std::uint8_t { kActive, kPreparing, kOnePhase, kCommitting, kAborting, kFinished, kCount };

/// The rows that steps are told apart by, in no order that matters; their names: cells.cpp.
enum class Row : std::uint8_t {
  kEnlistNew,
  kEnlistSame,
  kEnlistOtherPayload,
  kEnlistNewIncarnation,
  kCommit,
  kCommitOtherCount,
  kCommitAfterDeadline,
  kAbort,
  kVoteCommit,
  kVoteCommitLast,
  kVoteReadOnly,
  kVoteAbort,
  kVoteAbortAfterCommit,
  kVoteCommitAfterReadOnly,
  kVoteOfAnother,
  kAckCommitted,
  kAckAborted,
  kAckMixed,
  kAckUnknownBranch,
  kAckOfAnother,
  kListed,
  kInquired,
  kReachable,
  kUnreachable,
  kReincarnated,
  kPrepareNotSent,
  kAttemptFailed,
  kTickNothing,
  kTickDeadline,
  kTickRetry,
  kTickWaiter,
  kResolveCommit,
  kResolveAbortHeuristic,
  kResolveDryRun,
  kResolveForget,
  kResolveForgetHeuristic,
  kRetry,
  kRetire,
  kDrain,
  kCount,
};
inline constexpr std::size_t kRows = static_cast<std::size_t>(Row::kCount);
inline constexpr std::size_t kColumns = static_cast<std::size_t>(Column::kCount);
using RowSet = std::bitset<kRows>;

Column column_of(const core::Transaction& before);

/// The rows that describe this step; none when the table does not describe it.
RowSet rows_of(const core::Transaction& before, const core::Event& event, core::Now now);

class Cells {
 public:
  /// Reads the table of the file at `path`. A cell whose first word is followed by `(unreachable)` need not be reached.
  /// Throws std::runtime_error when the table cannot be read, or its rows and columns are not those known here.
  explicit Cells(const std::string& path);

  /// A step is about to be taken.
  void note(const core::Transaction& before, const core::Event& event, core::Now now);
  /// Adds what another run of the same table has reached.
  void merge(const Cells& other);

  /// How many cells can be reached, and how many of those were.
  std::size_t reachable() const;
  std::size_t covered() const;
  /// "row | column" of reachable cells that were not reached, and of unreachable ones that were. In the table's order.
  std::vector<std::string> missing() const;
  std::vector<std::string> wrongly_reached() const;
  /// How often a step was counted for the cell.
  std::uint64_t count(Row row, Column column) const;

 private:
  struct Cell {
    std::uint64_t count = 0;
    bool is_unreachable = false;
  };
  void read_row(const std::vector<std::string>& cells);
  std::vector<std::string> names_of(bool is_unreachable, bool is_reached) const;

  std::array<std::array<Cell, kColumns>, kRows> cells_{};
  std::vector<Row> order_;  // of the table
};

}  // namespace troth::mutants
