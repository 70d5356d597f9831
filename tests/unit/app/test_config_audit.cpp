#include <chrono>
#include <utility>
#include <vector>

#include "config_text.hpp"

using namespace canaryd::app;
using std::chrono::hours;

namespace {

Lines wrong(const std::string& inside) { return problems_with("audit:\n  " + inside + "\n"); }

}  // namespace

TEST_CASE("every key of the audit log is read") {
  const auto reading = read_config(std::string(shortest) + R"(audit:
  directory: /a
  origin: audit.example.com/eu
  key_files: [/keys/new.pem, keys/old.pem]
  rotate_size: 1GiB
  rotate_age: 12h
  keep: 2y
  keep_at_least: 1y
  max_size: 100GiB
  space: {warn: 8MiB, make_room: 4MiB, stop: 64KiB}
  witness: {configmap: canaryd-audit}
  redact: {labels: [user, "*_token"]}
)",
                                   "/etc/canaryd/c.yaml");
  for (const auto& problem : reading.problems) FAIL_CHECK(problem.str());
  const auto& audit = reading.config.audit;
  CHECK(audit.log.directory == "/a");
  CHECK(audit.log.origin == "audit.example.com/eu");
  CHECK(audit.key_files == Lines{"/keys/new.pem", "/etc/canaryd/keys/old.pem"});
  CHECK(audit.log.rotate_size == 1U << 30U);
  CHECK(audit.log.rotate_age == hours(12));
  CHECK(audit.keep.keep == hours(24 * 730));
  CHECK(audit.keep.keep_at_least == hours(24 * 365));
  CHECK(audit.keep.max_size == 100ULL << 30U);
  CHECK(audit.keep.warn_below == 8U << 20U);
  CHECK(audit.keep.make_room_below == 4U << 20U);
  CHECK(audit.keep.stop_below == 64U << 10U);
  CHECK(audit.witness == "canaryd-audit");
  CHECK(audit.redaction.labels == Lines{"user", "*_token"});
}

TEST_CASE("the audit log is kept as promised where nothing is said") {
  const auto audit = read_config(shortest, "c.yaml").config.audit;
  CHECK(audit.log.origin == "canaryd");
  CHECK(audit.key_files.empty());
  CHECK(audit.log.rotate_size == 64U << 20U);
  CHECK(audit.log.rotate_age == hours(24));
  CHECK(audit.keep.keep == hours(24 * 400));
  CHECK(audit.keep.keep_at_least == hours(24 * 90));
  CHECK(audit.keep.max_size == 0);
  CHECK(audit.keep.warn_below == 1U << 30U);
  CHECK(audit.keep.make_room_below == 512U << 20U);
  CHECK(audit.keep.stop_below == 128U << 20U);
  CHECK(audit.witness.empty());
}

TEST_CASE("sizes are whole numbers with a binary unit") {
  const std::string expected = ", expected a size from 64KiB to 1GiB such as 64MiB";
  for (const auto* text : {"64", "1.5MiB", "64MB", "64M", "64 MiB", "0MiB", "-1MiB", "01MiB", "1e3MiB", "2GiB", "1KiB",
                           "MiB", "99999999999999999999TiB", "20000000TiB", "off"}) {
    CAPTURE(text);
    CHECK(wrong("rotate_size: " + std::string(text)) ==
          Lines{"c.yaml:11:16: audit.rotate_size: got " + std::string(text) + expected});
  }
  CHECK(wrong("rotate_size: []") == Lines{"c.yaml:11:16: audit.rotate_size: got a list" + expected});
  CHECK(
      wrong("max_size: \"off\"") ==
      Lines{"c.yaml:11:13: audit.max_size: got \"off\", expected a size from 64KiB to 1024TiB such as 64MiB, or off"});
  CHECK(wrong("max_size: off").empty());
}

TEST_CASE("an origin that a key name cannot have is refused") {
  for (const auto* text : {"\"a b\"", "\"a+b\"", "\"\"", "\"a\\nb\""}) {
    CAPTURE(text);
    const auto problems = wrong("origin: " + std::string(text));
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("audit.origin: got ") != std::string::npos);
  }
}

TEST_CASE("records are kept for at least as long as keep_at_least") {
  CHECK(wrong("keep: 89d") == Lines{"c.yaml:11:9: audit.keep: records would be kept for 89d, expected at least "
                                    "keep_at_least, which is 90d"});
  CHECK(wrong("keep_at_least: 401d") ==
        Lines{"c.yaml:11:18: audit.keep_at_least: records would be kept for 400d, expected at least keep_at_least, "
              "which is 401d"});
  CHECK(wrong("keep: 90d").empty());
  CHECK(wrong("keep: 1h\n  keep_at_least: 1h").empty());
}

TEST_CASE("the steps of the room that is left must fall") {
  const std::string problem =
      ": audit.space: the steps do not fall, expected warn above make_room, and that above stop";
  CHECK(wrong("space: {warn: 512MiB}") == Lines{"c.yaml:11:10" + problem});
  CHECK(wrong("space: {stop: 600MiB}") == Lines{"c.yaml:11:10" + problem});
  CHECK(wrong("space: {make_room: 2GiB}") == Lines{"c.yaml:11:10" + problem});
  CHECK(wrong("space: {warn: 3GiB, make_room: 2GiB, stop: 1GiB}").empty());
}

TEST_CASE("what is no name of a ConfigMap or of a label is refused") {
  CHECK(wrong("witness: {configmap: Audit}") ==
        Lines{"c.yaml:11:24: audit.witness.configmap: got Audit, expected the name of a ConfigMap"});
  CHECK(wrong("redact: {labels: [a-b]}") ==
        Lines{"c.yaml:11:21: audit.redact.labels[0]: got a-b, expected the name of a label, with * for any text"});
}
