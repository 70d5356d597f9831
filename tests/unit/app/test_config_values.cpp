#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "app/config/config_reader.hpp"
#include "app/config/config_values.hpp"
#include "config_text.hpp"

using namespace canaryd;
using namespace canaryd::app;
using std::chrono::milliseconds;

namespace {

Config good(std::string_view text, const std::string& file = "c.yaml") {
  ConfigReading reading = read_config(text, file);
  for (const auto& problem : reading.problems) FAIL_CHECK(problem.str());
  return reading.config;
}

Config good_with(std::string_view more) { return good(std::string(shortest) + std::string(more)); }

}  // namespace

TEST_CASE("the shortest configuration has the documented defaults") {
  const Config config = good(shortest);
  CHECK(config.server.listen.host == "0.0.0.0");
  CHECK(config.server.listen.port == 8443);
  CHECK(config.server.max_connections == 128);
  CHECK(config.server.tls.certificate == "/tls/tls.crt");
  CHECK(config.server.tls.key == "/tls/tls.key");
  CHECK(config.server.tls.client_ca.empty());
  REQUIRE(config.server.tokens.size() == 1);
  CHECK(config.server.tokens[0].name == "alertmanager");
  CHECK(config.server.tokens[0].role == web::Role::alert);
  CHECK(config.server.tokens[0].namespaces.empty());
  CHECK(config.admin.listen.port == 8080);
  CHECK(config.cluster.access == kube::Access::in_cluster);
  CHECK(config.cluster.namespaces.empty());
  CHECK(config.audit.log.directory == "/var/lib/canaryd/audit");
  CHECK(config.log.format == LogFormat::logfmt);
  CHECK(config.log.level == LogLevel::info);
  CHECK(config.stop_file.empty());
  CHECK_FALSE(config.instance.empty());
  CHECK(config.sha256.size() == 64);
  REQUIRE(config.policies.size() == 1);
  CHECK(config.policies[0].name == "default");
  CHECK(config.policies[0].rollback);
}

TEST_CASE("every key of the server and the admin listener is read") {
  const Config config = good(R"(
server:
  listen: "[::1]:9443"
  tls: {certificate: /a.crt, key: /a.key, client_ca: /ca.crt}
  max_connections: 64
  clients:
    tokens:
      - {name: am-1, role: alert, file: /t1, namespaces: [ml, shop]}
      - {name: grafana, role: view, file: /t2}
    certificates:
      - {name: ops, role: operate, san: "uri:spiffe://cluster/ops", namespaces: [ml]}
admin: {listen: 127.0.0.1:0}
)");
  CHECK(config.server.listen.host == "::1");
  CHECK(config.server.listen.port == 9443);
  CHECK(config.server.tls.client_ca == "/ca.crt");
  CHECK(config.server.max_connections == 64);
  REQUIRE(config.server.tokens.size() == 2);
  CHECK(config.server.tokens[0].namespaces == std::vector{Namespace("ml"), Namespace("shop")});
  CHECK(config.server.tokens[1].role == web::Role::view);
  CHECK(config.server.tokens[1].file == "/t2");
  REQUIRE(config.server.certificates.size() == 1);
  CHECK(config.server.certificates[0].role == web::Role::operate);
  CHECK(config.server.certificates[0].san == "uri:spiffe://cluster/ops");
  CHECK(config.server.certificates[0].namespaces == std::vector{Namespace("ml")});
  CHECK(config.admin.listen.host == "127.0.0.1");
  CHECK(config.admin.listen.port == 0);
}

