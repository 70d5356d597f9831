#include "canaryd/engine/command.hpp"

#include <algorithm>

#include "canaryd/base/text.hpp"
#include "canaryd/policy/guard_table.hpp"

namespace canaryd::engine {

namespace {

constexpr std::size_t max_shown = 64;

// The others do not stop a rollback, or nobody may pass over them.
bool may_override(policy::Reason guard, Verb verb) {
  return policy::may_override(guard) && (verb != Verb::rollback || guard == policy::Reason::breaker_open);
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

std::vector<std::string> override_names(Verb verb) {
  std::vector<std::string> names;
  for (const auto& rule : policy::guard_table()) {
    if (may_override(rule.reason, verb)) names.emplace_back(policy::name_of(rule.reason));
  }
  return names;
}

Result<std::vector<policy::Reason>> read_overrides(const std::vector<std::string>& names, Verb verb) {
  std::vector<policy::Reason> overrides;
  for (const auto& name : names) {
    const auto reason = policy::find_reason(name);
    if (!reason || !may_override(*reason, verb)) {
      return fail(Error::invalid("expected a guard that may be overridden (" + listed(override_names(verb)) +
                                 "), got \"" + escaped(name, max_shown) + "\""));
    }
    if (std::find(overrides.begin(), overrides.end(), *reason) != overrides.end()) {
      return fail(Error::invalid("expected each guard once, got \"" + name + "\" twice"));
    }
    overrides.push_back(*reason);
  }
  return overrides;
}

}  // namespace canaryd::engine
