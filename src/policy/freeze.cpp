#include <date/tz.h>

#include <cstdio>

#include "canaryd/policy/promotion.hpp"

namespace canaryd::policy {

namespace {

constexpr std::array day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
using Minutes = std::chrono::minutes;

// The library reads a zone's file when the zone is first asked something: a damaged one is found here.
const date::time_zone* find_zone(const std::string& name) {
  try {
    const auto* zone = date::locate_zone(name);
    static_cast<void>(zone->get_info(date::sys_seconds()));
    return zone;
  } catch (const std::exception&) {
    return nullptr;
  }
}

// The instant of a local time; where a clock change skips it or has it twice, the earlier or the later reading.
WallTime instant_of(const date::time_zone& zone, date::local_days day, Minutes minute, date::choose choice) {
  const auto local = day + minute;
  const auto info = zone.get_info(local);
  if (info.result == date::local_info::nonexistent) {
    // The clocks jump over it: it is the moment of the jump.
    return info.first.end;
  }
  return zone.to_sys(local, choice);
}

std::string clock_text(Minutes minute) {
  char text[8];
  std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(minute.count() / 60),
                static_cast<int>(minute.count() % 60));
  return text;
}

}  // namespace

bool is_time_zone(const std::string& name) { return !name.empty() && find_zone(name) != nullptr; }

bool is_frozen(const FreezeWindow& window, WallTime now) {
  const auto* zone = find_zone(window.zone);
  if (zone == nullptr) return true;
  const auto today = date::floor<date::days>(zone->to_local(now));
  const bool over_midnight = window.until <= window.from;
  // One that began yesterday may still run.
  for (const auto day : {today - date::days(1), today}) {
    if (!window.days.at(date::weekday(day).c_encoding())) continue;
    const auto begin = instant_of(*zone, day, window.from, date::choose::earliest);
    const auto end = instant_of(*zone, over_midnight ? day + date::days(1) : day, window.until, date::choose::latest);
    if (begin <= now && now < end) return true;
  }
  return false;
}

std::string freeze_text(const FreezeWindow& window) {
  std::string days;
  for (std::size_t i = 0; i < window.days.size(); ++i) {
    const std::size_t day = (i + 1) % window.days.size();  // Monday first
    if (window.days.at(day)) days += (days.empty() ? "" : ",") + std::string(day_names.at(day));
  }
  return days + " " + clock_text(window.from) + "-" + clock_text(window.until) + " " + window.zone;
}

const char* name_of(Mode mode) { return mode == Mode::observe ? "observe" : "enforce"; }

}  // namespace canaryd::policy
