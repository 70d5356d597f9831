#include "canaryd/engine/command.hpp"

#include <algorithm>

#include "canaryd/base/text.hpp"
#include "canaryd/policy/guard_table.hpp"

namespace canaryd::engine {

namespace {

constexpr std::size_t max_shown = 64;

const policy::GuardRule* find_override(const std::string& name) {
  const auto guards = policy::guard_table();
  const auto found = std::find_if(guards.begin(), guards.end(), [&](const auto& rule) {
    return rule.may_override && policy::name_of(rule.reason) == name;
  });
  return found == guards.end() ? nullptr : &*found;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

const char* name_of(Verb verb) {
  switch (verb) {
    case Verb::rollback:
      return "rollback";
    case Verb::advance:
      return "advance";
    case Verb::promote:
      return "promote";
    case Verb::hold:
      return "hold";
    case Verb::release:
      return "release";
    case Verb::stop:
      return "stop";
    case Verb::start:
      return "start";
  }
  return "unknown";
}

std::vector<std::string> override_names() {
  std::vector<std::string> names;
  for (const auto& rule : policy::guard_table()) {
    if (rule.may_override) names.emplace_back(policy::name_of(rule.reason));
  }
  return names;
}

Result<std::vector<policy::Reason>> read_overrides(const std::vector<std::string>& names) {
  std::vector<policy::Reason> overrides;
  for (const auto& name : names) {
    const policy::GuardRule* rule = find_override(name);
    if (rule == nullptr) {
      return fail(Error::invalid("expected a guard that may be overridden (" + listed(override_names()) + "), got \"" +
                                 escaped(name, max_shown) + "\""));
    }
    if (std::find(overrides.begin(), overrides.end(), rule->reason) != overrides.end()) {
      return fail(Error::invalid("expected each guard once, got \"" + name + "\" twice"));
    }
    overrides.push_back(rule->reason);
  }
  return overrides;
}

}  // namespace canaryd::engine
