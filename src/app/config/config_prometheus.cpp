#include "config_parts.hpp"
#include "config_url.hpp"

namespace canaryd::app {
namespace {

void read_pair(Section& section, prometheus::Settings& out) {
  section.path("certificate", {"the path of a PEM file with a client certificate's chain"}, out.client_certificate);
  section.path("key", {"the path of a PEM file with the client certificate's private key"}, out.client_key);
  for (const auto& [key, other] : {std::pair{"certificate", "key"}, std::pair{"key", "certificate"}}) {
    if (section.has(key) && !section.has(other)) {
      section.problem(key, "without " + std::string(other) + ", expected both or none");
    }
  }
}

}  // namespace

void read_prometheus(Section section, prometheus::Settings& out) {
  const auto is_url = [](const std::string& text) { return url_kind(text).has_value(); };
  const bool good =
      section.text("url",
                   {"an https URL such as https://prometheus.monitoring.svc:9090, with its path prefix if any", is_url,
                    true, may_hold_user},
                   out.url);
  section.path("ca_file", {"the path of a PEM file with the CA of Prometheus"}, out.ca_file);
  section.path("token_file", {"the path of a file that holds a bearer token"}, out.token_file);
  read_pair(section, out);
  bool allow_http = false;
  section.flag("allow_http", allow_http);
  section.done();
  if (!good) return;
  const UrlKind kind = *url_kind(out.url);
  if (kind == UrlKind::other_http && !allow_http) {
    section.problem("url",
                    "plain http to another machine, expected https, or allow_http: true where nobody on the way can "
                    "change what Prometheus answers");
  }
  if (kind == UrlKind::https) return;
  for (const auto* key : {"ca_file", "certificate"}) {
    if (section.has(key)) section.problem(key, "TLS for plain http, expected none, or an https URL");
  }
}

}  // namespace canaryd::app
