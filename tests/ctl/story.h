// tests/ctl/story.h: what an operator sees, as text. A story is a file under tests/ctl/golden:
//   $ trothctl …   a command, split as a shell would (single quotes), run in this process against a live coordinator
//   < words        what the person at the terminal types to it; without this line nobody is there
//   then what came: stdout as it is, stderr with `! ` before each line, `= 5` for an exit code that is not 0
//   % words        done to the world around it; see World
// Ids, times, ages and ports are masked, since they differ from run to run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/ctl/run.h"
#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::ctl {

/// A coordinator and the participants that a story names.
class World {
 public:
  World();
  /// `participant NAME commit|abort|silent|votes-only`, `gone NAME`, `until PATH WORDS` (the answer holds these words).
  void act(const std::string& line);
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  /// The id of the nth transaction.
  std::string id(const std::string& n) const;
  std::string masked(std::string text) const;
  std::string unmasked(std::string text) const;
  /// Runs trothctl on it, without an environment but for TROTH_ENDPOINTS.
  Ran run(const std::vector<std::string>& words, const std::string& answers = {}, bool on_terminal = false);
  test::LiveServer& server() { return server_; }

 private:
  struct Guest {
    transport::Io io;
    std::shared_ptr<test::ScriptedParticipant> peer;
  };
  test::LiveServer server_;
  std::string id_start_;  // of every id of this start, up to the sequence
  std::map<std::string, std::unique_ptr<Guest>> guests_;
};

std::vector<std::string> split_as_shell(const std::string& line);

/// The story as it happens now.
std::string play(World& world, const std::string& story);

std::string read_text(const std::string& path);

}  // namespace troth::ctl
