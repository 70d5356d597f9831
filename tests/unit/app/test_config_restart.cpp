#include <doctest/doctest.h>

#include <map>
#include <string>

#include "config_text.hpp"

using namespace canaryd::app;

namespace {

Lines restart_of(const std::string& before, const std::string& after) {
  const auto a = read_config(std::string(shortest) + "instance: a\n" + before, "c.yaml");
  const auto b = read_config(std::string(shortest) + "instance: a\n" + after, "c.yaml");
  for (const auto& problem : a.problems) FAIL_CHECK(problem.str());
  for (const auto& problem : b.problems) FAIL_CHECK(problem.str());
  return needs_restart(a.config, b.config);
}

}  // namespace

TEST_CASE("an unchanged configuration needs no restart") { CHECK(restart_of("", "") == Lines{}); }

TEST_CASE("what is reloaded needs no restart") {
  CHECK(restart_of("",
                   "stop_file: /stop\nlog: {level: debug}\nalerts: [{matchers: ['a=\"b\"'], action: hold}]\n"
                   "policies: [{name: x, evidence_window: 1m, mode: observe, promotion: {dwell: 1h}}]\n"
                   "breaker: {max_rollbacks: 1, window: 1m, rollbacks: stop}\n"
                   "audit: {key_files: [/k], keep: 1y, keep_at_least: 1d, max_size: 1GiB, space: {warn: 2GiB}, "
                   "redact: {labels: [a]}}\n") == Lines{});
  auto running = read_config(shortest, "c.yaml").config;
  auto wanted = running;
  wanted.server.tls.certificate = "/other";
  wanted.server.tls.client_ca = "/ca";
  wanted.server.tokens.clear();
  CHECK(needs_restart(running, wanted) == Lines{});
}

TEST_CASE("each key that cannot change at run time is named") {
  CHECK(restart_of("", "admin: {listen: 127.0.0.1:1}\n") == Lines{"admin.listen"});
  CHECK(restart_of("", "audit: {directory: /other}\n") == Lines{"audit.directory"});
  CHECK(restart_of("", "audit: {origin: o, rotate_size: 1MiB, rotate_age: 1h, witness: {configmap: w}}\n") ==
        Lines{"audit.origin", "audit.rotate_size", "audit.rotate_age", "audit.witness.configmap"});
  CHECK(restart_of("", "log: {format: json}\n") == Lines{"log.format"});
  CHECK(restart_of("", "cluster: {namespaces: [ml]}\n") == Lines{"cluster.namespaces"});
  CHECK(restart_of("", "cluster: {kubeconfig: {file: /k, context: c}}\n") ==
        Lines{"cluster.in_cluster", "cluster.kubeconfig.file", "cluster.kubeconfig.context"});
  CHECK(restart_of("cluster: {url: {address: 'https://a'}}\n",
                   "cluster: {url: {address: 'https://b', ca_file: /ca, token_file: /t}}\n") ==
        Lines{"cluster.url.address", "cluster.url.ca_file", "cluster.url.token_file"});
  CHECK(restart_of("prometheus: {url: 'https://a'}\n",
                   "prometheus: {url: 'https://b', ca_file: /ca, token_file: /t, certificate: /c, key: /k}\n") ==
        Lines{"prometheus.url", "prometheus.ca_file", "prometheus.token_file", "prometheus.certificate",
              "prometheus.key"});
  CHECK(restart_of("", "state: {namespace: ops, name: x}\n") == Lines{"state.namespace", "state.name"});
  auto running = read_config(shortest, "c.yaml").config;
  auto wanted = running;
  wanted.instance = "another";
  wanted.server.listen.host = "127.0.0.1";
  wanted.server.max_connections = 4;
  CHECK(needs_restart(running, wanted) == Lines{"instance", "server.listen", "server.max_connections"});
}
