#include "http/test_certificate.hpp"
#include "kube/credentials.hpp"
#include "kube_fixture.hpp"

using namespace canaryd;
using namespace canaryd::test;

namespace {

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// A kubeconfig with one cluster and one user, whose fields are given as flow mappings.
std::string kubeconfig(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: lab\n"
         "clusters:\n- name: c\n  cluster: {" +
         cluster +
         "}\n"
         "users:\n- name: u\n  user: {" +
         user +
         "}\n"
         "contexts:\n- name: lab\n  context: {cluster: c, user: u}\n";
}

const std::string https = "server: 'https://kube.example:6443'";

Result<kube::Credentials> read(const std::string& text, const std::string& context = "") {
  const TemporaryFolder folder;
  return kube::from_kubeconfig(folder.write("config", text), context);
}

// Why a kubeconfig is refused, without the file's path in front.
std::string refusal(const std::string& text, const std::string& context = "") {
  const TemporaryFolder folder;
  const std::string file = folder.write("config", text);
  const auto credentials = kube::from_kubeconfig(file, context);
  REQUIRE_FALSE(credentials.has_value());
  CHECK(credentials.error().kind == ErrorKind::invalid);
  const std::string& message = credentials.error().message;
  REQUIRE(message.starts_with(file));
  return message.substr(file.size());
}

}  // namespace

TEST_CASE("a kubeconfig gives the server and token of its current context") {
  const auto credentials = read(kubeconfig(https, "token: secret")).value();
  CHECK(credentials.endpoint.base_url == "https://kube.example:6443");
  CHECK(credentials.token == "secret");
}

TEST_CASE("a context is taken by its name") {
  const std::string two = kubeconfig(https, "token: one") +
                          "- name: other\n  context: {cluster: c, user: u}\n- name: bare\n  context: {cluster: c}\n";
  CHECK(read(two, "other").value().token == "one");
  CHECK(read(two, "bare").value().token.empty());
  CHECK(refusal(two, "third") == ": contexts: there is none of the name \"third\"");
}

TEST_CASE("paths in a kubeconfig are relative to its folder") {
  const auto pair = make_certificate("me", "DNS:me");
  const TemporaryFolder folder;
  folder.write("ca.crt", pair.certificate_pem);
  folder.write("me.crt", pair.certificate_pem);
  folder.write("me.key", pair.key_pem);
  const auto file = folder.write(
      "config", kubeconfig(https + ", certificate-authority: ca.crt",
                           "client-certificate: me.crt, client-key: " + folder.path("me.key") + ", tokenFile: token"));
  const auto credentials = kube::from_kubeconfig(file, "").value();
  CHECK(credentials.endpoint.ca_file == folder.path("ca.crt"));
  CHECK(credentials.endpoint.client_certificate == folder.path("me.crt"));
  CHECK(credentials.endpoint.client_key == folder.path("me.key"));
  CHECK(credentials.token_file == folder.path("token"));
}

TEST_CASE("certificates and keys inline stay in memory") {
  const auto pair = make_certificate("me", "DNS:me");
  const auto credentials = read(kubeconfig(https + ", certificate-authority-data: " + base64(pair.certificate_pem),
                                           "client-certificate-data: " + base64(pair.certificate_pem) +
                                               ", client-key-data: " + base64(pair.key_pem)))
                               .value();
  CHECK(credentials.endpoint.ca_pem == pair.certificate_pem);
  CHECK(credentials.endpoint.client_certificate_pem == pair.certificate_pem);
  CHECK(credentials.endpoint.client_key_pem == pair.key_pem);
  CHECK(credentials.endpoint.ca_file.empty());
}

TEST_CASE("what would need another program or trust is refused with what to do instead") {
  const std::string advice =
      " is not supported: run `kubectl proxy` and set cluster.url to its address, or use a token or a client "
      "certificate";
  CHECK(refusal(kubeconfig(https, "exec: {command: aws}")) == ": users \"u\": exec" + advice);
  CHECK(refusal(kubeconfig(https, "auth-provider: {name: gcp}")) == ": users \"u\": auth-provider" + advice);
  CHECK(refusal(kubeconfig(https, "username: me, password: secret")) == ": users \"u\": username" + advice);
  CHECK(refusal(kubeconfig(https, "token: t, as: admin")) ==
        ": users \"u\": as (impersonation) is not supported: use the credentials of that user");
  CHECK(refusal(kubeconfig(https + ", insecure-skip-tls-verify: true", "token: t")) ==
        ": clusters \"c\": insecure-skip-tls-verify is not supported: canaryd always verifies the API server; give its "
        "CA "
        "as certificate-authority");
  CHECK(refusal(kubeconfig(https + ", tls-server-name: other", "token: t")) ==
        ": clusters \"c\": tls-server-name is not supported: name the server as its certificate does");
  CHECK(refusal(kubeconfig(https + ", proxy-url: 'http://p'", "token: t")) ==
        ": clusters \"c\": proxy-url is not supported: run `kubectl proxy` and set cluster.url to its address");
  CHECK(read(kubeconfig(https + ", insecure-skip-tls-verify: false", "token: t")).has_value());
}

