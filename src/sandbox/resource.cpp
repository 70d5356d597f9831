#include "resource.hpp"

#include <vector>

namespace canaryd::sandbox {

namespace {

constexpr std::array<Resource, kinds> resources{{
    {Kind::inference_service, "serving.kserve.io", "v1beta1", "inferenceservices", "InferenceService", true},
    {Kind::revision, "serving.knative.dev", "v1", "revisions", "Revision", true},
    {Kind::config_map, "", "v1", "configmaps", "ConfigMap", false},
    {Kind::event, "", "v1", "events", "Event", false},
}};

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  std::size_t begin = 1;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    segments.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

}  // namespace

std::string Resource::api_version() const {
  return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
}
std::string Resource::qualified() const {
  return group.empty() ? std::string(plural) : std::string(plural) + "." + std::string(group);
}
std::string Resource::qualified_kind() const {
  return group.empty() ? std::string(singular) : std::string(singular) + "." + std::string(group);
}

const Resource& resource_of(Kind kind) { return resources[static_cast<std::size_t>(kind)]; }

std::optional<ApiPath> parse_api_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return std::nullopt;
  const auto segments = segments_of(path);
  for (const Resource& resource : resources) {
    std::size_t at = 0;
    const auto next_is = [&](std::string_view expected) {
      if (at >= segments.size() || segments[at] != expected) return false;
      ++at;
      return true;
    };
    const bool root = resource.group.empty() ? next_is("api") : next_is("apis") && next_is(resource.group);
    if (!root || !next_is(resource.version)) continue;
    ApiPath result;
    result.resource = &resource;
    if (next_is("namespaces")) {
      if (at >= segments.size() || segments[at].empty()) continue;
      result.ns = segments[at++];
    }
    if (!next_is(resource.plural)) continue;
    if (at < segments.size()) {
      if (result.ns.empty() || segments[at].empty()) continue;
      result.name = segments[at++];
    }
    if (at < segments.size()) {
      if (!resource.custom || !next_is("status")) continue;
      result.status = true;
    }
    if (at == segments.size()) return result;
  }
  return std::nullopt;
}

}  // namespace canaryd::sandbox
