#include <doctest/doctest.h>

#include <algorithm>

#include "audit/format/base64.hpp"
#include "audit/verify/anchors.hpp"
#include "canaryd/base/text.hpp"
#include "log_builder.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

const std::string kept = "/kept";

Result<Anchors> read(const std::string& content, const std::vector<PublicKey>& keys = {}) {
  MemoryFiles files;
  files.put(kept, content);
  return read_anchors({kept}, keys, files);
}

std::string json_text(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// As canaryd logs it.
std::string logged(const std::string& note) {
  return R"({"ts":"2026-08-01T12:00:01.000000Z","level":"info","event":"audit_checkpoint","checkpoint":")" +
         to_base64(note) + R"(","size":"7"})";
}

void check_one(const std::string& content, const LogBuilder& log, std::uint64_t line = 1) {
  CAPTURE(content);
  const auto anchors = read(content);
  INFO((anchors ? std::string() : anchors.error().message));
  REQUIRE(anchors);
  REQUIRE(anchors->heads.size() == 1);
  const bool same = anchors->heads[0].head == log.head();
  CHECK(same);
  CHECK(anchors->heads[0].line == line);
  CHECK(anchors->names == std::vector<std::string>{log.name()});
  CHECK(anchors->notes.empty());
}

const LogBuilder& log_of_three() {
  static const LogBuilder log = [] {
    LogBuilder made;
    made.add(2);
    return made;
  }();
  return log;
}

Verdict anchored(const LogBuilder& log, const std::string& content, bool with_key = true) {
  MemoryFiles files;
  REQUIRE(files.make_directory(folder));
  put(files, log.files());
  files.put(kept, content);
  files.put("/key", log.key().public_key().pem());
  VerifyOptions options;
  options.checkpoint_files = {kept};
  if (with_key) options.key_files = {"/key"};
  auto verdict = verify(folder, options, files);
  INFO((verdict ? std::string() : verdict.error().message));
  REQUIRE(verdict);
  return *verdict;
}

}  // namespace

TEST_CASE("a checkpoint is found in every form in which logs are shipped") {
  const auto& log = log_of_three();
  const auto line = logged(log.note());
  const auto base64 = to_base64(log.note());
  check_one(line + "\n", log);
  check_one(line, log);                                                      // the last line end is missing
  check_one("2026-11-21T05:42:38.975067000Z stdout F " + line + "\n", log);  // CRI
  check_one("2026-11-21T06:42:38.9+01:00 stdout F:x " + line + "\n", log);   // with another tag behind it
  check_one("canaryd-0 canaryd 2026-11-21T05:42:38Z " + line + "\n", log);   // kubectl logs --prefix --timestamps
  check_one("{\"log\":" + json_text(line + "\n") + ",\"stream\":\"stdout\"}\n", log);  // Docker
  check_one("{\"MESSAGE\":" + json_text(line) + ",\"PRIORITY\":\"6\"}\n", log);        // journald
  check_one("{\"line\":" + json_text(line) + ",\"labels\":{\"app\":\"canaryd\"}}\n", log);
  check_one(R"({"_source":{"message":)" + json_text(line) + "}}\n", log);
  check_one(R"({"hits":[{"_source":{"log":)" + json_text("{\"message\":" + json_text(line) + "}") + "}}]}\n", log);
  check_one("ts=2026-08-01T12:00:01Z level=info event=audit_checkpoint checkpoint=" + base64 + " size=3\n", log);
  check_one("ts=2026-08-01T12:00:01Z event=audit_checkpoint checkpoint=\"" + base64 + "\" size=3\n", log);
  check_one("{\n  \"event\": \"audit_checkpoint\",\n  \"checkpoint\": \"" + base64 + "\"\n}\n", log, 3);
  check_one("\"{\"\"checkpoint\"\":\"\"" + base64 + "\"\"}\",1\n", log);  // CSV
  check_one("first\n\nsecond\n" + line + "\r\nlast\n", log, 4);
}

