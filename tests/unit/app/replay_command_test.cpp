#include "app/commands/replay_command.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "alert/payload.hpp"
#include "app/config_text.hpp"
#include "app/replay_lab.hpp"
#include "canaryd/audit/log.hpp"

using namespace canaryd;
using namespace canaryd::app;
using namespace canaryd::app::testing;
using namespace canaryd::policy::testing;
using Json = nlohmann::json;

namespace {

struct Ran {
  int code = -1;  // 2: the command line was not understood
  std::string out;
  std::string err;
};

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "canaryd-replay-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string at(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(at(name)) << text;
    return at(name);
  }
  // A configuration with one policy.
  std::string config(const std::string& policy = "rollback: {enabled: true}") const {
    return write("c.yaml", std::string(shortest) + "policies:\n  - name: default\n    " + policy + "\n");
  }
  static Ran replay(std::vector<std::string> words) {
    CLI::App app;
    ReplayCommand command;
    command.add_to(app);
    words.insert(words.begin(), "replay");
    std::vector<const char*> argv{"canaryd"};
    for (const auto& word : words) argv.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream err;
    try {
      app.parse(static_cast<int>(argv.size()), argv.data());
    } catch (const CLI::ParseError&) {
      return {2, {}, {}};
    }
    REQUIRE(command.given());
    const int code = command.run(out, err);
    return {code, out.str(), err.str()};
  }

 private:
  std::string path_;
};

// A log with a rollback, what came of it, a refusal, and a line about the process.
std::string some_log(const Folder& folder) {
  const SystemClock clock;
  Logger logger(LogFormat::logfmt, LogLevel::error);
  Metrics metrics;
  const auto files = audit::posix_files();
  const auto log = audit::AuditLog::open({folder.at("audit")}, *files, clock, logger, metrics);
  REQUIRE(log.has_value());
  const auto in_flight = rollout(25, {2, 2, 1});
  const auto policy = default_policy();
  const auto ref = alert_ref("CanaryFailing", rev(2), 25, at("11:55:00"));
  const auto rollback =
      record_of(policy::decide_rollback(bad_alert(rev(2)), in_flight, &policy, noon()), in_flight, "rollback", ref);
  auto outcome = rollback;
  outcome.kind = audit::Kind::outcome;
  const auto late = alert_ref("CanaryFailing", rev(1), 25, at("11:57:00"));
  const auto refusal =
      record_of(policy::decide_rollback(bad_alert(rev(1)), in_flight, &policy, noon()), in_flight, "rollback", late);
  audit::Record start;
  start.kind = audit::Kind::lifecycle;
  start.event = "reload";
  for (const auto& record : {start, rollback, outcome, refusal}) REQUIRE((*log)->append(record).has_value());
  return folder.at("audit");
}

