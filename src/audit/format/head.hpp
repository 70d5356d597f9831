#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "canaryd/audit/record.hpp"
#include "line.hpp"

namespace canaryd::audit {

// Where a line stops being one of ours, and what was expected there.
struct Misfit {
  std::size_t at = 0;  // offset in the line
  std::string what;
};

// The members every line starts with, in their fixed order. Views into the line.
struct Head {
  std::uint64_t seq = 0;
  std::string_view time;    // RFC 3339, UTC, six decimals: in the order of its bytes
  std::size_t prev_at = 0;  // offset of prev's value
  std::string_view prev;
  std::string_view log_id;  // of the first line only
  Kind kind = Kind::lifecycle;
  std::string_view id;  // as written, escapes included; empty when absent
};

// Reads the head of a line without its LF, and that it ends as an object; not whether the rest is JSON.
tl::expected<Head, Misfit> read_head(std::string_view line);

// That `head` stands at this place of the chain; the caller moves the chain on with `follow`.
tl::expected<void, Misfit> continues(const Chain& chain, const Head& head);
void follow(Chain& chain, const Head& head, std::string_view line);

}  // namespace canaryd::audit
