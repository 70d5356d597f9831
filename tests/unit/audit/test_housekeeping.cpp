#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

#include "../../../src/audit/folder.hpp"
#include "../../../src/audit/names.hpp"
#include "canaryd/audit/housekeeping.hpp"
#include "canaryd/base/digest.hpp"
#include "closed_segments.hpp"
#include "fake_log.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

constexpr hours day{24};

struct Bench : Lab {
  FakeLog log;
  ClosedSegments segments{files};
  KeepSettings settings;
  std::unique_ptr<Housekeeping> housekeeping;

  Bench() {
    REQUIRE(files.make_directory(folder));
    settings.warn_below = settings.make_room_below = settings.stop_below = 0;
  }
  // A closed segment whose newest record is so old.
  std::uint64_t aged(hours age, std::optional<std::uint64_t> waits_in = std::nullopt) {
    return segments.add(clock.now() - age, 20, waits_in);
  }
  // The open segment, at last, and the housekeeping of it all.
  void start(std::optional<std::uint64_t> waits_in = std::nullopt) {
    segments.add(clock.now(), 1, waits_in);
    log.stand_at(segments.progress());
    housekeeping = std::make_unique<Housekeeping>(folder, settings, log, files, clock, logger, metrics);
  }
  void turn() { housekeeping->turn(); }
  void later() {
    clock.advance(seconds(61));
    turn();
  }
  bool has_records(std::uint64_t first_seq) {
    return files.exists(folder + "/" + segment_name(first_seq)) ||
           files.exists(folder + "/" + compressed_name(first_seq));
  }
  bool has_leaves(std::uint64_t first_seq) { return files.exists(folder + "/" + leaves_name(first_seq)); }
  std::vector<std::string> removals() const {
    std::vector<std::string> files_named;
    for (const auto& record : log.appended()) {
      if (record.event == "removed") files_named.push_back(detail(record, "file") + " " + detail(record, "why"));
    }
    return files_named;
  }
  static std::string detail(const Record& record, const std::string& name) {
    for (const auto& [key, value] : record.details) {
      if (key == name) return value;
    }
    return "";
  }
  bool shows(const std::string& sample) const { return metrics.text().find(sample + "\n") != std::string::npos; }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("closed segments are compressed and the open one is left alone") {
  Bench bench;
  const auto first = bench.aged(day);
  const auto second = bench.aged(day);
  bench.start();
  bench.turn();
  for (const auto seq : {first, second}) {
    CHECK(bench.files.exists(folder + "/" + compressed_name(seq)));
    CHECK(!bench.files.exists(folder + "/" + segment_name(seq)));
  }
  CHECK(bench.files.exists(folder + "/" + segment_name(bench.log.progress().segment)));
  CHECK(bench.shows("canaryd_audit_segments_compressed_total 2"));
  CHECK(bench.shows("canaryd_audit_segments 3"));
  CHECK(bench.log.appended().empty());
}

TEST_CASE("what is closed while it runs is compressed soon") {
  Bench bench;
  bench.start();
  bench.turn();
  const auto was_open = bench.log.progress().segment;
  bench.segments.add(bench.clock.now(), 3);
  bench.log.stand_at(bench.segments.progress());
  bench.clock.advance(seconds(1));
  bench.turn();
  CHECK(bench.files.exists(folder + "/" + compressed_name(was_open)));
}

TEST_CASE("a changed segment is neither compressed nor removed and others are") {
  Bench bench;
  const auto changed = bench.aged(500 * day);
  const auto fine = bench.aged(499 * day);
  auto text = bench.segments.plain(changed);
  text[text.size() / 2] ^= 1;
  bench.files.put(folder + "/" + segment_name(changed), text);
  bench.start();
  bench.turn();
  CHECK(bench.files.content(folder + "/" + segment_name(changed)) == text);
  CHECK(!bench.has_records(fine));
  CHECK(bench.removals() == Names{segment_name(fine) + " age"});
  CHECK(!bench.shows("canaryd_audit_housekeeping_failures_total{what=\"compress\"} 0"));
  CHECK(!bench.shows("canaryd_audit_housekeeping_failures_total{what=\"remove\"} 0"));
}

TEST_CASE("records older than keep are removed with a record before it and their leaves stay") {
  Bench bench;
  const auto old = bench.aged(401 * day);
  const auto young = bench.aged(399 * day);
  bench.start();
  bench.turn();
  CHECK(!bench.has_records(old));
  CHECK(bench.has_leaves(old));
  CHECK(bench.has_records(young));
  REQUIRE(bench.log.appended().size() == 1);
  const auto& record = bench.log.appended()[0];
  CHECK(record.kind == Kind::lifecycle);
  CHECK(record.event == "removed");
  CHECK(Bench::detail(record, "file") == segment_name(old));
  CHECK(Bench::detail(record, "first_seq") == "0");
  CHECK(Bench::detail(record, "last_seq") == "20");
  CHECK(Bench::detail(record, "since_seq") == "0");
  CHECK(Bench::detail(record, "records") == "21");
  CHECK(Bench::detail(record, "bytes") == std::to_string(bench.segments.plain(old).size()));
  CHECK(Bench::detail(record, "sha256") == canaryd::sha256_hex(bench.segments.plain(old)));
  CHECK(Bench::detail(record, "why") == "age");
  CHECK(bench.shows("canaryd_audit_segments_removed_total{why=\"age\"} 1"));
  bench.later();
  CHECK(bench.log.appended().size() == 1);
}

TEST_CASE("a segment is as old as its newest record") {
  Bench bench;
  bench.settings.keep = 100 * day;
  const auto first = bench.aged(101 * day);
  bench.start();
  bench.turn();
  CHECK(!bench.has_records(first));
  Bench other;
  other.settings.keep = 100 * day;
  const auto younger = other.aged(100 * day - hours(1));
  other.start();
  other.turn();
  CHECK(other.has_records(younger));
  other.clock.advance(hours(2));
  other.turn();
  CHECK(!other.has_records(younger));
}

TEST_CASE("a log above max_size loses its oldest segments until it fits") {
  Bench bench;
  std::vector<std::uint64_t> seqs;
  for (int age = 200; age > 190; --age) seqs.push_back(bench.aged(age * day));
  bench.start();
  bench.turn();
  std::uint64_t total = 0;
  for (const auto& path : bench.files.paths()) total += bench.files.content(path).size();
  bench.settings.max_size = total - 1;
  bench.housekeeping->replace(bench.settings);
  bench.later();
  CHECK(bench.removals() == Names{segment_name(seqs[0]) + " size"});
  CHECK(bench.has_records(seqs[1]));
  bench.settings.max_size = 1;
  bench.housekeeping->replace(bench.settings);
  bench.later();
  for (const auto seq : seqs) CHECK(!bench.has_records(seq));
}

TEST_CASE("nothing younger than keep_at_least is removed for any reason") {
  Bench bench;
  bench.settings.keep = bench.settings.keep_at_least = 90 * day;
  bench.settings.max_size = 1;
  bench.settings.make_room_below = UINT64_MAX / 4;
  const auto old = bench.aged(91 * day);
  const auto young = bench.aged(90 * day - hours(1));
  bench.start();
  bench.turn();
  CHECK(!bench.has_records(old));
  CHECK(bench.has_records(young));
  bench.later();
  CHECK(bench.has_records(young));
}

TEST_CASE("a segment that something waits in stays and so does everything behind it") {
  Bench bench;
  const auto first = bench.aged(600 * day);
  const auto waits = bench.aged(599 * day);
  const auto behind = bench.aged(598 * day, waits);
  bench.start(waits);
  bench.turn();
  CHECK(!bench.has_records(first));
  CHECK(bench.has_records(waits));
  CHECK(bench.has_records(behind));
  // Nothing waits any more when the next segment begins.
  bench.segments.add(bench.clock.now(), 1);
  bench.log.stand_at(bench.segments.progress());
  bench.turn();
  CHECK(!bench.has_records(waits));
  CHECK(!bench.has_records(behind));
}

TEST_CASE("a segment whose leaf hashes are not whole keeps its records") {
  for (const std::string damage : {"gone", "short", "changed", "long"}) {
    Bench bench;
    const auto old = bench.aged(500 * day);
    const auto path = folder + "/" + leaves_name(old);
    auto leaves = bench.files.content(path);
    if (damage == "gone") bench.files.take_away(path);
    if (damage == "short") bench.files.put(path, leaves.substr(0, leaves.size() - 1));
    if (damage == "long") bench.files.put(path, leaves + std::string(32, 'x'));
    leaves[40] ^= 1;
    if (damage == "changed") bench.files.put(path, leaves);
    bench.start();
    bench.turn();
    INFO(damage);
    CHECK(bench.has_records(old));
    CHECK(bench.removals().empty());
  }
}

TEST_CASE("nothing is removed while the log takes no record of it") {
  Bench bench;
  const auto old = bench.aged(500 * day);
  bench.start();
  bench.log.set_writable(false);
  bench.turn();
  CHECK(bench.has_records(old));
  bench.log.set_writable(true);
  bench.later();
  CHECK(!bench.has_records(old));
}

TEST_CASE("after a crash at any step nothing is gone that no record names and the next look completes it") {
  for (const auto lost : {Lost::nothing, Lost::all}) {
    for (int at = 1, crashed = 1; crashed != 0; ++at) {
      REQUIRE(at < 200);
      Bench bench;
      const auto removed = bench.aged(500 * day);
      const auto kept = bench.aged(100 * day);
      bench.start();
      bench.files.crash_at(at);
      bench.turn();
      crashed = bench.files.crashed() ? 1 : 0;
      bench.files.restart(lost);
      INFO("crash at " << at);
      CHECK(bench.has_records(kept));
      if (!bench.has_records(removed)) CHECK(bench.removals() == Names{segment_name(removed) + " age"});
      bench.later();
      CHECK(!bench.has_records(removed));
      CHECK(bench.has_leaves(removed));
      CHECK(!bench.files.exists(folder + "/" + segment_name(kept)));
      CHECK(bench.files.exists(folder + "/" + compressed_name(kept)));
      const auto paths = bench.files.paths();
      CHECK(std::none_of(paths.begin(), paths.end(), [](const auto& path) { return path.ends_with(".partial"); }));
    }
  }
}

TEST_CASE("the steps of the room that is left are said and recorded once each") {
  Bench bench;
  bench.settings.warn_below = 4000;
  bench.settings.make_room_below = 3000;
  bench.settings.stop_below = 2000;
  bench.start();
  const auto steps = [&] {
    Names names;
    for (const auto& record : bench.log.appended()) {
      if (record.event == "space") names.push_back(Bench::detail(record, "step"));
    }
    return names;
  };
  const auto with_room = [&](std::uint64_t bytes) {
    bench.files.set_free(bytes);
    bench.turn();
    bench.turn();
  };
  with_room(5000);
  CHECK(steps().empty());
  with_room(3999);
  CHECK(steps() == Names{"warn"});
  with_room(2999);
  CHECK(steps() == Names{"warn", "make_room"});
  CHECK(bench.housekeeping->stopped().empty());
  with_room(1999);
  CHECK(steps() == Names{"warn", "make_room", "stop"});
  CHECK(bench.log.stopped() == "the volume of the audit log has 2.0 KiB left, less than audit.space.stop");
  CHECK(bench.housekeeping->stopped() == bench.log.stopped());
  CHECK(bench.shows("canaryd_audit_space_step 3"));
  CHECK(bench.shows("canaryd_audit_space_available_bytes 1999"));
  // A tenth more than the limit ends a step.
  with_room(2199);
  CHECK(!bench.log.stopped().empty());
  with_room(2200);
  CHECK(bench.log.stopped().empty());
  CHECK(bench.housekeeping->stopped().empty());
  CHECK(steps().back() == "make_room");
  with_room(9000);
  CHECK(steps() == Names{"warn", "make_room", "stop", "make_room", "enough"});
  CHECK(bench.shows("canaryd_audit_space_step 0"));
}

TEST_CASE("a volume that is full at the start begins nothing from the start") {
  Bench bench;
  bench.settings.stop_below = 2000;
  bench.settings.make_room_below = 3000;
  bench.start();
  bench.files.set_free(10);
  bench.housekeeping->look_at_space();
  CHECK(!bench.log.stopped().empty());
}

TEST_CASE("below make_room the oldest segments go until there is room and the others stay") {
  Bench bench;
  bench.settings.keep_at_least = 90 * day;
  std::vector<std::uint64_t> seqs;
  for (int age = 200; age > 190; --age) seqs.push_back(bench.aged(age * day));
  bench.start();
  bench.turn();
  const auto size = bench.files.content(folder + "/" + compressed_name(seqs[0])).size();
  bench.settings.make_room_below = 10 * size;
  bench.housekeeping->replace(bench.settings);
  bench.files.set_free(10 * size);
  bench.later();
  CHECK(bench.removals().empty());
  // The step ends at eleven times the size.
  bench.files.set_free(9 * size - size / 2);
  bench.clock.advance(seconds(1));
  bench.turn();
  CHECK(bench.removals() ==
        Names{segment_name(seqs[0]) + " space", segment_name(seqs[1]) + " space", segment_name(seqs[2]) + " space"});
  CHECK(bench.has_records(seqs[3]));
  CHECK(bench.shows("canaryd_audit_space_step 0"));
}

TEST_CASE("what a removed segment says of earlier removals is said again unless its own record says it") {
  for (const bool one_stays_between : {true, false}) {
    Bench bench;
    const auto first = bench.aged(600 * day);
    Record earlier = of_kind(Kind::lifecycle, "r");
    earlier.event = "removed";
    earlier.details = {{"file", segment_name(first)},
                       {"first_seq", "0"},
                       {"last_seq", "20"},
                       {"records", "21"},
                       {"since_seq", "0"},
                       {"why", "age"}};
    if (one_stays_between) bench.aged(10 * day);
    const auto second = bench.segments.add(bench.clock.now() - 500 * day, 5, std::nullopt, {earlier, earlier});
    bench.start();
    bench.files.take_away(folder + "/" + segment_name(first));
    bench.turn();
    CHECK(!bench.has_records(second));
    const auto own = segment_name(second) + " age";
    CHECK(bench.removals() == (one_stays_between ? Names{segment_name(first) + " age", own} : Names{own}));
    CHECK(Bench::detail(bench.log.appended().back(), "since_seq") ==
          std::to_string(one_stays_between ? second : first));
    if (one_stays_between) CHECK(bench.log.appended()[0].details == earlier.details);
  }
}

TEST_CASE("a stopped housekeeping does nothing more") {
  Bench bench;
  const auto old = bench.aged(500 * day);
  bench.start();
  bench.housekeeping->stop();
  bench.turn();
  CHECK(bench.files.exists(folder + "/" + segment_name(old)));
}
