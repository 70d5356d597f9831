#include <algorithm>
#include <cctype>
#include <string_view>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "route_checks.hpp"

namespace canaryd::rules::route {
namespace {

constexpr std::string_view webhook_path = "/webhooks/alertmanager";
constexpr std::chrono::milliseconds shortest_timeout = std::chrono::seconds(10);  // canaryd answers within 8 s

struct Url {
  std::string scheme;
  std::string host;  // with its port, without user names
  std::string path;
};

Url split(std::string_view url) {
  Url out;
  if (const auto end = url.find("://"); end != std::string_view::npos) {
    out.scheme = url.substr(0, end);
    url.remove_prefix(end + 3);
  }
  const auto slash = std::min(url.find_first_of("/?#"), url.size());
  std::string_view host = url.substr(0, slash);
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  out.host = host;
  url.remove_prefix(slash);
  out.path = url.substr(0, url.find_first_of("?#"));
  std::transform(out.scheme.begin(), out.scheme.end(), out.scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// By its path. Where Alertmanager shows no URL the receiver's name must do; what prometheus-operator makes of an
// AlertmanagerConfig has the namespace and the object's name before it.
bool is_webhook(const Receiver& receiver, const Webhook& webhook) {
  if (webhook.url_is_hidden) return receiver.name.find("canaryd") != std::string::npos;
  return split(webhook.url).path.ends_with(webhook_path);
}

// The DNS name of a Service inside a cluster: no pod's name, which ends in its ordinal, stands before it.
bool looks_like_a_service(const std::string& host) {
  const std::string name = host.substr(0, host.find(':'));
  const std::string first = name.substr(0, name.find('.'));
  const bool address = name.find_first_not_of("0123456789.") == std::string::npos || host.starts_with('[');
  if (address || first == "localhost") return false;
  const auto dash = first.rfind('-');
  const bool ordinal = dash != std::string::npos && dash + 1 < first.size() &&
                       first.find_first_not_of("0123456789", dash + 1) == std::string::npos;
  const bool inside =
      name.find('.') == std::string::npos || name.ends_with(".svc") || name.find(".svc.") != std::string::npos;
  return inside && !ordinal;
}

void check_url(const Webhook& webhook, Findings& findings) {
  if (webhook.url_is_hidden) {
    findings.add(Severity::warning, "url_unseen", webhook.place,
                 "Alertmanager shows no URL of this webhook, so that it could not be looked at");
    return;
  }
  if (webhook.url.empty()) {
    findings.add(Severity::warning, "url_unseen", webhook.place,
                 "this webhook's URL stands in a file of its own (url_file) and could not be looked at");
    return;
  }
  const Url url = split(webhook.url);
  if (url.scheme != "https") {
    findings.add(Severity::error, "plain_http", webhook.place,
                 "canaryd answers HTTPS only, and the bearer token would be sent in the clear: use https://");
  }
  if (!url.path.ends_with(webhook_path)) {
    findings.add(Severity::error, "wrong_path", webhook.place,
                 "canaryd answers 404 to this path: use " + std::string(webhook_path));
  }
}

void check_access(const RouteCheck& check, const Webhook& webhook, Findings& findings) {
  const HttpConfig& http = webhook.http;
  const bool token = http.authorization == Authorization::bearer && check.takes_tokens;
  if (check.wants_certificate && !http.client_certificate) {
    findings.add(Severity::error, "no_certificate", webhook.place,
                 "canaryd takes no connection without a client certificate (server.tls.client_ca): set "
                 "http_config.tls_config.cert_file and key_file");
  } else if (!token && !(check.wants_certificate && http.client_certificate)) {
    const bool other = http.authorization == Authorization::other;
    findings.add(Severity::error, "no_authorization", webhook.place,
                 std::string("canaryd answers 401 to ") +
                     (other ? "this authorization: it takes bearer tokens and client certificates"
                            : "a notification without authorization") +
                     "; set http_config.authorization with type Bearer and credentials_file");
  }
  if (http.insecure_skip_verify) {
    findings.add(Severity::warning, "insecure", webhook.place,
                 "insecure_skip_verify gives the token to whoever answers: set tls_config.ca_file instead");
  }
  if (http.follow_redirects) {
    findings.add(Severity::warning, "redirects", webhook.place,
                 "a redirect by anything in between turns the POST into a GET, whose 200 counts as delivered: set "
                 "http_config.follow_redirects: false (the default is true)");
  }
}

void check_content(const Webhook& webhook, Findings& findings) {
  if (webhook.max_alerts > 0) {
    findings.add(Severity::warning, "max_alerts", webhook.place,
                 "of a group only " + std::to_string(webhook.max_alerts) + " alerts are sent: set max_alerts: 0");
  }
  if (!webhook.send_resolved) {
    findings.add(Severity::warning, "send_resolved", webhook.place,
                 "the audit log will not show when an alert ended: set send_resolved: true");
  }
  if (webhook.timeout && webhook.timeout->count() > 0 && *webhook.timeout < shortest_timeout) {
    findings.add(Severity::warning, "timeout", webhook.place,
                 "a timeout of " + to_text(*webhook.timeout) +
                     " cuts off answers that take longer, and asks again: canaryd takes up to 8s, set 10s");
  }
}

void check_replicas(const RouteCheck& check, const Receiver& receiver, Findings& findings) {
  std::set<std::string> hosts;
  bool unseen = false;
  for (const auto& webhook : receiver.webhooks) {
    unseen = unseen || webhook.url.empty();
    if (!webhook.url.empty()) hosts.insert(split(webhook.url).host);
  }
  if (check.replicas > 0 && !unseen && hosts.size() < static_cast<std::size_t>(check.replicas)) {
    findings.add(Severity::warning, "few_urls", receiver.place,
                 "canaryd has " + std::to_string(check.replicas) + " replicas and receiver " + quoted(receiver.name) +
                     " names " + std::to_string(hosts.size()) +
                     ": a replica that is not named decides nothing and its audit log has holes; give each an entry of "
                     "its own, by its pod's DNS name");
  } else if (check.replicas == 0) {
    for (const auto& host : hosts) {
      if (!looks_like_a_service(host)) continue;
      findings.add(Severity::warning, "load_balanced", receiver.place,
                   escaped(host, 128) +
                       " looks like a Service: where several replicas stand behind it, each delivery "
                       "reaches one of them; name each pod in an entry of its own, or say --replicas 1");
    }
  }
}

}  // namespace

std::set<std::string> find_receivers(const RouteCheck& check, const AlertmanagerConfig& config, Findings& findings) {
  std::set<std::string> out;
  for (const auto& name : check.receivers) {
    if (config.receiver(name) != nullptr) {
      out.insert(name);
    } else {
      findings.add(Severity::error, "no_receiver", {}, "no receiver is named " + quoted(name));
    }
  }
  if (!check.receivers.empty()) return out;
  for (const auto& receiver : config.receivers) {
    if (std::any_of(receiver.webhooks.begin(), receiver.webhooks.end(),
                    [&](const Webhook& each) { return is_webhook(receiver, each); })) {
      out.insert(receiver.name);
    }
  }
  if (out.empty()) {
    findings.add(
        Severity::error, "no_receiver", {},
        "no receiver sends to canaryd: none has a webhook whose URL ends in " + std::string(webhook_path) +
            " (`canaryd route print` prints one; one behind another path or a url_file is named by --receiver)");
  }
  return out;
}

void check_delivery(const Scene& scene, Findings& findings) {
  for (const auto& receiver : scene.config.receivers) {
    if (!scene.receivers.contains(receiver.name)) continue;
    const bool by_name = !scene.check.receivers.empty();
    bool any = false;
    for (const auto& webhook : receiver.webhooks) {
      // A receiver may tell others too.
      if (!by_name && !is_webhook(receiver, webhook)) continue;
      any = true;
      check_url(webhook, findings);
      check_access(scene.check, webhook, findings);
      check_content(webhook, findings);
    }
    if (!any) {
      findings.add(Severity::error, "no_receiver", receiver.place,
                   "receiver " + quoted(receiver.name) + " has no webhook_configs");
    }
    check_replicas(scene.check, receiver, findings);
  }
}

}  // namespace canaryd::rules::route
