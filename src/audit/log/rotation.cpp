#include "rotation.hpp"

#include "audit/format/names.hpp"
#include "audit/format/parse.hpp"
#include "audit/format/tree_hash.hpp"
#include "canaryd/base/random.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view before_time = "\"time\":\"";
constexpr std::size_t time_length = 27;  // "2026-08-01T12:00:00.123456Z"

}  // namespace

void Tally::add(std::string_view line) {
  hash_.add(line);
  hash_.add("\n");
  bytes_ += line.size() + 1;
  ++records_;
  // Times of one form and length are in the order of their text. The clock may have gone back between two records.
  const auto time = line.substr(line.find(before_time) + before_time.size(), time_length);
  if (records_ == 1) first_ = time;
  if (from_.empty() || time < from_) from_ = time;
  if (time > to_) to_ = time;
}

std::optional<WallTime> Tally::began() const { return parse_rfc3339(first_); }

Record rotated_record(const Tally& closed, const Tree& tree, const std::string& log_id,
                      std::optional<std::uint64_t> unfinished_from) {
  Record record;
  record.kind = Kind::lifecycle;
  record.id = random_id();
  record.event = "rotated";
  const auto previous = segment_name(closed.first_seq());
  record.details = {{"log", log_id},
                    {"previous", previous},
                    {"records", std::to_string(closed.records())},
                    {"bytes", std::to_string(closed.bytes())},
                    {"sha256", closed.sha256()},
                    {"root", hex_of(tree.root())},
                    {"from", closed.from()},
                    {"to", closed.to()}};
  if (unfinished_from) record.details.emplace_back("unfinished_from", segment_name(*unfinished_from));
  record.message = "The log goes on behind " + previous + ".";
  return record;
}

std::optional<Rotated> read_rotated(std::string_view line) {
  const auto record = parse_line(line);
  if (!record || record->kind != Kind::lifecycle || record->event != "rotated") return std::nullopt;
  Rotated rotated;
  rotated.root = detail_of(*record, "root");
  rotated.log_id = detail_of(*record, "log");
  if (const auto* waiting = find(record->details, "unfinished_from")) rotated.unfinished_from = first_seq_of(*waiting);
  return rotated;
}

}  // namespace canaryd::audit
