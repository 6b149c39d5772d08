// tests/scenarios/sdk_stage.h: the SDK's branch machine and its fence, as a participant's process drives them: messages
// of the coordinator and returns of the resource go in, calls and messages come out. Words: README.md.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "participant-sdk/core/branches.h"
#include "tests/scenarios/language.h"
#include "tests/scenarios/names.h"

namespace troth::scenarios {

class SdkStage : public Stage {
 public:
  void play(Command& command) override;
  void together(bool) override {}  // no turns here
  std::vector<std::string> take_trace() override;

 private:
  using Word = void (SdkStage::*)(Command&);
  static const std::map<std::string, Word>& words();

  void prepare(Command& command);
  void one_phase(Command& command);
  void commit(Command& command);
  void abort(Command& command);
  void decision(Command& command);
  void accepted(Command& command);
  void listed(Command& command);
  void connected(Command& command);
  void voted(Command& command);
  void acked(Command& command);
  void lookup(Command& command);
  void threw(Command& command);
  void tick(Command& command);
  void horizon(Command& command);
  void seen(Command& command);
  void welcome(Command& command);
  void restart(Command& command);

  BranchId branch(Command& command);
  void apply(const BranchId& id, sdk::Event event);
  void note(const std::vector<sdk::Effect>& effects);

  sdk::Branches branches_;
  BranchId last_;  // a return without a branch is about this one
  std::vector<Seen> seen_;
  Millis now_ = 1'000'000;
  Names names_;
  std::vector<std::string> trace_;
};

}  // namespace troth::scenarios
