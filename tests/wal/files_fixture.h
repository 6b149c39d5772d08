// tests/wal/files_fixture.h: directories that go away, and what lies in them.
#pragma once

#include <map>
#include <string>

namespace troth::wal {

/// A directory of its own, removed at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& content);
/// Every file of the directory with its content.
std::map<std::string, std::string> contents(const std::string& dir);
void copy_dir(const std::string& from, const std::string& to);
/// Runs SQL on a closed log file by a connection of our own.
void run_sql(const std::string& file, const std::string& sql);

}  // namespace troth::wal
