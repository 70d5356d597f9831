#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "canaryd/audit/files.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

inline constexpr const char* partial_ending = ".partial";  // of a compressed segment that is being written

// Replaces a closed segment's plain file by its compressed one. The plain file goes only when the compressed one, read
// back, holds the bytes that the log says it has (`sha256`, from the record that closed it); when the plain file does
// not hold them, it stays and nothing is done: `verify` shall see it. Takes up what an interrupted call left. Errors:
// `io`, `invalid` (the file is not what was closed), `cancelled` soon after `stopping` became true.
Status compress_segment(const std::string& directory, std::uint64_t first_seq, const std::string& sha256, Files& files,
                        const std::atomic<bool>& stopping);

}  // namespace canaryd::audit