TEST_CASE("characters that some writers of JSON escape are read") {
  const auto& log = log_of_three();
  auto escaped_all = to_base64(log.note());
  for (const auto& [plain, code] : {std::pair{'+', "\\u002B"}, {'/', "\\/"}, {'=', "\\u003d"}}) {
    for (auto at = escaped_all.find(plain); at != std::string::npos; at = escaped_all.find(plain, at + 6)) {
      if (plain == '/' && at > 0 && escaped_all[at - 1] == '\\') continue;
      escaped_all.replace(at, 1, code);
    }
  }
  check_one(R"({"checkpoint":")" + escaped_all + "\"}\n", log);
  check_one(R"({"m":)" + json_text(R"({"checkpoint":")" + escaped_all + "\"}") + "}\n", log);
}

TEST_CASE("a line that a container runtime split is joined before it is read") {
  const auto& log = log_of_three();
  const auto line = logged(log.note());
  const auto half = line.size() / 2;
  const std::string cri = "2026-11-21T05:42:38.975067000Z stdout ";
  const std::string other = "2026-11-21T05:42:38.975068000Z stderr F of another stream in between\n";
  check_one(cri + "P " + line.substr(0, half) + "\n" + other + cri + "P " + line.substr(half, 20) + "\n" + cri + "F " +
                line.substr(half + 20) + "\n",
            log, 4);
  const auto docker = [](const std::string& text) {
    return "{\"log\":" + json_text(text) + ",\"stream\":\"stdout\"}\n";
  };
  check_one(docker(line.substr(0, half)) + docker(line.substr(half) + "\n"), log, 2);
}

TEST_CASE("notes as they are are found one or several in a file and with what stands around them") {
  const auto& log = log_of_three();
  const auto note = log.note();
  check_one(note, log);
  check_one(note + "\n", log);
  check_one("a word before\n\n" + note + "and behind\n", log, 3);
  std::string indented = "data:\n  checkpoint: |\n";
  for (const auto& line : split(note)) indented += "    " + line + "\n";
  check_one(indented, log, 3);
  check_one(R"({"data":{"checkpoint":)" + json_text(note) + "}}\n", log);
  check_one(R"({"line":)" + json_text(R"({"checkpoint":)" + json_text(note) + "}") + "}\n", log);
  LogBuilder longer;
  std::string several;
  for (int i = 0; i < 3; ++i) {
    longer.add(1);
    several += longer.note() + (i == 1 ? "\n\n" : "");
  }
  const auto anchors = read(several + several);
  REQUIRE(anchors);
  REQUIRE(anchors->heads.size() == 3);
  CHECK(anchors->heads[2].head.size == 4);
  CHECK(anchors->heads[0].times == 2);
}

TEST_CASE("a checkpoint is found in a line of many megabytes and at the seam of its pieces") {
  const auto& log = log_of_three();
  const auto line = logged(log.note());
  for (const std::size_t before : {0U, 900U << 10U, (1U << 20U) - 300U, 1U << 20U, 3U << 20U}) {
    CAPTURE(before);
    check_one("[" + std::string(before, ' ') + line + std::string(3U << 20U, ' ') + "]\n", log);
  }
}

TEST_CASE("a file without a checkpoint is an error that says what was expected") {
  for (const std::string content : {"", "nothing\n", "{\"checkpoint\":\"not one\"}\n", "canaryd/x\n3\nAAAA\n"}) {
    CAPTURE(content);
    const auto anchors = read(content);
    REQUIRE_FALSE(anchors);
    CHECK(anchors.error().kind == ErrorKind::invalid);
    CHECK(anchors.error().message.find("/kept: no checkpoint in it; expected signed notes") != std::string::npos);
  }
}

TEST_CASE("what looks like a checkpoint and is none is noted with its line") {
  const auto& log = log_of_three();
  auto damaged = logged(log.note());
  damaged.resize(damaged.size() - 60);
  const auto anchors = read(logged(log.note()) + "\n" + damaged + "\n");
  REQUIRE(anchors);
  CHECK(anchors->heads.size() == 1);
  REQUIRE(anchors->notes.size() == 1);
  CHECK(anchors->notes[0].find("/kept, line 2: ") == 0);
}

TEST_CASE("checkpoints kept elsewhere that are of the log are good whichever of them come first") {
  LogBuilder log;
  std::string shipped;
  for (int i = 0; i < 5; ++i) {
    log.add(3);
    shipped.insert(0, logged(log.note()) + "\n");
    if (i % 2 == 1) log.rotate();
  }
  const auto verdict = anchored(log, shipped);
  INFO(to_text(verdict));
  CHECK(verdict.anchoring.state == State::good);
  CHECK(verdict.anchors == 5);
  CHECK(anchored(log, shipped, false).anchoring.why.find("not checked: no --key") != std::string::npos);
}

