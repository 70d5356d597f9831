#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "app/config/config_reader.hpp"
#include "config_text.hpp"

using namespace canaryd::app;

namespace {

// Each text, put below the shortest configuration (from line 10), has exactly this one problem.
using Cases = std::vector<std::pair<std::string, std::string>>;

void check_each(const Cases& cases) {
  for (const auto& [text, problem] : cases) {
    CAPTURE(text);
    CHECK(problems_with(text) == Lines{"c.yaml:" + problem});
  }
}

}  // namespace

TEST_CASE("unknown keys are refused with the nearest known one") {
  check_each({
      {"polices: []\n", "10:1: unknown key \"polices\", expected policies (the nearest known key)"},
      {"StopFile: /x\n", "10:1: unknown key \"StopFile\", expected stop_file (the nearest known key)"},
      {"promotion: {}\n",
       "10:1: unknown key \"promotion\", expected instance, server, admin, cluster, audit, log, stop_file, prometheus, "
       "state, breaker, alerts or policies"},
      {"log: {levle: info}\n", "10:7: unknown key \"levle\" in log, expected level (the nearest known key)"},
      {"log: {\"a\\nb\": info}\n", "10:7: unknown key \"a\\nb\" in log, expected format or level"},
      {"policies: [{name: a, treshold: {}}]\n",
       "10:22: unknown key \"treshold\" in policies[0], expected thresholds (the nearest known key)"},
  });
}

// No section forgets to refuse what it does not know.
TEST_CASE("every section of the configuration refuses an unknown key") {
  const auto refuses = [](const std::string& text, const std::string& path) {
    CAPTURE(path);
    const auto problems = problems_of(text);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("unknown key \"zzzzzzzz\" in " + path + ", expected ") != std::string::npos);
  };
  refuses(with(shortest, "  tls:\n", "  zzzzzzzz: 1\n  tls:\n"), "server");
  refuses(with(shortest, "    key:", "    zzzzzzzz: 1\n    key:"), "server.tls");
  refuses(with(shortest, "    tokens:", "    zzzzzzzz: 1\n    tokens:"), "server.clients");
  refuses(with(shortest, "        role:", "        zzzzzzzz: 1\n        role:"), "server.clients.tokens[0]");
  refuses(with(with(shortest,
                    "    tokens:", "    certificates: [{name: c, role: view, san: 'dns:a', zzzzzzzz: 1}]\n    tokens:"),
               "    key:", "    client_ca: /ca\n    key:"),
          "server.clients.certificates[0]");
  const std::string base(shortest);
  refuses(base + "admin: {zzzzzzzz: 1}\n", "admin");
  refuses(base + "cluster: {zzzzzzzz: 1}\n", "cluster");
  refuses(base + "cluster: {kubeconfig: {file: /k, zzzzzzzz: 1}}\n", "cluster.kubeconfig");
  refuses(base + "cluster: {url: {address: 'https://a', zzzzzzzz: 1}}\n", "cluster.url");
  refuses(base + "audit: {zzzzzzzz: 1}\n", "audit");
  for (const auto* part : {"space", "witness", "redact"}) {
    refuses(base + "audit: {" + part + ": {zzzzzzzz: 1}}\n", std::string("audit.") + part);
  }
  refuses(base + "log: {zzzzzzzz: 1}\n", "log");
  const std::string alert = "alerts: [{matchers: ['a=\"b\"'], action: hold, ";
  refuses(base + alert + "zzzzzzzz: 1}]\n", "alerts[0]");
  refuses(base + alert + "labels: {zzzzzzzz: 1}}]\n", "alerts[0].labels");
  refuses(base + "policies: [{name: a, zzzzzzzz: 1}]\n", "policies[0]");
  refuses(base + "prometheus: {url: 'https://a', zzzzzzzz: 1}\n", "prometheus");
  refuses(base + "state: {zzzzzzzz: 1}\n", "state");
  refuses(base + "breaker: {zzzzzzzz: 1}\n", "breaker");
  refuses(base + "policies: [{name: a, promotion: {freeze: [{days: [mon], zzzzzzzz: 1}]}}]\n",
          "policies[0].promotion.freeze[0]");
  for (const auto* part : {"match", "rollback", "promotion", "thresholds"}) {
    refuses(base + "policies: [{name: a, " + part + ": {zzzzzzzz: 1}}]\n", std::string("policies[0].") + part);
  }
}

