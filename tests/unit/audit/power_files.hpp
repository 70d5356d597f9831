#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"

namespace canaryd::audit::test {

// What is found after the machine came back.
enum class Ending : std::uint8_t {
  killed,     // kill -9: the kernel goes on and writes out all that it was given
  all_lost,   // power loss: only what was synced
  some_lost,  // power loss: of what was not synced some pages (the others read as NUL), some new sizes, some names
};

// A file system in memory whose power can fail at any operation. What it promises is no more than POSIX does: bytes
// last once their file was synced, a name (new, changed, removed) once its folder was, and what was not synced may last
// in any part. MemoryFiles has operations that fail; this one has none of that and every way to lose what was not
// synced. Not thread-safe.
class PowerFiles final : public Files {
 public:
  Status make_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<std::unique_ptr<File>> open_append(const std::string& path) override;
  Result<std::unique_ptr<File>> open_write_new(const std::string& path) override;
  Result<std::unique_ptr<Reader>> open_read(const std::string& path) override;
  Status remove(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status sync_directory(const std::string& path) override;
  Result<Space> space(const std::string& path) override;
  Result<std::unique_ptr<File>> lock(const std::string& path) override;

  // The n-th changing operation from now on is the last: it is done in part, and nothing works until `come_back`.
  void fail_at(int nth) { fails_in_ = nth; }
  bool failed() const { return failed_; }
  const std::string& last_operation() const { return last_operation_; }
  void come_back(Ending ending, std::mt19937& random);
  void put(const std::string& path, const std::string& bytes);  // on the disk, name and all
  // Everything that can be seen now, by path.
  std::map<std::string, std::string> content() const;

 private:
  friend class PowerFile;
  struct Node {
    std::string cache;
    std::string disk;
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  struct NameChange {
    std::string folder;  // that must be synced for it to last; of a rename also the other
    std::string other;
    std::function<void(Names&)> apply;
  };

  // False when nothing works any more. `in_part` when this operation is the last.
  bool begins(const std::string& what, bool& in_part);
  void change_names(const std::string& path, const std::string& other, std::function<void(Names&)> apply);
  static void lose(Node& node, Ending ending, std::mt19937& random);

  Names names_;
  Names names_on_disk_;
  std::vector<NameChange> pending_;
  std::set<std::string> folders_;
  std::set<std::string> locks_;
  std::string last_operation_;
  int fails_in_ = 0;
  bool failed_ = false;
  int life_ = 0;
};

}  // namespace canaryd::audit::test
