#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "audit/format/names.hpp"
#include "canaryd/base/digest.hpp"
#include "heap_peak.hpp"
#include "log_builder.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void fill(MemoryFiles& files, const FileList& list) {
  REQUIRE(files.make_directory(folder));
  put(files, list);
}

}  // namespace

TEST_CASE("the text for people names file line and byte of each verdict and escapes what comes from the log") {
  const auto log = small_rotated_log();
  auto list = log.files();
  const auto file = segment_name(3);
  const auto at = list[file].find("A sentence");
  list[file][at] = 'B';
  const auto text = to_text(judged(list));
  CHECK(text.starts_with("integrity:    BROKEN\n  " + file + ", line 1, byte 0: its SHA-256 is "));
  CHECK(says(text, "completeness: good ("));
  CHECK(says(text, "signatures:   not checked (no --key was given)\n"));
  CHECK(says(text, "anchoring:    not checked (no --checkpoint was given)\n"));
  CHECK(says(text, "log:          " + log.log_id() + ", named canaryd/" + log.log_id() + "\n"));
  CHECK(says(text, "intents without outcome: none\n"));
  list = log.files();
  list["lost-\x1b[31m"] = "";
  CHECK(says(to_text(judged(list)), "note: lost-\\x1b[31m: a former log"));
}

TEST_CASE("the verdict as JSON says the same as the text") {
  const auto log = small_rotated_log();
  auto list = log.files();
  list.erase(leaves_name(3));
  const auto verdict = judged(list);
  const auto object = nlohmann::json::parse(to_json(verdict));
  CHECK(object["intact"] == false);
  CHECK(object["integrity"]["state"] == "good");
  CHECK(object["completeness"]["state"] == "broken");
  CHECK(object["completeness"]["faults"] == 1);
  CHECK(object["signatures"]["state"] == "not checked");
  CHECK(object["signatures"]["why"] == "no --key was given");
  CHECK(object["faults"][0]["check"] == "completeness");
  CHECK(object["faults"][0]["file"] == leaves_name(3));
  CHECK_FALSE(object["faults"][0].contains("line"));
  CHECK(object["records"] == log.size());
  CHECK(object["log_id"] == log.log_id());
  CHECK(object["tree"]["size"] == log.size());
  CHECK(object["tree"]["root"].get<std::string>().size() == 64);
  CHECK(says(log.note(), object["tree"]["root_base64"].get<std::string>()));
  CHECK(object["head"] == sha256_hex(log.line(log.size() - 1)));
}

TEST_CASE("a signed root that is not the log's names the records between it and the last one that is") {
  auto log = small_rotated_log();
  LogBuilder other = small_rotated_log();
  // Another history behind record 6, whole and chained, under the checkpoints of the first.
  log.add(of_kind(Kind::decision, "x"));
  log.checkpoint();
  other.add(of_kind(Kind::decision, "y"));
  auto list = other.files();
  list[checkpoints_name] = log.files().at(checkpoints_name);
  const auto verdict = judged(list);
  INFO(to_text(verdict));
  REQUIRE(verdict.faults.size() == 1);
  CHECK(verdict.integrity.state == State::broken);
  CHECK(verdict.faults[0].file == checkpoints_name);
  CHECK(verdict.faults[0].line == 22);
  CHECK(says(verdict.faults[0].what, "one of the records 9 to 10 is not what was signed"));
}

TEST_CASE("a checkpoint whose root was changed is told apart from a changed log by those behind it") {
  LogBuilder log;
  log.add(2);
  log.checkpoint();
  log.add(2);
  log.checkpoint();
  auto list = log.files();
  auto& text = list[checkpoints_name];
  const auto root = text.find('\n', text.find('\n') + 1) + 1;
  text[root] = text[root] == 'A' ? 'B' : 'A';
  const auto verdict = judged(list);
  REQUIRE(verdict.faults.size() == 1);
  CHECK(says(verdict.faults[0].what, "so this checkpoint was changed"));
}

TEST_CASE("what a rotation says of the segment before it is held against that segment") {
  for (const std::string name : {"previous", "records", "bytes", "sha256", "root", "from", "to"}) {
    // The record is chained right: only what it says is wrong.
    LogBuilder log;
    log.add(2);
    log.rotate_saying(name, "wrong");
    log.add(1);
    const auto verdict = judged(log.files());
    CAPTURE(name);
    INFO(to_text(verdict));
    REQUIRE(verdict.faults.size() == 1);
    CHECK(verdict.faults[0].file == segment_name(3));
    CHECK(says(verdict.faults[0].what, "expected " + name + " "));
    CHECK(log.files().at(segment_name(3)).substr(verdict.faults[0].byte, 5) == "wrong");
  }
}

