#include "route_fields.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "canaryd/base/number.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "route_matchers.hpp"

namespace canaryd::rules::route {
namespace {

// YAML 1.1's words, which Alertmanager's reader takes.
std::optional<bool> read_flag(std::string_view text) {
  constexpr std::array<std::string_view, 11> yes{"true", "True", "TRUE", "yes", "Yes", "YES",
                                                 "on",   "On",   "ON",   "y",   "Y"};
  constexpr std::array<std::string_view, 11> no{"false", "False", "FALSE", "no", "No", "NO",
                                                "off",   "Off",   "OFF",   "n",  "N"};
  if (std::find(yes.begin(), yes.end(), text) != yes.end()) return true;
  if (std::find(no.begin(), no.end(), text) != no.end()) return false;
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> read_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  return parse_duration(text);
}

Fields::Fields(const Node* node, std::string where, std::vector<Issue>& issues)
    : node_(node), where_(std::move(where)), issues_(&issues) {
  if (node_ == nullptr || node_->kind == Node::Kind::map) return;
  issue(node_->place, "", "expected a map");
  node_ = nullptr;
}

bool Fields::has_list_ending_in(std::string_view ending) const {
  if (node_ == nullptr) return false;
  for (std::size_t i = 0; i < node_->keys.size(); ++i) {
    if (node_->keys[i].name.ends_with(ending) && !node_->items[i].items.empty()) return true;
  }
  return false;
}

void Fields::issue(Place place, std::string_view key, const std::string& what) const {
  const std::string dot = where_.empty() || key.empty() ? "" : ".";
  issues_->push_back({place, where_ + dot + std::string(key) + ": " + what});
}

std::string Fields::text(std::string_view key) const {
  const Node* const found = find(key);
  if (found == nullptr) return {};
  if (found->kind == Node::Kind::scalar) return found->text;
  issue(found->place, key, "expected text");
  return {};
}

void Fields::flag(std::string_view key, bool& out) const {
  if (!has(key)) return;
  const std::string value = text(key);
  if (const auto read = read_flag(value)) {
    out = *read;
  } else {
    issue(find(key)->place, key, "expected true or false, got \"" + escaped(value, 64) + "\"");
  }
}

void Fields::number(std::string_view key, long long& out) const {
  if (!has(key)) return;
  const std::string value = text(key);
  const auto number = number_from<long long>(value);
  out = number.value_or(0);
  if (number && out >= 0) return;
  out = 0;
  issue(find(key)->place, key, "expected a number, got \"" + escaped(value, 64) + "\"");
}

std::optional<std::chrono::milliseconds> Fields::duration(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  const std::string value = text(key);
  const auto read = read_duration(value);
  if (!read) issue(find(key)->place, key, "expected a duration such as 50s, got \"" + escaped(value, 64) + "\"");
  return read;
}

std::vector<const Node*> Fields::scalars(std::string_view key) const {
  std::vector<const Node*> out;
  const Node* const found = find(key);
  if (found == nullptr) return out;
  if (found->kind != Node::Kind::list) {
    issue(found->place, key, "expected a list of texts");
    return out;
  }
  for (const auto& item : found->items) {
    if (item.kind == Node::Kind::scalar) {
      out.push_back(&item);
    } else {
      issue(item.place, key, "expected a list of texts");
    }
  }
  return out;
}

std::vector<std::string> Fields::texts(std::string_view key) const {
  std::vector<std::string> out;
  for (const Node* const item : scalars(key)) out.push_back(item->text);
  return out;
}

std::vector<Named> Fields::names(std::string_view key) const {
  std::vector<Named> out;
  for (const Node* const item : scalars(key)) out.push_back({item->text, item->place});
  return out;
}

Fields Fields::map(std::string_view key) const {
  const std::string dot = where_.empty() ? "" : ".";
  return {find(key), where_ + dot + std::string(key), *issues_};
}

std::vector<Fields> Fields::maps(std::string_view key) const {
  std::vector<Fields> out;
  const Node* const found = find(key);
  if (found == nullptr) return out;
  if (found->kind != Node::Kind::list) {
    issue(found->place, key, "expected a list");
    return out;
  }
  const std::string dot = where_.empty() ? "" : ".";
  for (std::size_t i = 0; i < found->items.size(); ++i) {
    out.emplace_back(&found->items[i], where_ + dot + std::string(key) + "[" + std::to_string(i) + "]", *issues_);
  }
  return out;
}

void Fields::old_matchers(const std::string& key, alert::Matcher::Op op, std::vector<alert::Matcher>& out) const {
  if (!has(key)) return;
  const Fields values = map(key);
  if (values.node_ == nullptr) return;
  for (const auto& [label, place] : values.node_->keys) {
    auto matcher = alert::Matcher::parse(text_of(label, op, values.text(label)));
    if (matcher && matcher->label() == label) {
      out.push_back(std::move(*matcher));
    } else {
      values.issue(place, label, matcher ? "expected the name of a label" : matcher.error().message);
    }
  }
}

std::vector<alert::Matcher> Fields::matchers(const std::string& prefix) const {
  std::vector<alert::Matcher> out;
  old_matchers(prefix + "match", alert::Matcher::Op::equal, out);
  old_matchers(prefix + "match_re", alert::Matcher::Op::match, out);
  for (const Node* const item : scalars(prefix + "matchers")) {
    auto parsed = parse_matchers(item->text);
    if (parsed) {
      out.insert(out.end(), parsed->begin(), parsed->end());
    } else {
      issue(item->place, prefix + "matchers", parsed.error().message);
    }
  }
  return out;
}

}  // namespace canaryd::rules::route
