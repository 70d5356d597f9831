#include "folder.hpp"

#include <map>

#include "names.hpp"
#include "zstd_reader.hpp"

namespace canaryd::audit {

Result<std::vector<SegmentFiles>> list_segments(const std::string& directory, Files& files) {
  const auto names = files.list(directory);
  if (!names) return fail(names.error());
  std::map<std::uint64_t, SegmentFiles> found;
  for (const auto& name : *names) {
    const auto seq = first_seq_of(name);
    if (!seq) continue;
    auto& segment = found[*seq];
    segment.first_seq = *seq;
    if (is_leaves(name)) {
      segment.leaves = name;
    } else if (is_segment(name)) {
      segment.records = name;
      segment.compressed = false;
    } else if (segment.records.empty()) {
      segment.records = name;
      segment.compressed = true;
    }
  }
  if (found.empty()) return fail(Error::not_found(directory + ": no audit log, expected " + segment_name(0)));
  std::vector<SegmentFiles> segments;
  segments.reserve(found.size());
  for (auto& [seq, segment] : found) segments.push_back(std::move(segment));
  return segments;
}

Result<std::unique_ptr<Reader>> open_records(const std::string& directory, const SegmentFiles& segment, Files& files) {
  auto file = files.open_read(path_in(directory, segment.records));
  if (!file || !segment.compressed) return file;
  return ZstdReader::open(std::move(*file), segment.records, segment_limit);
}

}  // namespace canaryd::audit
