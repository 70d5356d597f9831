#include <doctest/doctest.h>

#include <random>

#include "../../../src/audit/names.hpp"
#include "tamper.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

// Of five segments the first one, of 4 records, was removed.
LogBuilder log_with_a_removal() {
  LogBuilder log;
  for (int i = 0; i < 4; ++i) {
    log.add(3);
    log.rotate();
  }
  log.checkpoint();
  log.remove(0);
  log.rotate();
  return log;
}

}  // namespace

TEST_CASE("a log with rotations leaves and checkpoints is good in every verdict") {
  const auto log = small_rotated_log();
  const auto verdict = Bench(log).judge(log.files());
  INFO(to_text(verdict));
  CHECK(verdict.intact);
  CHECK(verdict.integrity.state == State::good);
  CHECK(verdict.completeness.state == State::good);
  CHECK(verdict.signatures.state == State::good);
  CHECK(verdict.anchoring.state == State::not_checked);
  CHECK(verdict.notes.empty());
  CHECK(verdict.segments == 3);
  CHECK(verdict.records == log.size());
  CHECK(verdict.tree->root == log.head().root);
  CHECK(verdict.checkpoints == 3);
}

TEST_CASE("every record that is deleted doubled swapped or cut is found wherever it stands") {
  const auto log = small_rotated_log();
  const Bench bench(log);
  for (const auto first : {3U, 6U}) {
    const auto file = segment_name(first);
    const auto lines = split(log.files().at(file));
    for (std::size_t n = 0; n < lines.size(); ++n) {
      const bool last = n + 1 == lines.size();
      const auto nth = static_cast<std::ptrdiff_t>(n);
      auto deleted = lines;
      deleted.erase(deleted.begin() + nth);
      auto doubled = lines;
      doubled.insert(doubled.begin() + nth, lines[n]);
      auto swapped = lines;
      std::swap(swapped[n], swapped[last ? 0 : n + 1]);
      auto cut = lines;
      cut[n].resize(cut[n].size() / 2);
      const std::vector<std::pair<std::string, std::vector<std::string>>> all{
          {"deleted", deleted}, {"doubled", doubled}, {"swapped", swapped}, {"cut", cut}};
      for (const auto& [name, changed] : all) {
        auto list = log.files();
        list[file] = joined(changed);
        const auto verdict = bench.judge(list);
        CAPTURE(name);
        CAPTURE(file);
        CAPTURE(n);
        INFO(to_text(verdict));
        CHECK_FALSE(verdict.intact);
        CHECK(fault_names(verdict, file));
      }
    }
  }
}

TEST_CASE("every file that is gone is found but the leaf hashes of the open segment and the checkpoints") {
  const auto log = small_rotated_log();
  for (const auto& [file, content] : log.files()) {
    CAPTURE(file);
    auto list = log.files();
    list.erase(file);
    const auto verdict = Bench(log).judge(list);
    INFO(to_text(verdict));
    if (file == leaves_name(6)) {
      CHECK(verdict.intact);  // the records tell them, and the next start writes them
      continue;
    }
    CHECK_FALSE(verdict.intact);
    if (file == checkpoints_name) {
      CHECK(verdict.signatures.state == State::broken);
      CHECK(judged(list).intact);  // without a key nothing says that there were any
    } else if (file == segment_name(6)) {
      CHECK(verdict.completeness.state == State::broken);
    } else {
      CHECK(verdict.completeness.state == State::broken);
      CHECK(fault_names(verdict, file == compressed_name(0) ? segment_name(0) : file));
    }
  }
}

TEST_CASE("a segment that is gone with its leaf hashes is missing and what is behind it is still read") {
  const auto log = small_rotated_log();
  auto list = log.files();
  list.erase(segment_name(3));
  list.erase(leaves_name(3));
  const auto verdict = judged(list);
  INFO(to_text(verdict));
  CHECK(verdict.completeness.state == State::broken);
  CHECK(verdict.integrity.state == State::good);
  CHECK_FALSE(verdict.tree);
  CHECK(verdict.records == log.size() - 3);
  CHECK(says(verdict.faults.at(0).what, "the records 3 to 5"));
}

TEST_CASE("two segments whose names were swapped or one that was renamed are found") {
  const auto log = small_rotated_log();
  auto swapped = log.files();
  std::swap(swapped[segment_name(3)], swapped[segment_name(6)]);
  CHECK_FALSE(judged(swapped).intact);
  CHECK(fault_names(judged(swapped), segment_name(3)));
  for (const auto to : {2U, 4U, 5U, 7U, 100U}) {
    auto renamed = log.files();
    renamed[segment_name(to)] = renamed[segment_name(3)];
    renamed.erase(segment_name(3));
    CAPTURE(to);
    CHECK_FALSE(judged(renamed).intact);
  }
}

