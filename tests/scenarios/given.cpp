// Records that were in the log before: what an earlier start, a restore or another version left.
#include <optional>

#include "proto/codec/record_codec.h"
#include "recovery/rebuild.h"
#include "tests/scenarios/engine_stage.h"

namespace troth::scenarios {
namespace {

constexpr const char* kUrl = "http://callback.test/troth";

}  // namespace

/// "a b(read-only) c(callback) d(pinned)", numbered from 1.
std::vector<DecidedBranch> EngineStage::decided_branches(Command& command) {
  std::vector<DecidedBranch> branches;
  for (const auto& word : command.rest()) {
    DecidedBranch branch;
    branch.n = static_cast<std::uint32_t>(branches.size() + 1);
    const auto bracket = word.find('(');
    branch.participant = word.substr(0, bracket);
    const std::string kind = bracket == std::string::npos ? "" : word.substr(bracket);
    if (kind == "(read-only)") {
      branch.read_only = true;
    } else if (kind == "(callback)") {
      branch.endpoint = kUrl;
    } else if (kind == "(pinned)") {
      branch.routing = Routing::kPinned;
      branch.instance = "1";
    } else if (!kind.empty()) {
      command.refuse("no such kind of branch: " + word);
    }
    branches.push_back(std::move(branch));
  }
  return branches;
}

Fact EngineStage::fact_of(const std::string& kind, Command& command) {
  const auto epoch = [&] {
    const std::string text = command.next("an epoch");
    if (const auto id = Names::parse_epoch(text)) return *id;
    command.refuse("not an epoch (e2): " + text);
  };
  if (kind == "gap") {
    const EpochId from = epoch();
    return fact::GapOpened{from, epoch(), now_.at};
  }
  if (kind == "epoch") return fact::EpochStarted{epoch(), 0, now_.at};
  if (kind == "participant") {
    fact::ParticipantRegistered registered;
    const std::string spec = command.next("a participant");
    const bool is_callback = spec.size() > 10 && spec.substr(spec.size() - 10) == "(callback)";
    registered.name = is_callback ? spec.substr(0, spec.size() - 10) : spec;
    if (is_callback) {
      registered.kind = ParticipantKind::kCallback;
      registered.url = kUrl;
      callbacks_[registered.name] = true;
    }
    return registered;
  }
  const TransactionId id = transaction(command, command.next("a transaction"));
  if (kind == "prepare-started") return fact::PrepareStarted{id, decided_branches(command), {}, "", "", now_.at};
  if (kind == "one-phase-started") {
    const auto branches = decided_branches(command);
    if (branches.size() != 1) command.refuse("one branch commits in one phase");
    return fact::OnePhaseStarted{id, branches[0], {}, "", "", now_.at};
  }
  if (kind == "commit-decided") {
    fact::CommitDecided decided;
    decided.id = id;
    decided.one_phase = command.flag("one-phase");
    decided.branches = decided_branches(command);
    decided.decided_at = now_.at;
    return decided;
  }
  if (kind == "ended") return fact::Ended{{id}};
  if (kind == "horizon") return fact::Horizon{id};
  if (kind == "commit-bit") return fact::CommitBits{id.epoch, id.sequence, "\1"};
  command.refuse("no such record: " + kind);
}

/// `given <record>`: while no coordinator runs. It is durable.
void EngineStage::given(Command& command) {
  if (engine_) command.refuse("records are given before the first start, or after 'stop'");
  const auto record = recovery::to_record(fact_of(command.next("a record"), command));
  log_.append({&record, 1});
  log_.sync();
  noted_ = log_.records().size();
}

/// The records that are durable now.
void EngineStage::backup(Command& command) {
  need_engine(command);
  backup_.assign(log_.records().begin(), log_.records().begin() + static_cast<long>(log_.durable()));
}

/// `restore above=e3`: the backup and its gap; the next epoch is above the highest that any participant has seen.
void EngineStage::restore(Command& command) {
  if (engine_ || backup_.empty()) command.refuse("after 'backup' and 'stop'");
  const auto seen = Names::parse_epoch(command.option("above").value_or(""));
  if (!seen) command.refuse("above=e3 is missing");
  std::optional<EpochId> last;
  for (const auto& record : backup_) {
    const auto fact = codec::decode_fact(record.kind, record.body);
    if (const auto* started = fact ? std::get_if<fact::EpochStarted>(&*fact) : nullptr) last = started->epoch;
  }
  const bool is_quick = log_.auto_durable;
  log_ = AskedLog();
  log_.auto_durable = is_quick;
  log_.append(backup_);
  const auto record = recovery::to_record(fact::GapOpened{*last, epoch_of(seen->epoch + 1), now_.at});
  log_.append({&record, 1});
  log_.sync();
  noted_ = log_.records().size();
}

}  // namespace troth::scenarios
