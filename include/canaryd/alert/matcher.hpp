#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/alert/notification.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::alert {

// One matcher in Alertmanager's own syntax: `alertname="X"`, `!=`, `=~`, `!~`. A regular expression is RE2's and
// anchored at both ends; a label that is absent matches as the empty string. Immutable; safe from any thread.
class Matcher {
 public:
  // Errors: `invalid` with the text and what was expected.
  static Result<Matcher> parse(std::string_view text);
  bool matches(const Labels& labels) const;
  const std::string& text() const { return text_; }  // as it was written

  enum class Op : std::uint8_t { equal, not_equal, match, not_match };
  const std::string& label() const { return label_; }
  Op op() const { return op_; }
  const std::string& value() const { return value_; }  // without quotes and escapes

 private:
  struct Pattern;  // RE2, kept out of this header
  std::string text_;
  std::string label_;
  Op op_ = Op::equal;
  std::string value_;
  std::shared_ptr<const Pattern> pattern_;  // immutable; shared by copies because compiling is dear
};

// Whether all match; an empty list matches everything.
bool all_match(const std::vector<Matcher>& matchers, const Labels& labels);

}  // namespace canaryd::alert
