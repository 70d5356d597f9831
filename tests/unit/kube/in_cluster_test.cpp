#include "http/test_certificate.hpp"
#include "kube/credentials.hpp"
#include "kube_fixture.hpp"

using namespace canaryd;
using namespace canaryd::test;

namespace {

// The files that the kubelet mounts.
struct ServiceAccount {
  TemporaryFolder folder;
  ServiceAccount() {
    folder.write("ca.crt", make_certificate("kube", "DNS:kube").certificate_pem);
    folder.write("token", "secret");
  }
  Result<kube::Credentials> read(const std::string& host, const std::string& port = "443") const {
    return kube::in_cluster(host, port, folder.path("."));
  }
};

}  // namespace

TEST_CASE("in a cluster the service account's files and the environment say all") {
  const ServiceAccount account;
  const auto credentials = account.read("10.0.0.1").value();
  CHECK(credentials.endpoint.base_url == "https://10.0.0.1:443");
  CHECK(credentials.endpoint.ca_file == account.folder.path("./ca.crt"));
  CHECK(credentials.token_file == account.folder.path("./token"));
}

TEST_CASE("an IPv6 address of the service is put in brackets") {
  const ServiceAccount account;
  CHECK(account.read("fd00::1", "6443").value().endpoint.base_url == "https://[fd00::1]:6443");
  CHECK(account.read("[fd00::1]", "6443").value().endpoint.base_url == "https://[fd00::1]:6443");
}

TEST_CASE("outside of a cluster the refusal names the other ways") {
  const ServiceAccount account;
  for (const auto& credentials : {account.read(""), account.read("10.0.0.1", "")}) {
    REQUIRE_FALSE(credentials.has_value());
    CHECK(credentials.error().message ==
          "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod of a cluster; set "
          "cluster.kubeconfig or cluster.url");
  }
}

TEST_CASE("a CA file that is missing or no certificate is refused") {
  const ServiceAccount account;
  account.folder.write("ca.crt", "nonsense");
  CHECK(account.read("10.0.0.1").error().message ==
        account.folder.path("./ca.crt") + ": expected PEM certificates, found none");
  ::unlink(account.folder.path("ca.crt").c_str());
  CHECK(account.read("10.0.0.1").error().kind == ErrorKind::io);
}
