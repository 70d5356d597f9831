#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"

// One text in a ConfigMap that others have keys of their own in. Pure.
namespace canaryd::traffic {

struct MapText {
  std::string resource_version;
  bool has_data = false;
  std::optional<std::string> text;  // of the key
};
// Errors: `invalid` with what was expected.
Result<MapText> decode_map_text(std::string_view config_map_json, const std::string& key);

// The JSON Patch that sets the key. It fails when somebody changed the key since `seen`, or, where the key is not there
// yet, when anything in the map was changed. `key` is of [-._a-zA-Z0-9].
std::string map_text_patch(const MapText& seen, const std::string& key, const std::string& text);

// A new ConfigMap with this key alone.
std::string map_with_text(const Namespace& ns, const std::string& name, const std::string& key,
                          const std::string& text);

}  // namespace canaryd::traffic
