#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace canaryd::app {

// A place in a text, line and column counted from 1, the column in characters.
struct Place {
  int line = 1;
  int column = 1;
  auto operator<=>(const Place&) const = default;
};

// Something that is wrong at a place.
struct Issue {
  Place place;
  std::string what;
};

// A YAML node with its place. Of a map, keys[i] belongs to items[i]. An alias has been refused already.
struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, list, map, alias };
  struct Key {
    std::string name;
    Place place;
  };

  Kind kind = Kind::null;
  Place place;
  bool quoted = false;  // of a scalar: written in quotes or as a block
  std::string text;     // of a scalar
  std::vector<YamlNode> items;
  std::vector<Key> keys;
};

struct YamlReading {
  std::optional<YamlNode> root;  // absent when the text has no document, or after a syntax error
  std::vector<Issue> issues;     // in the order of the text
};

inline constexpr std::size_t max_yaml_size = 1u << 20;
inline constexpr std::size_t max_yaml_depth = 32;
inline constexpr std::size_t max_yaml_entries = 10000;  // of one map or list

// Reads the subset of YAML that leaves no room for surprise: one document of maps, lists and scalars. Refused with
// their place: duplicate keys, keys that are no plain text, aliases, anchors, merge keys, tags, a second document, a
// quote that does not end, text that is not UTF-8. A syntax error ends the reading. Scalars are not interpreted. Pure.
YamlReading read_yaml(std::string_view text);

}  // namespace canaryd::app