TEST_CASE("segments that were joined or parted elsewhere are found though every line is whole and chained") {
  const auto log = small_rotated_log();
  auto list = log.files();
  list[segment_name(3)] += list[segment_name(6)];
  list[leaves_name(3)] += list[leaves_name(6)];
  list.erase(segment_name(6));
  list.erase(leaves_name(6));
  auto verdict = judged(list);
  INFO(to_text(verdict));
  CHECK(verdict.integrity.state == State::broken);
  CHECK(verdict.faults.at(0).line == 4);

  list = log.files();
  const auto lines = split(list[segment_name(6)]);
  list[segment_name(8)] = joined({lines.begin() + 2, lines.end()});
  list[segment_name(6)] = joined({lines.begin(), lines.begin() + 2});
  list[leaves_name(8)] = list[leaves_name(6)].substr(64);
  list[leaves_name(6)].resize(64);
  verdict = judged(list);
  CHECK(verdict.integrity.state == State::broken);
  CHECK(verdict.faults.at(0).file == segment_name(8));
}

TEST_CASE("a segment that retention removed is no fault while a record or the run of a later one names it") {
  auto log = log_with_a_removal();
  log.remove(4, 0);
  log.checkpoint();
  const Bench bench(log);
  auto verdict = bench.judge(log.files());
  INFO(to_text(verdict));
  CHECK(verdict.intact);
  CHECK(verdict.removed == 2);
  CHECK(verdict.tree->size == log.size());
  CHECK(verdict.log_id == log.log_id());  // the first record is gone

  const auto missing = [&](const FileList& list, std::uint64_t first_seq) {
    verdict = bench.judge(list);
    CHECK(verdict.completeness.faults == 1);
    CHECK(std::any_of(verdict.faults.begin(), verdict.faults.end(), [&](const Fault& fault) {
      return fault.check == Check::completeness && fault.file == segment_name(first_seq);
    }));
  };
  auto list = log.files();
  list.erase(segment_name(8));
  missing(list, 8);

  auto other = log_with_a_removal();
  other.remove(8);
  list = other.files();
  list.erase(segment_name(4));  // between two that retention removed, and no record names it
  missing(list, 4);

  list = log.files();
  list[leaves_name(0)][40] = static_cast<char>(list[leaves_name(0)][40] ^ 1);
  CHECK(bench.judge(list).integrity.state == State::broken);  // the roots that were signed, and that of a rotation

  list = log.files();
  list.erase(leaves_name(0));
  CHECK(bench.judge(list).completeness.state == State::broken);
}

TEST_CASE("a whole log cut at its end is found by its own checkpoints or by its leaf hashes") {
  const auto log = small_rotated_log();
  auto list = log.files();
  const auto file = segment_name(6);
  auto lines = split(list[file]);
  lines.pop_back();
  list[file] = joined(lines);
  auto verdict = judged(list);
  CHECK(verdict.completeness.state == State::broken);  // the leaf hash of what is gone is still there
  list[leaves_name(6)].resize(lines.size() * 32);
  CHECK(judged(list).intact);  // that it was there once, only a checkpoint tells, and none was made
  lines.pop_back();
  list[file] = joined(lines);
  list[leaves_name(6)].resize(lines.size() * 32);
  verdict = judged(list);
  INFO(to_text(verdict));
  CHECK(verdict.completeness.state == State::broken);
  CHECK(verdict.faults.at(0).file == checkpoints_name);
}

TEST_CASE("random changes of a large log are found in their line") {
  LogBuilder log;
  for (int i = 0; i < 5; ++i) {
    log.add(200);
    log.checkpoint();
    log.rotate();
  }
  log.add(100);
  std::mt19937 random(6);  // NOLINT(bugprone-random-generator-seed): the same every time
  for (int i = 0; i < 100; ++i) {
    auto list = log.files();
    const auto first = 201U * (random() % 5);
    const auto file = segment_name(first);
    const auto at = random() % list[file].size();
    const auto line = line_of(list[file], at);
    list[file][at] = static_cast<char>(list[file][at] ^ static_cast<char>(1U << (random() % 8)));
    const auto verdict = judged(list);
    CAPTURE(at);
    CAPTURE(file);
    INFO(to_text(verdict));
    CHECK_FALSE(verdict.intact);
    CHECK((line_is_named(verdict, file, line) || fault_names(verdict, segment_name(first + 201))));
  }
}
