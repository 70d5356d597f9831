#pragma once

#include <map>
#include <string>
#include <vector>

#include "canaryd/alert/matcher.hpp"

namespace canaryd::rules::route {

// Of how many alerts of a set something is true.
enum class Truth : std::uint8_t { none, some, all };

// The alerts of one kind, told by what is known of their labels and not one by one: a regular expression of any form
// can be held against them. The answers are on the safe side: `all` and `none` are sure, `some` may be any of the
// three.
class AlertSet {
 public:
  // Each alert's label has one of these values ("": absent).
  void one_of(const std::string& label, std::vector<std::string> values) { values_[label] = std::move(values); }
  // Each alert has the label, with a value of its own.
  void any(const std::string& label) { values_[label] = {}; }
  // Whether the alerts may have labels that were not named; else they have none.
  void more_labels(bool may) { more_labels_ = may; }

  Truth of(const alert::Matcher& matcher) const;
  // Of all the matchers together.
  Truth of(const std::vector<alert::Matcher>& matchers) const;
  // Those of the matchers that are true of some.
  std::vector<alert::Matcher> undecided(const std::vector<alert::Matcher>& matchers) const;

  // The alerts that the matchers hold for, and the others.
  AlertSet with(const std::vector<alert::Matcher>& matchers) const;
  AlertSet without(const std::vector<alert::Matcher>& matchers) const;
  // Those that agree with one of the others in each of the labels; `labels` that both lack are equal.
  AlertSet agreeing(const AlertSet& others, const std::vector<std::string>& labels) const;

 private:
  enum class Value : std::uint8_t { known, present, open };
  Value values_of(const std::string& label, std::vector<std::string>& out) const;
  bool possible(const std::string& label, const std::string& value) const;
  Truth each(const std::vector<alert::Matcher>& matchers) const;

  std::map<std::string, std::vector<std::string>> values_;  // empty list: any but ""
  bool more_labels_ = false;
  bool empty_ = false;                                 // there is no such alert
  std::vector<alert::Matcher> hold_;                   // for each alert
  std::vector<alert::Matcher> fail_;                   // for each alert
  std::vector<std::vector<alert::Matcher>> together_;  // never all of one list
};

}  // namespace canaryd::rules::route
