#include <utility>

#include "canaryd/audit/tree.hpp"
#include "leaves.hpp"
#include "lines.hpp"
#include "names.hpp"
#include "parse.hpp"
#include "removed.hpp"
#include "retention.hpp"
#include "sha256.hpp"

namespace canaryd::audit {

namespace {

Error differs(const std::string& file, const std::string& what) {
  return Error::invalid(file + " " + what + ": its records are not removed, run `canaryd audit verify`");
}

// Holds a segment's lines against its leaf file.
class Check {
 public:
  Check(const SegmentFiles& segment, std::unique_ptr<Reader> leaf_file)
      : segment_(segment), leaf_file_(leaves_name(segment.first_seq)), leaves_(std::move(leaf_file)) {}

  Status see(std::string_view line) {
    bytes_.add(line);
    bytes_.add("\n");
    Hash leaf;
    const auto there = leaves_.next(leaf);
    if (!there) return fail(there.error());
    if (!*there || leaf != leaf_hash(line)) {
      return fail(
          differs(leaf_file_, "does not hold the hash of record " + std::to_string(segment_.first_seq + count_)));
    }
    ++count_;
    return keep_removal(line);
  }

  Result<std::vector<Record>> finish(const Closed& closed, std::uint64_t leaf_bytes) {
    if (leaf_bytes != count_ * leaf_size) return fail(differs(leaf_file_, "holds more than a hash for each record"));
    if (count_ != closed.records || bytes_.hex() != closed.sha256) {
      return fail(differs(segment_.records, "does not hold what the log closed"));
    }
    return std::move(removals_);
  }

 private:
  Status keep_removal(std::string_view line) {
    if (!removed_in(line)) return {};
    auto record = parse_line(line);
    if (!record) return fail(record.error());
    removals_.push_back(std::move(*record));
    return {};
  }

  const SegmentFiles& segment_;
  const std::string leaf_file_;
  LeafReader leaves_;
  Sha256 bytes_;
  std::vector<Record> removals_;
  std::uint64_t count_ = 0;
};

}  // namespace

Result<std::vector<Record>> may_be_removed(const std::string& directory, const SegmentFiles& segment,
                                           const Closed& closed, Files& files, const std::atomic<bool>& stopping) {
  auto records = open_records(directory, segment, files);
  if (!records) return fail(records.error());
  auto leaf_file = files.open_read(path_in(directory, leaves_name(segment.first_seq)));
  if (!leaf_file) return fail(leaf_file.error());
  const auto leaf_bytes = (*leaf_file)->size();
  if (!leaf_bytes) return fail(leaf_bytes.error());
  Check check(segment, std::move(*leaf_file));
  Lines lines(**records);
  for (;;) {
    if (stopping.load()) return fail(Error{ErrorKind::cancelled, "canaryd is stopping"});
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (!*line) break;
    if (auto seen = check.see((*line)->bytes); !seen) return fail(seen.error());
  }
  // What stands behind the last line is not in the digest; the size that was closed is.
  if (lines.unfinished() > 0) return fail(differs(segment.records, "ends within a line"));
  return check.finish(closed, *leaf_bytes);
}

}  // namespace canaryd::audit
