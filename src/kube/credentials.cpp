#include "credentials.hpp"

#include "canaryd/base/file.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/http/base_url.hpp"
#include "pem.hpp"

namespace canaryd::kube {
namespace {

// The text of a PEM that is inline or in a file.
Result<std::string> pem_text(const std::string& inline_text, const std::string& file) {
  if (!inline_text.empty()) return inline_text;
  return read_file(file);
}

Status check_address(http::Endpoint& endpoint, const std::string& what) {
  const auto url = http::parse_base_url(endpoint.base_url);
  if (!url) return fail(Error::invalid(what + ": " + url.error().message));
  if (!url->tls && !url->loopback) {
    return fail(
        Error::invalid(what + ": plain http is allowed to a loopback address only (127.0.0.1, ::1, localhost), got \"" +
                       escaped(endpoint.base_url) + "\""));
  }
  endpoint.base_url = url->text;
  return {};
}

Status check_client_certificate(const http::Endpoint& endpoint, const std::string& what) {
  const bool certificate = !endpoint.client_certificate.empty() || !endpoint.client_certificate_pem.empty();
  const bool key = !endpoint.client_key.empty() || !endpoint.client_key_pem.empty();
  if (certificate != key) {
    return fail(Error::invalid(what + ": expected a client certificate and its key, found only one of them"));
  }
  if (!certificate) return {};
  const auto certificate_pem = pem_text(endpoint.client_certificate_pem, endpoint.client_certificate);
  if (!certificate_pem) return fail(certificate_pem.error());
  const auto key_pem = pem_text(endpoint.client_key_pem, endpoint.client_key);
  if (!key_pem) return fail(key_pem.error());
  return check_client_pair(*certificate_pem, *key_pem, what);
}

}  // namespace

Status check(Credentials& credentials, const std::string& what) {
  http::Endpoint& endpoint = credentials.endpoint;
  if (auto address = check_address(endpoint, what); !address) return address;
  if (!endpoint.ca_pem.empty() || !endpoint.ca_file.empty()) {
    const auto pem = pem_text(endpoint.ca_pem, endpoint.ca_file);
    if (!pem) return fail(pem.error());
    if (auto ca = check_ca(*pem, endpoint.ca_pem.empty() ? endpoint.ca_file : what); !ca) return ca;
  }
  return check_client_certificate(endpoint, what);
}

Result<Credentials> from_url(const ClusterSettings& settings) {
  Credentials credentials;
  credentials.endpoint.base_url = settings.url;
  credentials.endpoint.ca_file = settings.ca_file;
  credentials.token_file = settings.token_file;
  if (auto checked = check(credentials, "cluster.url"); !checked) return fail(checked.error());
  return credentials;
}

Result<Credentials> in_cluster(const std::string& host, const std::string& port, const std::string& folder) {
  if (host.empty() || port.empty()) {
    return fail(
        Error::invalid("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod of a cluster; "
                       "set cluster.kubeconfig or cluster.url"));
  }
  const bool ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  Credentials credentials;
  credentials.endpoint.base_url = "https://" + (ipv6 ? "[" + host + "]" : host) + ":" + port;
  credentials.endpoint.ca_file = folder + "/ca.crt";
  credentials.token_file = folder + "/token";
  if (auto checked = check(credentials, "KUBERNETES_SERVICE_HOST"); !checked) return fail(checked.error());
  return credentials;
}

}  // namespace canaryd::kube
