#include "names.hpp"

#include "canaryd/base/number.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view segment_begins = "segment-";
constexpr std::size_t digits = 20;

std::string padded(std::uint64_t number) {
  const auto text = std::to_string(number);
  return std::string(digits - text.size(), '0') + text;
}

std::optional<std::uint64_t> seq_in(std::string_view name, std::string_view ending) {
  if (name.size() != segment_begins.size() + digits + ending.size()) return std::nullopt;
  if (!name.starts_with(segment_begins) || !name.ends_with(ending)) return std::nullopt;
  return number_from<std::uint64_t>(name.substr(segment_begins.size(), digits));
}

bool framed(std::string_view name, std::string_view before, std::string_view after) {
  return name.starts_with(before) && name.ends_with(after) && name.size() > before.size() + after.size();
}

}  // namespace

std::string segment_name(std::uint64_t first_seq) { return "segment-" + padded(first_seq) + ".jsonl"; }
std::string compressed_name(std::uint64_t first_seq) { return segment_name(first_seq) + ".zst"; }
std::string leaves_name(std::uint64_t first_seq) { return "segment-" + padded(first_seq) + ".leaves"; }

std::string torn_name(std::uint64_t seq, unsigned attempt) {
  return "torn-" + padded(seq) + (attempt > 1 ? "-" + std::to_string(attempt) : "") + ".bin";
}

std::string path_in(const std::string& directory, std::string_view name) {
  std::string path = directory;
  path += '/';
  path += name;
  return path;
}

bool is_segment(std::string_view name) { return seq_in(name, ".jsonl").has_value(); }
bool is_compressed(std::string_view name) { return seq_in(name, ".jsonl.zst").has_value(); }
bool is_leaves(std::string_view name) { return seq_in(name, ".leaves").has_value(); }

std::optional<std::uint64_t> first_seq_of(std::string_view name) {
  for (const auto* ending : {".jsonl", ".jsonl.zst", ".leaves"}) {
    if (const auto seq = seq_in(name, ending)) return seq;
  }
  return std::nullopt;
}

bool is_torn(std::string_view name) { return framed(name, "torn-", ".bin"); }

}  // namespace canaryd::audit
