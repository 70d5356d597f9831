#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace canaryd::sandbox {

// What the embedded cluster serves.
enum class Kind : std::uint8_t { inference_service, revision, config_map, event };
constexpr std::size_t kinds = 4;

struct Resource {
  Kind kind;
  std::string_view group;  // empty: the core group
  std::string_view version;
  std::string_view plural;
  std::string_view singular;  // as in `kind:`
  bool custom;                // a custom resource: has a generation and a status subresource

  std::string api_version() const;     // "serving.kserve.io/v1beta1"
  std::string qualified() const;       // "inferenceservices.serving.kserve.io", as error messages name it
  std::string qualified_kind() const;  // "InferenceService.serving.kserve.io"
};

const Resource& resource_of(Kind kind);

struct Key {
  std::string ns;
  std::string name;
  auto operator<=>(const Key&) const = default;
};

// A path of the API: of a collection (`name` empty; `ns` empty for all namespaces), of an object or its status.
struct ApiPath {
  const Resource* resource = nullptr;
  std::string ns;
  std::string name;
  bool status = false;
  Key key() const { return {ns, name}; }
};

// nullopt for a path that is not one of these resources'.
std::optional<ApiPath> parse_api_path(std::string_view path);

}  // namespace canaryd::sandbox
