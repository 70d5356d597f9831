#include "canaryd/traffic/text_map.hpp"

#include <nlohmann/json.hpp>

#include "json_reader.hpp"

namespace canaryd::traffic {

namespace {

using Json = nlohmann::json;

constexpr Shape map_shape[] = {{"metadata"}, {"data"}};

}  // namespace

Result<MapText> decode_map_text(std::string_view config_map_json, const std::string& key) {
  const auto document = Document::parse(config_map_json, map_shape);
  if (!document) return fail(document.error());
  Problem problem;
  const Field root = document->root(problem);
  MapText map;
  map.resource_version = root["metadata"]["resourceVersion"].text();
  const Field data = root["data"];
  map.has_data = data.present();
  const auto texts = data.texts();
  if (!problem.text.empty()) return fail(Error::invalid(problem.text));
  if (map.resource_version.empty()) return fail(Error::invalid("metadata.resourceVersion: expected a text"));
  if (const auto found = texts.find(key); found != texts.end()) map.text = found->second;
  return map;
}

std::string map_text_patch(const MapText& seen, const std::string& key, const std::string& text) {
  const std::string path = "/data/" + key;
  Json patch = Json::array();
  if (seen.text) {
    patch.push_back({{"op", "test"}, {"path", path}, {"value", *seen.text}});
  } else {
    patch.push_back({{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", seen.resource_version}});
  }
  if (!seen.has_data) patch.push_back({{"op", "add"}, {"path", "/data"}, {"value", Json::object()}});
  patch.push_back({{"op", "add"}, {"path", path}, {"value", text}});
  return patch.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string map_with_text(const Namespace& ns, const std::string& name, const std::string& key,
                          const std::string& text) {
  return Json{{"apiVersion", "v1"},
              {"kind", "ConfigMap"},
              {"metadata", {{"name", name}, {"namespace", ns.str()}}},
              {"data", {{key, text}}}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace canaryd::traffic
