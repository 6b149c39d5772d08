// coordinator/ctl/look.h: how an answer is to be printed, and the pieces that print it. Whatever a server sent passes
// `printable` on its way to a table, so that no label and no reason can steer a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "proto/values/ids.h"

namespace troth::ctl {

enum class Format : std::uint8_t { kTable, kWide, kJson, kJsonl, kName };
enum class TimeStyle : std::uint8_t { kRelative, kIso };

struct Look {
  Format format = Format::kTable;
  bool aligned = false;  // columns for eyes; else one tab between them
  bool color = false;
  std::size_t width = 0;   // columns of the terminal; 0: not known
  std::size_t height = 0;  // its rows
  TimeStyle time = TimeStyle::kRelative;

  bool is_table() const { return format == Format::kTable || format == Format::kWide; }
  bool is_json() const { return format == Format::kJson || format == Format::kJsonl; }
  bool is_wide() const { return format == Format::kWide; }
};

enum class Tone : std::uint8_t { kPlain, kGood, kWarn, kBad, kDim, kStrong };

struct Cell {
  Cell(std::string words, Tone mood = Tone::kPlain) : text(std::move(words)), tone(mood) {}
  Cell(const char* words) : text(words) {}
  std::string text;
  Tone tone = Tone::kPlain;
};

/// Rows under a heading: aligned for eyes, tab-separated else. An empty cell is shown as `-`.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) : heading_(std::move(heading)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  void print(std::ostream& out, const Look& look) const;
  /// The same, but what is wider than the terminal has a line for each cell: folded lines are hard to read.
  void print_fitting(std::ostream& out, const Look& look) const;
  /// Without the heading: the next rows of a table that grows.
  void print_rows(std::ostream& out, const Look& look) const;

 private:
  void print_lines(std::ostream& out, const Look& look, bool with_heading) const;
  std::vector<std::size_t> widths() const;

  std::vector<std::string> heading_;
  std::vector<std::vector<Cell>> rows_;
};

/// Names and values, one a line; those without a value are left out.
class Facts {
 public:
  void add(std::string name, Cell value) {
    if (!value.text.empty()) rows_.push_back({std::move(name), std::move(value)});
  }
  void print(std::ostream& out, const Look& look) const;

 private:
  struct Row {
    std::string name;
    Cell value;
  };
  std::vector<Row> rows_;
};

std::string painted(const Look& look, Tone tone, const std::string& text);
/// Control characters, also those of C1, and what turns or breaks the line elsewhere than it stands, become spaces.
std::string printable(std::string_view text);
bool steers_terminal(char32_t point);
/// Of the character with which the text begins; of what is no UTF-8 its first byte.
char32_t code_point(std::string_view text);

/// The present, and a point in time as the API writes it (RFC 3339 UTC).
Millis now_at();
std::optional<Millis> parse_time(std::string_view text);
/// "350ms", "12s", "3m12s", "2h05m", "3d04h".
std::string duration_text(Millis ms);
/// "3m12s ago", "in 5s", or as the API wrote it; empty for an empty text.
std::string time_text(const Look& look, std::string_view api_time);

}  // namespace troth::ctl
