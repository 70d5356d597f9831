#include "canaryd/audit/verify.hpp"

#include <algorithm>
#include <set>

#include "anchors.hpp"
#include "audit/format/names.hpp"
#include "audit/format/open_segment.hpp"
#include "verify_checkpoints.hpp"
#include "verify_findings.hpp"
#include "verify_leaves.hpp"
#include "verify_records.hpp"
#include "verify_roots.hpp"
#include "verify_rotation.hpp"
#include "verify_segment.hpp"
#include "verify_torn.hpp"
#include "verify_verdict.hpp"

namespace canaryd::audit {

namespace {

constexpr std::uint64_t key_file_limit = 1U << 20U;

Result<std::vector<PublicKey>> read_keys(const std::vector<std::string>& paths, Files& files) {
  std::vector<PublicKey> keys;
  for (const auto& path : paths) {
    const auto file = files.open_read(path);
    if (!file) return fail(file.error());
    const auto text = (*file)->read(0, key_file_limit);
    if (!text) return fail(text.error());
    auto read = parse_public_keys(*text, path);
    if (!read) return fail(read.error());
    keys.insert(keys.end(), read->begin(), read->end());
  }
  return keys;
}

class Verification {
 public:
  Verification(std::string directory, const VerifyOptions& options, Files& files, std::vector<std::string> names,
               const std::vector<PublicKey>& keys, const Anchors& anchors)
      : directory_(std::move(directory)),
        options_(options),
        files_(files),
        names_(std::move(names)),
        own_(findings_, keys),
        roots_(findings_, own_, anchors),
        rotation_(findings_),
        recovery_(findings_, files, directory_, names_),
        records_(findings_, roots_, rotation_, recovery_),
        anchors_(anchors) {}

  Result<Verdict> run() {
    // First, so that the records that a checkpoint speaks of are there when it is.
    if (auto opened = open_checkpoints(); !opened) return fail(opened.error());
    const auto segments = list_segments(directory_, files_);
    if (!segments) return fail(segments.error());
    if (auto measured = measure_all(*segments); !measured) return fail(measured.error());
    if (auto begun = roots_.begin(); !begun) return fail(begun.error());
    for (std::size_t i = 0; i < segments->size(); ++i) {
      std::optional<std::uint64_t> next;
      if (i + 1 < segments->size()) next = (*segments)[i + 1].first_seq;
      if (auto done = segment((*segments)[i], next); !done) return fail(done.error());
    }
    verdict_.segments = segments->size();
    return finish();
  }

 private:
  Status open_checkpoints() {
    if (std::find(names_.begin(), names_.end(), checkpoints_name) == names_.end()) return {};
    auto file = files_.open_read(path_in(directory_, checkpoints_name));
    if (!file) return fail(file.error());
    const auto size = (*file)->size();
    if (!size) return fail(size.error());
    own_.read_from(std::move(*file), *size);
    return {};
  }

  // For the progress only.
  Status measure_all(const std::vector<SegmentFiles>& segments) {
    if (!options_.progress) return {};
    for (const auto& segment : segments) {
      if (segment.records.empty()) continue;
      const auto file = files_.open_read(path_in(directory_, segment.records));
      const auto size = file ? (*file)->size() : Result<std::uint64_t>(0);
      if (size) all_bytes_ += *size;
    }
    return {};
  }

  Status segment(const SegmentFiles& listed, std::optional<std::uint64_t> next) {
    place(listed);
    StoredLeaves leaves;
    if (!listed.leaves.empty()) {
      auto opened = StoredLeaves::open(files_, path_in(directory_, listed.leaves));
      if (!opened) return fail(opened.error());
      leaves = std::move(*opened);
    }
    WatchedReader::Seen seen;
    if (options_.progress) seen.progress = [this](std::uint64_t bytes) { tell_progress(bytes); };
    auto opened = open_segment(directory_, listed, files_, seen);
    if (!opened && seen.failed) return fail(opened.error());
    if (!opened) return unreadable(listed, leaves, opened.error());
    if (!opened->records) return absent(listed, leaves);
    const SegmentSource source{opened->files, *opened->records, leaves, next, seen.failed};
    SegmentCheck check(findings_, records_, roots_, rotation_, source);
    auto read = check.read();
    verdict_.records += check.lines();
    verdict_.bytes += check.bytes();
    return read;
  }

