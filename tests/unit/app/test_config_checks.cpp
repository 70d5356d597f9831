#include <doctest/doctest.h>

#include "config_text.hpp"

// What one key cannot tell: the keys must fit one another.
using namespace canaryd::app;

namespace {

std::string clients(const std::string& text) {
  return "server:\n  tls: {certificate: /c, key: /k, client_ca: /ca}\n  clients:\n" + text;
}

}  // namespace

TEST_CASE("a server without clients is refused") {
  CHECK(problems_of(clients("    {}\n")) ==
        Lines{"c.yaml:4:5: server.clients: no client, expected tokens or certificates"});
  CHECK(problems_of(clients("    tokens: []\n")) ==
        Lines{"c.yaml:4:5: server.clients: no client, expected at least one entry in tokens or certificates"});
}

TEST_CASE("the names and files and SANs of clients are different") {
  CHECK(
      problems_of(clients("    tokens:\n"
                          "      - {name: a, role: alert, file: /t}\n"
                          "      - {name: b, role: view, file: /t}\n"
                          "    certificates:\n"
                          "      - {name: a, role: view, san: 'dns:x'}\n"
                          "      - {name: c, role: view, san: 'dns:x'}\n")) ==
      Lines{
          "c.yaml:6:37: server.clients.tokens[1].file: the same as on line 5, expected a file of its own for each "
          "token",
          "c.yaml:8:16: server.clients.certificates[0].name: the same as on line 5, expected a name of its own for "
          "each "
          "client",
          "c.yaml:9:36: server.clients.certificates[1].san: the same as on line 8, expected a SAN of its own for each "
          "client"});
}

TEST_CASE("a SAN has a kind and no wildcard") {
  for (const auto* san :
       {"alertmanager", "dns:", "dns:*.svc", "ip:300.1.1.1", "email:nobody", "uri:plain", "cn:x", "dns:a b"}) {
    CAPTURE(san);
    CHECK(problems_of(clients("    certificates: [{name: a, role: view, san: '" + std::string(san) + "'}]\n")).size() ==
          1);
  }
  for (const auto* san : {"dns:a.b", "ip:10.0.0.1", "ip:::1", "email:a@b", "uri:spiffe://c/ns/x"}) {
    CAPTURE(san);
    CHECK(problems_of(clients("    certificates: [{name: a, role: view, san: '" + std::string(san) + "'}]\n")) ==
          Lines{});
  }
}

TEST_CASE("there is one way to the cluster") {
  const Lines several{
      "c.yaml:10:10: cluster: more than one way to the cluster, expected one of in_cluster: true, kubeconfig or url"};
  CHECK(problems_with("cluster: {in_cluster: true, kubeconfig: {file: /k}}\n") == several);
  CHECK(problems_with("cluster: {url: {address: 'https://a'}, kubeconfig: {file: /k}}\n") == several);
  CHECK(problems_with("cluster: {in_cluster: false}\n") ==
        Lines{"c.yaml:10:23: cluster.in_cluster: got false without another way, expected kubeconfig or url beside it"});
}

TEST_CASE("plain http leaves the machine nowhere") {
  for (const auto* address :
       {"http://10.0.0.1", "http://example.com", "http://127.0.0.1.example.com", "http://[::2]",
        "http://localhost.evil", "ftp://127.0.0.1", "https://", "https://a:0", "https://a:x", "127.0.0.1",
        "https://a?b", "https://a#b", "https://[::1", "HTTP://10.0.0.1", "http://0.0.0.0", "https://a b"}) {
    CAPTURE(address);
    CHECK(problems_with("cluster: {url: {address: '" + std::string(address) + "'}}\n") ==
          Lines{"c.yaml:10:26: cluster.url.address: got \"" + std::string(address) +
                "\", expected an https URL such as https://10.0.0.1:6443, or a plain http one on loopback only"});
  }
  CHECK(problems_with("cluster: {url: {address: 'http://127.0.0.1:1', ca_file: /ca}}\n") ==
        Lines{"c.yaml:10:57: cluster.url.ca_file: a CA for plain http, expected none, or an https address"});
}

TEST_CASE("the address of the cluster is refused with a user in it and no password is shown") {
  for (const auto* address : {"https://me:secret@kube", "http://a@127.0.0.1", "http://127.0.0.1@a", "me:secret@kube",
                              "https://me:secret word@kube", "https://kube/?me:secret@"}) {
    CAPTURE(address);
    CHECK(problems_with("cluster: {url: {address: '" + std::string(address) + "'}}\n") ==
          Lines{"c.yaml:10:26: cluster.url.address: got a text that may hold a password, expected an https URL such as "
                "https://10.0.0.1:6443, or a plain http one on loopback only"});
  }
}

TEST_CASE("a matcher that cannot be read is refused at its place") {
  const auto problems = problems_with(
      "alerts:\n  - matchers:\n      - 'a=\"b\"'\n      - 'alertname=~\"(\"'\n      - x\n    action: hold\n");
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].starts_with("c.yaml:13:9: alerts[0].matchers[1]: "));
  CHECK(problems[0].find("expected a regular expression") != std::string::npos);
  CHECK(problems[1].starts_with("c.yaml:14:9: alerts[0].matchers[2]: "));
  CHECK(
      problems_with("alerts: [{matchers: [], action: hold}]\n") ==
      Lines{
          "c.yaml:10:21: alerts[0].matchers: got an empty list, expected at least one matcher ('alertname=~\".+\"' is "
          "every alert)"});
}

