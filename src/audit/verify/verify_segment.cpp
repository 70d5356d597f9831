#include "verify_segment.hpp"

#include <algorithm>

#include "audit/format/line.hpp"
#include "audit/format/names.hpp"

namespace canaryd::audit {

namespace {

// A small compressed file can hold two thousand million empty lines.
constexpr std::uint64_t malformed_limit = 10000;

// A power loss leaves NUL where a write had not come to the disk. The leaf hashes of the open segment are not synced.
bool is_hole(const Hash& stored, const Hash& expected) {
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] != expected[i] && stored[i] != 0) return false;
  }
  return true;
}

std::string range(std::uint64_t from, std::uint64_t to) {
  return from + 1 == to ? "record " + std::to_string(from)
                        : "records " + std::to_string(from) + " to " + std::to_string(to - 1);
}

}  // namespace

SegmentCheck::SegmentCheck(Findings& findings, RecordCheck& records, RootCheck& roots, RotationCheck& rotation,
                           const SegmentSource& source)
    : findings_(findings), records_(records), roots_(roots), rotation_(rotation), source_(source) {
  facts_.first_seq = first();
}

Status SegmentCheck::read() {
  const auto faults = findings_.faults();
  Lines lines(source_.records);
  if (auto done = lines_of(lines); !done) return done;
  if (!cut_) last_line(lines);
  facts_.doubtful = cut_ || findings_.faults() > faults || records_.chain().undecided();
  if (auto done = close(); !done) return done;
  facts_.sha256 = sha256_.hex();
  rotation_.read(std::move(facts_));
  return {};
}

Status SegmentCheck::lines_of(Lines& lines) {
  for (;;) {
    const auto line = lines.next();
    if (!line) {
      if (source_.unreadable || !source_.files.compressed) return fail(line.error());
      findings_.fault({name(), facts_.records + 1, lines.end_of_lines(), line.error().message});
      cut_ = true;
      return {};
    }
    if (!*line) return {};
    if (auto taken = take(**line); !taken) return taken;
    if (malformed_ < malformed_limit) continue;
    findings_.fault(
        {name(), (*line)->number, (*line)->offset, "too many lines that are no records: the rest is not read"});
    cut_ = true;
    return {};
  }
}

Status SegmentCheck::take(const Line& line) {
  ++facts_.records;
  facts_.bytes += line.bytes.size() + 1;
  sha256_.add(line.bytes);
  sha256_.add("\n");
  const auto head = records_.see(name(), line);
  if (!head) return fail(head.error());
  malformed_ += *head ? 0 : 1;
  const auto leaf = leaf_hash(line.bytes);
  auto seq = std::max(roots_.size(), first());
  if (*head) {
    const auto time = (*head)->time;
    if (facts_.from.empty() || time < facts_.from) facts_.from = std::string(time);
    if (facts_.to.empty() || time > facts_.to) facts_.to = std::string(time);
    seq = (*head)->seq;
  }
  if (auto compared = compare_leaf(seq, leaf, line); !compared) return compared;
  return grow(seq, leaf);
}

Status SegmentCheck::compare_leaf(std::uint64_t seq, const Hash& leaf, const Line& line) {
  if (seq < first()) return {};
  const auto stored = source_.leaves.at(seq - first());
  if (!stored) return fail(stored.error());
  if (!*stored || **stored == leaf) return {};
  if (newest() && is_hole(**stored, leaf)) {
    ++holes_;
    return {};
  }
  if (++leaf_faults_ == 1) {
    leaf_fault_ = Fault{source_.files.leaves, 0, (seq - first()) * leaf.size(),
                        "expected the leaf hash of record " + std::to_string(seq) + ", which is line " +
                            std::to_string(line.number) + " of " + name()};
  }
  return {};
}

// The tree is that of the records by their seq. One that is not here is there by the leaf hash that was kept of it;
// that it is missing is told by the chain.
Status SegmentCheck::grow(std::uint64_t seq, const Hash& leaf) {
  if (roots_.lost() || seq < roots_.size()) return {};
  if (auto filled = fill_to(seq); !filled) return filled;
  return roots_.size() == seq ? roots_.add(leaf) : Status{};
}

