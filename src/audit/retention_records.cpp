#include <algorithm>

#include "canaryd/base/random.hpp"
#include "history_open.hpp"
#include "lines.hpp"
#include "removed.hpp"
#include "retention.hpp"

namespace canaryd::audit {

namespace {

std::uint64_t last_seq(const Closed& closed) { return closed.first_seq + closed.records - 1; }

// Where the run begins that ended with the record `last`, by what the records of a segment say.
Result<std::optional<std::uint64_t>> run_that_ends(std::uint64_t last, Reader& records,
                                                   const std::atomic<bool>& stopping) {
  std::optional<std::uint64_t> since;
  Lines lines(records);
  for (;;) {
    if (stopping.load()) return fail(Error{ErrorKind::cancelled, "canaryd is stopping"});
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (!*line) return since;
    const auto removed = removed_in((*line)->bytes);
    if (removed && removed->last_seq == last) since = removed->since_seq;
  }
}

std::string sentence(const Closed& closed, const std::string& why) {
  const std::string reason = why == "age"    ? "they are older than audit.keep"
                             : why == "size" ? "the log is larger than audit.max_size"
                                             : "the volume is almost full";
  return "The records " + std::to_string(closed.first_seq) + " to " + std::to_string(last_seq(closed)) +
         " are removed: " + reason + ".";
}

Record removed_record(const Closed& closed, std::uint64_t since_seq, const std::string& why) {
  Record record;
  record.kind = Kind::lifecycle;
  record.id = random_id();
  record.event = "removed";
  record.details = {{"file", closed.file},
                    {"first_seq", std::to_string(closed.first_seq)},
                    {"last_seq", std::to_string(last_seq(closed))},
                    {"since_seq", std::to_string(since_seq)},
                    {"records", std::to_string(closed.records)},
                    {"bytes", std::to_string(closed.bytes)},
                    {"sha256", closed.sha256},
                    {"from", closed.from},
                    {"to", closed.to},
                    {"why", why}};
  record.message = sentence(closed, why);
  return record;
}

Record said_again(Record record, const Removed& removed) {
  record.id = random_id();
  record.message = "The records " + std::to_string(removed.since_seq) + " to " + std::to_string(removed.last_seq) +
                   " were removed earlier, and so is now the record of that.";
  return record;
}

}  // namespace

Result<std::uint64_t> run_before(const std::string& directory, const Closed& closed, Files& files,
                                 const std::atomic<bool>& stopping) {
  const auto segments = list_segments(directory, files);
  if (!segments) return fail(segments.error());
  const SegmentFiles* before = nullptr;
  for (const auto& segment : *segments) {
    if (segment.first_seq < closed.first_seq) before = &segment;
  }
  if (before == nullptr || !before->records.empty()) return closed.first_seq;
  for (auto segment = segments->rbegin(); segment != segments->rend(); ++segment) {
    WatchedReader::Seen seen;
    const auto opened = open_segment(directory, *segment, files, seen);
    if (!opened || !opened->records) continue;
    const auto since = run_that_ends(closed.first_seq - 1, *opened->records, stopping);
    if (!since && since.error().kind == ErrorKind::cancelled) return fail(since.error());
    if (since && *since) return **since;
  }
  return closed.first_seq;
}

std::vector<Record> removed_records(const Closed& closed, std::uint64_t since_seq, const std::string& why,
                                    const std::vector<Record>& held) {
  std::vector<Record> records{removed_record(closed, since_seq, why)};
  Runs named;
  named.add(since_seq, last_seq(closed));
  for (auto record = held.rbegin(); record != held.rend(); ++record) {
    const auto removed = removed_of(*record);
    if (!removed || named.cover(removed->since_seq, removed->last_seq)) continue;
    named.add(removed->since_seq, removed->last_seq);
    records.push_back(said_again(*record, *removed));
  }
  std::reverse(records.begin(), records.end());
  return records;
}

}  // namespace canaryd::audit
