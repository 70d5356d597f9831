#include "unfinished.hpp"

#include <algorithm>

#include "parse.hpp"

namespace canaryd::audit {

namespace {

// Unescaped quotes stand around members only, so these texts cannot come from a value.
bool is_applied(std::string_view line) { return line.find("\"result\":\"applied\"") != std::string_view::npos; }

Result<std::vector<Record>> records_at(Reader& file, const std::map<std::string, Unfinished::Place, std::less<>>& all) {
  std::vector<Unfinished::Place> places;
  places.reserve(all.size());
  for (const auto& [id, place] : all) places.push_back(place);
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  std::vector<Record> records;
  for (const auto& place : places) {
    const auto line = file.read(place.offset, place.length);
    if (!line) return fail(line.error());
    auto record = parse_line(*line);
    if (!record) return fail(Error::io(record.error().message));
    records.push_back(std::move(*record));
  }
  return records;
}

void forget(std::map<std::string, Unfinished::Place, std::less<>>& places, std::string_view id) {
  if (const auto found = places.find(id); found != places.end()) places.erase(found);
}

}  // namespace

void Unfinished::see(const Head& head, const Line& line) {
  const Place place{line.offset, line.bytes.size()};
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

Result<Recovered> Unfinished::records(Reader& file) const {
  auto intents = records_at(file, intents_);
  if (!intents) return fail(intents.error());
  auto outcomes = records_at(file, outcomes_);
  if (!outcomes) return fail(outcomes.error());
  return Recovered{std::move(*intents), std::move(*outcomes)};
}

}  // namespace canaryd::audit