  void tell_progress(std::uint64_t bytes) {
    done_bytes_ += bytes;
    options_.progress(std::min(done_bytes_, all_bytes_), all_bytes_);
  }

  // That the segment begins where the log has come to.
  void place(const SegmentFiles& segment) {
    auto& chain = records_.chain();
    const auto first = segment.first_seq;
    const auto expected = chain.next();
    if (chain.may_be_next(first)) return;
    const auto file = segment.records.empty() ? segment.leaves : segment.records;
    if (first < expected) {
      findings_.fault({file, 1, 0, "expected " + segment_name(expected) + " as the next segment"});
      return;
    }
    const auto missing = "the records " + std::to_string(expected) + " to " + std::to_string(first - 1);
    findings_.fault({segment_name(expected), 0, 0,
                     "expected " + missing + " before " + file + ": neither they nor their leaf hashes are here",
                     Check::completeness});
    roots_.lose(missing + " are missing");
    rotation_.gap();
    chain.jump(first);
  }

  // Its records were removed; their leaf hashes stand for them.
  Status absent(const SegmentFiles& segment, StoredLeaves& leaves) {
    rotation_.absent(segment.first_seq, leaves.count(), segment.leaves);
    return feed(segment, leaves);
  }

  Status unreadable(const SegmentFiles& segment, StoredLeaves& leaves, const Error& why) {
    findings_.fault({segment.records, 1, 0, why.message});
    rotation_.gap();
    return feed(segment, leaves);
  }

  Status feed(const SegmentFiles& segment, StoredLeaves& leaves) {
    for (std::uint64_t nth = 0; nth < leaves.count(); ++nth) {
      const auto leaf = leaves.at(nth);
      if (!leaf) return fail(leaf.error());
      if (!*leaf) break;
      if (roots_.size() != segment.first_seq + nth) continue;
      if (auto added = roots_.add(**leaf); !added) return added;
    }
    if (leaves.bytes() != leaves.count() * Hash{}.size()) {
      findings_.fault({segment.leaves, 0, leaves.count() * Hash{}.size(), "expected the end of the file"});
    }
    records_.chain().jump(segment.first_seq + leaves.count());
    return {};
  }

  Result<Verdict> finish() {
    records_.chain().finish();
    rotation_.finish();
    recovery_.finish();
    verdict_.log_id = log_id_by(records_, own_);
    const auto ours = names_of_log(anchors_, verdict_.log_id);
    if (auto done = roots_.finish(ours); !done) return fail(done.error());
    conclude({options_, records_, roots_, rotation_, own_, anchors_, ours}, findings_, verdict_);
    return std::move(verdict_);
  }

  std::string directory_;
  const VerifyOptions& options_;
  Files& files_;
  std::vector<std::string> names_;
  Findings findings_;
  OwnCheckpoints own_;
  RootCheck roots_;
  RotationCheck rotation_;
  RecoveryCheck recovery_;
  RecordCheck records_;
  const Anchors& anchors_;
  Verdict verdict_;
  std::uint64_t all_bytes_ = 0;
  std::uint64_t done_bytes_ = 0;
};

}  // namespace

Result<Verdict> verify(const std::string& directory) {
  const auto files = posix_files();
  return verify(directory, *files);
}

Result<Verdict> verify(const std::string& directory, Files& files) { return verify(directory, VerifyOptions{}, files); }

Result<Verdict> verify(const std::string& directory, const VerifyOptions& options, Files& files) {
  const auto keys = read_keys(options.key_files, files);
  if (!keys) return fail(keys.error());
  const auto anchors = read_anchors(options.checkpoint_files, *keys, files);
  if (!anchors) return fail(anchors.error());
  auto names = files.list(directory);
  if (!names) return fail(names.error());
  return Verification(directory, options, files, std::move(*names), *keys, *anchors).run();
}

}  // namespace canaryd::audit
