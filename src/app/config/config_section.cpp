#include "config_section.hpp"

#include <algorithm>
#include <limits>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "config_values.hpp"
#include "nearest.hpp"

namespace canaryd::app {

std::string shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::alias:
      return "an alias";
    case YamlNode::Kind::scalar:
      break;
  }
  const std::string text = escaped(node.text, 64);
  return node.quoted || text.empty() ? "\"" + text + "\"" : text;
}

Section::Section(Reading& reading, const YamlNode* node, std::string path, std::string pattern)
    : reading_(reading), node_(node), path_(std::move(path)), pattern_(std::move(pattern)) {}

std::string Section::join(const std::string& base, std::string_view key) const {
  if (base.empty()) return std::string(key);
  return key.empty() ? base : base + "." + std::string(key);
}

bool Section::has(std::string_view key) const {
  return node_ != nullptr &&
         std::any_of(node_->keys.begin(), node_->keys.end(), [&](const auto& known) { return known.name == key; });
}

Place Section::place() const { return node_ == nullptr ? Place{} : node_->place; }

Place Section::place_of(std::string_view key) const {
  if (node_ == nullptr) return {};
  for (std::size_t i = 0; i < node_->keys.size(); ++i) {
    if (node_->keys[i].name == key) return node_->items[i].place;
  }
  return node_->place;
}

Place Section::place_of(std::string_view key, std::size_t index) const {
  if (node_ == nullptr) return {};
  for (std::size_t i = 0; i < node_->keys.size(); ++i) {
    const auto& items = node_->items[i].items;
    if (node_->keys[i].name == key && index < items.size()) return items[index].place;
  }
  return place_of(key);
}

void Section::problem(std::string_view key, const std::string& what) { problem_at(place_of(key), key, what); }

void Section::problem_at(Place place, std::string_view key, const std::string& what) {
  const std::string where = join(path_, key);
  reading_.issues.push_back({place, where.empty() ? what : where + ": " + what});
}

const YamlNode* Section::find(std::string_view key, std::string_view expected, bool required) {
  known_.emplace_back(key);
  reading_.keys.insert(join(pattern_, key));
  if (node_ == nullptr) return nullptr;
  for (std::size_t i = 0; i < node_->keys.size(); ++i) {
    if (node_->keys[i].name != key) continue;
    return node_->items[i].kind == YamlNode::Kind::alias ? nullptr : &node_->items[i];
  }
  if (required) problem(key, "missing, expected " + std::string(expected));
  return nullptr;
}

const YamlNode* Section::scalar(std::string_view key, std::string_view expected, bool required) {
  const YamlNode* node = find(key, expected, required);
  if (node == nullptr || node->kind == YamlNode::Kind::scalar) return node;
  problem(key, "got " + shown(*node) + ", expected " + std::string(expected));
  return nullptr;
}

const YamlNode* Section::plain(std::string_view key, const std::string& expected) {
  const YamlNode* node = scalar(key, expected, false);
  if (node == nullptr || !node->quoted) return node;
  problem(key, "got " + shown(*node) + ", expected " + expected + ", without quotes");
  return nullptr;
}

bool Section::take_text(const YamlNode& node, const std::string& where, const Wanted& wanted, std::string& out) {
  const bool is_scalar = node.kind == YamlNode::Kind::scalar;
  const bool good = is_scalar && (wanted.valid ? wanted.valid(node.text) : !node.text.empty());
  const bool is_text = node.quoted || !(reads_as_number(node.text) || reads_as_flag(node.text));
  if (good && is_text) {
    out = node.text;
    return true;
  }
  const bool hidden = is_scalar && wanted.secret && wanted.secret(node.text);
  const std::string got = hidden ? "a text that may hold a password" : shown(node);
  reading_.issues.push_back({node.place, where + ": got " + got + ", expected " + std::string(wanted.expected) +
                                             (good ? " (for YAML this is no text: put it in quotes)" : "")});
  return false;
}

bool Section::text(std::string_view key, const Wanted& wanted, std::string& out) {
  const YamlNode* node = find(key, wanted.expected, wanted.required);
  return node != nullptr && take_text(*node, join(path_, key), wanted, out);
}