TEST_CASE("a wrong type is refused") {
  check_each({
      {"log: info\n", "10:6: log: got info, expected a map"},
      {"log:\n", "10:1: log: got nothing, expected a map"},
      {"log: [a]\n", "10:6: log: got a list, expected a map"},
      {"admin: {listen: {}}\n",
       "10:17: admin.listen: got a map, expected \"address:port\" with an IP address, such as \"0.0.0.0:8443\" or "
       "\"[::]:8443\""},
      {"alerts: {}\n", "10:9: alerts: got a map, expected a list, each entry a map with matchers and action"},
      {"policies: [everything]\n", "10:12: policies[0]: got everything, expected a map with name"},
      {"instance: 12\n",
       "10:11: instance: got 12, expected a name of 1 to 63 characters of a-z, 0-9, - and . (for YAML this is no text: "
       "put it in quotes)"},
      {"audit: {directory: true}\n",
       "10:20: audit.directory: got true, expected the path of a folder that belongs to this instance alone (for YAML "
       "this is no text: put it in quotes)"},
      {"cluster: {namespaces: ml}\n", "10:23: cluster.namespaces: got ml, expected a list, each entry a namespace"},
      {"cluster: {namespaces: [a, [b]]}\n", "10:27: cluster.namespaces[1]: got a list, expected a namespace"},
      {"cluster: {in_cluster: yes}\n", "10:23: cluster.in_cluster: got yes, expected true or false"},
      {"cluster: {in_cluster: \"true\"}\n",
       "10:23: cluster.in_cluster: got \"true\", expected true or false, without quotes"},
  });
}

TEST_CASE("numbers in quotes or not in plain decimal are refused") {
  for (const auto& [written, problem] : std::vector<std::pair<std::string, std::string>>{
           {"\"128\"", "got \"128\", expected a whole number from 4 to 65536, without quotes"},
           {"010", "got 010, expected a whole number from 4 to 65536, in plain decimal"},
           {"0x10", "got 0x10, expected a whole number from 4 to 65536, in plain decimal"},
           {"0o20", "got 0o20, expected a whole number from 4 to 65536, in plain decimal"},
           {"1_000", "got 1_000, expected a whole number from 4 to 65536, in plain decimal"},
           {"+5", "got +5, expected a whole number from 4 to 65536, in plain decimal"},
           {"1e2", "got 1e2, expected a whole number from 4 to 65536, in plain decimal"},
           {"3", "got 3, expected a whole number from 4 to 65536"},
           {"65537", "got 65537, expected a whole number from 4 to 65536"},
           {"many", "got many, expected a whole number from 4 to 65536"},
           {"", "got nothing, expected a whole number from 4 to 65536"}}) {
    CAPTURE(written);
    const auto problems = problems_of(with(shortest, "  tls:\n", "  max_connections: " + written + "\n  tls:\n"));
    REQUIRE(problems.size() == 1);
    CHECK(problems[0] ==
          std::string("c.yaml:2:") + (written.empty() ? "3" : "20") + ": server.max_connections: " + problem);
  }
}

