#include <doctest/doctest.h>

#include "canaryd/base/digest.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

const std::string torn = folder + "/torn-00000000000000000003.bin";

// Three records: created, a, b.
std::string small_log(Lab& lab) {
  const auto log = lab.log();
  REQUIRE(log->append({decision("a"), decision("b")}));
  return lab.files.content(segment);
}

void check_recovered(Lab& lab, const std::string& whole, const std::string& tail, const std::string& records) {
  CHECK(lab.files.content(segment).starts_with(whole));
  CHECK(lab.files.content(torn) == tail);
  const auto lines = lab.lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines[3].find("\"event\":\"recovered\"") != std::string::npos);
  CHECK(lines[3].find("\"bytes\":\"" + std::to_string(tail.size()) + "\",\"sha256\":\"" + sha256_hex(tail) +
                      "\",\"file\":\"torn-00000000000000000003.bin\",\"records\":\"" + records + "\"") !=
        std::string::npos);
  const auto verdict = lab.verdict();
  CHECK(verdict.intact);
  CHECK(verdict.notes.size() == 1);
}

}  // namespace

TEST_CASE("half a line at the end is kept apart and recorded") {
  Lab lab;
  const auto whole = small_log(lab);
  const std::string tail = R"({"seq":3,"time":"2026-08-01T12:)";
  lab.files.put(segment, whole + tail);
  const auto log = lab.log();
  check_recovered(lab, whole, tail, "0");
}

TEST_CASE("a tail of NULs with valid lines behind is cut at the first bad byte and kept whole") {
  Lab lab;
  const auto whole = small_log(lab);
  Lab other;
  const auto tail = std::string(4096, '\0') + small_log(other);
  lab.files.put(segment, whole + tail);
  const auto log = lab.log();
  check_recovered(lab, whole, tail, "2");  // the first of the three stands behind the NULs
}

TEST_CASE("a whole line of another log is no continuation") {
  Lab lab;
  const auto whole = small_log(lab);
  const std::string tail = R"({"seq":3,"time":"2026-08-01T12:00:00.000000Z","prev":")" + std::string(64, 'a') +
                           "\",\"kind\":\"decision\",\"id\":\"x\"}\n";
  lab.files.put(segment, whole + tail);
  const auto log = lab.log();
  check_recovered(lab, whole, tail, "1");
}

TEST_CASE("a last line that is chained but no JSON is cut") {
  Lab lab;
  const auto whole = small_log(lab);
  const std::string tail = R"({"seq":3,"time":"2026-08-01T12:00:00.000000Z","prev":")" +
                           sha256_hex(split(whole).back()) + "\",\"kind\":\"intent\",\"id\":\"x\",,}\n";
  lab.files.put(segment, whole + tail);
  const auto log = lab.log();
  check_recovered(lab, whole, tail, "1");
  CHECK(log->recovered().open_intents.empty());
}

TEST_CASE("a tail longer than any line is cut in bounded memory") {
  Lab lab;
  const auto whole = small_log(lab);
  const std::string tail(40 << 20, 'x');
  lab.files.put(segment, whole + tail);
  const auto log = lab.log();
  check_recovered(lab, whole, tail, "0");
  CHECK(lab.files.longest_read() <= 1 << 20);
}

TEST_CASE("a log without one whole line begins anew and keeps the old bytes") {
  Lab lab;
  lab.files.put(segment, "no log at all\n");
  const auto log = lab.log();
  CHECK(lab.files.content(folder + "/torn-00000000000000000000.bin") == "no log at all\n");
  const auto lines = lab.lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("\"event\":\"created\"") != std::string::npos);
  CHECK(lines[1].find("\"event\":\"recovered\"") != std::string::npos);
  CHECK(lab.verdict().intact);
}

TEST_CASE("a torn file of an earlier recovery is never written over") {
  Lab lab;
  const auto whole = small_log(lab);
  lab.files.put(torn, "earlier evidence");
  lab.files.put(segment, whole + "tail");
  const auto log = lab.log();
  CHECK(lab.files.content(torn) == "earlier evidence");
  CHECK(lab.files.content(folder + "/torn-00000000000000000003-2.bin") == "tail");
  CHECK(lab.lines().size() == 5);
  CHECK(lab.verdict().intact);
}

TEST_CASE("a torn file that was changed later is a fault and a missing one a note") {
  Lab lab;
  const auto whole = small_log(lab);
  lab.files.put(segment, whole + "tail");
  {
    const auto log = lab.log();
  }
  lab.files.put(torn, "lied");
  auto verdict = lab.verdict();
  CHECK_FALSE(verdict.intact);
  CHECK(verdict.faults.at(0).file == "torn-00000000000000000003.bin");

  Lab copy;
  copy.files.put(segment, lab.files.content(segment));
  verdict = copy.verdict();
  CHECK(verdict.intact);
  CHECK(verdict.notes.at(0).find("not here") != std::string::npos);
}
