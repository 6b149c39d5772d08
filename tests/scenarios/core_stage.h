// tests/scenarios/core_stage.h: one transaction and the core's `step`, for the rows of PROTOCOL.md that the engine
// never asks about in a phase. Everything else is played in world engine. Words: README.md.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/core/step.h"
#include "tests/scenarios/language.h"
#include "tests/scenarios/names.h"

namespace troth::scenarios {

class CoreStage : public Stage {
 public:
  CoreStage();
  void play(Command& command) override;
  void together(bool) override {}  // no turns here
  std::vector<std::string> take_trace() override;

 private:
  using Word = void (CoreStage::*)(Command&);
  static const std::map<std::string, Word>& words();

  void branches(Command& command);
  void commit(Command& command);
  void abort(Command& command);
  void vote(Command& command);
  void ack(Command& command);
  void inquire(Command& command);
  void reachable(Command& command);
  void unreachable(Command& command);
  void reincarnated(Command& command);
  void retire(Command& command);

  std::uint32_t number(Command& command);
  void step(const core::Event& event);

  core::Transaction transaction_;
  core::Timing timing_;
  core::Now now_{1'000, 5'000};
  Names names_;
  std::vector<std::string> trace_;
};

}  // namespace troth::scenarios