Status SegmentCheck::fill_to(std::uint64_t seq) {
  while (!roots_.lost() && roots_.size() < seq) {
    const auto stored = source_.leaves.at(roots_.size() - first());
    if (!stored) return fail(stored.error());
    if (!*stored) {
      roots_.lose(range(roots_.size(), seq) + " are nowhere");
      return {};
    }
    if (auto added = roots_.add(**stored); !added) return added;
  }
  return {};
}

void SegmentCheck::last_line(const Lines& lines) {
  const Fault end{name(), facts_.records + 1, lines.end_of_lines(), {}};
  const bool begins_the_log = first() == 0;
  if (facts_.records == 0 && !lines.too_long() && (begins_the_log || !newest())) {
    findings_.fault({name(), 1, 0, "expected a first record"});
  }
  if (lines.too_long()) {
    findings_.fault(
        {name(), end.line, end.byte, "expected a line of at most " + std::to_string(line_limit) + " bytes"});
    cut_ = true;
    return;
  }
  if (lines.unfinished() == 0) {
    if (facts_.records == 0 && newest() && !begins_the_log) findings_.note(name() + ": no record yet");
    return;
  }
  if (!newest()) {
    findings_.fault({name(), end.line, end.byte, "expected the end of a line before the next segment"});
    return;
  }
  findings_.note(name() + ", line " + std::to_string(end.line) + ", byte " + std::to_string(end.byte) + ": " +
                 std::to_string(lines.unfinished()) +
                 " bytes of a last line without its end: a log in use, or a crash; not counted");
}

Status SegmentCheck::close() {
  if (leaf_fault_) {
    if (leaf_faults_ > 1) leaf_fault_->what += ", and so on for " + std::to_string(leaf_faults_ - 1) + " more";
    findings_.fault(std::move(*leaf_fault_));
  }
  if (holes_ > 0) {
    findings_.note(source_.files.leaves + ": " + std::to_string(holes_) +
                   " leaf hashes did not come to the disk, as after a power loss: computed from the records");
  }
  check_leaves_length();
  if (newest()) return {};
  const auto next = *source_.next;
  auto& chain = records_.chain();
  const bool short_of = chain.next() < next && !chain.may_be_next(next);
  const bool in_leaves = first() + source_.leaves.count() == next;
  if (short_of && (cut_ || in_leaves)) {
    if (!cut_) {
      findings_.fault({name(), facts_.records + 1, facts_.bytes,
                       "expected " + range(chain.next(), next) + ", whose leaf hashes are here"});
      facts_.doubtful = true;
    }
    chain.jump(next);
  }
  return short_of || in_leaves ? fill_to(std::min(next, first() + source_.leaves.count())) : Status{};
}

// They are written behind the records, so that there are never more of them.
void SegmentCheck::check_open_leaves(std::uint64_t records) {
  const auto count = source_.leaves.count();
  if (count < records && !cut_) {
    findings_.note(source_.files.leaves + ": " + std::to_string(count) + " of " + std::to_string(records) +
                   " leaf hashes: the others were computed from the records");
  }
  if (count > records) {
    findings_.fault({name(), facts_.records + 1, facts_.bytes,
                     "expected " + range(first() + records, first() + count) + ", whose leaf hashes are here",
                     Check::completeness});
  }
}

void SegmentCheck::check_leaves_length() {
  const auto& leaves = source_.leaves;
  const auto file = source_.files.leaves;
  const auto covered = records_.chain().next() > first() ? records_.chain().next() - first() : 0;
  if (!leaves.present()) {
    if (newest()) return;
    findings_.fault({leaves_name(first()), 0, 0, "expected the leaf hashes of a closed segment", Check::completeness});
    return;
  }
  if (newest()) return check_open_leaves(covered);
  const auto hash_bytes = Hash{}.size();
  const bool whole = leaves.bytes() % hash_bytes == 0;
  const bool right = leaves.count() == covered || first() + leaves.count() == *source_.next;
  if (whole && (right || cut_)) return;
  findings_.fault({file, 0, std::min(leaves.count(), covered) * hash_bytes,
                   "expected " + std::to_string(covered) + " hashes of " + std::to_string(hash_bytes) +
                       " bytes, one a record, got " + std::to_string(leaves.bytes()) + " bytes"});
}

}  // namespace canaryd::audit
