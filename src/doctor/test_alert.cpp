#include "test_alert.hpp"

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/rules/catalog.hpp"
#include "canaryd/rules/embedded.hpp"
#include "json.hpp"

namespace canaryd::doctor {
namespace {

std::string object(const alert::Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    out += out.empty() ? "{" : ",";
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
  }
  return out + "}";
}

bool is_rollback(const alert::Labels& labels, const std::vector<alert::Mapping>& mappings, alert::TargetLabels& names) {
  for (const auto& each : mappings) {
    if (!alert::all_match(each.matchers, labels)) continue;
    names = each.labels;
    return each.action == alert::Action::rollback;
  }
  return false;
}

}  // namespace

Namespace test_namespace(const std::vector<Target>& services, const std::vector<Namespace>& scopes,
                         const Namespace& own, const std::string& id) {
  for (const auto& service : services) {
    if (service.ns != own) return service.ns;
  }
  for (const auto& scope : scopes) {
    if (scope != own) return scope;
  }
  return services.empty() && scopes.empty() ? Namespace("canaryd-doctor-" + id) : own;
}

std::optional<TestAlert> test_alert(const std::vector<alert::Mapping>& mappings, const Namespace& ns,
                                    const std::string& id) {
  const auto catalog = rules::catalog(rules::embedded());
  if (!catalog) return std::nullopt;
  const std::string service = "canaryd-doctor-" + id;
  for (const auto& rule : *catalog) {
    if (!rule.is_alert || rule.file != "canary.yaml") continue;
    // severity: none, so that it pages nobody whose route asks for a severity.
    TestAlert test{{{"alertname", rule.name},
                    {"severity", "none"},
                    {"canaryd_doctor", "test"},
                    {"component", "predictor"},
                    {"percent", "0"}},
                   service};
    const auto with_target = [&](const alert::TargetLabels& names) {
      test.labels[names.ns] = ns.str();
      test.labels[names.name] = service;
      test.labels[names.revision] = service + "-predictor-00001";
    };
    alert::TargetLabels names;
    with_target(names);
    if (!is_rollback(test.labels, mappings, names)) continue;
    with_target(names);
    return test;
  }
  return std::nullopt;
}

Result<bool> has_records(std::string_view page_json) {
  const auto page = Value::parse(page_json);
  if (!page) return fail(page.error());
  if (!(*page)["records"].present()) return fail(Error::invalid("an answer without records"));
  return !(*page)["records"].items().empty();
}

std::string alerts_body(const TestAlert& alert, WallTime starts, WallTime ends) {
  const alert::Labels annotations{
      {"summary", "A test by canaryd doctor; nothing is wrong"},
      {"description", "Somebody ran canaryd doctor --send-test. The service of this alert does not exist."},
  };
  return R"([{"labels":)" + object(alert.labels) + R"(,"annotations":)" + object(annotations) + R"(,"startsAt":")" +
         to_rfc3339(starts) + R"(","endsAt":")" + to_rfc3339(ends) + R"("}])";
}

}  // namespace canaryd::doctor
