#include "leaves.hpp"

#include <algorithm>
#include <functional>

#include "lines.hpp"
#include "names.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t step = leaf_size * 2048;

void add_leaf(std::string& bytes, const Hash& leaf) { bytes.append(leaf.begin(), leaf.end()); }

// After a power loss, what was not synced can read as NULs; no hash begins with that many.
bool is_hole(const Hash& leaf) {
  return std::all_of(leaf.begin(), leaf.begin() + 8, [](unsigned char byte) { return byte == 0; });
}

// False when there are fewer than `count` lines.
Result<bool> each_leaf(Reader& records, std::uint64_t count, const std::function<Status(const Hash&)>& see) {
  Lines lines(records);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (!*line) return false;
    if (!see) continue;
    if (auto seen = see(leaf_hash((*line)->bytes)); !seen) return fail(seen.error());
  }
  return true;
}

Status write_leaves(File& file, Reader& records, std::uint64_t count) {
  if (auto cut = file.truncate(0); !cut) return cut;
  std::string bytes;
  const auto whole = each_leaf(records, count, [&](const Hash& leaf) -> Status {
    add_leaf(bytes, leaf);
    if (bytes.size() < step) return {};
    auto written = file.append(bytes);
    bytes.clear();
    return written;
  });
  if (!whole) return fail(whole.error());
  if (auto written = file.append(bytes); !written) return written;
  return file.sync();
}

}  // namespace

Result<bool> LeafReader::next(Hash& leaf) {
  if (buffer_.size() - at_ < leaf_size) {
    auto more = file_->read(offset_, step);
    if (!more) return fail(more.error());
    buffer_ = std::move(*more);
    at_ = 0;
    if (buffer_.size() < leaf_size) return false;
    offset_ += buffer_.size() - buffer_.size() % leaf_size;
  }
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), leaf_size, leaf.begin());
  at_ += leaf_size;
  return true;
}

LeafCheck::LeafCheck(std::unique_ptr<Reader> file) {
  if (!file) return;
  const auto size = file->size();
  if (!size) return;
  size_ = *size;
  lacking_ = false;
  leaves_.emplace(std::move(file));
}

Status LeafCheck::see(const Hash& leaf) {
  ++seen_;
  if (lacking_ || differs_) return {};
  Hash there{};
  const auto whole = leaves_->next(there);
  if (!whole) return fail(whole.error());
  lacking_ = !*whole || is_hole(there);
  differs_ = !lacking_ && there != leaf;
  if (!lacking_ && !differs_) ++equal_;
  return {};
}

Status LeafCheck::finish() {
  if (lacking_ || differs_) return {};
  Hash there{};
  for (;;) {
    const auto whole = leaves_->next(there);
    if (!whole) return fail(whole.error());
    if (!*whole) return {};
    ++surplus_;
  }
}

Result<bool> rewrite_leaves(Files& files, const std::string& directory, const SegmentFiles& segment,
                            std::uint64_t count) {
  auto records = open_records(directory, segment, files);
  if (!records) return fail(records.error());
  auto enough = each_leaf(**records, count, {});
  if (!enough || !*enough) return enough;
  records = open_records(directory, segment, files);
  if (!records) return fail(records.error());
  auto file = files.open_append(path_in(directory, leaves_name(segment.first_seq)));
  if (!file) return fail(file.error());
  if (auto written = write_leaves(**file, **records, count); !written) return fail(written.error());
  if (auto synced = files.sync_directory(directory); !synced) return fail(synced.error());
  return true;
}

OpenLeaves::OpenLeaves(Files& files, std::string directory, std::uint64_t first_seq)
    : files_(&files), directory_(std::move(directory)), first_seq_(first_seq) {}

std::string OpenLeaves::path() const { return path_in(directory_, leaves_name(first_seq_)); }

Status OpenLeaves::open(std::uint64_t count) {
  auto file = files_->open_append(path());
  if (!file) return fail(file.error());
  const auto size = (*file)->size();
  if (!size) return fail(size.error());
  if (*size < count * leaf_size) {
    return fail(Error::io(path() + ": expected " + std::to_string(count * leaf_size) + " bytes, found " +
                          std::to_string(*size)));
  }
  if (*size > count * leaf_size) {
    if (auto cut = (*file)->truncate(count * leaf_size); !cut) return cut;
  }
  file_ = std::move(*file);
  return {};
}

Status OpenLeaves::append(const std::vector<Hash>& leaves) {
  if (failed()) return {};
  bytes_.clear();
  for (const auto& leaf : leaves) add_leaf(bytes_, leaf);
  auto written = file_->append(bytes_);
  if (!written) file_.reset();
  return written;
}

Status OpenLeaves::complete(std::uint64_t count) {
  if (file_ && file_->still_at(path(), count * leaf_size) && file_->sync()) return {};
  file_.reset();
  const SegmentFiles segment{first_seq_, segment_name(first_seq_), false, leaves_name(first_seq_)};
  const auto written = rewrite_leaves(*files_, directory_, segment, count);
  if (!written) return fail(written.error());
  if (!*written) return fail(Error::io(path() + ": its segment has fewer records than were acknowledged"));
  return open(count);
}

}  // namespace canaryd::audit
