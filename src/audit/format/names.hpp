#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace canaryd::audit {

// The files of a log's folder: "lock", "checkpoints.log", "segment-<seq of its first record, 20 digits>.jsonl" with its
// records (".jsonl.zst" once it is closed and compressed) and ".leaves" with their leaf hashes, and
// "torn-<seq, 20 digits>[-n].bin" for what a recovery cut where the record of that seq would have stood.
inline constexpr const char* lock_name = "lock";
inline constexpr const char* checkpoints_name = "checkpoints.log";
std::string segment_name(std::uint64_t first_seq);
std::string compressed_name(std::uint64_t first_seq);
std::string leaves_name(std::uint64_t first_seq);
std::string torn_name(std::uint64_t seq, unsigned attempt);
std::string path_in(const std::string& directory, std::string_view name);
// The next three: exactly such a name, with 20 digits.
bool is_segment(std::string_view name);  // of plain records
bool is_compressed(std::string_view name);
bool is_leaves(std::string_view name);
// Of any of the three.
std::optional<std::uint64_t> first_seq_of(std::string_view name);
bool is_torn(std::string_view name);

}  // namespace canaryd::audit
