#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace canaryd::audit {

// The files of a log's folder: "lock", "segment-<seq of its first record, 20 digits>.jsonl", and
// "torn-<seq, 20 digits>[-n].bin" for what a recovery cut where the record of that seq would have stood.
inline constexpr const char* lock_name = "lock";
std::string segment_name(std::uint64_t first_seq);
std::string torn_name(std::uint64_t seq, unsigned attempt);
std::string path_in(const std::string& directory, std::string_view name);
bool is_segment(std::string_view name);
bool is_torn(std::string_view name);

}  // namespace canaryd::audit
