#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/format/folder.hpp"
#include "canaryd/audit/files.hpp"

namespace canaryd::audit {

// When the records of a segment were written: the smallest and the largest of their times, RFC 3339 as records have it.
struct TimeSpan {
  std::string from;
  std::string to;
};

// The segments of a log as they stood when it was opened; their files may change their form or go meanwhile.
class QuerySegments {
 public:
  static Result<QuerySegments> open(const std::string& directory, Files& files);

  std::size_t size() const { return segments_.size(); }
  std::uint64_t first_seq(std::size_t i) const { return segments_[i].first_seq; }
  // The seq behind its last record; of the newest segment the largest number.
  std::uint64_t end_seq(std::size_t i) const;
  bool has_records(std::size_t i) const { return !segments_[i].records.empty(); }
  bool is_compressed(std::size_t i) const { return segments_[i].compressed; }
  const std::string& file(std::size_t i) const { return segments_[i].records; }

  // As the first record of the next segment tells; nullopt when there is none, or when it is not about this one.
  std::optional<TimeSpan> span(std::size_t i) const;
  // nullptr when its records are gone. A segment that was compressed meanwhile is opened in its new form.
  Result<std::unique_ptr<Reader>> open_records(std::size_t i);

 private:
  QuerySegments(std::string directory, Files& files, std::vector<SegmentFiles> segments)
      : directory_(std::move(directory)), files_(&files), segments_(std::move(segments)) {}
  Status look_again(std::size_t i);

  std::string directory_;
  Files* files_;
  std::vector<SegmentFiles> segments_;
};

}  // namespace canaryd::audit
