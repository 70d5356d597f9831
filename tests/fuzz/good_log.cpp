#include "good_log.hpp"

#include <algorithm>
#include <atomic>

#include "../unit/audit/memory_files.hpp"
#include "../unit/audit/some_records.hpp"
#include "audit/format/compress.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/audit/tree.hpp"
#include "canaryd/base/digest.hpp"
#include "canaryd/base/time_text.hpp"
#include "fuzz.hpp"
#include "known_key.hpp"

namespace canaryd::audit::fuzz {

namespace {

const std::string folder = "/audit";

class StepClock final : public Clock {
 public:
  WallTime now() const override { return parse_rfc3339("2026-08-01T12:00:00.000001Z").value() + ++steps_ * step; }
  SteadyTime steady() const override { return SteadyTime(std::chrono::hours(1)) + steps_ * step; }

 private:
  static constexpr std::chrono::seconds step{1};
  mutable int steps_ = 0;
};

Record record_of(Kind kind, const std::string& id) {
  auto record = test::full(kind, id);
  if (kind != Kind::lifecycle) record.event.clear();
  record.message = "A sentence with \xC3\xA4 and \"quotes\".";
  return record;
}

std::vector<std::string> plain_segments(const test::MemoryFiles& files) {
  auto paths = files.paths();
  std::erase_if(paths, [](const std::string& path) { return !path.ends_with(".jsonl"); });
  std::sort(paths.begin(), paths.end());
  return paths;
}

// After the first record, and after the last.
std::string checkpoints_of(const test::MemoryFiles& files, const std::string& log_id) {
  Tree tree;
  std::string notes;
  const auto sign = [&] {
    notes += sign_checkpoint(log_name("canaryd", log_id), tree.head(), known_keys(), {}) + "\n";
  };
  for (const auto& path : plain_segments(files)) {
    const auto content = files.content(path);
    std::size_t start = 0;
    for (auto lf = content.find('\n'); lf != std::string::npos; lf = content.find('\n', start)) {
      tree.add(leaf_hash(std::string_view(content).substr(start, lf - start)));
      if (tree.head().size == 1) sign();
      start = lf + 1;
    }
  }
  sign();
  return notes;
}

FileList list_of(const test::MemoryFiles& files) {
  FileList list;
  for (const auto& path : files.paths()) list.emplace_back(path.substr(folder.size() + 1), files.content(path));
  return list;
}

void write_log(test::MemoryFiles& files) {
  const StepClock clock;
  Logger logger(LogFormat::logfmt, LogLevel::error);
  Metrics metrics;
  Settings settings;
  settings.directory = folder;
  settings.rotate_size = 4000;
  const auto log = AuditLog::open(settings, files, clock, logger, metrics);
  must(log.has_value(), "a log can be begun");
  int number = 0;
  for (const Kind kind : {Kind::decision, Kind::intent, Kind::outcome, Kind::confirmed, Kind::received, Kind::lifecycle,
                          Kind::intent, Kind::unconfirmed}) {
    must((*log)->append(record_of(kind, known_id(number++ / 2))).has_value(), "a record can be written");
  }
  files.put(folder + "/checkpoints.log", checkpoints_of(files, (*log)->log_id()));
}

FileList plain_log() {
  test::MemoryFiles files;
  write_log(files);
  return list_of(files);
}

// Its closed segments compressed.
FileList packed_log() {
  test::MemoryFiles files;
  write_log(files);
  const auto segments = plain_segments(files);
  const std::atomic<bool> stopping{false};
  for (const auto& path : segments) {
    if (path == segments.back()) continue;
    const auto first_seq = std::stoull(path.substr(folder.size() + std::string_view("/segment-").size(), 20));
    const auto packed = compress_segment(folder, first_seq, sha256_hex(files.content(path)), files, stopping);
    must(packed.has_value(), "a closed segment can be compressed");
  }
  return list_of(files);
}

}  // namespace

std::string known_id(int number) { return std::string(31, 'a') + static_cast<char>('0' + number); }

const FileList& good_log() {
  static const FileList list = plain_log();
  return list;
}

const FileList& compressed_log() {
  static const FileList list = packed_log();
  return list;
}

}  // namespace canaryd::audit::fuzz
