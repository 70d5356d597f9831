#include "proof_leaves.hpp"

#include <algorithm>
#include <limits>

#include "audit/format/leaves.hpp"
#include "audit/format/lines.hpp"
#include "audit/format/names.hpp"
#include "audit/format/open_segment.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t piece_size = 64U << 10U;  // a multiple of leaf_size
// `seq`, `time`, `prev` and `kind` alone are longer. What is shorter would make its hash the greater part of what is
// held here: a segment of line ends is no log, but a bomb.
constexpr std::size_t shortest_record = 128;

}  // namespace

Result<LeafStore> LeafStore::open(const std::string& directory, Files& files) {
  auto segments = list_segments(directory, files);
  if (!segments) return fail(segments.error());
  return LeafStore(directory, files, std::move(*segments));
}

std::uint64_t LeafStore::end_of(std::size_t segment) const {
  return segment + 1 < segments_.size() ? segments_[segment + 1].first_seq : std::numeric_limits<std::uint64_t>::max();
}

Result<Hash> LeafStore::at(std::uint64_t seq) {
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), seq,
                                      [](std::uint64_t wanted, const auto& each) { return wanted < each.first_seq; });
  if (after == segments_.begin()) {
    return fail(Error::not_found(directory_ + ": the segment of record " + std::to_string(seq) + " is missing"));
  }
  const auto segment = static_cast<std::size_t>(after - segments_.begin()) - 1;
  if (segment != loaded_) {
    if (auto loaded = load(segment); !loaded) return fail(loaded.error());
    loaded_ = segment;
  }
  const auto index = seq - segments_[segment].first_seq;
  if (leaf_file_) return from_file(index);
  if (index < computed_.size()) return computed_[index];
  return fail(Error::not_found(path_in(directory_, segment_name(segments_[segment].first_seq)) + " holds " +
                               std::to_string(computed_.size()) + " records, and record " + std::to_string(seq) +
                               " is in no other segment: is one missing?"));
}

Status LeafStore::load(std::size_t segment) {
  loaded_ = static_cast<std::size_t>(-1);
  leaf_file_.reset();
  computed_.clear();
  piece_.clear();
  const auto& files = segments_[segment];
  const bool open = segment + 1 == segments_.size();
  if (!files.leaves.empty() && (!open || files.records.empty())) {
    auto opened = files_->open_read(path_in(directory_, files.leaves));
    if (!opened) return fail(opened.error());
    const auto size = (*opened)->size();
    if (!size) return fail(size.error());
    if (open || *size / leaf_size >= end_of(segment) - files.first_seq) {
      leaf_file_ = std::move(*opened);
      return {};
    }
  }
  return compute(files);
}

Status LeafStore::compute(const SegmentFiles& segment) {
  WatchedReader::Seen seen;
  auto opened = open_segment(directory_, segment, *files_, seen);
  if (!opened) return fail(opened.error());
  if (!opened->records) {
    return fail(Error::not_found(path_in(directory_, leaves_name(segment.first_seq)) +
                                 " is missing or short, and the records that would tell its hashes are gone"));
  }
  Lines lines(*opened->records);
  for (;;) {
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (!*line) return {};
    if ((*line)->bytes.size() < shortest_record) {
      return fail(Error::invalid(path_in(directory_, opened->files.records) + ": line " +
                                 std::to_string((*line)->number) + " is too short for a record"));
    }
    computed_.push_back(leaf_hash((*line)->bytes));
  }
}

Result<Hash> LeafStore::from_file(std::uint64_t index) {
  const auto offset = index * leaf_size;
  if (offset < piece_at_ || offset + leaf_size > piece_at_ + piece_.size()) {
    piece_at_ = offset / piece_size * piece_size;
    auto piece = leaf_file_->read(piece_at_, piece_size);
    if (!piece) return fail(piece.error());
    piece_ = std::move(*piece);
  }
  Hash leaf{};
  if (offset + leaf_size > piece_at_ + piece_.size()) {
    return fail(Error::not_found(path_in(directory_, segments_[loaded_].leaves) + " ends before leaf " +
                                 std::to_string(index)));
  }
  std::copy_n(piece_.begin() + static_cast<std::ptrdiff_t>(offset - piece_at_), leaf_size, leaf.begin());
  return leaf;
}

}  // namespace canaryd::audit
