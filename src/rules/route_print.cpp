#include "canaryd/rules/route_print.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "canaryd/base/text.hpp"
#include "route_matchers.hpp"

namespace canaryd::rules {
namespace {

using alert::Action;
using alert::Mapping;

constexpr std::string_view head =
    R"(# The part of Alertmanager's configuration that canaryd needs, as `canaryd route print` prints it. Put canaryd's routes
# FIRST among the routes of yours, and add the receiver. docs/alertmanager.md gives the reason for each line;
# `canaryd route check` looks at what came of it.
)";

// YAML in single quotes.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string matcher_lines(const Mapping& mapping, const std::string& indent) {
  std::string out = indent + "matchers:\n";
  for (const auto& matcher : mapping.matchers) out += indent + "  - " + quoted(route::text_of(matcher)) + "\n";
  return out;
}

// The alert names that an entry can be for, when its matchers say them all.
std::optional<std::set<std::string>> only_names(const Mapping& mapping) {
  for (const auto& matcher : mapping.matchers) {
    const bool positive = matcher.op() == alert::Matcher::Op::equal || matcher.op() == alert::Matcher::Op::match;
    if (matcher.label() != "alertname" || !positive) continue;
    if (matcher.op() == alert::Matcher::Op::match &&
        matcher.value().find_first_of("\\.*+?()[]{}^$") != std::string::npos) {
      continue;
    }
    const auto names = route::named_values(matcher);
    return std::set(names.begin(), names.end());
  }
  return std::nullopt;
}

// False only when no alert can match both.
bool may_overlap(const Mapping& a, const Mapping& b) {
  const auto names_a = only_names(a);
  const auto names_b = only_names(b);
  if (names_a && names_b) {
    return std::any_of(names_a->begin(), names_a->end(), [&](const auto& name) { return names_b->contains(name); });
  }
  const auto passes = [](const std::set<std::string>& names, const Mapping& mapping) {
    return std::any_of(names.begin(), names.end(),
                       [&](const auto& name) { return route::value_passes(mapping.matchers, "alertname", name); });
  };
  if (names_a) return passes(*names_a, b);
  if (names_b) return passes(*names_b, a);
  return true;
}

// What earlier entries take away from entry `index`: a child route to a receiver that tells nobody.
std::vector<const Mapping*> taken_from(const std::vector<Mapping>& mappings, std::size_t index) {
  std::vector<const Mapping*> out;
  for (std::size_t i = 0; i < index; ++i) {
    if (may_overlap(mappings[i], mappings[index])) out.push_back(&mappings[i]);
  }
  return out;
}

// Each once: Alertmanager refuses a configuration in which one stands twice.
std::string group_labels(const Mapping& mapping) {
  const auto& names = mapping.labels;
  std::vector<std::string> labels{"alertname", names.ns, names.name, names.revision};
  // The evidence of the next stage is another alert: in a group of its own it need not wait for a flush of the last.
  if (mapping.action == Action::advance) labels.push_back(names.percent);
  std::string out;
  std::set<std::string> seen;
  for (const auto& label : labels) {
    if (seen.insert(label).second) out += (out.empty() ? "" : ", ") + label;
  }
  return out;
}

// A heartbeat always fires, and a healthy canary is no news: nobody else wants them.
bool for_canaryd_alone(Action action) { return action == Action::heartbeat || action == Action::advance; }

std::string entry_route(const std::vector<Mapping>& mappings, std::size_t index) {
  const Mapping& mapping = mappings[index];
  std::string out = "    # alerts[" + std::to_string(index) + "]: " + name_of(mapping.action) + "\n";
  out += "    - receiver: canaryd\n" + matcher_lines(mapping, "      ");
  if (!for_canaryd_alone(mapping.action)) out += "      continue: true\n";
  out += "      group_by: [" + group_labels(mapping) + "]\n";
  out += "      group_wait: 0s\n      group_interval: 1m\n      repeat_interval: 50s\n";
  const auto taken = taken_from(mappings, index);
  if (taken.empty()) return out;
  out += "      routes:\n";
  for (const Mapping* const other : taken) {
    out += "        # alerts[" + std::to_string(other - mappings.data()) + "] stands above it\n";
    out += "        - receiver: canaryd-left-out\n" + matcher_lines(*other, "          ");
  }
  return out;
}

std::string webhook(const std::string& url, const RoutePrint& print) {
  std::string out =
      "      - url: " + (url.find_first_of("'\"#{}[],&*!|>%@` ") == std::string::npos ? url : quoted(url)) +
      "\n        send_resolved: true\n        max_alerts: 0\n";
  if (print.version >= webhook_timeout_since) out += "        timeout: 10s\n";
  out += "        http_config:\n          follow_redirects: false\n";
  if (print.token) {
    out +=
        "          authorization:\n            type: Bearer\n"
        "            credentials_file: /etc/alertmanager/secrets/canaryd/token\n";
  }
  out += "          tls_config:\n            ca_file: /etc/alertmanager/secrets/canaryd/ca.crt\n";
  if (print.certificate) {
    out +=
        "            cert_file: /etc/alertmanager/secrets/canaryd/tls.crt\n"
        "            key_file: /etc/alertmanager/secrets/canaryd/tls.key\n";
  }
  return out;
}

std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data() || text.front() == '-') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

Result<AlertmanagerVersion> parse_alertmanager_version(std::string_view text) {
  const auto wrong = [&] {
    return fail(Error::invalid("Alertmanager's version: expected 0.22 or later, such as 0.25 or 0.28.1, got \"" +
                               escaped(text, 64) + "\""));
  };
  std::string_view rest = text.starts_with('v') ? text.substr(1) : text;
  const auto major = take_number(rest);
  if (!major || !rest.starts_with('.')) return wrong();
  rest.remove_prefix(1);
  const auto minor = take_number(rest);
  if (!minor || (!rest.empty() && !rest.starts_with('.'))) return wrong();
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    if (!take_number(rest) || !rest.empty()) return wrong();
  }
  const AlertmanagerVersion version{*major, *minor};
  if (version < oldest_alertmanager) return wrong();
  return version;
}

std::string route_text(const RoutePrint& print) {
  std::string routes;
  bool left_out = false;
  for (std::size_t i = 0; i < print.mappings.size(); ++i) {
    if (print.mappings[i].action == Action::ignore) continue;
    routes += entry_route(print.mappings, i);
    left_out = left_out || !taken_from(print.mappings, i).empty();
  }
  std::string out(head);
  out += "route:\n  receiver: people\n  routes:\n" + routes;
  out +=
      "    # The root's own receiver gets only what no route takes: the alerts above need one more, for people.\n"
      "    - receiver: people\n";
  out += "\nreceivers:\n  - name: people\n";
  if (left_out) out += "  - name: canaryd-left-out\n";
  out += "  - name: canaryd\n    webhook_configs:\n";
  for (const auto& url : print.urls) out += webhook(url, print);
  return out;
}

}  // namespace canaryd::rules
