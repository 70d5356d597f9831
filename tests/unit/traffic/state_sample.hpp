#pragma once

#include <doctest/doctest.h>

#include <string>

#include "canaryd/base/time_text.hpp"
#include "canaryd/traffic/state_map.hpp"

namespace canaryd::traffic::sample {

// A value of an entry, as JSON text of a string.
inline const std::string a_value =
    R"("{\"by\":\"token:alice\",\"reason\":\"a move\",\"since\":\"2026-08-01T12:00:00Z\"}")";

// The ConfigMap with this data, at resourceVersion 41.
inline std::string config_map(const std::string& data) {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"canaryd-state","namespace":"canaryd",)"
         R"("resourceVersion":"41"},"data":{)" +
         data + "}}";
}

inline StateEntry entry(StateEntry::Kind kind, const std::string& ns = "", const std::string& name = "",
                        const std::string& about = "") {
  StateEntry e;
  e.kind = kind;
  e.ns = Namespace(ns);
  e.name = ServiceName(name);
  e.about = about;
  e.by = "token:alice";
  e.reason = "the \"database\" moves";
  e.since = *parse_rfc3339("2026-08-01T12:00:00.123456Z");
  return e;
}

inline StateMap decoded(const std::string& text) {
  auto map = decode_state(text);
  REQUIRE_MESSAGE(map.has_value(), (map ? "" : map.error().message));
  return *map;
}

inline StateMap with_data(const std::string& data) { return decoded(config_map(data)); }

}  // namespace canaryd::traffic::sample