TEST_CASE("a label that is no label name is refused") {
  CHECK(problems_with("alerts: [{matchers: ['a=\"b\"'], action: hold, labels: {name: model-name}}]\n") ==
        Lines{"c.yaml:10:61: alerts[0].labels.name: got model-name, expected the name of a label, such as "
              "exported_namespace"});
}

TEST_CASE("an alert entry that an earlier one hides is refused") {
  const auto hidden = [](const std::string& first, const std::string& second) {
    const auto problems = problems_with("alerts:\n  - {matchers: [" + first + "], action: hold}\n  - {matchers: [" +
                                        second + "], action: rollback}\n");
    if (problems.empty()) return false;
    CHECK(problems ==
          Lines{"c.yaml:12:5: alerts[1]: never reached, expected it before the entry on line 11, which matches "
                "every alert that this one does"});
    return true;
  };
  for (const auto* all :
       {"'alertname=~\".+\"'", "'alertname=~\".*\"'", "'alertname!=\"\"'", "'x=~\".*\"'", "'alertname =~ \".+\"'"}) {
    CAPTURE(all);
    CHECK(hidden(all, "'severity=\"critical\"'"));
  }
  CHECK(hidden("'a=\"1\"'", "'b=\"2\"', 'a = \"1\"'"));
  CHECK(hidden("'alertname=~\"Canary.*\"'", "'alertname=\"CanaryDown\"'"));
  CHECK(hidden("'alertname!=\"X\"'", "'alertname=\"Y\"', 'a=\"1\"'"));
  CHECK_FALSE(hidden("'a=\"1\"', 'b=\"2\"'", "'a=\"1\"'"));
  CHECK_FALSE(hidden("'alertname=~\"Canary.*\"'", "'alertname=\"Drift\"'"));
  CHECK_FALSE(hidden("'alertname=~\"Canary.*\"', 'a=\"1\"'", "'alertname=\"CanaryDown\"'"));
  CHECK_FALSE(hidden("'a=~\".+\"'", "'b=\"1\"'"));
}

TEST_CASE("a policy that an earlier one hides is refused") {
  const auto hidden = [](const std::string& first, const std::string& second) {
    const auto problems =
        problems_with("policies:\n  - {name: a, match: {" + first + "}}\n  - {name: b, match: {" + second + "}}\n");
    if (problems.empty()) return false;
    CHECK(problems == Lines{"c.yaml:12:5: policies[1]: never reached, expected it before the policy on line 11, which "
                            "matches every service that this one does"});
    return true;
  };
  CHECK(hidden("", ""));
  CHECK(hidden("", "namespaces: [ml]"));
  CHECK(hidden("namespaces: ['*'], names: ['*']", "labels: {a: b}"));
  CHECK(hidden("namespaces: ['team-*']", "namespaces: [team-a, team-b], names: [x]"));
  CHECK(hidden("labels: {a: b}", "labels: {a: b, c: d}"));
  CHECK(hidden("names: [x, y]", "names: [y]"));
  CHECK_FALSE(hidden("namespaces: [ml]", ""));
  CHECK_FALSE(hidden("namespaces: ['team-*']", "namespaces: [team-a, other]"));
  CHECK_FALSE(hidden("labels: {a: b}", "labels: {a: c}"));
  CHECK_FALSE(hidden("namespaces: [ml], names: [x]", "namespaces: [ml]"));
  CHECK_FALSE(hidden("namespaces: ['team-a*']", "namespaces: ['team-*']"));
}

TEST_CASE("two policies of one name are refused") {
  CHECK(problems_with("policies:\n  - {name: a, match: {names: [x]}}\n  - name: a\n") ==
        Lines{"c.yaml:12:11: policies[1].name: the same as on line 11, expected a name of its own for each policy"});
}

TEST_CASE("a match that can match nothing is refused") {
  CHECK(problems_with("policies: [{name: a, match: {names: []}}]\n") ==
        Lines{"c.yaml:10:37: policies[0].match.names: got an empty list, expected at least one pattern, or no such key "
              "(which matches all)"});
  CHECK(
      problems_with("policies: [{name: a, match: {names: ['a b'], namespaces: [\"ML\"], labels: {'b c': d, e: 1, f: 'g "
                    "h'}}}]\n") ==
      Lines{
          "c.yaml:10:38: policies[0].match.names[0]: got \"a b\", expected a name or a pattern such as team-*",
          "c.yaml:10:59: policies[0].match.namespaces[0]: got \"ML\", expected a name or a pattern such as team-*",
          "c.yaml:10:75: policies[0].match.labels: got the key \"b c\", expected the key of a Kubernetes label",
          "c.yaml:10:88: policies[0].match.labels.e: got 1, expected a label's value (for YAML this is no text: put it "
          "in quotes)",
          "c.yaml:10:94: policies[0].match.labels.f: got \"g h\", expected a label's value"});
}

TEST_CASE("all problems of a file are told in its order") {
  CHECK(
      problems_of("server:\n  listen: 1\n  tls: {key: /k}\nlog: {level: x}\nextra: 1\n") ==
      Lines{"c.yaml:2:3: server.clients: missing, expected a map with tokens or certificates",
            "c.yaml:2:11: server.listen: got 1, expected \"address:port\" with an IP address, such as \"0.0.0.0:8443\" "
            "or "
            "\"[::]:8443\"",
            "c.yaml:3:8: server.tls.certificate: missing, expected the path of a PEM file with the certificate chain",
            "c.yaml:4:14: log.level: got x, expected debug, info, warn or error",
            "c.yaml:5:1: unknown key \"extra\", expected instance, server, admin, cluster, audit, log, stop_file, "
            "prometheus, state, breaker, alerts or policies"});
}