TEST_CASE("a log that was rewritten whole is found by a checkpoint kept elsewhere and the place is narrowed down") {
  LogBuilder log;
  LogBuilder forged;
  std::string shipped;
  for (int i = 0; i < 4; ++i) {
    log.add(3);
    forged.add(i == 2 ? of_kind(Kind::decision, "other") : decision("d-" + std::to_string(forged.size())));
    forged.add(2);
    shipped += logged(log.note()) + "\n";
  }
  const auto verdict = anchored(forged, shipped, false);
  INFO(to_text(verdict));
  CHECK(verdict.integrity.state == State::good);
  CHECK(verdict.completeness.state == State::good);
  CHECK(verdict.anchoring.state == State::broken);
  REQUIRE(verdict.faults.size() == 2);
  CHECK(verdict.faults[0].file == kept);
  CHECK(verdict.faults[0].line == 3);
  CHECK(verdict.faults[0].what.find("one of the records 7 to 9 is not what was signed") != std::string::npos);
}

TEST_CASE("a log that was cut at its end is found by a checkpoint kept elsewhere") {
  LogBuilder log;
  log.add(3);
  LogBuilder longer;
  longer.add(5);
  const auto verdict = anchored(log, logged(longer.note()) + "\n", false);
  CHECK(verdict.anchoring.state == State::broken);
  CHECK(verdict.faults.at(0).what.find("the log has 4 records: its end is missing") != std::string::npos);
}

TEST_CASE("a checkpoint kept elsewhere that none of the keys signed is a fault") {
  LogBuilder log;
  log.add(3);
  LogBuilder same_with_another_key;
  same_with_another_key.add(3);
  const auto verdict = anchored(log, logged(same_with_another_key.note()) + "\n");
  CHECK(verdict.anchoring.state == State::broken);
  CHECK(verdict.faults.back().check == Check::anchoring);
  // The same root with a good signature behind it is good.
  CHECK(anchored(log, logged(same_with_another_key.note()) + "\n" + logged(log.note()) + "\n").anchoring.state ==
        State::good);
}

TEST_CASE("checkpoints of other logs are counted and never make a log good") {
  LogBuilder log;
  log.add(3);
  const auto key = SigningKey::generate();
  REQUIRE(key);
  std::vector<SigningKey> keys;
  keys.push_back(SigningKey::parse(key->pem(), "key").value());
  const auto foreign = logged(sign_checkpoint("canaryd/ffffffffffffffffffffffffffffffff", log.head(), keys, {})) + "\n";
  auto verdict = anchored(log, foreign);
  INFO(to_text(verdict));
  CHECK(verdict.anchoring.state == State::broken);
  CHECK(verdict.other_anchors == 1);
  CHECK(verdict.faults.back().what.find("canaryd/ffffffffffffffffffffffffffffffff") != std::string::npos);
  verdict = anchored(log, foreign + logged(log.note()) + "\n");
  CHECK(verdict.anchoring.state == State::good);
  CHECK(verdict.other_anchors == 1);
  CHECK(verdict.notes.size() == 1);
}

TEST_CASE("checkpoints behind a missing segment cannot be compared and are not good") {
  LogBuilder log;
  log.add(3);
  const auto early = logged(log.note()) + "\n";
  log.rotate();
  log.add(3);
  log.rotate();
  log.add(3);
  const auto late = logged(log.note()) + "\n";
  MemoryFiles files;
  REQUIRE(files.make_directory(folder));
  auto list = log.files();
  list.erase("segment-00000000000000000004.jsonl");
  list.erase("segment-00000000000000000004.leaves");
  put(files, list);
  files.put(kept, early);
  VerifyOptions options;
  options.checkpoint_files = {kept};
  CHECK(verify(folder, options, files)->anchoring.state == State::good);
  files.put(kept, early + late);
  const auto verdict = verify(folder, options, files);
  REQUIRE(verdict);
  CHECK(verdict->anchoring.state == State::broken);
  CHECK(verdict->faults.back().what.find("cannot be compared, as the records 4 to 7 are missing") != std::string::npos);
}
