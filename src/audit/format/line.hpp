#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"

namespace canaryd::audit {

// Longest line, LF included. What canaryd records is bounded far below it; a reader needs no more memory than this.
inline constexpr std::size_t line_limit = 16U << 20U;

// Where the next record goes.
struct Chain {
  std::uint64_t seq = 0;
  std::string prev = std::string(64, '0');  // SHA-256 of the previous line without its LF
  std::string log_id;
};

// The members of a record from `kind` on, without the closing brace: what does not depend on its place in the log.
std::string body_of(const Record& record);

// Appends the whole line, LF included, and moves the chain on.
void append_line(std::string& out, Chain& chain, WallTime time, std::string_view body);

// In the order of the enumeration.
inline constexpr std::array all_kinds{Kind::intent,      Kind::outcome,  Kind::decision, Kind::confirmed,
                                      Kind::unconfirmed, Kind::received, Kind::lifecycle};
std::optional<Kind> kind_from(std::string_view name);

}  // namespace canaryd::audit
