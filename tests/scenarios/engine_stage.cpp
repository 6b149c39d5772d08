// The process, its log and the clock.
#include "tests/scenarios/engine_stage.h"

#include <algorithm>
#include <utility>

#include "proto/codec/record_codec.h"
#include "proto/values/overloaded.h"
#include "recovery/rebuild.h"
#include "tests/scenarios/spell.h"

namespace troth::scenarios {

const std::map<std::string, EngineStage::Word>& EngineStage::words() {
  static const std::map<std::string, Word> kWords = [] {
    std::map<std::string, Word> all{
        {"disk", &EngineStage::disk},       {"limit", &EngineStage::limit},
        {"durable", &EngineStage::durable}, {"tick", &EngineStage::tick},
        {"crash", &EngineStage::crash},     {"power-cut", &EngineStage::power_cut},
        {"stop", &EngineStage::stop},       {"start", &EngineStage::start_again},
        {"drain", &EngineStage::drain},     {"given", &EngineStage::given},
        {"compact", &EngineStage::compact}, {"backup", &EngineStage::backup},
        {"restore", &EngineStage::restore},
    };
    for (const auto* more : {&words_of_participants(), &words_of_clients(), &words_of_operators()}) {
      all.insert(more->begin(), more->end());
    }
    return all;
  }();
  return kWords;
}

void EngineStage::play(Command& command) {
  const std::string verb = command.next("a command");
  const auto found = words().find(verb);
  if (found == words().end()) command.refuse("no such word: " + verb);
  (this->*found->second)(command);
  command.done();
  if (!engine_) return;
  if (is_together_) return;
  turn();
}

void EngineStage::together(bool on) {
  is_together_ = on;
  if (!on && engine_) turn();
}

std::vector<std::string> EngineStage::take_trace() {
  return std::exchange(trace_, {});
}

/// The words that need a running coordinator start it.
void EngineStage::need_engine(const Command& command) {
  if (engine_) return;
  if (epoch_.epoch != 0) command.refuse("the coordinator is stopped: 'start' it");
  start();
}

/// What the log says up to `upto`: its set, and the records after the set's cut.
recovery::Replay EngineStage::read_log(Lsn upto) const {
  recovery::Replay replay(limits_);
  replay.known().log = kLog;
  const auto see = [&replay](const wal::Stored& record) {
    const std::string why = replay.see(record);
    if (!why.empty()) throw BadScenario("the log cannot be read: " + why);
  };
  for (const auto& row : log_.set()) see({0, row.kind, row.body});
  for (Lsn lsn = log_.cut() + 1; lsn <= upto; ++lsn) {
    const auto& record = log_.records()[lsn - 1];
    see({lsn, record.kind, record.body});
  }
  return replay;
}

/// `compact`: a set speaks for all that is durable now. Beside the coordinator, which notices nothing.
void EngineStage::compact(Command&) {
  const Lsn cut = log_.durable();
  std::vector<wal::Record> set;
  read_log(cut).rebuilt(cut, now_.at, [&set](const wal::Record& row) { set.push_back(row); });
  log_.supersede(std::move(set), cut);
}

/// A start: replay, EpochStarted, engine. All that is in the log is durable by now, as after a rebuild.
void EngineStage::start() {
  recovery::Replay replay = read_log(log_.records().size());
  epoch_ = epoch_of(recovery::next_epoch(replay.known()));
  const fact::EpochStarted started{epoch_, 0, now_.at};
  const auto record = recovery::to_record(started);
  const Lsn lsn = log_.append({&record, 1});
  log_.sync();
  recovery::fold(replay.known(), lsn, started);
  names_.start(epoch_);
  engine::Options options;
  options.limits = limits_;
  engine_ = std::make_unique<engine::Engine>(log_, std::move(replay.known()), epoch_, options, now_);
}

void EngineStage::end_process() {
  engine_.reset();
  inbox_.clear();
  open_.clear();
  replaced_.clear();
  asked_.clear();
}

/// One turn, and more as long as the log has an answer for the engine.
void EngineStage::turn() {
  do {
    engine_->turn(inbox_, now_, *this);
    note_records();
  } while (log_.has_answers());
}

/// Records stand in the trace before the messages of their turn: `release` calls this first.
void EngineStage::note_records() {
  for (; noted_ < log_.records().size(); ++noted_) {
    const auto& record = log_.records()[noted_];
    const auto fact = codec::decode_fact(record.kind, record.body);
    trace_.push_back("log " + std::to_string(noted_ + 1) + " " + (fact ? spell(names_, *fact) : "unreadable"));
  }
}

void EngineStage::release(std::vector<engine::Outgoing>& batch) {
  note_records();
  for (auto& message : batch) {
    std::visit(Overloaded{
                   [&](const engine::Reply& m) {
                     const Asked asked = asked_[m.reply];
                     std::string text = spell(names_, m.answer, asked.shows_branches);
                     trace_.push_back("> reply " + asked.what + ": " + std::move(text));
                     names_.forget(asked.names);
                   },
                   [&](const engine::ToSession& m) {
                     trace_.push_back("> " + spell(names_, m.message) + " -> " + specs_[m.connection]);
                   },
                   [&](const engine::CloseSession& m) {
                     trace_.push_back("> close " + specs_[m.connection] + " " + std::to_string(m.code));
                   },
                   [&](const engine::ToCallback& m) {
                     trace_.push_back("> " + spell(names_, m.message) + " -> " + m.participant);
                   },
                   [](const engine::OutcomesTold&) {},  // repeats what stands in the log's lines
               },
               message);
  }
}

void EngineStage::put(engine::Command command) {
  inbox_.push_back(std::move(command));
}

/// `disk quick`: whatever is appended is durable. `disk full`, `disk free`: the reserve.
void EngineStage::disk(Command& command) {
  const std::string how = command.next("quick, slow, full or free");
  if (how == "quick" || how == "slow") {
    log_.auto_durable = how == "quick";
    log_.sync();
  } else if (how == "full" || how == "free") {
    log_.reserve = how == "free";
  } else {
    command.refuse("the disk is quick, slow, full or free");
  }
}

void EngineStage::limit(Command& command) {
  if (engine_) command.refuse("limits stand before the first start");
  const auto set = [&](const char* name, auto& limit) {
    if (const auto value = command.option(name)) limit = command.to_number(*value);
  };
  const auto set_duration = [&](const char* name, Millis& limit) {
    if (const auto value = command.option(name)) limit = command.to_duration(*value);
  };
  set("max-branches", limits_.max_branches);
  set("max-unsettled", limits_.max_unsettled);
  set("max-live", limits_.max_live);
  set("detail-count", limits_.detail_count);
  set_duration("max-wait", limits_.max_wait_ms);
  set_duration("key-retain", limits_.key_retain_ms);
  set_duration("retain", limits_.retain_ms);
  set("retain-count", limits_.retain_count);
}

/// `durable`: all of it. `durable 7`: up to this LSN.
void EngineStage::durable(Command& command) {
  if (!command.has_more()) return log_.sync();
  const Lsn lsn = command.to_number(command.next("an LSN"));
  if (lsn < log_.durable() || lsn > log_.records().size()) command.refuse("no such LSN to make durable");
  log_.sync_to(lsn);
}

void EngineStage::tick(Command& command) {
  const Millis passed = command.to_duration(command.next("a duration"));
  now_.due += passed;
  now_.at += passed;
}

/// kill -9: what was appended has reached the files, synced or not.
void EngineStage::crash(Command& command) {
  need_engine(command);
  end_process();
  log_.sync();
  start();
}

/// What was not synced is gone.
void EngineStage::power_cut(Command& command) {
  need_engine(command);
  end_process();
  log_.crash();
  noted_ = std::min(noted_, log_.records().size());
  start();
}

void EngineStage::stop(Command& command) {
  need_engine(command);
  end_process();
  log_.sync();
}

void EngineStage::start_again(Command& command) {
  if (engine_) command.refuse("it runs already");
  start();
}

void EngineStage::drain(Command& command) {
  need_engine(command);
  put(engine::DrainStarted{});
}

}  // namespace troth::scenarios
