#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "canaryd/app/cli.hpp"
#include "canaryd/app/config.hpp"
#include "canaryd/base/version.hpp"
#include "canaryd/rules/embedded.hpp"

using namespace canaryd;
using namespace canaryd::app;

namespace {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

Ran ran(std::vector<std::string> words) {
  std::vector<const char*> argv{"canaryd"};
  for (const auto& word : words) argv.push_back(word.c_str());
  std::ostringstream out;
  std::ostringstream err;
  Ran result;
  result.code = run(static_cast<int>(argv.size()), argv.data(), out, err);
  result.out = out.str();
  result.err = err.str();
  return result;
}

const std::vector<std::vector<std::string>> commands{{},
                                                     {"serve"},
                                                     {"sandbox"},
                                                     {"check-config"},
                                                     {"config"},
                                                     {"config", "default"},
                                                     {"rules"},
                                                     {"rules", "print"},
                                                     {"rules", "list"},
                                                     {"audit"},
                                                     {"audit", "verify"},
                                                     {"audit", "query"},
                                                     {"audit", "explain"},
                                                     {"audit", "report"},
                                                     {"audit", "prove"},
                                                     {"audit", "verify-proof"},
                                                     {"audit", "key"},
                                                     {"audit", "key", "generate"},
                                                     {"audit", "key", "public"},
                                                     {"replay"},
                                                     {"version"}};

}  // namespace

TEST_CASE("every command has help with an example") {
  for (auto words : commands) {
    words.emplace_back("--help");
    const Ran help = ran(words);
    CAPTURE(help.out);
    CHECK(help.code == 0);
    CHECK(help.err.empty());
    CHECK(help.out.find("Example:\n  canaryd ") != std::string::npos);
  }
}

TEST_CASE("wrong usage exits with 2 and says so on the standard error") {
  const std::vector<std::vector<std::string>> wrong{{},
                                                    {"frobnicate"},
                                                    {"--frobnicate"},
                                                    {"serve"},
                                                    {"serve", "--config"},
                                                    {"serve", "--config", "a", "b"},
                                                    {"check-config"},
                                                    {"check-config", "a", "b"},
                                                    {"config"},
                                                    {"config", "other"},
                                                    {"rules"},
                                                    {"audit"},
                                                    {"audit", "verify"},
                                                    {"audit", "query"},
                                                    {"audit", "query", "--output", "xml", "log"},
                                                    {"audit", "explain", "log"},
                                                    {"audit", "report"},
                                                    {"audit", "report", "--output", "csv", "log"},
                                                    {"audit", "prove"},
                                                    {"audit", "prove", "log"},
                                                    {"audit", "verify-proof"},
                                                    {"audit", "key"},
                                                    {"audit", "key", "generate"},
                                                    {"audit", "key", "public"},
                                                    {"replay"},
                                                    {"replay", "--output", "xml", "a"},
                                                    {"sandbox", "--services", "many"},
                                                    {"sandbox", "--services", "-1"},
                                                    {"sandbox", "--reconcile-delay", "20"},
                                                    {"doctor"},
                                                    {"doctor", "--config", "a", "--alertmanager-ca", "b"},
                                                    {"doctor", "--config", "a", "--send-test", "--token-file", "b"},
                                                    {"doctor", "--config", "a", "--as", "b\r\nX-Evil: 1"},
                                                    {"version", "now"},
                                                    {"rules", "print", "no-such.yaml"}};
  for (const auto& words : wrong) {
    const Ran result = ran(words);
    CAPTURE(result.err);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK_FALSE(result.err.empty());
  }
}

TEST_CASE("a password in an address is not printed") {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"rollouts", "--token-file", "t", "--server", "https://admin:hunter2@10.0.0.1"},
           {"route", "print", "--url", "http://admin:hunter2@10.0.0.1/"},
           {"doctor", "--config", "c", "--prometheus", "http://admin:hunter2@10.0.0.1"},
       }) {
    CAPTURE(words);
    const Ran result = ran(words);
    CHECK(result.code == 2);
    CHECK(result.out.find("hunter2") == std::string::npos);
    CHECK(result.err.find("hunter2") == std::string::npos);
    CHECK(result.err.find("password") != std::string::npos);
  }
}

TEST_CASE("the version is one line") {
  const std::string line = "canaryd " + std::string(version) + "\n";
  CHECK(ran({"version"}).out == line);
  CHECK(ran({"--version"}).out == line);
  CHECK(ran({"--version"}).code == 0);
}

TEST_CASE("config default prints the default configuration") {
  const Ran result = ran({"config", "default"});
  CHECK(result.code == 0);
  CHECK(result.out == default_config());
}

TEST_CASE("rules print gives one file as it is and an unknown one with the known names") {
  REQUIRE_FALSE(rules::embedded().empty());
  for (const auto files : {rules::embedded(), rules::embedded_scrapes()}) {
    for (const auto& file : files) {
      const Ran result = ran({"rules", "print", std::string(file.name)});
      CHECK(result.code == 0);
      CHECK(result.out == file.text);
    }
  }
  CHECK(ran({"rules", "print"}).out.starts_with("groups:\n"));
  CHECK(ran({"rules", "print", "x\ny"}).err.starts_with("canaryd: no rule file \"x\\ny\", expected canary.yaml"));
}

