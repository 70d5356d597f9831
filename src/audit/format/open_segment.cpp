#include "open_segment.hpp"

#include "names.hpp"
#include "zstd_reader.hpp"

namespace canaryd::audit {

namespace {

constexpr int most_listings = 3;

// What stands there now instead; not_found when the whole segment is gone.
Result<SegmentFiles> listed_again(const std::string& directory, std::uint64_t first_seq, Files& files) {
  auto segments = list_segments(directory, files);
  if (!segments) return fail(segments.error());
  for (auto& segment : *segments) {
    if (segment.first_seq == first_seq) return std::move(segment);
  }
  return fail(
      Error::not_found(path_in(directory, segment_name(first_seq)) + ": it was there when the folder was listed"));
}

}  // namespace

Result<std::uint64_t> WatchedReader::size() {
  auto size = file_->size();
  seen_.failed = seen_.failed || !size;
  return size;
}

Result<std::string> WatchedReader::read(std::uint64_t offset, std::size_t length) {
  auto bytes = file_->read(offset, length);
  seen_.failed = seen_.failed || !bytes;
  if (bytes && seen_.progress) seen_.progress(bytes->size());
  return bytes;
}

Result<OpenedSegment> open_segment(const std::string& directory, const SegmentFiles& listed, Files& files,
                                   WatchedReader::Seen& seen) {
  OpenedSegment opened{listed, nullptr};
  for (int listing = 1; !opened.files.records.empty(); ++listing) {
    auto file = files.open_read(path_in(directory, opened.files.records));
    if (file) {
      opened.records = std::make_unique<WatchedReader>(std::move(*file), seen);
      break;
    }
    auto now = listed_again(directory, listed.first_seq, files);
    if (!now || now->records == opened.files.records || listing == most_listings) {
      seen.failed = true;
      return fail(file.error());
    }
    opened.files = std::move(*now);
  }
  if (!opened.records || !opened.files.compressed) return opened;
  auto plain = ZstdReader::open(std::move(opened.records), opened.files.records, segment_limit);
  if (!plain) return fail(plain.error());
  opened.records = std::move(*plain);
  return opened;
}

}  // namespace canaryd::audit
