#include <utility>

#include "alerting.hpp"
#include "canaryd/base/text.hpp"
#include "kept_back.hpp"
#include "parts.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

constexpr const char* reach_check = "alertmanager.reachable";
constexpr const char* address_remedy =
    "give its address as canaryd's pod or this machine reaches it (--alertmanager URL, from a laptop with kubectl "
    "port-forward), and what it asks for: --alertmanager-ca, --alertmanager-token-file";

rules::RouteCheck route_check_of(const Settings& settings) {
  rules::RouteCheck check;
  check.mappings = settings.mappings;
  for (const auto& each : settings.cluster.namespaces) check.namespaces.push_back(each.str());
  check.takes_tokens = settings.takes_tokens;
  check.wants_certificate = settings.wants_certificate;
  check.receivers = settings.receivers;
  check.replicas = settings.replicas;
  return check;
}

}  // namespace

Findings look_at_alertmanager(const Look& look, Sight& sight) {
  const Service& service = look.settings.alertmanager;
  if (service.url.empty()) {
    return {{reach_check, Health::unknown, "no Alertmanager is named: the alerts' way to canaryd was not looked at",
             address_remedy}};
  }
  auto peer = Peer::connect(service);
  if (!peer) return {{reach_check, Health::unknown, said(peer.error().message), address_remedy}};
  const auto ask = [&]<class T>(const char* path, Result<T> (*decode)(std::string_view)) -> Result<T> {
    const auto body = peer->get(path, look.budget.next());
    return body ? decode(*body) : fail(body.error());
  };
  const auto unknown = [](const char* check, const Error& error) {
    return Finding{check, Health::unknown, "Alertmanager cannot be asked: " + said(error.message), address_remedy};
  };

  const auto status = ask("/api/v2/status", decode_status);
  if (!status) return {unknown(reach_check, status.error())};
  Findings out{{reach_check, Health::ok, "Alertmanager " + escaped(status->version, 40) + " answers", {}}};
  const auto report = rules::check_route(status->configuration, route_check_of(look.settings));
  for (auto& finding : check_route_report(report)) out.push_back(std::move(finding));
  sight.webhook_hosts = webhook_hosts(status->configuration);

  if (const auto silences = ask("/api/v2/silences", decode_silences)) {
    for (auto& finding : check_silences(*silences, report.alerts, look.settings.mappings, sight.services)) {
      out.push_back(std::move(finding));
    }
  } else {
    out.push_back(unknown("alertmanager.silences", silences.error()));
  }
  if (const auto alerts = ask("/api/v2/alerts/groups", decode_alert_groups)) {
    for (auto& finding : check_kept_back(*alerts, look.settings.mappings, report.receivers))
      out.push_back(std::move(finding));
  } else {
    out.push_back(unknown("alertmanager.kept_back", alerts.error()));
  }
  return out;
}

}  // namespace canaryd::doctor