TEST_CASE("a value out of its range is refused") {
  const std::string ratio = "expected a ratio above 0 and below 1 (0.05 is 5 %), or off";
  const std::string factor = "expected a factor above 1 and up to 100 (1.5 is 50 % above the stable revision), or off";
  const std::string share = "expected a factor above 0 and below 1 (0.8 is 20 % below the stable revision), or off";
  const std::string time = "expected a number of seconds above 0 and up to 3600 (0.5 is 500 ms), or off";
  const std::string count = "expected a number of requests from 1 to 1000000000";
  const std::string at = "10:44: policies[0].thresholds.";
  const auto threshold = [](const std::string& key, const std::string& value) {
    return "policies: [{name: a, thresholds: {" + key + ": " + std::string(8 - value.size(), ' ') + value + "}}]\n";
  };
  const auto place = [](const std::string& key, const std::string& value) {
    return "10:" + std::to_string(35 + key.size() + 2 + 8 - value.size()) + ": policies[0].thresholds." + key +
           ": got " + value + ", ";
  };
  Cases cases;
  for (const auto* value : {"0", "1", "5", "-0.1"}) {
    for (const auto* key : {"error_ratio", "failing_ratio"}) {
      cases.emplace_back(threshold(key, value),
                         place(key, value) + ratio + (value[0] == '-' ? ", in plain decimal" : ""));
    }
  }
  cases.emplace_back(threshold("error_ratio", "5%"), place("error_ratio", "5%") + ratio);
  cases.emplace_back(threshold("error_ratio", ".05"), place("error_ratio", ".05") + ratio + ", in plain decimal");
  cases.emplace_back(threshold("error_ratio", "\"off\""), place("error_ratio", "\"off\"") + ratio + ", without quotes");
  cases.emplace_back(threshold("error_ratio", ".inf"), place("error_ratio", ".inf") + ratio + ", in plain decimal");
  for (const auto* value : {"off", "0", "0.5"}) {
    for (const auto* key : {"min_requests", "failing_min_requests", "latency_min_requests", "down_min_requests"}) {
      cases.emplace_back(threshold(key, value), place(key, value) + count);
    }
  }
  for (const auto* value : {"1", "0.5", "100.5"}) {
    for (const auto* key : {"higher_error_ratio", "latency_ratio", "higher_latency_ratio"}) {
      cases.emplace_back(threshold(key, value), place(key, value) + factor);
    }
  }
  for (const auto* value : {"0", "1", "1.5"}) {
    cases.emplace_back(threshold("confidence_ratio", value), place("confidence_ratio", value) + share);
  }
  for (const auto* value : {"0", "3600.5", "500ms"}) {
    cases.emplace_back(threshold("latency_seconds", value), place("latency_seconds", value) + time);
  }
  check_each(cases);
  check_each({
      {"policies: [{name: a, thresholds: {error_ratio: 0.6}}]\n",
       "10:34: policies[0].thresholds: failing_ratio is lower than error_ratio, expected it higher: it is for a "
       "plainly "
       "broken canary"},
      {"policies: [{name: a, thresholds: {latency_ratio: 1.2}}]\n",
       "10:34: policies[0].thresholds: latency_ratio is lower than higher_latency_ratio, expected it higher: its alert "
       "waits less long"},
      {"policies: [{name: a, evidence_window: 10}]\n",
       "10:39: policies[0].evidence_window: got 10, expected a duration from 0s to 1d, as Prometheus writes it (90s, "
       "10m, "
       "1h30m)"},
      {"policies: [{name: a, evidence_window: 2d}]\n",
       "10:39: policies[0].evidence_window: got 2d, expected a duration from 0s to 1d, as Prometheus writes it (90s, "
       "10m, "
       "1h30m)"},
      {"policies: [{name: a, rollback: {confirm_within: 500ms}}]\n",
       "10:49: policies[0].rollback.confirm_within: got 500ms, expected a duration from 1s to 1h, as Prometheus writes "
       "it "
       "(90s, 10m, 1h30m)"},
      {"policies: [{name: a, rollback: {last_stage_window: 8d}}]\n",
       "10:52: policies[0].rollback.last_stage_window: got 8d, expected a duration from 0s to 7d, as Prometheus writes "
       "it "
       "(90s, 10m, 1h30m)"},
      {"policies: [{name: a, unattributed: maybe}]\n",
       "10:36: policies[0].unattributed: got maybe, expected rollback or hold"},
      {"policies: [{name: a, components: one}]\n",
       "10:34: policies[0].components: got one, expected together or independent"},
      {"log: {format: xml}\n", "10:15: log.format: got xml, expected logfmt or json"},
      {"instance: Canaryd\n",
       "10:11: instance: got Canaryd, expected a name of 1 to 63 characters of a-z, 0-9, - and ."},
      {"instance: \"a\\u202eb\"\n",
       "10:11: instance: got \"a\\u{202e}b\", expected a name of 1 to 63 characters of a-z, 0-9, - and ."},
      {"stop_file: ~/stop\n", "10:12: stop_file: got ~/stop, expected the path of a file"},
      {"cluster: {namespaces: [ml, ML]}\n", "10:28: cluster.namespaces[1]: got ML, expected a namespace"},
      {"cluster: {namespaces: [ml, ml]}\n", "10:28: cluster.namespaces[1]: got ml again, expected each entry once"},
  });
}

