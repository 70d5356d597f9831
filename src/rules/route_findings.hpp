#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "canaryd/rules/route_check.hpp"
#include "route_wanted.hpp"

namespace canaryd::rules::route {

// Gathers findings: the same one about several alerts, or about several label sets of one, is said once.
class Findings {
 public:
  explicit Findings(const std::vector<Wanted>& alerts) : alerts_(alerts) {}

  // About one alert, by its index.
  void add(std::size_t alert, Severity severity, const char* code, Place place, const std::string& text);
  // About no alert in particular.
  void add(Severity severity, const char* code, Place place, const std::string& text);
  // About all the alerts of a set.
  void add(const WantedSet& set, Severity severity, const char* code, Place place, const std::string& text);
  // Whether this was said about one of these alerts.
  bool said(const std::vector<std::size_t>& alerts, std::string_view code, Place place) const;
  // Gives the finding that was added last an example, unless it has one.
  void example(const alert::Labels& kept_back, const alert::Labels& by);

  // By place, errors first.
  std::vector<Finding> take();

 private:
  struct Draft {
    Finding finding;
    std::set<std::size_t> about;
  };

  Draft& draft(Severity severity, const char* code, Place place, const std::string& text);
  std::string subject(const std::set<std::size_t>& about) const;
  std::string qualifier(const std::set<std::size_t>& about, std::size_t from, std::size_t to) const;

  const std::vector<Wanted>& alerts_;
  std::vector<Draft> drafts_;
  std::size_t last_ = 0;
};

}  // namespace canaryd::rules::route
