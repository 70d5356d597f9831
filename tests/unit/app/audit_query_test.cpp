#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "../../../src/app/audit_query_output.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/audit/log.hpp"

namespace canaryd::app::test {

namespace {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

audit::Record rolled_back() {
  audit::Record record;
  record.kind = audit::Kind::outcome;
  record.id = "00ff";
  record.target = audit::TargetRef{"ml", "iris", "u"};
  record.alerts = {{"CanaryFailing", "firing", "f1", "2026-08-01T11:59:00Z", "0.6", {}}};
  record.action = "rollback";
  record.verdict = "act";
  record.reason = "rolled_back";
  record.changes = {{"predictor", "iris-2", "iris-1", 25, 0}, {"transformer", "t-2", "t-1", 100, -1}};
  record.actor = "token:am";
  record.message = "Rolled back ml/iris, \"at once\".";
  return record;
}

// A log in a folder of its own, with one rollback behind its first record.
class RealLog {
 public:
  RealLog() {
    std::string pattern = (std::filesystem::temp_directory_path() / "canaryd-query-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    append(rolled_back());
  }
  ~RealLog() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RealLog(const RealLog&) = delete;
  RealLog& operator=(const RealLog&) = delete;

  void append(const audit::Record& record) const {
    const auto files = audit::posix_files();
    const SystemClock clock;
    Logger logger(LogFormat::logfmt, LogLevel::error);
    Metrics metrics;
    auto log = audit::AuditLog::open({path()}, *files, clock, logger, metrics);
    REQUIRE(log);
    REQUIRE((*log)->append(record));
  }
  std::string path() const { return folder_ + "/audit"; }
  std::string segment() const { return path() + "/segment-00000000000000000000.jsonl"; }
  std::string text() const {
    std::ifstream file(segment(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  Ran query(const std::vector<std::string>& words, std::ostringstream out = {}) const {
    std::vector<const char*> argv{"canaryd", "audit", "query"};
    const std::string directory = path();
    argv.push_back(directory.c_str());
    for (const auto& word : words) argv.push_back(word.c_str());
    std::ostringstream err;
    const int code = run(static_cast<int>(argv.size()), argv.data(), out, err);
    return {code, out.str(), err.str()};
  }

 private:
  std::string folder_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Its words, however wide the columns are.
std::vector<std::string> columns_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string from(const std::string& text, const std::string& mark) { return text.substr(text.find(mark)); }

}  // namespace

TEST_CASE("a table has a row for each record with one word in each column") {
  const RealLog log;
  const Ran ran = log.query({});
  CHECK(ran.code == exit_done);
  CHECK(ran.err.empty());
  const auto lines = lines_of(ran.out);
  REQUIRE(lines.size() == 3);
  using Words = std::vector<std::string>;
  CHECK(columns_of(lines[0]) == Words{"TIME", "KIND", "TARGET", "ACTION", "VERDICT", "REASON", "PERCENT", "WHO", "ID"});
  auto first = columns_of(lines[1]);
  first.erase(first.begin());  // the time
  first.pop_back();            // the id
  CHECK(first == Words{"lifecycle", "-", "created", "-", "-", "-", "-"});
  auto second = columns_of(lines[2]);
  second.erase(second.begin());
  CHECK(second ==
        Words{"outcome", "ml/iris", "rollback", "act", "rolled_back", "25%->0%,100%->none", "token:am", "00ff"});
  CHECK(lines[0].find("KIND") == lines[1].find("lifecycle"));
  CHECK(lines[0].find("TARGET") == lines[2].find("ml/iris"));
}

TEST_CASE("json is the lines of the log byte for byte") {
  const RealLog log;
  CHECK(log.query({"--output", "json"}).out == log.text());
  CHECK(log.query({"--output", "json", "--id", "00ff"}).out == lines_of(log.text())[1] + "\n");
  CHECK(log.query({"--output", "json", "--reverse", "--limit", "1"}).out == lines_of(log.text())[1] + "\n");
  CHECK(log.query({"--output", "json", "--limit", "1"}).out == lines_of(log.text())[0] + "\n");
}

TEST_CASE("csv has a heading and joins what several components have") {
  const RealLog log;
  const Ran ran = log.query({"--output", "csv", "--kind", "outcome"});
  CHECK(ran.code == exit_done);
  CHECK(ran.out.find("seq,time,kind,event,id,namespace,name,") == 0);
  CHECK(from(ran.out, "\r\n1,")
            .find(",outcome,,00ff,ml,iris,rollback,act,rolled_back,\"predictor;transformer\","
                  "\"iris-2;t-2\",\"iris-1;t-1\",\"25;100\",\"0;\",CanaryFailing,token:am,,,,"
                  "\"Rolled back ml/iris, \"\"at once\"\".\"\r\n") != std::string::npos);
  CHECK(lines_of(ran.out).size() == 2);
}

TEST_CASE("a field of csv is no formula, obeyed by no terminal, and one row") {
  CHECK(csv_field("plain text") == "plain text");
  CHECK(csv_field("=1+1") == "'=1+1");
  CHECK(csv_field("@x") == "'@x");
  CHECK(csv_field("-1") == "'-1");
  CHECK(csv_field("+1") == "'+1");
  CHECK(csv_field("\uff1d1+1") == "'\uff1d1+1");
  CHECK(csv_field("=A1,\"B\"") == "\"'=A1,\"\"B\"\"\"");
  CHECK(csv_field("\t=1") == "\\t=1");
  CHECK(csv_field("\r=1") == "\\r=1");
  CHECK(csv_field("two\nlines") == "two\\nlines");
  CHECK(csv_field("\x1b[31m") == "\\x1b[31m");
  CHECK(csv_field(" padded ") == "\" padded \"");
  CHECK(csv_field("\xe2\x80\xae") == "\\u{202e}");
  CHECK(csv_field("").empty());
}

TEST_CASE("foreign text cannot break a table") {
  const RealLog log;
  audit::Record odd = rolled_back();
  odd.id = "odd\n\x1b[2J id";
  odd.actor = "token:\xff";
  log.append(odd);
  const Ran ran = log.query({"--id", "odd*"});
  REQUIRE(lines_of(ran.out).size() == 2);
  CHECK(ran.out.find("odd\\n\\x1b[2J id") != std::string::npos);
  CHECK(ran.out.find('\x1b') == std::string::npos);
}

TEST_CASE("nothing that matches is nothing on the standard output and no failure") {
  const RealLog log;
  for (const std::string form : {"table", "json"}) {
    const Ran ran = log.query({"--output", form, "--name", "nobody"});
    CHECK(ran.code == exit_done);
    CHECK(ran.out.empty());
    CHECK(ran.err.empty());
  }
}

TEST_CASE("options given again and commas are alternatives") {
  const RealLog log;
  CHECK(lines_of(log.query({"--output", "json", "--kind", "outcome", "--kind", "lifecycle"}).out).size() == 2);
  CHECK(lines_of(log.query({"--output", "json", "--kind", "outcome,lifecycle"}).out).size() == 2);
  CHECK(lines_of(log.query({"--since", "-1h", "--output", "json"}).out).size() == 2);
  CHECK(lines_of(log.query({"--until=-1h", "--output", "json"}).out).empty());
}

TEST_CASE("a filter that is none is wrong usage") {
  const RealLog log;
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--kind", "outcom"},
                                                {"--since", "soon"},
                                                {"--since", "now", "--until", "-1h"},
                                                {"--limit", "0"},
                                                {"--output", "xml"},
                                                {"--reson", "dwell"},
                                                {"--name", ""},
                                                {"--since", "-1h", "--since", "-2h"}}) {
    const Ran ran = log.query(words);
    CAPTURE(words[0]);
    CHECK(ran.code == exit_usage);
    CHECK(ran.out.empty());
    CHECK_FALSE(ran.err.empty());
  }
  CHECK(log.query({"--kind", "outcom"}).err.find("canaryd: --kind: expected one of intent, ") == 0);
}

TEST_CASE("what cannot be read is a failure beside what can") {
  const RealLog log;
  std::ofstream(log.segment(), std::ios::app) << "junk\x1b\n";
  const Ran ran = log.query({"--output", "json"});
  CHECK(ran.code == exit_failed);
  CHECK(lines_of(ran.out).size() == 2);
  CHECK(ran.err.find("canaryd: segment-00000000000000000000.jsonl: byte ") == 0);
  CHECK(ran.err.find("canaryd audit verify tells more") != std::string::npos);
  std::filesystem::remove_all(log.path());
  CHECK(log.query({}).code == exit_failed);
}

TEST_CASE("an output that breaks ends the reading") {
  const RealLog log;
  std::ostringstream broken;
  broken.setstate(std::ios::badbit);
  const Ran ran = log.query({"--output", "json"}, std::move(broken));
  CHECK(ran.code == exit_failed);
}

}  // namespace canaryd::app::test
