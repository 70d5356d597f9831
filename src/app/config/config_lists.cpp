#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "canaryd/base/text.hpp"
#include "config_section.hpp"
#include "config_values.hpp"

// The getters of Section that read several nodes.
namespace canaryd::app {

bool Section::texts(std::string_view key, const Wanted& wanted, std::vector<std::string>& out) {
  const std::string expected = "a list, each entry " + std::string(wanted.expected);
  const YamlNode* node = find(key, expected, wanted.required);
  if (node == nullptr) return false;
  if (node->kind != YamlNode::Kind::list) {
    problem(key, "got " + shown(*node) + ", expected " + expected);
    return false;
  }
  std::vector<std::string> found;
  const std::size_t before = reading_.issues.size();
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const YamlNode& item = node->items[i];
    const std::string where = join(path_, key) + "[" + std::to_string(i) + "]";
    std::string value;
    if (item.kind == YamlNode::Kind::alias || !take_text(item, where, wanted, value)) continue;
    if (std::find(found.begin(), found.end(), value) != found.end()) {
      reading_.issues.push_back({item.place, where + ": got " + shown(item) + " again, expected each entry once"});
    }
    found.push_back(std::move(value));
  }
  if (reading_.issues.size() != before) return false;
  out = std::move(found);
  return true;
}

bool Section::paths(std::string_view key, const Wanted& wanted, std::vector<std::string>& out) {
  if (!texts(key, {wanted.expected, is_path, wanted.required}, out)) return false;
  for (auto& path : out) {
    if (path.front() != '/') path.insert(0, reading_.directory);
  }
  return true;
}

bool Section::wholes(std::string_view key, std::size_t least, std::size_t most, std::vector<std::size_t>& out) {
  const std::string number = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  const YamlNode* node = find(key, "a list, each entry " + number, false);
  if (node == nullptr) return false;
  if (node->kind != YamlNode::Kind::list) {
    problem(key, "got " + shown(*node) + ", expected a list, each entry " + number);
    return false;
  }
  std::vector<std::size_t> found;
  const std::size_t before = reading_.issues.size();
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const YamlNode& item = node->items[i];
    if (item.kind == YamlNode::Kind::alias) continue;
    const bool plain = item.kind == YamlNode::Kind::scalar && !item.quoted;
    const auto value = plain ? plain_whole(item.text) : std::nullopt;
    if (value && *value >= least && *value <= most) {
      found.push_back(*value);
      continue;
    }
    const char* const how = item.quoted                                     ? ", without quotes"
                            : plain && !value && reads_as_number(item.text) ? ", in plain decimal"
                                                                            : "";
    const std::string where = join(path_, key) + "[" + std::to_string(i) + "]";
    std::string text = where;
    text.append(": got ").append(shown(item)).append(", expected ").append(number).append(how);
    reading_.issues.push_back({item.place, std::move(text)});
  }
  if (reading_.issues.size() != before) return false;
  out = std::move(found);
  return true;
}

bool Section::text_map(std::string_view key, const Wanted& names, const Wanted& values,
                       std::map<std::string, std::string>& out) {
  const std::string expected = "a map, each key " + std::string(names.expected);
  const YamlNode* node = find(key, expected, false);
  if (node == nullptr) return false;
  if (node->kind != YamlNode::Kind::map) {
    problem(key, "got " + shown(*node) + ", expected " + expected);
    return false;
  }
  std::map<std::string, std::string> found;
  const std::size_t before = reading_.issues.size();
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const auto& [name, place] = node->keys[i];
    const std::string where = join(path_, key);
    if (!names.valid(name)) {
      reading_.issues.push_back(
          {place, where + ": got the key \"" + escaped(name, 64) + "\", expected " + std::string(names.expected)});
    } else if (node->items[i].kind != YamlNode::Kind::alias) {
      take_text(node->items[i], where + "." + escaped(name, 64), values, found[name]);
    }
  }
  if (reading_.issues.size() != before) return false;
  out = std::move(found);
  return true;
}

Section Section::section(std::string_view key, bool required, std::string_view expected) {
  const YamlNode* node = find(key, expected, required);
  if (node != nullptr && node->kind != YamlNode::Kind::map) {
    problem(key, "got " + shown(*node) + ", expected " + std::string(expected));
    node = nullptr;
  }
  return {reading_, node, join(path_, key), join(pattern_, key)};
}

std::vector<Section> Section::sections(std::string_view key, std::string_view expected, bool may_be_empty) {
  std::vector<Section> out;
  const std::string wanted = "a list, each entry " + std::string(expected);
  const YamlNode* node = find(key, wanted, false);
  if (reading_.describe) out.emplace_back(reading_, nullptr, join(path_, key), join(pattern_, key) + "[]");
  if (node == nullptr) return out;
  if (node->kind != YamlNode::Kind::list) {
    problem(key, "got " + shown(*node) + ", expected " + wanted);
    return out;
  }
  if (node->items.empty() && !may_be_empty) {
    problem(key, "got an empty list, expected at least one entry, " + std::string(expected));
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const YamlNode& item = node->items[i];
    const std::string where = join(path_, key) + "[" + std::to_string(i) + "]";
    if (item.kind == YamlNode::Kind::alias) continue;
    if (item.kind == YamlNode::Kind::map) {
      out.emplace_back(reading_, &item, where, join(pattern_, key) + "[]");
    } else {
      reading_.issues.push_back({item.place, where + ": got " + shown(item) + ", expected " + std::string(expected)});
    }
  }
  return out;
}

}  // namespace canaryd::app
