#include <fcntl.h>
#include <troth/participant.h>
#include <unistd.h>

#include <filesystem>
struct Stock : troth::Resource {  // a reservation is a file: <branch>.prepared, then .committed or .aborted
  int directory = (std::filesystem::create_directory("stock"), ::open("stock", O_DIRECTORY));
  std::filesystem::path name(const troth::Branch& b, const char* state) { return "stock/" + to_text(b.id) + state; }
  troth::Ack settle(const troth::Branch& b, const char* state, troth::Ack done) {
    if (exists(name(b, ".prepared"))) rename(name(b, ".prepared"), name(b, state));  // throws: we are asked again
    if (::fsync(directory) != 0) throw std::runtime_error("fsync");
    return exists(name(b, state)) ? done : troth::Ack::kUnknownBranch;
  }
  troth::Vote prepare(const troth::Branch& b) override {  // on the disk before we vote
    const int file = ::open(name(b, ".prepared").c_str(), O_CREAT | O_WRONLY | O_SYNC, 0600);
    const bool kept = ::write(file, b.payload.data(), b.payload.size()) >= 0 && ::fsync(directory) == 0;
    return ::close(file) == 0 && kept ? troth::Vote::kCommit : troth::Vote::kAbort;
  }
  troth::Ack commit(const troth::Branch& b) override { return settle(b, ".committed", troth::Ack::kCommitted); }
  troth::Ack abort(const troth::Branch& b) override { return settle(b, ".aborted", troth::Ack::kAborted); }
  std::vector<troth::BranchId> in_doubt() override {
    std::vector<troth::BranchId> found;
    for (auto& file : std::filesystem::directory_iterator("stock"))
      if (file.path().extension() == ".prepared") found.push_back(*troth::parse_branch_id(file.path().stem().string()));
    return found;
  }
};
int main() {
  return troth::Participant(troth::Options::from_environment("stock"), *std::make_unique<Stock>()).run();
}
