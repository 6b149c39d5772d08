#include <fcntl.h>
#include <troth/participant.h>
#include <unistd.h>

#include <filesystem>
using namespace troth;
struct Stock : Resource {  // a reservation is a file: <branch>, then <branch>.sold or <branch>.no, which stays
  int dir = (std::filesystem::create_directory("stock"), ::open("stock", O_DIRECTORY));
  auto at(const Branch& b, const char* state = "") { return std::filesystem::path("stock/" + to_text(b.id) + state); }
  bool move(const auto& old, const auto& to) {  // if it is there; on the disk when it returns; throws: asked again
    return (!exists(old) || !::rename(old.c_str(), to.c_str())) && !::fsync(dir) ? exists(to) : throw std::exception();
  }
  bool put(const Branch& b, const char* state = "") {  // on the disk as a whole, or not there
    const int file = ::open(at(b, ".draft").c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_SYNC, 0600);
    const bool whole = ::write(file, b.payload.data(), b.payload.size()) == ssize_t(b.payload.size());
    return ::close(file) == 0 && whole ? move(at(b, ".draft"), at(b, state)) : throw std::exception();
  }
  Vote prepare(const Branch& b) override { return !exists(at(b, ".no")) && put(b) ? Vote::kCommit : Vote::kAbort; }
  Ack commit(const Branch& b) override { return move(at(b), at(b, ".sold")) ? Ack::kCommitted : Ack::kUnknownBranch; }
  Ack abort(const Branch& b) override { return move(at(b), at(b, ".no")) || put(b, ".no") ? Ack::kAborted : abort(b); }
  std::vector<BranchId> in_doubt() override {
    std::vector<BranchId> found;
    for (auto& file : std::filesystem::directory_iterator("stock"))
      if (auto id = parse_branch_id(file.path().filename().string())) found.push_back(*id);
    return found;
  }
};
int main() {
  return Participant(Options::from_environment("stock"), *std::make_unique<Stock>()).run();
}