TEST_CASE("rules print takes the sources that are named and all without") {
  const auto one = ran({"rules", "print", "--source", "model-metrics"});
  CHECK(one.code == 0);
  CHECK(one.out == ran({"rules", "print", "--source", "model-metrics", "--source", "model-metrics"}).out);
  CHECK(one.out.find("\n# canary.yaml\n") != std::string::npos);
  std::vector<std::string> words{"rules", "print"};
  for (const auto& file : rules::embedded()) {
    const bool here = one.out.find("\n# " + std::string(file.name) + "\n") != std::string::npos;
    CHECK(here == (!file.name.starts_with("sources/") || file.name == "sources/model-metrics.yaml"));
    if (!file.name.starts_with("sources/")) continue;
    words.insert(words.end(), {"--source", std::string(file.name.substr(8, file.name.size() - 13))});
  }
  CHECK(ran(words).out == ran({"rules", "print"}).out);
  const Ran unknown = ran({"rules", "print", "--source", "no\nsuch"});
  CHECK(unknown.code == 2);
  CHECK(unknown.err.starts_with("canaryd: no source \"no\\nsuch\", expected "));
  CHECK(unknown.err.find("model-metrics") != std::string::npos);
}

TEST_CASE("rules print gives an object whose options belong to it alone") {
  const std::vector<std::string> object{"rules", "print", "--format", "prometheusrule", "canary.yaml"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), object.begin(), object.end());
    return ran(more);
  };
  CHECK(ran(object).out.find("\n  name: \"canaryd-rules\"\nspec:\n") != std::string::npos);
  const Ran full = with({"--name", "n", "--namespace", "m", "--label", "a=b=c", "--label", "d="});
  CHECK(full.code == 2);
  CHECK(full.err.starts_with("canaryd: label a: expected letters"));
  const Ran good = with({"--name", "n", "--namespace", "m", "--label", "a=b", "--label", "d="});
  CHECK(good.out.find("\n  name: \"n\"\n  namespace: \"m\"\n  labels:\n    \"a\": \"b\"\n    \"d\": \"\"\nspec:\n") !=
        std::string::npos);
  CHECK(with({"--label", "a"}).err == "canaryd: --label: expected KEY=VALUE, got a\n");
  CHECK(with({"--name", "A"}).err.starts_with("canaryd: name: expected a DNS name"));
  CHECK(with({"scrape/prometheus.yaml"}).err ==
        "canaryd: scrape/prometheus.yaml holds no rules: it is printed alone, as it is\n");
  for (const auto* option : {"--name", "--namespace", "--label"}) {
    const Ran misplaced = ran({"rules", "print", option, "a=b"});
    CHECK(misplaced.code == 2);
    CHECK(misplaced.err == "canaryd: --name, --namespace and --label are for --format prometheusrule\n");
  }
  CHECK(ran({"rules", "print", "--format", "json"}).code == 2);
  CHECK(ran({"rules", "print", "--source", "model-metrics", "canary.yaml"}).code == 2);
}

TEST_CASE("rules list has a line for each rule and no empty cell") {
  const Ran result = ran({"rules", "list"});
  CHECK(result.code == 0);
  CHECK(result.out.starts_with("FILE "));
  const std::regex alert("canary\\.yaml +\\S+ +alert +CanaryHighErrorRate +2m +critical +\\S.*");
  std::size_t alerts = 0;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::vector<std::string> words{std::istream_iterator<std::string>(cells), {}};
    CHECK(words.size() >= 7);
    alerts += std::regex_match(line, alert) ? 1 : 0;
  }
  CHECK(alerts == 1);
}

TEST_CASE("a file that cannot be read fails") {
  for (const auto& words : std::vector<std::vector<std::string>>{{"check-config", "/nonexistent/c.yaml"},
                                                                 {"audit", "verify", "/nonexistent/audit"},
                                                                 {"audit", "query", "/nonexistent/audit"},
                                                                 {"audit", "explain", "/nonexistent/audit", "195c92"},
                                                                 {"audit", "report", "/nonexistent/audit"},
                                                                 {"audit", "prove", "/nonexistent/audit", "seq:1"},
                                                                 {"audit", "verify-proof", "/nonexistent/proof"},
                                                                 {"audit", "key", "public", "/nonexistent/key"}}) {
    const Ran result = ran(words);
    CHECK(result.code == 1);
    CHECK(result.out.empty());
    CHECK(result.err.find("/nonexistent/") != std::string::npos);
  }
}

TEST_CASE("a good configuration is told with what was not looked at") {
  std::string file = (std::filesystem::temp_directory_path() / "canaryd-cli-XXXXXX").string();
  const int fd = mkstemp(file.data());
  REQUIRE(fd >= 0);
  close(fd);
  std::ofstream(file) << default_config();
  const Ran result = ran({"check-config", file});
  std::filesystem::remove(file);
  CHECK(result.code == 0);
  CHECK(result.out.starts_with(file + " is good: clients "));
  CHECK(result.out.ends_with("; the files it names were not looked at\n"));
}

TEST_CASE("an output that cannot be written is a failure") {
  std::ostringstream out;
  std::ostringstream err;
  out.setstate(std::ios::badbit);
  const char* argv[] = {"canaryd", "version"};
  CHECK(run(2, argv, out, err) == 1);
  CHECK(err.str() == "canaryd: cannot write to the standard output\n");
}
