#include <doctest/doctest.h>

#include "config_text.hpp"

using namespace canaryd;
using namespace canaryd::app;

TEST_CASE("the printed default configuration reads without problems") {
  CHECK(problems_of(default_config()) == Lines{});
}

TEST_CASE("the printed default configuration says what is true without it") {
  const Config printed = read_config(default_config(), "d.yaml").config;
  const Config silent = read_config(shortest, "s.yaml").config;
  CHECK(printed.instance == silent.instance);
  CHECK(printed.server.listen.host == silent.server.listen.host);
  CHECK(printed.server.listen.port == silent.server.listen.port);
  CHECK(printed.server.max_connections == silent.server.max_connections);
  CHECK(printed.server.tls.client_ca == silent.server.tls.client_ca);
  CHECK(printed.admin.listen.host == silent.admin.listen.host);
  CHECK(printed.admin.listen.port == silent.admin.listen.port);
  CHECK(printed.cluster.access == silent.cluster.access);
  CHECK(printed.cluster.namespaces == silent.cluster.namespaces);
  CHECK(printed.audit.log.directory == silent.audit.log.directory);
  CHECK(printed.audit.log.origin == silent.audit.log.origin);
  CHECK(printed.audit.log.rotate_size == silent.audit.log.rotate_size);
  CHECK(printed.audit.log.rotate_age == silent.audit.log.rotate_age);
  CHECK(printed.audit.key_files == silent.audit.key_files);
  CHECK(printed.audit.keep.keep == silent.audit.keep.keep);
  CHECK(printed.audit.keep.keep_at_least == silent.audit.keep.keep_at_least);
  CHECK(printed.audit.keep.max_size == silent.audit.keep.max_size);
  CHECK(printed.audit.keep.warn_below == silent.audit.keep.warn_below);
  CHECK(printed.audit.keep.make_room_below == silent.audit.keep.make_room_below);
  CHECK(printed.audit.keep.stop_below == silent.audit.keep.stop_below);
  CHECK(printed.audit.witness == silent.audit.witness);
  CHECK(printed.audit.redaction.labels == silent.audit.redaction.labels);
  CHECK(printed.log.format == silent.log.format);
  CHECK(printed.log.level == silent.log.level);
  CHECK(printed.stop_file == silent.stop_file);
  CHECK(printed.prometheus.url == silent.prometheus.url);
  CHECK(printed.state.ns == silent.state.ns);
  CHECK(printed.state.name == silent.state.name);
  CHECK(printed.breaker.max_rollbacks == silent.breaker.max_rollbacks);
  CHECK(printed.breaker.window == silent.breaker.window);
  CHECK(printed.breaker.stops_rollbacks == silent.breaker.stops_rollbacks);
  REQUIRE(printed.policies.size() == 1);
  REQUIRE(silent.policies.size() == 1);
  CHECK(policy::canonical_text(printed.policies[0]) == policy::canonical_text(silent.policies[0]));
  REQUIRE(printed.alerts.size() == silent.alerts.size());
  for (std::size_t i = 0; i < printed.alerts.size(); ++i) {
    CHECK(printed.alerts[i].action == silent.alerts[i].action);
    CHECK(printed.alerts[i].labels.ns == silent.alerts[i].labels.ns);
    CHECK(printed.alerts[i].labels.name == silent.alerts[i].labels.name);
    CHECK(printed.alerts[i].labels.revision == silent.alerts[i].labels.revision);
    CHECK(printed.alerts[i].labels.percent == silent.alerts[i].labels.percent);
    REQUIRE(printed.alerts[i].matchers.size() == silent.alerts[i].matchers.size());
    for (std::size_t j = 0; j < printed.alerts[i].matchers.size(); ++j) {
      CHECK(printed.alerts[i].matchers[j].text() == silent.alerts[i].matchers[j].text());
    }
  }
}

// A line that is commented out is an example: uncommented, it must read, too.
TEST_CASE("the optional keys of the default configuration read when they are used") {
  std::string text(default_config());
  for (const auto* key : {"# instance: ",
                          "# client_ca: ",
                          "# namespaces: [ml]",
                          "# certificates:",
                          "#   - name: alertmanager",
                          "#     role: alert",
                          "#     san: ",
                          "# key_files: ",
                          "# witness:",
                          "#   configmap: ",
                          "# stop_file: ",
                          "# match:",
                          "#   namespaces: [\"ml\"",
                          "#   names: ",
                          "#   labels:",
                          "#     tier: ",
                          "# prometheus:",
                          "#   url: https",
                          "#   ca_file: /etc/canaryd/prom",
                          "#   token_file: /etc/canaryd/prom",
                          "#   certificate: ",
                          "#   key: ",
                          "#   allow_http: ",
                          "# namespace: ",
                          "# freeze:",
                          "#   - days: ",
                          "#     from: ",
                          "#     until: ",
                          "#     time_zone: "}) {
    CAPTURE(key);
    const auto at = text.find(key);
    REQUIRE(at != std::string::npos);
    text.erase(at, 2);
  }
  text = with(text, "name: alertmanager\n        role: alert\n        san",
              "name: by-certificate\n        role: alert\n        san");
  CHECK(problems_of(with(text, "enabled: false  # true needs", "enabled: true  # needs")) == Lines{});
  for (const auto& [from, to] :
       {std::pair{"  # kubeconfig:\n  #   file: /etc/canaryd/kubeconfig\n  #   context: production",
                  "  kubeconfig:\n    file: /etc/canaryd/kubeconfig\n    context: production"},
        std::pair{"  # url:\n  #   address: http://127.0.0.1:8001", "  url:\n    address: http://127.0.0.1:8001"}}) {
    CHECK(problems_of(with(with(text, "  in_cluster: true\n", ""), from, to)) == Lines{});
  }
}
