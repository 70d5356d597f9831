#include "route_yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "canaryd/base/text.hpp"

namespace canaryd::rules::route {
namespace {

Place place_of_mark(const YAML::Mark& mark) {
  if (mark.is_null() || mark.line < 0) return {};
  return {mark.line + 1, mark.column + 1};
}

// Copies yaml-cpp's graph (an alias is the very node that it names, and may hold itself) into a tree of bounded size.
class Copier {
 public:
  explicit Copier(std::vector<Issue>& issues) : issues_(issues) {}

  Node copy(const YAML::Node& from, Place fallback, std::size_t depth) {
    Node node;
    node.place = place_of_mark(from.Mark());
    if (node.place.line == 0) node.place = fallback;
    if (stopped_) return node;
    if (++count_ > max_nodes || depth > max_depth) {
      stopped_ = true;
      issues_.push_back({node.place, "more nested than can be read, expected at most " + std::to_string(max_depth) +
                                         " levels and " + std::to_string(max_nodes) + " values"});
      return node;
    }
    if (from.IsScalar()) {
      node.kind = Node::Kind::scalar;
      node.text = from.Scalar();
    } else if (from.IsSequence()) {
      node.kind = Node::Kind::list;
      for (const auto& item : from) node.items.push_back(copy(item, node.place, depth + 1));
    } else if (from.IsMap()) {
      node.kind = Node::Kind::map;
      copy_map(from, node, depth);
    }
    return node;
  }

 private:
  void copy_map(const YAML::Node& from, Node& node, std::size_t depth) {
    std::vector<Node> merged;
    for (const auto& entry : from) {
      const Place at = place_of_mark(entry.first.Mark());
      if (!entry.first.IsScalar()) {
        issues_.push_back({at, "this key is no text, expected a plain key"});
        continue;
      }
      const std::string& name = entry.first.Scalar();
      Node value = copy(entry.second, at, depth + 1);
      if (name == "<<") {
        merged.push_back(std::move(value));
      } else if (has(node, name)) {
        issues_.push_back({at, "the key \"" + escaped(name, 64) + "\" stands twice, expected it once"});
      } else {
        node.keys.push_back({name, at});
        node.items.push_back(std::move(value));
      }
    }
    // What stands in the map itself wins over what is merged into it.
    for (const auto& source : merged) merge(source, node);
  }

  static bool has(const Node& node, std::string_view name) {
    return std::any_of(node.keys.begin(), node.keys.end(), [&](const Node::Key& key) { return key.name == name; });
  }

  void merge(const Node& source, Node& node) {
    if (source.kind == Node::Kind::list) {
      for (const auto& each : source.items) merge(each, node);
    } else if (source.kind == Node::Kind::map) {
      for (std::size_t i = 0; i < source.keys.size(); ++i) {
        if (has(node, source.keys[i].name)) continue;
        node.keys.push_back(source.keys[i]);
        node.items.push_back(source.items[i]);
      }
    } else {
      issues_.push_back({source.place, "a merge key (<<) without a map, expected a map or an alias of one"});
    }
  }

  std::vector<Issue>& issues_;
  std::size_t count_ = 0;
  bool stopped_ = false;
};

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].name == key) return items[i].kind == Kind::null ? nullptr : &items[i];
  }
  return nullptr;
}

Place Node::place_of(std::string_view key) const {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key; });
  return found == keys.end() ? place : found->place;
}

Node read_yaml(std::string_view text, std::vector<Issue>& issues) {
  if (!is_utf8(text)) {
    issues.push_back({{1, 1}, "not UTF-8, expected YAML text"});
    return {};
  }
  try {
    return Copier(issues).copy(YAML::Load(std::string(text)), {1, 1}, 0);
  } catch (const YAML::Exception& error) {
    Place place = place_of_mark(error.mark);
    if (place.line == 0) place = {1, 1};
    issues.push_back(
        {place, "not YAML, here or shortly before (" + escaped(error.msg, 128) + "), expected valid YAML"});
    return {};
  }
}

}  // namespace canaryd::rules::route
