// tests/e2e/chaos/chaos_outbox.h: points at what the engine hears and says. Engine thread.
#pragma once

#include "coordinator/engine/engine.h"
#include "tests/e2e/chaos/points.h"

namespace troth::chaos {

/// `out.<what>` is passed before it leaves. When something before it in the same batch will be answered, that is let go
/// first, and the process ends when the answer comes: so one participant has heard, and the other has not.
/// `sent.<what>` is passed when it was released and then something came in: by then, as a rule, it is at its receiver.
class ChaosOutbox final : public engine::Outbox {
 public:
  ChaosOutbox(engine::Outbox& below, Points& points) : below_(below), points_(points) {}
  void release(std::vector<engine::Outgoing>& batch) override;

 private:
  void end_before(std::vector<engine::Outgoing>& batch, std::size_t item);

  engine::Outbox& below_;
  Points& points_;
  bool silent_ = false;  // the end is near: nothing leaves any more
};

/// `in.<what>`: before each turn, with what came in.
void pass_incoming(const std::vector<engine::Command>& commands, Points& points);

}  // namespace troth::chaos
