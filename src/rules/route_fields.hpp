#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/alert/matcher.hpp"
#include "route_config.hpp"

namespace canaryd::rules::route {

// Reads the keys of one map, each to its type; what is of another type is an issue with its place. `node` may be null:
// then nothing is set. `where` names the map in issues ("route", "webhook_configs[0]").
class Fields {
 public:
  Fields(const Node* node, std::string where, std::vector<Issue>& issues);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  // Whether any key with this ending has a list with something in it.
  bool has_list_ending_in(std::string_view ending) const;
  Place place() const { return node_ != nullptr ? node_->place : Place{}; }
  Place place_of(std::string_view key) const { return node_ != nullptr ? node_->place_of(key) : Place{}; }

  std::string text(std::string_view key) const;
  void flag(std::string_view key, bool& out) const;
  void number(std::string_view key, long long& out) const;
  std::optional<std::chrono::milliseconds> duration(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<Named> names(std::string_view key) const;
  Fields map(std::string_view key) const;
  std::vector<Fields> maps(std::string_view key) const;
  // `matchers`, and the older map of values or of regular expressions; `prefix` is "", "source_" or "target_".
  std::vector<alert::Matcher> matchers(const std::string& prefix) const;

  void issue(Place place, std::string_view key, const std::string& what) const;

 private:
  const Node* find(std::string_view key) const { return node_ != nullptr ? node_->find(key) : nullptr; }
  std::vector<const Node*> scalars(std::string_view key) const;
  void old_matchers(const std::string& key, alert::Matcher::Op op, std::vector<alert::Matcher>& out) const;

  const Node* node_;
  std::string where_;
  std::vector<Issue>* issues_;
};

// A duration as Prometheus writes it; "0" too.
std::optional<std::chrono::milliseconds> read_duration(std::string_view text);

}  // namespace canaryd::rules::route
