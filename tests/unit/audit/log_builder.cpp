#include "log_builder.hpp"

#include <doctest/doctest.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "../../../src/audit/names.hpp"
#include "canaryd/base/digest.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit::test {

namespace {

std::string text_of(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

Record lifecycle(const std::string& event) {
  Record record = of_kind(Kind::lifecycle, "l-" + event);
  record.event = event;
  return record;
}

std::string time_in(const std::string& line) {
  constexpr std::size_t length = 27;
  return line.substr(line.find("\"time\":\"") + 8, length);
}

}  // namespace

std::string compressed(const std::string& bytes) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  REQUIRE(ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1)) == 0);
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const auto size = ZSTD_compress2(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
  REQUIRE(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

LogBuilder::LogBuilder() : time_(parse_rfc3339("2026-08-01T12:00:00.000001Z").value()) {
  auto key = SigningKey::generate();
  REQUIRE(key);
  keys_.push_back(std::move(*key));
  chain_.log_id = "0123456789abcdef0123456789abcdef";
  write(lifecycle("created"));
}

void LogBuilder::write(const Record& record) {
  std::string line;
  append_line(line, chain_, time_, body_of(record));
  time_ += std::chrono::milliseconds(1);
  files_[segment_name(first_)] += line;
  line.pop_back();
  const auto leaf = leaf_hash(line);
  tree_.add(leaf);
  files_[leaves_name(first_)] += text_of(leaf);
  lines_.push_back(std::move(line));
}

void LogBuilder::add(const Record& record) { write(record); }

void LogBuilder::add(int decisions) {
  for (int i = 0; i < decisions; ++i) write(decision("d-" + std::to_string(size())));
}

void LogBuilder::rotate_saying(const std::string& detail, const std::string& value) {
  const auto& bytes = files_.at(segment_name(first_));
  Closed closed{size() - first_, sha256_hex(bytes), std::to_string(bytes.size()), {}, {}};
  for (auto seq = first_; seq < size(); ++seq) {
    const auto time = time_in(lines_[seq]);
    if (closed.from.empty() || time < closed.from) closed.from = time;
    if (time > closed.to) closed.to = time;
  }
  auto record = lifecycle("rotated");
  record.details = {{"log", chain_.log_id},
                    {"previous", segment_name(first_)},
                    {"records", std::to_string(closed.records)},
                    {"bytes", closed.bytes},
                    {"sha256", closed.sha256},
                    {"root", to_hex(text_of(tree_.root()))},
                    {"from", closed.from},
                    {"to", closed.to}};
  for (auto& [name, said] : record.details) {
    if (name == detail) said = value;
  }
  closed_[first_] = closed;
  first_ = size();
  write(record);
}

void LogBuilder::compress(std::uint64_t first_seq) {
  const auto plain = files_.extract(segment_name(first_seq));
  files_[compressed_name(first_seq)] = compressed(plain.mapped());
}

void LogBuilder::remove(std::uint64_t first_seq, std::optional<std::uint64_t> since_seq) {
  const auto& closed = closed_.at(first_seq);
  auto record = lifecycle("removed");
  record.details = {{"file", segment_name(first_seq)},
                    {"first_seq", std::to_string(first_seq)},
                    {"last_seq", std::to_string(first_seq + closed.records - 1)},
                    {"since_seq", std::to_string(since_seq.value_or(first_seq))},
                    {"records", std::to_string(closed.records)},
                    {"bytes", closed.bytes},
                    {"sha256", closed.sha256},
                    {"from", closed.from},
                    {"to", closed.to},
                    {"why", "age"}};
  write(record);
  files_.erase(segment_name(first_seq));
  files_.erase(compressed_name(first_seq));
}

std::string LogBuilder::note() const { return sign_checkpoint(name(), head(), keys_, time_); }

LogBuilder small_rotated_log() {
  LogBuilder log;
  log.add(intent("a"));
  log.add(outcome("a"));
  log.checkpoint();
  log.rotate();
  log.checkpoint();
  log.add(2);
  log.rotate();
  log.add(2);
  log.checkpoint();
  log.add(1);
  log.compress(0);
  return log;
}

void put(MemoryFiles& files, const FileList& list) {
  for (const auto& [name, content] : list) files.put(path_in(folder, name), content);
}

Verdict judged(const FileList& list, const VerifyOptions& options) {
  MemoryFiles files;
  REQUIRE(files.make_directory(folder));
  put(files, list);
  auto verdict = verify(folder, options, files);
  INFO((verdict ? std::string() : verdict.error().message));
  REQUIRE(verdict);
  return *verdict;
}

}  // namespace canaryd::audit::test
