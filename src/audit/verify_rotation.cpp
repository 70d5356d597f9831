#include "verify_rotation.hpp"

#include "canaryd/base/text.hpp"
#include "names.hpp"

namespace canaryd::audit {

namespace {

std::string hex(const Hash& hash) { return to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()}); }

// Where the value of a detail begins in its line.
std::uint64_t byte_of(const Line& line, const std::string& name) {
  const auto member = "\"" + name + "\":\"";
  const auto details = line.bytes.find("\"details\":{");
  const auto at = line.bytes.find(member, details == std::string_view::npos ? 0 : details);
  return line.offset + (at == std::string_view::npos ? 0 : at + member.size());
}

}  // namespace

std::string detail_of(const Record& record, const char* name) {
  for (const auto& [key, value] : record.details) {
    if (key == name) return value;
  }
  return {};
}

void RotationCheck::read(SegmentFacts facts) {
  before_ = std::move(facts);
  absent_before_.reset();
}

void RotationCheck::absent(std::uint64_t first_seq, std::uint64_t records, const std::string& leaves_file) {
  before_.reset();
  absent_before_ = first_seq;
  absent_[first_seq] = {records, leaves_file, {}, {}, {}, {}};
}

void RotationCheck::gap() {
  before_.reset();
  absent_before_.reset();
}

void RotationCheck::expect(const LoggedAt& logged, const char* detail, const std::string& expected) {
  const auto said = detail_of(logged.record, detail);
  if (said == expected) return;
  findings_.fault({logged.file, logged.line.number, byte_of(logged.line, detail),
                   std::string("expected ") + detail + " " + expected + ", as it was measured, got " +
                       (said.empty() ? "none" : said)});
}

void RotationCheck::rotated(const LoggedAt& logged, const std::optional<TreeHead>& tree) {
  if (tree) expect(logged, "root", hex(tree->root));
  if (absent_before_) rotated_after_absent(logged, absent_[*absent_before_]);
  if (!before_ || before_->doubtful) return;
  expect(logged, "previous", segment_name(before_->first_seq));
  expect(logged, "records", std::to_string(before_->records));
  expect(logged, "bytes", std::to_string(before_->bytes));
  expect(logged, "sha256", before_->sha256);
  expect(logged, "from", before_->from);
  expect(logged, "to", before_->to);
}

void RotationCheck::rotated_after_absent(const LoggedAt& logged, Absent& before) {
  const auto said = detail_of(logged.record, "records");
  if (said != std::to_string(before.records)) {
    findings_.fault(
        {before.leaves_file, 0, 0,
         "expected " + said + " leaf hashes, as the record behind it says, got " + std::to_string(before.records)});
  }
  expect(logged, "previous", segment_name(*absent_before_));
  before.bytes = detail_of(logged.record, "bytes");
  before.sha256 = detail_of(logged.record, "sha256");
  before.from = detail_of(logged.record, "from");
  before.to = detail_of(logged.record, "to");
}

void RotationCheck::removed(const LoggedAt& logged) {
  const auto removal = removed_of(logged.record);
  if (!removal) {
    findings_.fault({logged.file, logged.line.number, logged.line.offset,
                     "expected a record of event removed to name the records that go"});
    return;
  }
  // A run begins with a segment that is not here, so that there are never more runs than such segments.
  const auto begin = absent_.lower_bound(removal->since_seq);
  if (begin != absent_.end() && begin->first <= removal->last_seq) named_.add(begin->first, removal->last_seq);
  const auto found = absent_.find(removal->first_seq);
  if (found == absent_.end()) return;  // not removed yet, or put back from elsewhere: it was checked like any other
  const auto& segment = found->second;
  expect(logged, "records", std::to_string(segment.records));
  expect(logged, "last_seq", std::to_string(removal->first_seq + segment.records - 1));
  if (segment.sha256.empty()) return;
  expect(logged, "bytes", segment.bytes);
  expect(logged, "sha256", segment.sha256);
  expect(logged, "from", segment.from);
  expect(logged, "to", segment.to);
}

void RotationCheck::finish() {
  for (const auto& [first, segment] : absent_) {
    if (segment.records > 0 && named_.cover(first, first + segment.records - 1)) continue;
    findings_.fault({segment_name(first), 0, 0,
                     "expected its " + std::to_string(segment.records) +
                         " records: only their leaf hashes are here, and no record says that they were removed",
                     Check::completeness});
  }
}

}  // namespace canaryd::audit
