#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"

// Reading YAML that others wrote for another program: everything that Alertmanager's own reader takes is taken,
// anchors, aliases and merge keys too.
namespace canaryd::rules::route {

// A place in the file, counted from 1; line 0: nowhere in it.
struct Place {
  int line = 0;
  int column = 0;
  auto operator<=>(const Place&) const = default;
};

// Something that cannot be read, and where.
struct Issue {
  Place place;
  std::string what;
};

// A YAML node, with aliases resolved and merge keys merged. Of a map, keys[i] belongs to items[i].
struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  struct Key {
    std::string name;
    Place place;
  };

  Kind kind = Kind::null;
  Place place;
  std::string text;  // of a scalar
  std::vector<Node> items;
  std::vector<Key> keys;

  // The value of a key, nullptr when there is none or it is null (Alertmanager treats both alike).
  const Node* find(std::string_view key) const;
  // Where the key stands; the node's own place when it does not.
  Place place_of(std::string_view key) const;
};

inline constexpr std::size_t max_nodes = 200'000;  // aliases multiply what is written
inline constexpr std::size_t max_depth = 100;

// Reads the first document, as Alertmanager does. Issues: a syntax error (it ends the reading: the node is null), a key
// that stands twice, more than the bounds above.
Node read_yaml(std::string_view text, std::vector<Issue>& issues);

}  // namespace canaryd::rules::route
