#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "canaryd/base/clock.hpp"

namespace canaryd {

// RFC 3339 in UTC with six decimals: "2026-08-01T12:00:00.123456Z". The form of every time that canaryd writes. Years
// 0000 to 9999.
std::string to_rfc3339(WallTime time);

// Reads RFC 3339 with any number of decimals (what is finer than a microsecond is cut) and any offset; nullopt for
// anything else. Years 0001 to 9999.
std::optional<WallTime> parse_rfc3339(std::string_view text);

// Reads a duration as Prometheus writes it: "500ms", "30s", "10m", "1h30m", "2d"; nullopt for anything else, "0" and a
// negative one included ("0s" is read).
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// Prometheus' form, the shortest exact one: "1h30m", "500ms", "0s".
std::string to_text(std::chrono::milliseconds duration);

}  // namespace canaryd
