#include "names.hpp"

namespace canaryd::audit {

namespace {

std::string padded(std::uint64_t number) {
  const auto digits = std::to_string(number);
  return std::string(20 - digits.size(), '0') + digits;
}

bool framed(std::string_view name, std::string_view before, std::string_view after) {
  return name.starts_with(before) && name.ends_with(after) && name.size() > before.size() + after.size();
}

}  // namespace

std::string segment_name(std::uint64_t first_seq) { return "segment-" + padded(first_seq) + ".jsonl"; }

std::string torn_name(std::uint64_t seq, unsigned attempt) {
  return "torn-" + padded(seq) + (attempt > 1 ? "-" + std::to_string(attempt) : "") + ".bin";
}

std::string path_in(const std::string& directory, std::string_view name) {
  std::string path = directory;
  path += '/';
  path += name;
  return path;
}

bool is_segment(std::string_view name) { return framed(name, "segment-", ".jsonl"); }
bool is_torn(std::string_view name) { return framed(name, "torn-", ".bin"); }

}  // namespace canaryd::audit
