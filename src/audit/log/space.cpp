#include "space.hpp"

#include <array>
#include <cstdio>

namespace canaryd::audit {

namespace {

SpaceStep step_at(std::uint64_t available, const KeepSettings& settings) {
  if (available < settings.stop_below) return SpaceStep::stop;
  if (available < settings.make_room_below) return SpaceStep::make_room;
  return available < settings.warn_below ? SpaceStep::warn : SpaceStep::enough;
}

}  // namespace

const char* name_of(SpaceStep step) {
  constexpr std::array names{"enough", "warn", "make_room", "stop"};
  return names.at(static_cast<std::size_t>(step));
}

std::uint64_t limit_of(SpaceStep step, const KeepSettings& settings) {
  const std::array<std::uint64_t, 4> limits{0, settings.warn_below, settings.make_room_below, settings.stop_below};
  return limits.at(static_cast<std::size_t>(step));
}

SpaceStep next_step(SpaceStep now, std::uint64_t available, const KeepSettings& settings) {
  const auto worst = step_at(available, settings);
  if (worst >= now) return worst;
  // Down the steps as far as the room allows.
  while (now > worst) {
    const auto limit = limit_of(now, settings);
    if (available < limit + limit / 10) return now;
    now = static_cast<SpaceStep>(static_cast<std::uint8_t>(now) - 1);
  }
  return now;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array units{"bytes", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  std::array<char, 32> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f" : "%.1f", value));
  return std::string(text.data()) + " " + units.at(unit);
}

}  // namespace canaryd::audit
