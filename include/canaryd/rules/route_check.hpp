#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/alert/notification.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::rules {

// What the check must know beside Alertmanager's file.
struct RouteCheck {
  std::vector<alert::Mapping> mappings;    // canaryd's `alerts`: which alerts it wants
  std::vector<std::string> namespaces;     // canaryd's `cluster.namespaces`; empty: all
  bool takes_tokens = true;                // canaryd has a client with a bearer token
  bool wants_certificate = false;          // canaryd's server.tls.client_ca is set
  std::vector<std::string> receivers;      // canaryd's receivers by name; empty: those with its webhook's path
  std::vector<alert::Labels> more_alerts;  // further alerts, with all their labels
  alert::Labels external_labels;           // what Prometheus adds to each alert
  int replicas = 0;                        // of canaryd; 0: not said
};

// error: an alert that canaryd wants will not arrive, always or at times. warning: it arrives late or in part, or what
// is around it is not as it should be.
enum class Severity : std::uint8_t { error, warning };

// One finding. docs/alertmanager.md tells each code.
struct Finding {
  Severity severity = Severity::error;
  std::string code;    // stable: "swallowed"
  int line = 0;        // of Alertmanager's file, from 1; 0: nowhere in it
  int column = 0;      // likewise
  std::string alerts;  // which alerts: `every alert`, `CanaryDown, CanaryFailing`; empty: about no single alert
  std::string text;    // what is wrong and what to do; text from the file in it is escaped
  // Of `inhibited`: an alert that is kept back, and one that keeps it back.
  std::optional<std::pair<alert::Labels, alert::Labels>> example;
};

// One alert that was checked, with one set of labels that it may have.
struct CheckedAlert {
  alert::Labels labels;
  alert::Action action = alert::Action::ignore;
  std::vector<std::string> receivers;  // in Alertmanager's own order; one may stand several times
  bool arrives = false;                // one of them is canaryd's
};

struct RouteReport {
  std::vector<CheckedAlert> alerts;
  std::vector<Finding> findings;    // by their place; a file that cannot be read has nothing but `unreadable`
  std::set<std::string> receivers;  // canaryd's, by name

  bool something_does_not_arrive() const;
};

// Reads Alertmanager's configuration and follows every alert that canaryd wants through it: the shipped ones with the
// labels of the shipped rules, a team's own with those that canaryd's matchers ask for. What is found rests on sets of
// alerts; the label sets in the report are examples of them. Never fails; pure.
RouteReport check_route(std::string_view alertmanager_yml, const RouteCheck& check);

// Reads `Name{label="value", ...}`, braces optional. Errors: `invalid`.
Result<alert::Labels> parse_alert(std::string_view text);

// The report as lines for a person, one finding a line after `file:line:column: `, and as one JSON object.
std::string as_text(const RouteReport& report, const std::string& file);
std::string as_json(const RouteReport& report, const std::string& file);

}  // namespace canaryd::rules