TEST_CASE("a kubeconfig that is incomplete or wrong is refused with the place") {
  CHECK(refusal("just text") == ": expected a kubeconfig: a mapping with clusters, users and contexts");
  CHECK(refusal("") == ": expected one YAML document");
  CHECK(refusal("a: b\n---\na: b\n") == ": expected one YAML document");
  CHECK(refusal("a: b") == ": current-context is not set and no context was named");
  CHECK(refusal("current-context: lab") == ": contexts: expected a list");
  CHECK(refusal("current-context: lab\ncontexts: []\n") == ": contexts: there is none of the name \"lab\"");
  CHECK(refusal(kubeconfig("", "token: t")) == ": clusters \"c\": expected a server");
  CHECK(refusal(kubeconfig("server: [a]", "token: t")) == ": clusters \"c\": server: expected a text");
  CHECK(refusal(kubeconfig(https + ", " + https, "token: t")) == ": clusters \"c\": the key server is there twice");
  CHECK(refusal(kubeconfig(https, "token: 'two words'")) ==
        ": users \"u\": token: expected printable ASCII without spaces");
  CHECK(refusal(kubeconfig(https + ", certificate-authority-data: '!!'", "token: t")) ==
        ": clusters \"c\": certificate-authority-data: expected base64");
  CHECK(refusal(kubeconfig(https + ", certificate-authority-data: aGVsbG8=", "token: t")) ==
        ": expected PEM certificates, found none");
  CHECK(refusal("clusters: [\n  a: b\n").starts_with(":"));
  CHECK(refusal("a: &a [*a]\ncurrent-context: lab\ncontexts: *a\n").starts_with(": "));
}

TEST_CASE("a syntax error is told with its line counted from 1") {
  CHECK(refusal("current-context: lab\nclusters: }\n").starts_with(":2:11: "));
}

TEST_CASE("a client certificate and its key must belong together") {
  const auto one = make_certificate("one", "DNS:one");
  const auto two = make_certificate("two", "DNS:two");
  CHECK(refusal(kubeconfig(https, "client-certificate-data: " + base64(one.certificate_pem) +
                                      ", client-key-data: " + base64(two.key_pem))) ==
        ": the client key does not belong to the client certificate");
  CHECK(refusal(kubeconfig(https, "client-certificate-data: " + base64(one.certificate_pem))) ==
        ": expected a client certificate and its key, found only one of them");
  CHECK(refusal(kubeconfig(
            https, "client-certificate-data: " + base64(one.certificate_pem) + ", client-key-data: aGVsbG8=")) ==
        ": expected an unencrypted client key in PEM, found none");
}

TEST_CASE("plain http is for loopback only") {
  CHECK(read(kubeconfig("server: 'http://127.0.0.1:8001'", "")).has_value());
  CHECK(refusal(kubeconfig("server: 'http://10.0.0.1:8001'", "token: t")) ==
        ": plain http is allowed to a loopback address only (127.0.0.1, ::1, localhost), got \"http://10.0.0.1:8001\"");
  kube::ClusterSettings settings;
  settings.access = kube::Access::url;
  settings.url = "http://kube.example";
  const auto api = kube::connect(settings);
  REQUIRE_FALSE(api.has_value());
  CHECK(api.error().message.starts_with("cluster.url: plain http is allowed to a loopback address only"));
}

TEST_CASE("what a kubeconfig holds is escaped in its refusal") {
  CHECK(refusal(kubeconfig(R"(server: "https://kube.example\r\nevent=fake")", "token: t")) ==
        R"(: expected a URL such as https://10.0.0.1:6443, got "https://kube.example\r\nevent=fake")");
  CHECK(refusal(kubeconfig(https, "token: t"), "a\nb") == R"(: contexts: there is none of the name "a\nb")");
  CHECK(refusal(kubeconfig("server: 'https://me:secret@kube example'", "token: t")) ==
        ": expected a URL such as https://10.0.0.1:6443, got a text that may hold a password");
}

TEST_CASE("a kubeconfig that is not there is an error of this machine") {
  const auto credentials = kube::from_kubeconfig("/nonexistent/config", "");
  REQUIRE_FALSE(credentials.has_value());
  CHECK(credentials.error().kind == ErrorKind::io);
}

TEST_CASE("connecting reads the token file at once") {
  const TemporaryFolder folder;
  kube::ClusterSettings settings;
  settings.access = kube::Access::kubeconfig;
  settings.kubeconfig = folder.write("config", kubeconfig(https, "tokenFile: token"));
  CHECK(kube::connect(settings).error().kind == ErrorKind::io);
  folder.write("token", "  \n");
  CHECK(kube::connect(settings).error().message ==
        folder.path("token") + ": expected a bearer token, found an empty file");
  folder.write("token", "secret\n");
  CHECK(kube::connect(settings).has_value());
}
