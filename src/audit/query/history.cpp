#include "canaryd/audit/history.hpp"

#include "audit/format/head.hpp"
#include "audit/format/json_scan.hpp"
#include "audit/format/line.hpp"
#include "audit/format/lines.hpp"
#include "audit/format/names.hpp"
#include "audit/format/open_segment.hpp"
#include "audit/format/parse.hpp"
#include "audit/format/zstd_reader.hpp"

namespace canaryd::audit {

namespace {

Error at(const std::string& file, std::uint64_t line, const std::string& what) {
  return Error::invalid(file + ":" + std::to_string(line) + ": " + what);
}

Status read_records(const std::string& file, Reader& records, const std::function<void(const Entry&)>& visit) {
  Lines lines(records);
  for (std::uint64_t number = 1;; ++number) {
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (!*line) break;
    const auto bytes = (*line)->bytes;
    const auto head = read_head(bytes);
    if (!head) return fail(at(file, number, head.error().what));
    // Bounds its depth before a parser builds anything.
    if (const auto misfit = not_an_object(bytes)) return fail(at(file, number, misfit->what));
    auto record = parse_line(bytes);
    if (!record) return fail(at(file, number, record.error().message));
    visit({file, number, std::string(head->time), std::move(*record)});
  }
  if (lines.too_long()) {
    return fail(Error::invalid(file + ": expected a line of at most " + std::to_string(line_limit) + " bytes"));
  }
  return {};
}

}  // namespace

bool begins_like_a_log(std::string_view text) {
  constexpr std::string_view zstd_magic("\x28\xB5\x2F\xFD", 4);
  return text.starts_with("{\"seq\":") || text.starts_with(zstd_magic);
}

Status read_segment(const std::string& file, Files& files, const std::function<void(const Entry&)>& visit) {
  auto reader = files.open_read(file);
  if (!reader) return fail(reader.error());
  if (file.ends_with(".zst")) {
    reader = ZstdReader::open(std::move(*reader), file, segment_limit);
    if (!reader) return fail(reader.error());
  }
  return read_records(file, **reader, visit);
}

Status read_log(const std::string& directory, Files& files, const std::function<void(const Entry&)>& visit) {
  const auto segments = list_segments(directory, files);
  if (!segments) return fail(segments.error());
  for (const auto& listed : *segments) {
    WatchedReader::Seen seen;
    const auto opened = open_segment(directory, listed, files, seen);
    if (!opened) return fail(opened.error());
    if (!opened->records) continue;
    const auto read = read_records(path_in(directory, opened->files.records), *opened->records, visit);
    if (!read) return read;
  }
  return {};
}

}  // namespace canaryd::audit