TEST_CASE("the three ways to the cluster are read") {
  const auto kubeconfig = good_with("cluster:\n  kubeconfig: {file: /k, context: prod}\n  namespaces: [ml]\n").cluster;
  CHECK(kubeconfig.access == kube::Access::kubeconfig);
  CHECK(kubeconfig.kubeconfig == "/k");
  CHECK(kubeconfig.context == "prod");
  CHECK(kubeconfig.namespaces == std::vector{Namespace("ml")});
  const auto url =
      good_with("cluster:\n  url: {address: 'https://10.0.0.1:6443/k8s', ca_file: /ca, token_file: /t}\n").cluster;
  CHECK(url.access == kube::Access::url);
  CHECK(url.url == "https://10.0.0.1:6443/k8s");
  CHECK(url.ca_file == "/ca");
  CHECK(url.token_file == "/t");
  CHECK(good_with("cluster: {in_cluster: true}\n").cluster.access == kube::Access::in_cluster);
  CHECK(good_with("cluster: {in_cluster: false, kubeconfig: {file: /k}}\n").cluster.access == kube::Access::kubeconfig);
}

TEST_CASE("plain http reaches loopback addresses") {
  for (const auto* address :
       {"http://127.0.0.1:8001", "http://127.1.2.3:1", "http://[::1]:8001", "http://localhost:80"}) {
    CAPTURE(address);
    CHECK(good_with("cluster: {url: {address: '" + std::string(address) + "'}}\n").cluster.url == address);
  }
}

TEST_CASE("the keys of the process are read") {
  const Config config = good_with(
      "instance: canaryd-1.eu\nstop_file: /run/stop\naudit: {directory: /a}\nlog: {format: json, level: debug}\n");
  CHECK(config.instance == "canaryd-1.eu");
  CHECK(config.stop_file == "/run/stop");
  CHECK(config.audit.log.directory == "/a");
  CHECK(config.log.format == LogFormat::json);
  CHECK(config.log.level == LogLevel::debug);
}

TEST_CASE("alerts are read in their order with their labels") {
  const auto alerts = good_with(R"(alerts:
  - matchers: ['alertname="Drift"', 'severity=~"crit.*"']
    action: rollback
    labels: {namespace: exported_namespace, name: model, revision: rev}
  - matchers: ['alertname="Well"']
    action: advance
    labels: {percent: share}
  - matchers: ['alertname="Slow"']
    action: hold
  - matchers: ['alertname="Beat"']
    action: heartbeat
  - matchers: ['alertname=~".+"']
    action: ignore
)")
                          .alerts;
  REQUIRE(alerts.size() == 5);
  REQUIRE(alerts[0].matchers.size() == 2);
  CHECK(alerts[0].matchers[1].matches({{"severity", "critical"}}));
  CHECK(alerts[0].action == alert::Action::rollback);
  CHECK(alerts[0].labels.ns == "exported_namespace");
  CHECK(alerts[0].labels.name == "model");
  CHECK(alerts[0].labels.revision == "rev");
  CHECK(alerts[0].labels.percent == "percent");
  CHECK(alerts[1].action == alert::Action::advance);
  CHECK(alerts[1].labels.percent == "share");
  CHECK(alerts[2].action == alert::Action::hold);
  CHECK(alerts[2].labels.ns == "namespace");
  CHECK(alerts[3].action == alert::Action::heartbeat);
  CHECK(alerts[4].action == alert::Action::ignore);
}

