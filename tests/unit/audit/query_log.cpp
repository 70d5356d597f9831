#include "query_log.hpp"

#include <doctest/doctest.h>

#include <atomic>

#include "audit/format/compress.hpp"
#include "audit/format/names.hpp"
#include "audit/log/rotation.hpp"
#include "canaryd/base/digest.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit::test {

WallTime at(const std::string& time) {
  const auto read = parse_rfc3339(time);
  REQUIRE(read);
  return *read;
}

void QueryLog::begin(const std::string& time) {
  Record first = of_kind(Kind::lifecycle, "c");
  first.event = "created";
  if (segments_.empty()) {
    chain_.log_id = std::string(32, 'a');
  } else {
    const auto& closed = segments_.back();
    Tally tally(closed.first_seq);
    for (const auto& line : split(closed.text)) tally.add(line);
    first = rotated_record(tally, tree_, chain_.log_id, std::nullopt);
  }
  segments_.push_back({chain_.seq, "", false, false});
  append(time, first);
}

void QueryLog::append(const std::string& time, const Record& record) {
  append_line(segments_.back().text, chain_, at(time), body_of(record));
  files_.put(path(segments_.size() - 1), segments_.back().text);
}

void QueryLog::add(const std::string& time, const Record& record) { append(time, record); }

void QueryLog::add_raw(const std::string& bytes) {
  segments_.back().text += bytes;
  files_.put(path(segments_.size() - 1), segments_.back().text);
}

void QueryLog::compress(std::size_t number) {
  const std::atomic<bool> stopping{false};
  auto& part = segments_[number];
  REQUIRE(compress_segment(folder, part.first_seq, sha256_hex(part.text), files_, stopping));
  part.compressed = true;
}

void QueryLog::remove_records(std::size_t number) {
  REQUIRE(files_.remove(path(number)));
  files_.put(path_in(folder, leaves_name(segments_[number].first_seq)), "");
  segments_[number].removed = true;
}

std::string QueryLog::path(std::size_t number) const {
  const auto& part = segments_[number];
  return path_in(folder, part.compressed ? compressed_name(part.first_seq) : segment_name(part.first_seq));
}

std::vector<std::string> QueryLog::lines() const {
  std::vector<std::string> lines;
  for (const auto& part : segments_) {
    if (part.removed) continue;
    for (auto& line : split(part.text)) lines.push_back(std::move(line));
  }
  return lines;
}

Record about(const std::string& id, const std::string& ns, const std::string& name) {
  Record record = full(Kind::decision, id);
  record.target = TargetRef{ns, name, "5f0c"};
  return record;
}

Filter filter_of(const std::vector<std::pair<std::string, std::string>>& conditions, const std::string& now) {
  auto filter = read_filter(conditions, at(now));
  INFO((filter ? std::string() : filter.error().message));
  REQUIRE(filter);
  return *filter;
}

Answer ask(Files& files, const Query& query, std::size_t most, const std::function<bool()>& pause) {
  Answer answer;
  const auto visit = [&](const Match& match) {
    CHECK((match.record != nullptr || !query.parsed));
    answer.lines.emplace_back(match.line);
    return answer.lines.size() < most;
  };
  auto end = run_query(folder, files, query, visit, pause);
  INFO((end ? std::string() : end.error().message));
  REQUIRE(end);
  answer.end = std::move(*end);
  return answer;
}

}  // namespace canaryd::audit::test