bool Section::path(std::string_view key, const Wanted& wanted, std::string& out) {
  if (!text(key, {wanted.expected, is_path, wanted.required}, out)) return false;
  if (out.front() != '/') out = reading_.directory + out;
  return true;
}

bool Section::flag(std::string_view key, bool& out) {
  const YamlNode* node = plain(key, "true or false");
  if (node == nullptr) return false;
  if (node->text != "true" && node->text != "false") {
    problem(key, "got " + shown(*node) + ", expected true or false");
    return false;
  }
  out = node->text == "true";
  return true;
}

bool Section::whole(std::string_view key, std::size_t least, std::size_t most, std::size_t& out) {
  const std::string expected = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  const YamlNode* node = plain(key, expected);
  if (node == nullptr) return false;
  const auto value = plain_whole(node->text);
  if (!value || *value < least || *value > most) {
    problem(key, "got " + shown(*node) + ", expected " + expected +
                     (value || !reads_as_number(node->text) ? "" : ", in plain decimal"));
    return false;
  }
  out = *value;
  return true;
}

bool Section::decimal(std::string_view key, std::string_view expected, const std::function<bool(double)>& valid,
                      bool may_be_off, double& out) {
  const YamlNode* node = plain(key, std::string(expected));
  if (node == nullptr) return false;
  if (may_be_off && node->text == "off") {
    out = std::numeric_limits<double>::infinity();
    return true;
  }
  const auto value = plain_decimal(node->text);
  if (!value || !valid(*value)) {
    problem(key, "got " + shown(*node) + ", expected " + std::string(expected) +
                     (value || !reads_as_number(node->text) ? "" : ", in plain decimal"));
    return false;
  }
  out = *value;
  return true;
}

bool Section::duration(std::string_view key, std::chrono::milliseconds least, std::chrono::milliseconds most,
                       std::chrono::milliseconds& out) {
  const std::string expected =
      "a duration from " + to_text(least) + " to " + to_text(most) + ", as Prometheus writes it (90s, 10m, 1h30m)";
  const YamlNode* node = scalar(key, expected, false);
  if (node == nullptr) return false;
  const auto value = parse_duration(node->text);
  if (!value || *value < least || *value > most) {
    problem(key, "got " + shown(*node) + ", expected " + expected);
    return false;
  }
  out = *value;
  return true;
}

bool Section::size_as(std::string_view key, std::uint64_t least, std::uint64_t most, bool may_be_off,
                      std::uint64_t& out) {
  const std::string expected =
      "a size from " + size_text(least) + " to " + size_text(most) + " such as 64MiB" + (may_be_off ? ", or off" : "");
  const YamlNode* node = scalar(key, expected, false);
  if (node == nullptr) return false;
  const bool off = may_be_off && !node->quoted && node->text == "off";
  const auto value = off ? std::optional<std::uint64_t>(0) : plain_size(node->text);
  if (!value || (!off && (*value < least || *value > most))) {
    problem(key, "got " + shown(*node) + ", expected " + expected);
    return false;
  }
  out = *value;
  return true;
}

bool Section::chosen_name(std::string_view key, const std::vector<std::string>& names, bool required,
                          std::string& out) {
  const std::string expected = one_of(names);
  const YamlNode* node = scalar(key, expected, required);
  if (node == nullptr) return false;
  if (std::find(names.begin(), names.end(), node->text) == names.end()) {
    problem(key, "got " + shown(*node) + ", expected " + expected);
    return false;
  }
  out = node->text;
  return true;
}

void Section::done() {
  if (node_ == nullptr) return;
  for (const auto& [name, place] : node_->keys) {
    if (name == "<<" || name.empty() || std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const std::string near = nearest(name, known_);
    const std::string in = path_.empty() ? "" : " in " + path_;
    reading_.issues.push_back({place, "unknown key \"" + escaped(name, 64) + "\"" + in + ", expected " +
                                          (near.empty() ? one_of(known_) : near + " (the nearest known key)")});
  }
}

}  // namespace canaryd::app