TEST_CASE("a listen address is an IP address and a port") {
  for (const auto* text : {"localhost:8443", ":8443", "0.0.0.0", "0.0.0.0:", "0.0.0.0:65536", "0.0.0.0:08", "::1:80",
                           "[::1]", "[127.0.0.1]:80", "256.0.0.1:80", "[::1:80", "0.0.0.0:-1", "[]:80"}) {
    CAPTURE(text);
    CHECK(problems_with("admin: {listen: '" + std::string(text) + "'}\n") ==
          Lines{"c.yaml:10:17: admin.listen: got \"" + std::string(text) +
                "\", expected \"address:port\" with an IP address, such as \"0.0.0.0:8443\" or \"[::]:8443\""});
  }
  CHECK(problems_with("admin: {listen: '0.0.0.0:8443'}\n") ==
        Lines{"c.yaml:10:8: admin: admin.listen and server.listen have the same port, expected two"});
  CHECK(problems_with("admin: {listen: '127.0.0.1:8443'}\n").size() == 1);
}

TEST_CASE("what is required is named") {
  CHECK(problems_of("instance: a\n") == Lines{"c.yaml:1:1: server: missing, expected a map with tls and clients"});
  CHECK(problems_of("server:\n") == Lines{"c.yaml:1:1: server: got nothing, expected a map with tls and clients"});
  CHECK(
      problems_of("server: {tls: {}, clients: {tokens: [{}], certificates: [{}]}}\n") ==
      Lines{"c.yaml:1:15: server.tls.certificate: missing, expected the path of a PEM file with the certificate chain",
            "c.yaml:1:15: server.tls.key: missing, expected the path of a PEM file with the private key",
            "c.yaml:1:38: server.clients.tokens[0].name: missing, expected a name for logs and records",
            "c.yaml:1:38: server.clients.tokens[0].role: missing, expected alert, view or operate",
            "c.yaml:1:38: server.clients.tokens[0].file: missing, expected the path of a file that holds the token",
            "c.yaml:1:57: server.clients.certificates: clients with certificates, expected server.tls.client_ca to be "
            "set, too",
            "c.yaml:1:58: server.clients.certificates[0].name: missing, expected a name for logs and records",
            "c.yaml:1:58: server.clients.certificates[0].role: missing, expected alert, view or operate",
            "c.yaml:1:58: server.clients.certificates[0].san: missing, expected a subjectAltName such as "
            "dns:alertmanager.monitoring.svc, uri:..., ip:... or email:..."});
  check_each({
      {"cluster: {kubeconfig: {}}\n", "10:23: cluster.kubeconfig.file: missing, expected the path of a kubeconfig"},
      {"cluster: {url: {}}\n",
       "10:16: cluster.url.address: missing, expected an https URL such as https://10.0.0.1:6443, or a plain http one "
       "on "
       "loopback only"},
      {"alerts: [{action: hold}]\n",
       "10:10: alerts[0].matchers: missing, expected a list, each entry a matcher in quotes, such as "
       "'alertname=~\"Canary.*\"'"},
      {"alerts: [{matchers: ['a=\"b\"']}]\n",
       "10:10: alerts[0].action: missing, expected rollback, advance, hold, heartbeat or ignore"},
      {"policies: [{}]\n", "10:12: policies[0].name: missing, expected a name for logs and records"},
      {"alerts: []\n", "10:9: alerts: got an empty list, expected at least one entry, a map with matchers and action"},
      {"policies: []\n", "10:11: policies: got an empty list, expected at least one entry, a map with name"},
  });
}
