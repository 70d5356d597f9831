#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/alert/matcher.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::rules::route {

// `label op "value"`, with every backslash, quote and line feed of the value escaped: the classic parser (to 0.26) and
// the UTF-8 one (from 0.27 on, which takes Go's escapes only) read the same from it.
std::string text_of(const std::string& label, alert::Matcher::Op op, const std::string& value);
std::string text_of(const alert::Matcher& matcher);
// The same for a person to read: safe on a terminal, quotes as they are.
std::string shown(const alert::Matcher& matcher);

// `those with a="b", c=~"d"`; `them` without matchers.
std::string those(const std::vector<alert::Matcher>& only);

// One string of Alertmanager's `matchers`, which may hold several: `{a="b", c=~"d"}`, braces optional. The errors are
// those of alert::Matcher::parse.
Result<std::vector<alert::Matcher>> parse_matchers(std::string_view text);

// Values of the matcher's label for which the matcher's text stands, whatever its operator: the value itself, or of a
// regular expression each alternative, with "x" for `.*` and `.+`. Alternatives that are more than that are left out.
// Never empty strings.
std::vector<std::string> named_values(const alert::Matcher& matcher);

// The values that a regular expression matches, when it is nothing but literal alternatives: `a|b`, `(a|b)`, `a\.b`.
std::optional<std::vector<std::string>> literal_values(const std::string& pattern);
// The values with which the matcher holds, when they can be listed.
std::optional<std::vector<std::string>> only_values(const alert::Matcher& matcher);

// Whether the matchers of one label hold for a value of it.
bool value_passes(const std::vector<alert::Matcher>& matchers, const std::string& label, const std::string& value);

}  // namespace canaryd::rules::route
