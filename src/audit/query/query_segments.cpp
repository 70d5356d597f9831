#include "query_segments.hpp"

#include <algorithm>
#include <limits>

#include "audit/format/head.hpp"
#include "audit/format/lines.hpp"
#include "audit/format/names.hpp"
#include "audit/format/parse.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit {

namespace {

// As records have it, so that its order as text is that of the time.
std::optional<std::string> time_in(const Pairs& details, std::string_view name) {
  const auto* text = find(details, name);
  if (text == nullptr) return std::nullopt;
  const auto time = parse_rfc3339(*text);
  if (!time || to_rfc3339(*time) != *text) return std::nullopt;
  return *text;
}

bool is_about(const Record& record, const std::string& segment) {
  return record.kind == Kind::lifecycle && record.event == "rotated" && detail_of(record, "previous") == segment;
}

std::optional<Record> first_record(Reader& reader) {
  Lines lines(reader);
  const auto line = lines.next();
  if (!line || !*line || !read_head((*line)->bytes)) return std::nullopt;
  auto record = parse_line((*line)->bytes);
  if (!record) return std::nullopt;
  return std::move(*record);
}

}  // namespace

Result<QuerySegments> QuerySegments::open(const std::string& directory, Files& files) {
  auto segments = list_segments(directory, files);
  if (!segments) return fail(segments.error());
  return QuerySegments(directory, files, std::move(*segments));
}

std::uint64_t QuerySegments::end_seq(std::size_t i) const {
  return i + 1 < size() ? segments_[i + 1].first_seq : std::numeric_limits<std::uint64_t>::max();
}

std::optional<TimeSpan> QuerySegments::span(std::size_t i) const {
  if (i + 1 >= size() || !has_records(i + 1)) return std::nullopt;
  const auto reader = audit::open_records(directory_, segments_[i + 1], *files_);
  if (!reader) return std::nullopt;
  const auto record = first_record(**reader);
  if (!record || !is_about(*record, segment_name(first_seq(i)))) return std::nullopt;
  auto from = time_in(record->details, "from");
  auto to = time_in(record->details, "to");
  if (!from || !to) return std::nullopt;
  return TimeSpan{std::move(*from), std::move(*to)};
}

Status QuerySegments::look_again(std::size_t i) {
  auto& segment = segments_[i];
  auto now = list_segments(directory_, *files_);
  if (!now) return fail(now.error());
  const auto same =
      std::find_if(now->begin(), now->end(), [&](const auto& each) { return each.first_seq == segment.first_seq; });
  segment = same == now->end() ? SegmentFiles{segment.first_seq, "", false, ""} : *same;
  return {};
}

Result<std::unique_ptr<Reader>> QuerySegments::open_records(std::size_t i) {
  if (!has_records(i)) return std::unique_ptr<Reader>();
  auto reader = audit::open_records(directory_, segments_[i], *files_);
  if (reader) return reader;
  const std::string before = file(i);
  if (auto looked = look_again(i); !looked) return fail(looked.error());
  if (!has_records(i)) return std::unique_ptr<Reader>();
  if (file(i) == before) return reader;
  return audit::open_records(directory_, segments_[i], *files_);
}

}  // namespace canaryd::audit
