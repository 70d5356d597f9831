#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "audit/format/names.hpp"
#include "canaryd/audit/history.hpp"
#include "log_builder.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Does something just before a file is opened: what a log in
// use does behind a reader's back.
class MovingFiles final : public Files {
 public:
  explicit MovingFiles(MemoryFiles& files) : files_(files) {}
  std::function<void(const std::string& path)> before_open;

  Status make_directory(const std::string& path) override { return files_.make_directory(path); }
  Result<std::vector<std::string>> list(const std::string& directory) override { return files_.list(directory); }
  Result<std::unique_ptr<File>> open_append(const std::string& path) override { return files_.open_append(path); }
  Result<std::unique_ptr<File>> open_write_new(const std::string& path) override { return files_.open_write_new(path); }
  Result<std::unique_ptr<Reader>> open_read(const std::string& path) override {
    if (before_open) before_open(path);
    return files_.open_read(path);
  }
  Status remove(const std::string& path) override { return files_.remove(path); }
  Status rename(const std::string& from, const std::string& to) override { return files_.rename(from, to); }
  Status sync_directory(const std::string& path) override { return files_.sync_directory(path); }
  Result<Space> space(const std::string& path) override { return files_.space(path); }
  Result<std::unique_ptr<File>> lock(const std::string& path) override { return files_.lock(path); }

 private:
  MemoryFiles& files_;
};

void fill(MemoryFiles& files, const FileList& list) {
  REQUIRE(files.make_directory(folder));
  put(files, list);
}

}  // namespace

TEST_CASE("a segment that is compressed or removed between the listing and the reading is read as it is then") {
  const auto before = [] {
    LogBuilder log;
    log.add(3);
    log.rotate();
    log.add(3);
    return log;
  };
  const auto log = before();
  auto later = before();
  for (const bool removed : {false, true}) {
    MemoryFiles memory;
    fill(memory, log.files());
    MovingFiles files(memory);
    bool moved = false;
    files.before_open = [&](const std::string& path) {
      if (moved || path != folder + "/" + segment_name(0)) return;
      moved = true;
      if (removed) {
        later.remove(0);
      } else {
        later.compress(0);
      }
      REQUIRE(memory.remove(path));
      put(memory, later.files());
    };
    CAPTURE(removed);
    const auto verdict = verify(folder, files);
    REQUIRE(verdict);
    INFO(to_text(*verdict));
    CHECK(moved);
    CHECK(verdict->intact);
    std::size_t visited = 0;
    moved = false;
    later = before();
    put(memory, {{segment_name(0), log.files().at(segment_name(0))}});
    REQUIRE(read_log(folder, files, [&](const Entry&) { ++visited; }));
    CHECK(visited > 4);
  }
}

TEST_CASE("a log in use is intact at every byte of a record that is being written") {
  auto log = small_rotated_log();
  const auto before = log.files();
  log.add(1);
  log.checkpoint();
  const auto after = log.files();
  for (const std::string& name : {segment_name(6), leaves_name(6), std::string(checkpoints_name)}) {
    for (auto size = before.at(name).size(); size <= after.at(name).size(); ++size) {
      auto list = before;
      if (name != segment_name(6)) list[segment_name(6)] = after.at(segment_name(6));
      list[name] = after.at(name).substr(0, size);
      const auto verdict = judged(list);
      CAPTURE(name);
      CAPTURE(size);
      INFO(to_text(verdict));
      CHECK(verdict.intact);
    }
  }
}

TEST_CASE("a new segment without its first record is a log in use or a crash and no fault") {
  auto log = small_rotated_log();
  log.rotate();
  auto list = log.files();
  const auto first = segment_name(log.open_segment());
  for (const std::size_t size : {0U, 1U, 100U}) {
    list[first] = log.files().at(first).substr(0, size);
    list.erase(leaves_name(log.open_segment()));
    const auto verdict = judged(list);
    INFO(to_text(verdict));
    CHECK(verdict.intact);
    CHECK(verdict.notes.size() == 1);
  }
}

TEST_CASE("the leaf hashes of the open segment may have holes after a power loss but no other values") {
  const auto log = small_rotated_log();
  auto list = log.files();
  auto& leaves = list[leaves_name(6)];
  std::fill(leaves.begin() + 40, leaves.begin() + 90, '\0');
  auto verdict = judged(list);
  CHECK(verdict.intact);
  REQUIRE(verdict.notes.size() == 1);
  CHECK(says(verdict.notes[0], leaves_name(6) + ": 2 leaf hashes did not come to the disk"));
  leaves[50] = 'x';
  verdict = judged(list);
  CHECK(verdict.integrity.state == State::broken);
  CHECK(verdict.faults.at(0).byte == 32);
}

TEST_CASE("the history of a log is read over its segments plain and compressed and without those removed") {
  auto log = small_rotated_log();
  MemoryFiles files;
  fill(files, log.files());
  std::vector<std::string> seen;
  const auto visit = [&](const Entry& entry) { seen.push_back(entry.file + ":" + std::to_string(entry.line)); };
  REQUIRE(read_log(folder, files, visit));
  REQUIRE(seen.size() == log.size());
  CHECK(seen[0] == folder + "/" + compressed_name(0) + ":1");
  CHECK(seen[4] == folder + "/" + segment_name(3) + ":2");
  seen.clear();
  REQUIRE(read_segment(folder + "/" + compressed_name(0), files, visit));
  CHECK(seen.size() == 3);

  log.remove(0);
  MemoryFiles later;
  fill(later, log.files());
  seen.clear();
  REQUIRE(read_log(folder, later, visit));
  CHECK(seen.size() == log.size() - 3);
}

TEST_CASE("deep JSON in a record is an error of the history and nothing is built of it") {
  LogBuilder log;
  auto list = log.files();
  auto& bytes = list[segment_name(0)];
  bytes.resize(bytes.size() - 2);
  bytes += ",\"x\":" + std::string(4U << 20U, '[') + std::string(4U << 20U, ']') + "}\n";
  MemoryFiles files;
  fill(files, list);
  const auto read = read_log(folder, files, [](const Entry&) {});
  REQUIRE_FALSE(read);
  CHECK(says(read.error().message, "too deep"));
  CHECK(judged(list).integrity.state == State::broken);
}
