#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "canaryd/base/time_text.hpp"
#include "policy/advances.hpp"

using namespace canaryd;
using namespace canaryd::policy;
using namespace canaryd::policy::testing;
using std::chrono::minutes;

namespace {

enum Day : std::size_t { sun, mon, tue, wed, thu, fri, sat };

FreezeWindow window(const std::vector<Day>& days, int from, int until, const std::string& zone = "UTC") {
  FreezeWindow w;
  for (const auto day : days) w.days.at(day) = true;
  w.from = minutes(from / 100 * 60 + from % 100);
  w.until = minutes(until / 100 * 60 + until % 100);
  w.zone = zone;
  return w;
}

WallTime utc(const std::string& text) { return parse_rfc3339(text + "Z").value(); }

// Frozen from the first moment to just before the last, both UTC, and not around them.
void check_frozen(const FreezeWindow& w, const std::string& first, const std::string& last) {
  CAPTURE(freeze_text(w));
  constexpr auto moment = std::chrono::microseconds(1);
  CHECK_FALSE(is_frozen(w, utc(first) - moment));
  for (auto now = utc(first); now < utc(last); now += minutes(1)) {
    if (!is_frozen(w, now)) FAIL_CHECK("not frozen at " << to_rfc3339(now));
  }
  CHECK(is_frozen(w, utc(last) - moment));
  CHECK_FALSE(is_frozen(w, utc(last)));
}

}  // namespace

TEST_CASE("a window is open on its days from its first minute to before its last") {
  const auto saturdays = window({sat}, 1000, 1230);
  check_frozen(saturdays, "2026-08-01T10:00:00", "2026-08-01T12:30:00");
  CHECK_FALSE(is_frozen(saturdays, utc("2026-08-02T11:00:00")));
  CHECK_FALSE(is_frozen(saturdays, utc("2026-07-31T11:00:00")));
  CHECK(is_frozen(window({sat, sun}, 1000, 1230), utc("2026-08-02T11:00:00")));
  CHECK_FALSE(is_frozen(window({}, 0, 0), utc("2026-08-02T11:00:00")));
}

TEST_CASE("a window over midnight belongs to the day on which it begins") {
  const auto night = window({fri}, 1800, 800);
  check_frozen(night, "2026-07-31T18:00:00", "2026-08-01T08:00:00");
  CHECK_FALSE(is_frozen(night, utc("2026-08-01T18:00:00")));
  CHECK_FALSE(is_frozen(night, utc("2026-07-31T07:00:00")));
}

TEST_CASE("a window that ends when it begins lasts a whole day") {
  check_frozen(window({sat}, 0, 0), "2026-08-01T00:00:00", "2026-08-02T00:00:00");
  check_frozen(window({sat}, 900, 900), "2026-08-01T09:00:00", "2026-08-02T09:00:00");
  check_frozen(window({sat}, 0, 0, "Europe/Berlin"), "2026-07-31T22:00:00", "2026-08-01T22:00:00");
}

TEST_CASE("a window goes by the clocks of its zone in summer and in winter") {
  check_frozen(window({sat}, 1800, 2000, "Europe/Berlin"), "2026-08-01T16:00:00", "2026-08-01T18:00:00");
  check_frozen(window({sat}, 1800, 2000, "Europe/Berlin"), "2026-01-03T17:00:00", "2026-01-03T19:00:00");
  check_frozen(window({fri}, 2200, 2300, "America/New_York"), "2026-08-01T02:00:00", "2026-08-01T03:00:00");
  check_frozen(window({fri}, 2200, 2300, "America/New_York"), "2026-01-03T03:00:00", "2026-01-03T04:00:00");
  check_frozen(window({sat}, 0, 2359, "Asia/Kolkata"), "2026-07-31T18:30:00", "2026-08-01T18:29:00");
}

TEST_CASE("in the night that loses an hour a window is an hour shorter") {
  check_frozen(window({sat}, 2200, 600, "Europe/Berlin"), "2026-03-28T21:00:00", "2026-03-29T04:00:00");
  check_frozen(window({sat}, 2200, 600, "America/New_York"), "2026-03-08T03:00:00", "2026-03-08T10:00:00");
}

TEST_CASE("in the night that has an hour twice a window is an hour longer") {
  check_frozen(window({sat}, 2200, 600, "Europe/Berlin"), "2026-10-24T20:00:00", "2026-10-25T05:00:00");
  check_frozen(window({sat}, 2200, 600, "America/New_York"), "2026-11-01T02:00:00", "2026-11-01T11:00:00");
}

TEST_CASE("a time that the clocks jump over is the moment of the jump") {
  check_frozen(window({sat}, 2200, 230, "Europe/Berlin"), "2026-03-28T21:00:00", "2026-03-29T01:00:00");
  check_frozen(window({sun}, 230, 500, "Europe/Berlin"), "2026-03-29T01:00:00", "2026-03-29T03:00:00");
  check_frozen(window({sun}, 230, 500, "America/New_York"), "2026-03-08T07:00:00", "2026-03-08T09:00:00");
}

TEST_CASE("of a time that the clocks show twice a window takes the first to begin and the last to end") {
  check_frozen(window({sun}, 230, 245, "Europe/Berlin"), "2026-10-25T00:30:00", "2026-10-25T01:45:00");
  check_frozen(window({sun}, 130, 145, "America/New_York"), "2026-11-01T05:30:00", "2026-11-01T06:45:00");
}

TEST_CASE("a zone that is not known freezes always and is told from those that are") {
  for (const char* zone : {"Europe/Berlyn", "", "../../etc/passwd", "CEST+2"}) {
    CAPTURE(zone);
    CHECK_FALSE(is_time_zone(zone));
    CHECK(is_frozen(window({}, 0, 1, zone), utc("2026-08-01T12:00:00")));
  }
  for (const char* zone : {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"}) CHECK(is_time_zone(zone));
}

TEST_CASE("a window is shown as days times and zone") {
  CHECK(freeze_text(window({sun, mon, fri}, 1805, 800, "Europe/Berlin")) == "Mon,Fri,Sun 18:05-08:00 Europe/Berlin");
}

TEST_CASE("one open window of several holds and says which") {
  Case situation;
  situation.policy->promotion.freeze = {window({sun}, 0, 0), window({sat}, 1100, 1300)};
  const auto decision = situation.advance();
  CHECK(words_of(decision) == "hold frozen");
  for (const auto& guard : decision.guards) {
    if (guard.reason == Reason::frozen) CHECK(guard.detail == "Sat 11:00-13:00 UTC");
  }
  situation.facts.now = at("13:00:00");
  CHECK(words_of(situation.advance()) == "act advanced");
}
