#include <algorithm>
#include <cstddef>

#include "canaryd/base/text.hpp"
#include "config_section.hpp"

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
