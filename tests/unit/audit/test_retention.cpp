#include <doctest/doctest.h>

#include <algorithm>

#include "../../../src/audit/folder.hpp"
#include "../../../src/audit/removed.hpp"
#include "canaryd/audit/history.hpp"
#include "canaryd/audit/housekeeping.hpp"
#include "rotation_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

constexpr std::chrono::hours day{24};

// A log that closes a segment each day and keeps five days of them.
struct Kept : RotatingLab {
  KeepSettings keep;
  std::unique_ptr<AuditLog> writer;
  std::unique_ptr<Housekeeping> housekeeping;

  Kept() {
    settings.rotate_size = Settings{folder}.rotate_size;
    keep.keep = 5 * day;
    keep.keep_at_least = day;
    keep.warn_below = keep.make_room_below = keep.stop_below = 0;
    restart();
  }
  void restart() {
    housekeeping.reset();
    writer.reset();
    writer = log();
    housekeeping = std::make_unique<Housekeeping>(folder, keep, *writer, files, clock, logger, metrics);
  }
  void live(int days) {
    for (int i = 0; i < days; ++i) {
      clock.advance(day);
      REQUIRE(writer->check());
      REQUIRE(writer->append(decision("d")));
      housekeeping->turn();
    }
  }
  std::vector<std::uint64_t> here(bool with_records) {
    std::vector<std::uint64_t> seqs;
    const auto segments = list_segments(folder, files).value();
    for (const auto& segment : segments) {
      if (segment.records.empty() != with_records) seqs.push_back(segment.first_seq);
    }
    return seqs;
  }
  std::string file_of(std::uint64_t first_seq) const {
    return files.exists(on(first_seq)) ? on(first_seq) : path_in(folder, compressed_name(first_seq));
  }
  std::vector<Removed> removals() {
    std::vector<Removed> found;
    for (const auto first_seq : here(true)) {
      static_cast<void>(read_segment(file_of(first_seq), files, [&](const Entry& entry) {
        if (const auto removed = removed_of(entry.record)) found.push_back(*removed);
      }));
    }
    return found;
  }
};

std::vector<std::string> incomplete(const Verdict& verdict) {
  std::vector<std::string> names;
  for (const auto& fault : verdict.faults) {
    if (fault.check == Check::completeness) names.push_back(fault.file);
  }
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a log stays good over many rounds of retention with one record a removal and over restarts") {
  Kept kept;
  for (int round = 0; round < 15; ++round) {
    kept.live(10);
    const auto verdict = kept.verdict();
    INFO(to_text(verdict));
    REQUIRE(verdict.intact);
    REQUIRE(kept.here(true).size() <= 7);
    REQUIRE(kept.removals().size() <= 7);
    if (round % 4 == 3) kept.restart();
  }
  const auto verdict = kept.verdict();
  CHECK(verdict.removed > 140);
  const auto newest = kept.removals().back();
  CHECK(newest.since_seq == 0);
  CHECK(newest.last_seq + 1 == kept.here(true).front());
}

TEST_CASE("a segment that somebody deletes is missing however many retention removes before and after it") {
  for (const bool restarted : {false, true}) {
    for (const std::size_t nth : {0, 2}) {
      Kept kept;
      kept.live(20);
      REQUIRE(kept.here(false).size() > 10);
      const auto deleted = kept.here(true).at(nth);
      kept.files.take_away(kept.file_of(deleted));
      CHECK(incomplete(kept.verdict()) == Names{segment_name(deleted)});
      for (int round = 0; round < 5; ++round) {
        if (restarted) kept.restart();
        kept.live(6);
        const auto verdict = kept.verdict();
        INFO(to_text(verdict));
        CHECK(!verdict.intact);
        CHECK(incomplete(verdict) == Names{segment_name(deleted)});
      }
      CHECK(kept.here(true).at(1) > deleted);  // the one before it, if any, cannot go without what it said
      CHECK(kept.removals().size() <= 14);     // of the runs before and behind it, each said again once a round
    }
  }
}

TEST_CASE("segments that are removed around one that has to stay are named for as long as it stays and after") {
  Kept kept;
  kept.live(10);
  const auto stays = kept.here(true).at(1);
  const auto path = kept.file_of(stays);
  const auto bytes = kept.files.content(path);
  auto changed = bytes;
  changed[changed.size() / 2] ^= 1;
  kept.files.put(path, changed);
  kept.live(40);
  CHECK(kept.here(true).front() == stays);
  CHECK(incomplete(kept.verdict()).empty());
  CHECK(kept.removals().size() <= 14);
  kept.files.put(path, bytes);
  CHECK(kept.verdict().intact);
  for (int round = 0; round < 3; ++round) {
    kept.live(10);
    const auto verdict = kept.verdict();
    INFO(to_text(verdict));
    CHECK(verdict.intact);
  }
  CHECK(kept.here(true).front() > stays);
}

TEST_CASE("runs of records that touch or overlap are one and nothing between two is covered") {
  Runs runs;
  runs.add(10, 19);
  runs.add(30, 39);
  CHECK(runs.cover(10, 19));
  CHECK(runs.cover(15, 16));
  CHECK(!runs.cover(10, 20));
  CHECK(!runs.cover(9, 12));
  CHECK(!runs.cover(20, 29));
  runs.add(20, 25);
  CHECK(runs.cover(10, 25));
  CHECK(!runs.cover(25, 30));
  runs.add(26, 31);
  CHECK(runs.cover(10, 39));
  runs.add(0, 5);
  runs.add(0, 2);
  CHECK(runs.cover(0, 5));
  CHECK(!runs.cover(0, 6));
  runs.add(1, 50);
  CHECK(runs.cover(0, 50));
  CHECK(!Runs().cover(0, 0));
}

TEST_CASE("a record of a removal that names no records in order is none") {
  const auto removed = [](const Pairs& details) {
    Record record = of_kind(Kind::lifecycle, "r");
    record.event = "removed";
    record.details = details;
    return removed_of(record);
  };
  const auto good = removed({{"first_seq", "5"}, {"last_seq", "7"}, {"since_seq", "0"}, {"why", "age"}});
  REQUIRE(good);
  CHECK(good->since_seq == 0);
  CHECK(good->first_seq == 5);
  CHECK(good->last_seq == 7);
  CHECK(good->why == "age");
  CHECK(!removed({{"first_seq", "5"}, {"last_seq", "7"}}));
  CHECK(!removed({{"first_seq", "5"}, {"last_seq", "7"}, {"since_seq", "6"}}));
  CHECK(!removed({{"first_seq", "5"}, {"last_seq", "4"}, {"since_seq", "0"}}));
  CHECK(!removed({{"first_seq", "5"}, {"last_seq", "18446744073709551615"}, {"since_seq", "0"}}));
  CHECK(!removed({{"first_seq", "5"}, {"last_seq", "7x"}, {"since_seq", "0"}}));
  CHECK(!removed({{"first_seq", "5"}, {"last_seq", "-7"}, {"since_seq", "0"}}));
}
