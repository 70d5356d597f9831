#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/daemon/engine_settings.hpp"
#include "config_text.hpp"

using namespace canaryd;
using namespace canaryd::app;

namespace {

Config good_with(std::string_view more, const std::string& file = "c.yaml") {
  ConfigReading reading = read_config(std::string(shortest) + std::string(more), file);
  for (const auto& problem : reading.problems) FAIL_CHECK(problem.str());
  return reading.config;
}

// A folder as the kubelet makes it, with this text in the file `namespace`; gone with the object.
class ServiceAccount {
 public:
  explicit ServiceAccount(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "canaryd-account-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    std::ofstream(folder_ + "/namespace") << text;
  }
  ~ServiceAccount() { std::filesystem::remove_all(folder_); }
  ServiceAccount(const ServiceAccount&) = delete;
  ServiceAccount& operator=(const ServiceAccount&) = delete;
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

}  // namespace

TEST_CASE("there is no Prometheus to ask until one is named") {
  const Config config = good_with("");
  CHECK(config.prometheus.url.empty());
  CHECK(config.state.ns.empty());
  CHECK(config.state.name == "canaryd-state");
  CHECK(config.breaker.max_rollbacks == 3);
  CHECK(config.breaker.window == std::chrono::minutes(10));
  CHECK_FALSE(config.breaker.stops_rollbacks);
}

TEST_CASE("every key of prometheus is read") {
  const auto prometheus = good_with(
                              "prometheus: {url: 'https://prometheus.monitoring.svc:9090/prefix', ca_file: ca.crt, "
                              "token_file: /token, certificate: tls.crt, key: /tls.key, allow_http: false}\n",
                              "/etc/canaryd/c.yaml")
                              .prometheus;
  CHECK(prometheus.url == "https://prometheus.monitoring.svc:9090/prefix");
  CHECK(prometheus.ca_file == "/etc/canaryd/ca.crt");
  CHECK(prometheus.token_file == "/token");
  CHECK(prometheus.client_certificate == "/etc/canaryd/tls.crt");
  CHECK(prometheus.client_key == "/tls.key");
}

TEST_CASE("plain http leads to another machine only where it is allowed") {
  const std::string refused =
      "c.yaml:10:19: prometheus.url: plain http to another machine, expected https, or allow_http: true where nobody "
      "on the way can change what Prometheus answers";
  CHECK(problems_with("prometheus: {url: 'http://prometheus.monitoring.svc:9090'}\n") == Lines{refused});
  CHECK(problems_with("prometheus: {url: 'http://127.0.0.1.example.com'}\n") == Lines{refused});
  CHECK(problems_with("prometheus: {url: 'http://10.0.0.7:9090', allow_http: false}\n") == Lines{refused});
  CHECK(good_with("prometheus: {url: 'http://10.0.0.7:9090', allow_http: true}\n").prometheus.url ==
        "http://10.0.0.7:9090");
  for (const auto* url : {"http://127.0.0.1:9090", "http://localhost:9090", "http://[::1]:9090", "https://a"}) {
    CAPTURE(url);
    CHECK(good_with("prometheus: {url: '" + std::string(url) + "'}\n").prometheus.url == url);
  }
}

TEST_CASE("the address of Prometheus is an http URL and shows no password") {
  const std::string expected =
      ", expected an https URL such as https://prometheus.monitoring.svc:9090, with its path prefix if any";
  for (const auto* url : {"prometheus:9090", "ftp://a", "https://", "https://a?x=1", "https://a#b", "HTTP://a"}) {
    CAPTURE(url);
    CHECK(problems_with("prometheus: {url: '" + std::string(url) + "'}\n") ==
          Lines{"c.yaml:10:19: prometheus.url: got \"" + std::string(url) + "\"" + expected});
  }
  CHECK(problems_with("prometheus: {url: 'https://me:secret@prometheus'}\n") ==
        Lines{"c.yaml:10:19: prometheus.url: got a text that may hold a password" + expected});
  CHECK(problems_with("prometheus: {token_file: /t}\n") == Lines{"c.yaml:10:13: prometheus.url: missing" + expected});
}

TEST_CASE("a client certificate for Prometheus comes with its key and over TLS") {
  CHECK(problems_with("prometheus: {url: 'https://a', certificate: /c}\n") ==
        Lines{"c.yaml:10:45: prometheus.certificate: without key, expected both or none"});
  CHECK(problems_with("prometheus: {url: 'https://a', key: /k}\n") ==
        Lines{"c.yaml:10:37: prometheus.key: without certificate, expected both or none"});
  CHECK(problems_with("prometheus: {url: 'http://localhost', ca_file: /c}\n") ==
        Lines{"c.yaml:10:48: prometheus.ca_file: TLS for plain http, expected none, or an https URL"});
  CHECK(problems_with("prometheus: {url: 'http://localhost', certificate: /c, key: /k}\n") ==
        Lines{"c.yaml:10:52: prometheus.certificate: TLS for plain http, expected none, or an https URL"});
  CHECK(problems_with("prometheus: {url: 'https://a', token_file: ~/t}\n") ==
        Lines{"c.yaml:10:44: prometheus.token_file: got ~/t, expected the path of a file that holds a bearer token"});
}

TEST_CASE("the place of canaryd-state is read") {
  const auto state = good_with("state: {namespace: ops, name: canaryd-state.eu}\n").state;
  CHECK(state.ns == Namespace("ops"));
  CHECK(state.name == "canaryd-state.eu");
  CHECK(problems_with("state: {namespace: Ops}\n") ==
        Lines{"c.yaml:10:20: state.namespace: got Ops, expected a namespace"});
  CHECK(problems_with("state: {name: a_b}\n") ==
        Lines{"c.yaml:10:15: state.name: got a_b, expected the name of a ConfigMap"});
}

TEST_CASE("without a namespace for canaryd-state it is the one of the pod") {
  const ServiceAccount pod("ml-system\n");
  CHECK(state_namespace({}, pod.folder()) == Namespace("ml-system"));
  CHECK(state_namespace({Namespace("ops"), "x"}, pod.folder()) == Namespace("ops"));
  CHECK(state_namespace({}, pod.folder() + "/nowhere") == Namespace("canaryd"));
  for (const auto* text : {"", "\n", "no namespace", "../x", "UPPER"}) {
    CAPTURE(text);
    CHECK(state_namespace({}, ServiceAccount(text).folder()) == Namespace("canaryd"));
  }
  CHECK(state_namespace({}, ServiceAccount(std::string(300, 'a')).folder()) == Namespace("canaryd"));
}

TEST_CASE("the breaker is read") {
  const auto breaker = good_with("breaker: {max_rollbacks: 5, window: 1h, rollbacks: stop}\n").breaker;
  CHECK(breaker.max_rollbacks == 5);
  CHECK(breaker.window == std::chrono::hours(1));
  CHECK(breaker.stops_rollbacks);
  CHECK_FALSE(good_with("breaker: {rollbacks: go_on}\n").breaker.stops_rollbacks);
  CHECK(good_with("breaker: {window: 1d}\n").breaker.window == std::chrono::hours(24));
  const std::string range = "expected a duration from 1s to 1d, as Prometheus writes it (90s, 10m, 1h30m)";
  CHECK(problems_with("breaker: {window: 0s}\n") == Lines{"c.yaml:10:19: breaker.window: got 0s, " + range});
  CHECK(problems_with("breaker: {window: 25h}\n") == Lines{"c.yaml:10:19: breaker.window: got 25h, " + range});
  CHECK(problems_with("breaker: {max_rollbacks: 0}\n") ==
        Lines{"c.yaml:10:26: breaker.max_rollbacks: got 0, expected a whole number from 1 to 10000"});
  CHECK(problems_with("breaker: {rollbacks: never}\n") ==
        Lines{"c.yaml:10:22: breaker.rollbacks: got never, expected go_on or stop"});
}

TEST_CASE("the engine is given what the configuration says") {
  const Config config = good_with(
      "instance: one\ncluster: {namespaces: [ml]}\nstop_file: /stop\nstate: {namespace: ops, name: held}\nbreaker: "
      "{max_rollbacks: 7}\npolicies: [{name: a, mode: observe}]\nalerts: [{matchers: ['a=\"b\"'], action: hold}]\n");
  const auto settings = engine_settings(config, "/nowhere");
  CHECK(settings.instance == "one");
  CHECK(settings.scopes == std::vector{Namespace("ml")});
  CHECK(settings.state_namespace == Namespace("ops"));
  CHECK(settings.state_name == "held");
  const auto rules = engine_rules(config);
  CHECK(rules.alerts.size() == 1);
  CHECK(rules.policies.at(0).mode == policy::Mode::observe);
  CHECK(rules.stop_file == "/stop");
  CHECK(rules.config_sha256 == config.sha256);
  CHECK(rules.breaker.max_rollbacks == 7);
}
