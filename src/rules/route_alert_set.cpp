#include "route_alert_set.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "route_matchers.hpp"

namespace canaryd::rules::route {
namespace {

using alert::Matcher;
using Op = Matcher::Op;

bool negative(const Matcher& matcher) { return matcher.op() == Op::not_equal || matcher.op() == Op::not_match; }
bool expression(const Matcher& matcher) { return matcher.op() == Op::match || matcher.op() == Op::not_match; }

Truth opposite(Truth truth) { return truth == Truth::some ? truth : truth == Truth::all ? Truth::none : Truth::all; }

// The usual ways to write an expression that every value matches, but perhaps "". That a dot leaves out line feeds does
// not matter: no label here has one.
bool takes_every_value(const std::string& pattern) {
  constexpr std::array forms{".*", ".+", "(.*)", "(.+)", "^.*$", "^.+$", "^(.*)$", "^(.+)$", "(?s).*", "(?s).+"};
  return std::any_of(forms.begin(), forms.end(), [&](std::string_view form) { return pattern == form; });
}

// Whether both say the same of every label set, or the opposite.
bool same_but_sign(const Matcher& a, const Matcher& b) {
  return a.label() == b.label() && a.value() == b.value() && expression(a) == expression(b);
}

}  // namespace

bool AlertSet::possible(const std::string& label, const std::string& value) const {
  const auto holds = [&](const Matcher& matcher) { return matcher.matches({{label, value}}); };
  return std::all_of(hold_.begin(), hold_.end(), [&](const auto& m) { return m.label() != label || holds(m); }) &&
         std::none_of(fail_.begin(), fail_.end(), [&](const auto& m) { return m.label() == label && holds(m); });
}

// The values that the label can have: of `known` these and no others.
AlertSet::Value AlertSet::values_of(const std::string& label, std::vector<std::string>& out) const {
  const auto found = values_.find(label);
  bool known = found == values_.end() ? !more_labels_ : !found->second.empty();
  if (known) out = found == values_.end() ? std::vector<std::string>{""} : found->second;
  for (const auto& matcher : hold_) {
    if (known || matcher.label() != label) continue;
    if (auto values = only_values(matcher)) {
      known = true;
      out = std::move(*values);
    }
  }
  std::erase_if(out, [&](const std::string& value) { return !possible(label, value); });
  if (known && !out.empty()) return Value::known;
  return found == values_.end() && possible(label, "") ? Value::open : Value::present;
}

Truth AlertSet::of(const Matcher& matcher) const {
  std::vector<std::string> values;
  const Value kind = values_of(matcher.label(), values);
  if (kind == Value::known) {
    const auto count = std::count_if(values.begin(), values.end(),
                                     [&](const auto& value) { return matcher.matches({{matcher.label(), value}}); });
    return count == 0 ? Truth::none : static_cast<std::size_t>(count) == values.size() ? Truth::all : Truth::some;
  }
  for (const auto& known : hold_) {
    if (same_but_sign(known, matcher)) return negative(known) == negative(matcher) ? Truth::all : Truth::none;
  }
  for (const auto& known : fail_) {
    if (same_but_sign(known, matcher)) return negative(known) == negative(matcher) ? Truth::none : Truth::all;
  }
  const auto told = [&](Truth truth) { return negative(matcher) ? opposite(truth) : truth; };
  if (expression(matcher) && takes_every_value(matcher.value())) {
    const bool absent_too = matcher.matches({}) != negative(matcher);
    return kind == Value::present || absent_too ? told(Truth::all) : Truth::some;
  }
  const auto named = expression(matcher) ? literal_values(matcher.value()) : std::vector<std::string>{matcher.value()};
  if (!named) return Truth::some;
  const bool any = std::any_of(named->begin(), named->end(), [&](const std::string& value) {
    return (kind == Value::open || !value.empty()) && possible(matcher.label(), value);
  });
  return told(any ? Truth::some : Truth::none);
}

Truth AlertSet::each(const std::vector<Matcher>& matchers) const {
  Truth least = Truth::all;
  for (const auto& matcher : matchers) least = std::min(least, of(matcher));
  return least;
}

Truth AlertSet::of(const std::vector<Matcher>& matchers) const {
  if (empty_) return Truth::none;
  const Truth truth = each(matchers);
  if (truth != Truth::some) return truth;
  // Two matchers that cannot hold at once, and what was taken away as a whole.
  AlertSet inside = *this;
  for (const auto& matcher : matchers) {
    if (inside.of(matcher) == Truth::none) return Truth::none;
    inside.hold_.push_back(matcher);
  }
  const bool taken = std::any_of(together_.begin(), together_.end(),
                                 [&](const auto& list) { return inside.each(list) == Truth::all; });
  return taken ? Truth::none : Truth::some;
}

std::vector<Matcher> AlertSet::undecided(const std::vector<Matcher>& matchers) const {
  std::vector<Matcher> out;
  for (const auto& matcher : matchers) {
    if (of(matcher) == Truth::some) out.push_back(matcher);
  }
  return out;
}

AlertSet AlertSet::with(const std::vector<Matcher>& matchers) const {
  AlertSet out = *this;
  out.hold_.insert(out.hold_.end(), matchers.begin(), matchers.end());
  return out;
}

AlertSet AlertSet::without(const std::vector<Matcher>& matchers) const {
  AlertSet out = *this;
  auto some = undecided(matchers);
  if (some.size() == 1) {
    out.fail_.push_back(some.front());
  } else {
    out.together_.push_back(std::move(some));
  }
  return out;
}

AlertSet AlertSet::agreeing(const AlertSet& others, const std::vector<std::string>& labels) const {
  AlertSet out = *this;
  for (const auto& label : labels) {
    std::vector<std::string> values;
    const Value theirs = others.values_of(label, values);
    if (theirs == Value::known) {
      std::vector<std::string> mine;
      const Value kind = values_of(label, mine);
      std::erase_if(values, [&](const std::string& value) {
        const bool listed = kind != Value::known || std::find(mine.begin(), mine.end(), value) != mine.end();
        return !listed || (kind == Value::present && value.empty()) || !possible(label, value);
      });
      out.empty_ = out.empty_ || values.empty();
      out.values_[label] = std::move(values);
      continue;
    }
    const auto same_label = [&](const Matcher& matcher) { return matcher.label() == label; };
    std::copy_if(others.hold_.begin(), others.hold_.end(), std::back_inserter(out.hold_), same_label);
    std::copy_if(others.fail_.begin(), others.fail_.end(), std::back_inserter(out.fail_), same_label);
    if (theirs == Value::present && !values_.contains(label)) {
      out.empty_ = out.empty_ || !more_labels_;
      out.any(label);
    }
  }
  return out;
}

}  // namespace canaryd::rules::route
