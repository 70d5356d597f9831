#include "canaryd/traffic/event.hpp"

#include <nlohmann/json.hpp>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "json_reader.hpp"

namespace canaryd::traffic {

namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_message = 1024;  // of an Event, by the API server's validation

// Kubernetes' Time has whole seconds.
std::string seconds_text(WallTime time) {
  std::string text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
  return text.substr(0, text.find('.')) + "Z";
}

std::string shortened(const std::string& message) { return std::string(cut(message, longest_message)); }

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string event_body(const ServiceEvent& event) {
  const Json object = {{"apiVersion", "serving.kserve.io/v1beta1"},
                       {"kind", "InferenceService"},
                       {"namespace", event.target.ns.str()},
                       {"name", event.target.name.str()},
                       {"uid", event.uid.str()}};
  return dumped({{"apiVersion", "v1"},
                 {"kind", "Event"},
                 {"metadata", {{"name", event.name}, {"namespace", event.target.ns.str()}}},
                 {"involvedObject", object},
                 {"type", event.warning ? "Warning" : "Normal"},
                 {"reason", event.reason},
                 {"message", shortened(event.message)},
                 {"source", {{"component", event.component}}},
                 {"firstTimestamp", seconds_text(event.first)},
                 {"lastTimestamp", seconds_text(event.last)},
                 {"count", event.count}});
}

std::string event_patch(const ServiceEvent& event) {
  return dumped(Json::array({{{"op", "replace"}, {"path", "/count"}, {"value", event.count}},
                             {{"op", "replace"}, {"path", "/lastTimestamp"}, {"value", seconds_text(event.last)}},
                             {{"op", "replace"}, {"path", "/message"}, {"value", shortened(event.message)}}}));
}

}  // namespace canaryd::traffic