TEST_CASE("a compressed segment with anything else in it is a fault of its file and the rest is read") {
  const auto log = small_rotated_log();
  for (const std::string content : {"", "no zstd", "\x28\xB5\x2F\xFD"}) {
    auto list = log.files();
    list[compressed_name(0)] = content;
    const auto verdict = judged(list);
    INFO(to_text(verdict));
    CHECK(verdict.integrity.state == State::broken);
    CHECK(verdict.faults.at(0).file == compressed_name(0));
    CHECK(verdict.records == log.size() - 3);
    CHECK(verdict.tree->size == log.size());  // by the leaf hashes
  }
}

TEST_CASE("a log that goes on for a lost one names it and the folder that holds what is left") {
  LogBuilder log;
  auto list = log.files();
  list["lost-00"] = "";
  list["torn-00000000000000000009.bin"] = "x";
  const auto verdict = judged(list);
  CHECK(verdict.intact);
  REQUIRE(verdict.notes.size() == 2);
  CHECK(says(verdict.notes[0], "torn-00000000000000000009.bin: "));
  CHECK(says(verdict.notes[1], "lost-00: a former log"));
}

TEST_CASE("a hostile log takes no more memory than a line and a fault a line is not kept") {
  LogBuilder log;
  auto list = log.files();
  std::string& bytes = list[segment_name(0)];
  for (int i = 0; i < 20000; ++i) bytes += "{\"seq\":18446744073709551615,\"time\":\"x\n";
  bytes += "{\"seq\":1,\"a\":" + std::string(15U << 20U, '[') + "\n";
  std::string notes;
  for (int i = 0; i < 20000; ++i) notes += "\n\n\xE2\x80\x94 x\n";
  list[checkpoints_name] = notes;
  MemoryFiles files;
  fill(files, list);
  take_heap_peak();
  const auto before = heap_in_use();
  const auto verdict = verify(folder, files);
  const auto peak = take_heap_peak() - before;
  REQUIRE(verdict);
  CHECK(verdict->integrity.faults == 10001);  // it is given up
  CHECK(verdict->faults.size() <= 40);
  CHECK(verdict->signatures.state == State::broken);
  MESSAGE("bytes held: " << peak);
  CHECK(peak < 64U << 20U);
}

TEST_CASE("a compressed segment of nothing but line ends is given up") {
  auto log = small_rotated_log();
  MemoryFiles files;
  auto list = log.files();
  list[compressed_name(0)] = compressed(std::string(256U << 20U, '\n'));
  fill(files, list);
  const auto verdict = verify(folder, files);
  REQUIRE(verdict);
  CHECK(verdict->records < 20000);
  CHECK(verdict->integrity.state == State::broken);
}

TEST_CASE("open intents are told by id and bounded") {
  LogBuilder log;
  log.add(intent("b"));
  log.add(intent("a"));
  log.add(outcome("b"));
  CHECK(judged(log.files()).open_intents == std::vector<std::string>{"a"});
  for (int i = 0; i < 1500; ++i) log.add(intent("many-" + std::to_string(i)));
  CHECK(judged(log.files()).open_intents.size() == 1000);
}

TEST_CASE("a key file without a key and one that is not there are errors") {
  const auto log = small_rotated_log();
  MemoryFiles files;
  fill(files, log.files());
  files.put("/key", "no key");
  VerifyOptions options;
  options.key_files = {"/key"};
  CHECK(verify(folder, options, files).error().kind == ErrorKind::invalid);
  options.key_files = {"/none"};
  CHECK_FALSE(verify(folder, options, files));
}

TEST_CASE("progress grows to all of the log's bytes") {
  const auto log = small_rotated_log();
  MemoryFiles files;
  fill(files, log.files());
  std::uint64_t last = 0;
  std::uint64_t all = 0;
  VerifyOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t of) {
    CHECK(done >= last);
    last = done;
    all = of;
  };
  REQUIRE(verify(folder, options, files));
  CHECK(last == all);
  CHECK(all == log.files().at(compressed_name(0)).size() + log.files().at(segment_name(3)).size() +
                   log.files().at(segment_name(6)).size());
}
