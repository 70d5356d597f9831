#include "unfinished.hpp"

#include <algorithm>

#include "audit/format/parse.hpp"

namespace canaryd::audit {

namespace {

using Places = std::map<std::string, Unfinished::Place, std::less<>>;
using Place = Unfinished::Place;

// Unescaped quotes stand around members only, so these texts cannot come from a value.
bool is_applied(std::string_view line) { return line.find("\"result\":\"applied\"") != std::string_view::npos; }

// The records at `offsets` of one segment, in order. A compressed one can only be read from its start to its end.
Status read_at(Reader& file, const std::vector<std::uint64_t>& offsets, std::vector<Record>& records) {
  auto wanted = offsets.begin();
  Lines lines(file);
  while (wanted != offsets.end()) {
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (!*line) return fail(Error::io("a segment is shorter than it was when it was read first"));
    if ((*line)->offset < *wanted) continue;
    auto record = parse_line((*line)->bytes);
    if (!record) return fail(Error::io(record.error().message));
    records.push_back(std::move(*record));
    ++wanted;
  }
  return {};
}

Result<std::vector<Record>> records_at(const Places& all, const std::string& directory,
                                       const std::vector<SegmentFiles>& segments, Files& files) {
  std::map<std::uint64_t, std::vector<std::uint64_t>> by_segment;
  for (const auto& [id, place] : all) by_segment[place.segment].push_back(place.offset);
  std::vector<Record> records;
  for (const auto& segment : segments) {
    const auto found = by_segment.find(segment.first_seq);
    if (found == by_segment.end()) continue;
    auto& offsets = found->second;
    std::sort(offsets.begin(), offsets.end());
    auto file = open_records(directory, segment, files);
    if (!file) return fail(file.error());
    if (auto read = read_at(**file, offsets, records); !read) return fail(read.error());
  }
  return records;
}

void forget(Places& places, std::string_view id) {
  if (const auto found = places.find(id); found != places.end()) places.erase(found);
}

void look_for_older(const Places& places, std::optional<std::uint64_t>& oldest) {
  for (const auto& [id, place] : places) oldest = std::min(oldest.value_or(place.segment), place.segment);
}

}  // namespace

void Unfinished::see(const Head& head, const Line& line, std::uint64_t segment) {
  const Place place{segment, line.offset, line.bytes.size()};
  switch (head.kind) {
    case Kind::intent:
      intents_.insert_or_assign(std::string(head.id), place);
      return;
    case Kind::outcome:
      forget(intents_, head.id);
      if (is_applied(line.bytes)) outcomes_.insert_or_assign(std::string(head.id), place);
      return;
    case Kind::confirmed:
    case Kind::unconfirmed:
      forget(outcomes_, head.id);
      return;
    case Kind::decision:
    case Kind::received:
    case Kind::lifecycle:
      return;
  }
}

std::optional<std::uint64_t> Unfinished::oldest() const {
  std::optional<std::uint64_t> oldest;
  look_for_older(intents_, oldest);
  look_for_older(outcomes_, oldest);
  return oldest;
}

Result<Recovered> Unfinished::records(const std::string& directory, const std::vector<SegmentFiles>& segments,
                                      Files& files) const {
  auto intents = records_at(intents_, directory, segments, files);
  if (!intents) return fail(intents.error());
  auto outcomes = records_at(outcomes_, directory, segments, files);
  if (!outcomes) return fail(outcomes.error());
  return Recovered{std::move(*intents), std::move(*outcomes)};
}

}  // namespace canaryd::audit