std::string one_line(std::string text) {
  for (auto& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

}  // namespace

TEST_CASE("a log replayed with the configuration of then shows no difference") {
  const Folder folder;
  const auto ran = Folder::replay({"--config", folder.config(), some_log(folder)});
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  CHECK(ran.out.find("act rolled_back        act rolled_back") != std::string::npos);
  CHECK(ran.out.find("refuse stale_revision  refuse stale_revision") != std::string::npos);
  CHECK(ran.out.find("DIFFERENT") == std::string::npos);
  CHECK(ran.out.find("alerts 2: as then 2, different 0, without a past 0, undecided 0; "
                     "a healthy canary is assumed for 0; records about no alert ") != std::string::npos);
  CHECK(ran.out.find("A record holds no measurements.") != std::string::npos);
}

TEST_CASE("a segment is read as its folder is and a change is marked") {
  const Folder folder;
  const auto log = some_log(folder);
  const auto config = folder.config("rollback: {enabled: false}");
  const auto ran = Folder::replay({"--config", config, "--changes-only", log + "/segment-00000000000000000000.jsonl"});
  CHECK(ran.code == 0);
  CHECK(ran.out.find("act rolled_back        refuse rollback_off  DIFFERENT") != std::string::npos);
  CHECK(ran.out.find("alerts 2: as then 0, different 2") != std::string::npos);
  const auto none = Folder::replay({"--config", folder.config(), "--changes-only", log});
  CHECK(none.out.starts_with("alerts 2: as then 2"));
}

TEST_CASE("json tells then and now and on what it is decided") {
  const Folder folder;
  const auto ran = Folder::replay({"--config", folder.config("mode: observe"), "--output", "json", some_log(folder)});
  REQUIRE(ran.code == 0);
  const auto document = Json::parse(ran.out);
  REQUIRE(document["decisions"].size() == 2);
  const auto& first = document["decisions"][0];
  CHECK(first["service"] == "ml/iris");
  CHECK(first["alert"] == "CanaryFailing");
  CHECK(first["then"]["verdict"] == "act");
  CHECK(first["now"]["reason"] == "observe_only");
  CHECK(first["different"] == true);
  CHECK(first["basis"] == "record");
  CHECK(document["decisions"][1]["different"] == false);
  CHECK(document["summary"]["different"] == 1);
  CHECK(document["summary"]["same"] == 1);
}

TEST_CASE("a notification as a document and as lines has no past") {
  const Folder folder;
  const auto payload = alert::sample::payload();
  const auto one = folder.write("one.json", payload);
  const auto lines = folder.write("lines.jsonl", one_line(payload) + "\n\n" + one_line(payload) + "\n");
  const auto ran = Folder::replay({"--config", folder.config(), one, lines});
  CHECK(ran.code == 0);
  CHECK(ran.out.find("act rolled_back  new") != std::string::npos);
  CHECK(ran.out.find("noop resolved    new") != std::string::npos);
  CHECK(ran.out.find("alerts 6: as then 0, different 0, without a past 6") != std::string::npos);
  CHECK(ran.out.find("a healthy canary is assumed for 3") != std::string::npos);
}

TEST_CASE("without a configuration the shipped default decides") {
  const Folder folder;
  const auto ran = Folder::replay({folder.write("one.json", alert::sample::payload())});
  CHECK(ran.code == 0);
  CHECK(ran.out.find("act rolled_back") != std::string::npos);
}

TEST_CASE("what cannot be read is said with its place") {
  const Folder folder;
  const auto config = folder.config();
  const auto payload = alert::sample::payload();
  const auto fails = [&](const std::string& file, const std::string& what) {
    const auto ran = Folder::replay({"--config", config, file});
    CAPTURE(ran.err);
    CHECK(ran.code == 1);
    CHECK(ran.out.empty());
    CHECK(ran.err.find(file) != std::string::npos);
    CHECK(ran.err.find(what) != std::string::npos);
  };
  fails(folder.at("absent.json"), "No such file");
  fails(folder.write("empty.json", ""), "neither a notification");
  fails(folder.write("other.json", "{\"kind\":\"List\"}"), "neither a notification");
  fails(folder.write("half.jsonl", one_line(payload) + "\n{\"version\":\"3\"}\n"), "half.jsonl:2: ");
  std::filesystem::create_directory(folder.at("nothing"));
  fails(folder.at("nothing"), "no audit log");

  const auto segment = some_log(folder) + "/segment-00000000000000000000.jsonl";
  std::ofstream(segment, std::ios::app) << "{\"seq\":9,\"time\":\"soon\"}\n";
  fails(segment, "expected");
}

TEST_CASE("a last line that is being written is left out") {
  const Folder folder;
  const auto log = some_log(folder);
  std::ofstream(log + "/segment-00000000000000000000.jsonl", std::ios::app) << "{\"seq\":9,\"ti";
  CHECK(Folder::replay({"--config", folder.config(), log}).out.find("alerts 2: ") != std::string::npos);
}

TEST_CASE("a configuration with a problem decides nothing") {
  const Folder folder;
  const auto config = folder.write("bad.yaml", std::string(shortest) + "policys: []\n");
  const auto ran = Folder::replay({"--config", config, folder.write("one.json", alert::sample::payload())});
  CHECK(ran.code == 1);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("bad.yaml:10:") != std::string::npos);
  CHECK(Folder::replay({"--config", folder.at("absent.yaml"), "x"}).code == 1);
}

TEST_CASE("a command line without a file or with another form of output is wrong") {
  CHECK(Folder::replay({}).code == 2);
  CHECK(Folder::replay({"--output", "xml", "a"}).code == 2);
}

TEST_CASE("text from outside is escaped in both forms") {
  const Folder folder;
  const auto payload =
      alert::sample::replaced(alert::sample::payload(), "\"CanaryHighErrorRate\",\n        \"component\"",
                              "\"Canary\\u001b[31m\",\n        \"component\"");
  const auto file = folder.write("one.json", payload);
  for (const char* form : {"table", "json"}) {
    const auto ran = Folder::replay({"--output", form, file});
    CHECK(ran.code == 0);
    CHECK(ran.out.find('\x1b') == std::string::npos);
  }
}
