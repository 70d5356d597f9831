#include "route_receivers.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "canaryd/base/text.hpp"

namespace canaryd::rules::route {
namespace {

// What Alertmanager shows in place of a secret in the configuration that it runs with: of 0.26 and later, each URL of a
// webhook.
constexpr std::string_view hidden = "<secret>";

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// canaryd takes a bearer token that stands in a file of its own, and client certificates; what another scheme or
// oauth2 sends it cannot know.
Authorization authorization_of(const Fields& http) {
  if (http.has("bearer_token") || http.has("bearer_token_file")) return Authorization::bearer;
  if (http.has("authorization")) {
    const std::string type = http.map("authorization").text("type");
    return type.empty() || same_word(type, "Bearer") ? Authorization::bearer : Authorization::other;
  }
  if (http.map("http_headers").has("Authorization")) return Authorization::bearer;
  if (http.has("basic_auth") || http.has("oauth2")) return Authorization::other;
  return Authorization::none;
}

HttpConfig read_http(const Fields& fields) {
  HttpConfig http;
  http.place = fields.place();
  fields.flag("follow_redirects", http.follow_redirects);
  http.authorization = authorization_of(fields);
  const Fields tls = fields.map("tls_config");
  http.client_certificate = tls.has("cert_file") || tls.has("cert") || tls.has("cert_ref");
  tls.flag("insecure_skip_verify", http.insecure_skip_verify);
  return http;
}

Webhook read_webhook(const Fields& fields, const HttpConfig& global) {
  Webhook webhook;
  webhook.place = fields.place();
  webhook.url = fields.text("url");
  if (webhook.url.empty() && !fields.has("url_file")) {
    fields.issue(fields.place(), "url", "expected url or url_file");
  }
  webhook.url_is_hidden = webhook.url == hidden;
  if (webhook.url_is_hidden) webhook.url.clear();
  fields.flag("send_resolved", webhook.send_resolved);
  fields.number("max_alerts", webhook.max_alerts);
  webhook.timeout = fields.duration("timeout");
  webhook.http = fields.has("http_config") ? read_http(fields.map("http_config")) : global;
  return webhook;
}

}  // namespace

std::vector<Receiver> read_receivers(const Fields& file) {
  const HttpConfig global = read_http(file.map("global").map("http_config"));
  std::vector<Receiver> receivers;
  for (const auto& fields : file.maps("receivers")) {
    Receiver receiver;
    receiver.name = fields.text("name");
    receiver.place = fields.place();
    if (receiver.name.empty()) fields.issue(receiver.place, "name", "expected the receiver's name");
    const bool twice = std::any_of(receivers.begin(), receivers.end(),
                                   [&](const Receiver& other) { return other.name == receiver.name; });
    if (twice) {
      fields.issue(fields.place_of("name"), "name",
                   "\"" + escaped(receiver.name, 64) + "\" stands twice, expected it once");
    }
    for (const auto& webhook : fields.maps("webhook_configs"))
      receiver.webhooks.push_back(read_webhook(webhook, global));
    receiver.tells_someone = fields.has_list_ending_in("_configs");
    receivers.push_back(std::move(receiver));
  }
  return receivers;
}

}  // namespace canaryd::rules::route
