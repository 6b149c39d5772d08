// `outcomes watch`: GET /v1/outcomes, which pushes what is decided as it is decided.
#include <boost/json/object.hpp>
#include <chrono>
#include <ostream>
#include <thread>

#include "coordinator/ctl/event_stream.h"
#include "coordinator/ctl/problem.h"
#include "coordinator/ctl/values.h"
#include "coordinator/ctl/words.h"
#include "proto/codec/strict_json.h"
#include "proto/transport/http_download.h"

namespace troth::ctl {
namespace {

constexpr Millis kSilenceMs = 60'000;  // longer than the comments by which the server shows that it is there
constexpr Millis kRetryMs = 1'000;
constexpr Millis kGiveUpMs = 60'000;

class Printer {
 public:
  Printer(const Invocation& invocation, std::size_t limit) : invocation_(invocation), limit_(limit) {}

  /// False: it was the last one wanted, or nobody reads any more.
  bool take(const Event& event) {
    std::ostream& out = invocation_.terminal.out;
    const auto parsed = codec::parse_strict(event.data);
    const auto* value = std::get_if<boost::json::value>(&parsed);
    if (value == nullptr) return true;
    const Object& outcome = as_object(*value);
    if (invocation_.look.is_json()) {
      out << event.data << "\n";
    } else if (invocation_.look.format == Format::kName) {
      out << printable(text_at(outcome, "transaction")) << "\n";
    } else {
      print_row(event, outcome);
    }
    out << std::flush;
    ++count_;
    return !is_done() && out.good();
  }
  bool is_done() const { return limit_ != 0 && count_ >= limit_; }

 private:
  void print_row(const Event& event, const Object& outcome) {
    Table table({"AT", "WHAT", "TRANSACTION", "BRANCH", "HEURISTIC", "LSN", "LABEL"});
    const std::string heuristic = text_at(outcome, "heuristic");
    // An age would be wrong as soon as it stands there.
    table.add({text_at(outcome, "at"), Cell(event.name, tone_of_outcome(event.name)), text_at(outcome, "transaction"),
               text_at(outcome, "branch"), Cell(heuristic, Tone::kBad), text_at(outcome, "lsn"),
               text_at(outcome, "label")});
    count_ == 0 ? table.print(invocation_.terminal.out, invocation_.look)
                : table.print_rows(invocation_.terminal.out, invocation_.look);
  }

  const Invocation& invocation_;
  std::size_t limit_;
  std::size_t count_ = 0;
};

/// One connection to the stream after another, until enough came or nobody answers any more.
class Follower {
 public:
  Follower(const Invocation& invocation, std::string after, std::size_t limit)
      : invocation_(invocation), printer_(invocation, limit), after_(std::move(after)) {}

  int run() {
    for (std::size_t round = 0;; ++round) {
      const std::string& endpoint = invocation_.endpoints[round % invocation_.endpoints.size()];
      auto result = follow(endpoint);
      if (printer_.is_done()) return kExitOk;
      if (!invocation_.terminal.out) return kExitUnreachable;
      Answer answer = answer_of(std::move(result), endpoint, false);
      answer.expect(answer.header("content-type").starts_with("text/event-stream"));
      if (answer.is_foreign) return fail(invocation_, answer);
      const bool may_come_back = answer.status == 0 || answer.status == 200 || answer.status == 503;
      const bool tried_all = round + 1 >= invocation_.endpoints.size();
      const bool is_over = silent_since_ != 0 && now_at() - silent_since_ > kGiveUpMs;
      if (!may_come_back || is_over || (!had_one_ && tried_all)) {
        return fail(invocation_, answer);
      }
      if (had_one_) pause_after(answer);
    }
  }

 private:
  transport::HttpResult follow(const std::string& endpoint) {
    EventReader reader;
    const std::string target = "/v1/outcomes" + (after_.empty() ? "" : "?after=" + after_);
    auto result = transport::download(io_, endpoint, "GET", target, kSilenceMs, [&](std::string_view piece) {
      had_one_ = true;
      silent_since_ = 0;
      const bool goes_on = reader.feed(piece, [&](const Event& event) { return printer_.take(event); });
      if (!reader.last_id().empty()) after_ = reader.last_id();
      return goes_on;
    });
    if (silent_since_ == 0) silent_since_ = now_at();
    return result;
  }

  void pause_after(const Answer& answer) {
    invocation_.terminal.err << "the stream ended (" << (answer.error.empty() ? "closed" : answer.error)
                             << "); going on " << (after_.empty() ? "from now" : "after LSN " + after_) << "\n";
    std::this_thread::sleep_for(std::chrono::milliseconds(kRetryMs));
  }

  const Invocation& invocation_;
  Printer printer_;
  transport::Io io_;
  std::string after_;
  bool had_one_ = false;
  Millis silent_since_ = 0;  // since when nobody answers; 0: somebody does
};

int run_watch(Invocation& invocation) {
  const Typed& typed = invocation.typed;
  std::string after;
  if (typed.has("--after")) {
    after = std::to_string(read_number<Lsn>("--after", typed.text("--after"), 0, ~Lsn{0} >> 1));
  }
  const std::size_t limit =
      typed.has("--limit") ? read_number<std::size_t>("--limit", typed.text("--limit"), 1, 1'000'000'000) : 0;
  return Follower(invocation, std::move(after), limit).run();
}

}  // namespace

std::vector<Verb> outcome_verbs() {
  return {
      {"outcomes",
       "watch",
       "what is decided, as it is decided; goes on where it was when the connection breaks",
       {"trothctl outcomes watch", "trothctl outcomes watch --after 118204 -o jsonl"},
       {{.name = "--after", .value = "LSN", .help = "also what came after this LSN; else only what comes from now on"},
        {.name = "--limit", .value = "N", .help = "end after so many"}},
       run_watch,
       "table|jsonl|json|name"}};
}

}  // namespace troth::ctl
