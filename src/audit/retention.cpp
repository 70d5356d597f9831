#include "retention.hpp"

#include <algorithm>
#include <charconv>

#include "canaryd/base/time_text.hpp"
#include "lines.hpp"
#include "names.hpp"
#include "parse.hpp"

namespace canaryd::audit {

namespace {

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string detail(const Record& record, std::string_view name) {
  const auto found =
      std::find_if(record.details.begin(), record.details.end(), [&](const auto& pair) { return pair.first == name; });
  return found == record.details.end() ? std::string() : found->second;
}

std::optional<std::uint64_t> segment_named(const std::string& name) {
  if (!is_segment(name)) return std::nullopt;
  return first_seq_of(name);
}

std::optional<Closed> closed_of(const Record& record) {
  if (record.kind != Kind::lifecycle || record.event != "rotated") return std::nullopt;
  Closed closed;
  closed.file = detail(record, "previous");
  closed.sha256 = detail(record, "sha256");
  closed.from = detail(record, "from");
  closed.to = detail(record, "to");
  const auto first_seq = segment_named(closed.file);
  const auto records = number(detail(record, "records"));
  const auto bytes = number(detail(record, "bytes"));
  const auto newest = parse_rfc3339(closed.to);
  if (!first_seq || !records || !bytes || !newest || closed.sha256.size() != 64) return std::nullopt;
  closed.first_seq = *first_seq;
  closed.records = *records;
  closed.bytes = *bytes;
  closed.newest = *newest;
  const auto waiting = detail(record, "unfinished_from");
  if (waiting.empty()) return closed;
  closed.unfinished_from = segment_named(waiting);
  if (!closed.unfinished_from) return std::nullopt;
  return closed;
}

}  // namespace

Result<Closed> closed_before(const std::string& directory, const SegmentFiles& segment, Files& files) {
  auto file = open_records(directory, segment, files);
  if (!file) return fail(file.error());
  Lines lines(**file);
  const auto line = lines.next();
  if (!line) return fail(line.error());
  const auto wrong = [&] { return Error::invalid(segment.records + ": its first record closes no segment"); };
  if (!*line) return fail(wrong());
  const auto record = parse_line((*line)->bytes);
  if (!record) return fail(record.error());
  auto closed = closed_of(*record);
  if (!closed) return fail(wrong());
  return std::move(*closed);
}

std::optional<Choice> next_to_remove(const std::vector<Removable>& segments, const KeepSettings& settings,
                                     const Need& need) {
  const bool too_much = settings.max_size > 0 && need.total > settings.max_size;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto& closed = segments[i].closed;
    const auto age = need.now - closed.newest;
    if (closed.first_seq >= need.unfinished_from || age <= settings.keep_at_least) continue;
    if (age > settings.keep) return Choice{i, "age"};
    if (need.room) return Choice{i, "space"};
    if (too_much) return Choice{i, "size"};
  }
  return std::nullopt;
}

Status remove_records(const std::string& directory, std::uint64_t first_seq, Files& files) {
  for (const auto& name : {compressed_name(first_seq), segment_name(first_seq)}) {
    auto removed = files.remove(path_in(directory, name));
    if (!removed && removed.error().kind != ErrorKind::not_found) return removed;
  }
  return files.sync_directory(directory);
}

}  // namespace canaryd::audit
