#include "alerting.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/http/base_url.hpp"
#include "json.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

using alert::Action;
using alert::Labels;
using alert::Matcher;

constexpr const char* route_check = "alertmanager.route";
constexpr const char* silence_check = "alertmanager.silences";
constexpr std::string_view webhook_path = "/webhooks/alertmanager";

// A matcher as Alertmanager's own text has it. Silences of versions before isEqual mean equality.
std::string matcher_text(const Value& matcher) {
  const bool regex = matcher["isRegex"].flag();
  const bool equal = !matcher["isEqual"].present() || matcher["isEqual"].flag();
  std::string text = matcher["name"].text() + (regex ? (equal ? "=~" : "!~") : (equal ? "=" : "!=")) + "\"";
  for (const char c : matcher["value"].text()) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text + "\"";
}

// Whether some alert of this kind, about one of the services, passes the matchers. The labels of the target differ from
// alert to alert: those of a service are tried, any other one may have any value.
bool can_hit(const Silence& silence, const rules::CheckedAlert& wanted, const std::vector<alert::Mapping>& mappings,
             const std::vector<Target>& services) {
  alert::TargetLabels names;
  for (const auto& each : mappings) {
    if (alert::all_match(each.matchers, wanted.labels)) {
      names = each.labels;
      break;
    }
  }
  std::vector<Labels> tried;
  for (const auto& service : services) {
    tried.push_back(wanted.labels);
    tried.back()[names.ns] = service.ns.str();
    tried.back()[names.name] = service.name.str();
  }
  if (tried.empty() || !wanted.labels.contains(names.ns)) tried.assign(1, wanted.labels);
  const auto passes = [&](const Labels& labels) {
    return std::all_of(silence.matchers.begin(), silence.matchers.end(), [&](const Matcher& matcher) {
      const std::string& label = matcher.label();
      const bool known = label == "alertname" || label == "severity" || label == names.ns || label == names.name;
      return !known || matcher.matches(labels);
    });
  };
  return std::any_of(tried.begin(), tried.end(), passes);
}

}  // namespace

Result<AlertmanagerStatus> decode_status(std::string_view json) {
  const auto answer = Value::parse(json);
  if (!answer) return fail(answer.error());
  AlertmanagerStatus out{(*answer)["versionInfo"]["version"].text(), (*answer)["config"]["original"].text()};
  if (out.configuration.empty()) return fail(Error::invalid("an answer without config.original"));
  return out;
}

Result<std::vector<Silence>> decode_silences(std::string_view json) {
  const auto all = Value::parse_list(json);
  if (!all) return fail(all.error());
  std::vector<Silence> out;
  for (const auto& each : *all) {
    if (each["status"]["state"].text() != "active") continue;
    Silence silence{each["id"].text(), each["createdBy"].text(), each["comment"].text(), each["endsAt"].text(), {}, {}};
    for (const auto& matcher : each["matchers"].items()) {
      const std::string text = matcher_text(matcher);
      silence.text += (silence.text.empty() ? "" : ", ") + text;
      if (auto parsed = Matcher::parse(text)) silence.matchers.push_back(std::move(*parsed));
    }
    out.push_back(std::move(silence));
  }
  return out;
}

Findings check_route_report(const rules::RouteReport& report) {
  Findings out;
  for (const auto& each : report.findings) {
    std::string text = each.alerts.empty() ? each.text : each.alerts + ": " + each.text;
    if (each.line > 0) text += " (line " + std::to_string(each.line) + " of what /api/v2/status shows)";
    out.push_back({route_check, each.severity == rules::Severity::error ? Health::fail : Health::warn, std::move(text),
                   "docs/alertmanager.md#what-each-finding-means: " + each.code});
  }
  if (!report.something_does_not_arrive() && !report.alerts.empty()) {
    std::set<std::string> names;
    for (const auto& each : report.alerts) {
      if (const auto name = each.labels.find("alertname"); name != each.labels.end()) names.insert(name->second);
    }
    out.insert(out.begin(),
               {route_check,
                Health::ok,
                "each of the " + std::to_string(names.size()) +
                    " alerts that canaryd wants comes to it, by the configuration that Alertmanager runs with",
                {}});
  }
  return out;
}

Findings check_silences(const std::vector<Silence>& silences, const std::vector<rules::CheckedAlert>& wanted,
                        const std::vector<alert::Mapping>& mappings, const std::vector<Target>& services) {
  Findings out;
  for (const auto& silence : silences) {
    std::set<std::string> names;
    bool rollback = false;
    for (const auto& each : wanted) {
      if (!can_hit(silence, each, mappings, services)) continue;
      if (const auto name = each.labels.find("alertname"); name != each.labels.end()) names.insert(name->second);
      rollback = rollback || each.action == Action::rollback;
    }
    if (names.empty()) continue;
    out.push_back({silence_check, rollback ? Health::fail : Health::warn,
                   "the silence " + escaped(silence.id, 40) + " {" + said(silence.text, 200) + "} of " +
                       escaped(silence.by, 60) + " until " + escaped(silence.ends, 40) +
                       " keeps from canaryd: " + listed(names),
                   "end it (amtool silence expire " + escaped(silence.id, 40) +
                       "), or narrow it so that it leaves these alerts out; to stop canaryd use canaryd stop, which is "
                       "recorded"});
  }
  if (out.empty()) {
    out.push_back({silence_check,
                   Health::ok,
                   "none of " + std::to_string(silences.size()) + " active silences hits an alert that canaryd wants",
                   {}});
  }
  return out;
}

std::vector<std::string> webhook_hosts(std::string_view configuration) {
  std::set<std::string> out;
  try {
    for (const YAML::Node& receiver : YAML::Load(std::string(configuration))["receivers"]) {
      for (const YAML::Node& webhook : receiver["webhook_configs"]) {
        const std::string text = webhook["url"].as<std::string>("");
        const std::string bare = text.substr(0, text.find_first_of("?#"));
        if (!bare.ends_with(webhook_path)) continue;
        if (const auto url = http::parse_base_url(bare)) out.insert(url->host);
      }
    }
  } catch (const YAML::Exception&) {
    return {};  // the walk says what is wrong with it
  }
  return {out.begin(), out.end()};
}

}  // namespace canaryd::doctor
