#include "lines.hpp"
#include "names.hpp"
#include "removed.hpp"
#include "start_reading.hpp"

namespace canaryd::audit {

Status LogReading::read_closed() {
  if (auto built = build_tree(false); !built || lost_) return built;
  if (!rotated_ || hex_of(state_.tree.root()) == rotated_->root) return {};
  // The leaf files are not what the log was when it was rotated. Their records may still be.
  state_.tree = Tree();
  at_checkpoint_.reset();
  if (auto built = build_tree(true); !built || lost_) return built;
  if (hex_of(state_.tree.root()) != rotated_->root) {
    lose("the root of the records before " + segment_name(tail().first_seq) + " is not the one that it names");
    return {};
  }
  mended_leaves_ = true;
  return {};
}

Status LogReading::build_tree(bool from_records) {
  std::vector<std::size_t> absent;
  bool older_is_there = false;
  for (std::size_t i = 0; i < tail_ && !lost_; ++i) {
    const auto& segment = segments_[i];
    if (!segment.records.empty()) {
      older_is_there = true;
    } else if (older_is_there) {
      absent.push_back(i);
    }
    const std::uint64_t count = segments_[i + 1].first_seq - segment.first_seq;
    if (auto added = add_leaves_of(segment, count, from_records); !added) return added;
  }
  name_missing(absent);
  return {};
}

// Retention leaves the order where a segment has to stay. What a record names was removed by it; the rest is missing.
void LogReading::name_missing(const std::vector<std::size_t>& absent) {
  missing_.clear();
  if (absent.empty()) return;
  Runs removed;
  for (const auto& segment : segments_) {
    auto file = segment.records.empty() ? nullptr : open_records(directory_, segment, files_).value_or(nullptr);
    if (!file) continue;
    Lines lines(*file);
    for (auto line = lines.next(); line && *line; line = lines.next()) {
      if (const auto found = removed_in((*line)->bytes)) removed.add(found->since_seq, found->last_seq);
    }
  }
  for (const auto i : absent) {
    const auto first = segments_[i].first_seq;
    if (!removed.cover(first, segments_[i + 1].first_seq - 1)) missing_.push_back(segment_name(first));
  }
}

Status LogReading::add_leaves_of(const SegmentFiles& segment, std::uint64_t count, bool from_records) {
  const auto path = path_in(directory_, leaves_name(segment.first_seq));
  auto file = files_.open_read(path);
  auto size = file ? (*file)->size() : Result<std::uint64_t>(0);
  if (!size) return fail(size.error());
  if (!segment.records.empty() && (from_records || *size != count * leaf_size)) {
    if (auto made = make_leaves(segment, count); !made || lost_) return made;
    file = files_.open_read(path);
    size = count * leaf_size;
  }
  if (*size < count * leaf_size) {
    lose("neither the records nor the leaf hashes of " + segment_name(segment.first_seq) + " are there");
    return {};
  }
  if (!file) return fail(file.error());
  LeafReader leaves(std::move(*file));
  Hash leaf{};
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto whole = leaves.next(leaf);
    if (!whole) return fail(whole.error());
    if (!*whole) return fail(Error::io(path + " became shorter while it was read"));
    add_leaf(leaf);
  }
  return {};
}

Status LogReading::make_leaves(const SegmentFiles& segment, std::uint64_t count) {
  const auto made = rewrite_leaves(files_, directory_, segment, count);
  if (made && *made) {
    log_.warn("audit_leaves_rewritten", {{"segment", segment.records}, {"records", std::to_string(count)}});
    return {};
  }
  if (!made) return lose_unreadable(segment, made.error());
  lose("the leaf hashes of " + segment_name(segment.first_seq) + " are gone, and it has fewer records than " +
       std::to_string(count));
  return {};
}

}  // namespace canaryd::audit