TEST_CASE("every key of a policy is read") {
  const auto policies = good_with(R"(policies:
  - name: careful
    match: {namespaces: [ml, "team-[ab]*"], names: [iris], labels: {tier: online, example.com/x: ""}}
    rollback: {enabled: false, last_stage_window: 0s, confirm_within: 1m30s}
    unattributed: hold
    evidence_window: 5m
    components: independent
    thresholds:
      {error_ratio: 0.1, failing_ratio: off, higher_error_ratio: 2, latency_ratio: 3.5, higher_latency_ratio: 1.01,
       latency_seconds: 0.25, confidence_ratio: 0.9, min_requests: 20, failing_min_requests: 5,
       latency_min_requests: 400, down_min_requests: 1}
  - name: rest
)")
                            .policies;
  REQUIRE(policies.size() == 2);
  const auto& policy = policies[0];
  CHECK(policy.name == "careful");
  CHECK(policy.namespaces == Lines{"ml", "team-[ab]*"});
  CHECK(policy.names == Lines{"iris"});
  CHECK(policy.labels == std::map<std::string, std::string>{{"tier", "online"}, {"example.com/x", ""}});
  CHECK_FALSE(policy.rollback);
  CHECK(policy.last_stage_window == milliseconds(0));
  CHECK(policy.confirm_within == milliseconds(90'000));
  CHECK(policy.unattributed == policy::Unattributed::hold);
  CHECK(policy.evidence_window == milliseconds(300'000));
  CHECK(policy.components == policy::Components::independent);
  std::vector<double> thresholds;
  for (const auto& signal : policy::threshold_signals) thresholds.push_back(policy.thresholds.*signal.value);
  const double off = std::numeric_limits<double>::infinity();
  CHECK(thresholds == std::vector<double>{0.1, off, 2, 3.5, 1.01, 0.25, 0.9, 20, 5, 400, 1});
  CHECK(policies[1].namespaces.empty());
}

TEST_CASE("every threshold but a floor can be switched off") {
  std::string all = "policies: [{name: a, thresholds: {";
  for (const auto& signal : policy::threshold_signals) {
    if (signal.limit != policy::Limit::count) all += std::string(signal.name) + ": off, ";
  }
  const auto policies = good_with(all + "min_requests: 7}}]\n").policies;
  for (const auto& signal : policy::threshold_signals) {
    CAPTURE(signal.name);
    CHECK(std::isinf(policies[0].thresholds.*signal.value) == (signal.limit != policy::Limit::count));
  }
}

TEST_CASE("a relative path is meant from the folder of the configuration") {
  const std::string text = with(shortest, "/tls/tls.crt", "tls.crt") + "stop_file: ../stop\n";
  CHECK(good(text, "/etc/canaryd/c.yaml").server.tls.certificate == "/etc/canaryd/tls.crt");
  CHECK(good(text, "/etc/canaryd/c.yaml").stop_file == "/etc/canaryd/../stop");
  CHECK(good(text, "/etc/canaryd/c.yaml").server.tls.key == "/tls/tls.key");
  CHECK(good(text, "c.yaml").server.tls.certificate == "tls.crt");
  CHECK(good(text, "/c.yaml").server.tls.certificate == "/tls.crt");
}

TEST_CASE("a byte order mark and CRLF ends are read") {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : shortest) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(good(text).server.tls.key == "/tls/tls.key");
}

TEST_CASE("the SHA-256 is of the bytes of the file") {
  CHECK(read_config("", "c").config.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(good(shortest).sha256 != good(std::string(shortest) + "\n").sha256);
}

TEST_CASE("the name of any host becomes an instance") {
  CHECK(instance_from("Node-7.Example.COM") == "node-7.example.com");
  CHECK(instance_from("my_host") == "my-host");
  CHECK(instance_from("") == "canaryd");
  CHECK(instance_from(std::string(100, 'a')).size() == 63);
}

TEST_CASE("only plain decimal is a number") {
  CHECK(plain_whole("0") == 0);
  CHECK(plain_whole("128") == 128);
  CHECK(plain_decimal("0.05") == 0.05);
  CHECK(plain_decimal("50") == 50);
  for (const auto* text : {"", "010", "0x10", "0o7", "1_000", "+5", "-5", " 5", "1e3", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(plain_whole(text));
  }
  for (const auto* text : {"", ".5", "5.", "1e-2", "00.5", "+0.5", ".inf", "nan", "0x1p3", "1.2.3", "inf"}) {
    CAPTURE(text);
    CHECK_FALSE(plain_decimal(text));
  }
}

TEST_CASE("a name pattern is what fnmatch and Kubernetes names have in common") {
  for (const auto* text : {"*", "ml", "team-*", "a?c", "team-[ab]", "[!x]*", "a.b"}) {
    CAPTURE(text);
    CHECK(is_name_pattern(text));
  }
  for (const auto* text : {"", "ML", "a b", "[", "[]", "a]", "[a", "a\\*", "!a", "[a*]", "a/b", "{a,b}"}) {
    CAPTURE(text);
    CHECK_FALSE(is_name_pattern(text));
  }
}
