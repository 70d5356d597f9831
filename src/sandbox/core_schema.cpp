#include "core_schema.hpp"

#include <algorithm>
#include <set>

#include "canaryd/base/strong.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::sandbox {

namespace {

constexpr std::size_t most_bytes = 1048576;
constexpr std::size_t longest_key = 253;

const std::set<std::string>& config_map_names() {
  static const std::set<std::string> names{"apiVersion", "kind", "metadata", "data", "binaryData", "immutable"};
  return names;
}

const std::set<std::string>& event_names() {
  static const std::set<std::string> names{"apiVersion",       "kind",          "metadata",  "involvedObject",
                                           "reason",           "message",       "source",    "count",
                                           "firstTimestamp",   "lastTimestamp", "type",      "series",
                                           "action",           "related",       "eventTime", "reportingComponent",
                                           "reportingInstance"};
  return names;
}

// The first problem of decoding an object into a built-in type.
class Decoding {
 public:
  Decoding(Kind kind, Json& object, const CoreWrite& write)
      : kind_(resource_of(kind).singular), object_(object), write_(write), whole_(dump(object)) {}

  void only(const std::set<std::string>& names) {
    for (auto it = object_.begin(); it != object_.end();) {
      if (names.contains(it.key())) {
        ++it;
        continue;
      }
      if (write_.strict) blame("strict decoding error: unknown field \"" + it.key() + "\"");
      it = object_.erase(it);
    }
  }
  void wrong_type(const Json& value, const std::string& field, const std::string& type) {
    blame(std::string("json: cannot unmarshal ") + value.type_name() + " into Go struct field " + std::string(kind_) +
          "." + field + " of type " + type);
  }
  void blame(const std::string& what) {
    if (problem_.empty()) problem_ = what;
  }
  std::optional<Failure> failure() const {
    if (problem_.empty()) return std::nullopt;
    return write_.patched ? Failure::undecodable_patch(whole_, problem_) : Failure::undecodable(kind_, problem_);
  }

 private:
  std::string_view kind_;
  Json& object_;
  const CoreWrite& write_;
  std::string whole_;
  std::string problem_;
};

bool is_config_key(const std::string& key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

// A member that must be a string; null is as if it were absent.
void text(Decoding& decoding, Json& object, const char* name) {
  const Json& value = member(object, name);
  if (!value.is_null() && !value.is_string()) return decoding.wrong_type(value, name, "string");
  if (text_member(object, name).empty()) object.erase(name);
}

// Kubernetes' Time has whole seconds.
void time(Decoding& decoding, Json& object, const char* name) {
  const Json value = member(object, name);
  object[name] = nullptr;
  if (value.is_null()) return;
  if (!value.is_string()) return decoding.wrong_type(value, name, "string");
  const auto parsed = parse_rfc3339(value.get_ref<const std::string&>());
  if (!parsed) return decoding.blame("parsing time " + dump(value) + ": expected RFC 3339");
  object[name] = to_rfc3339(*parsed).substr(0, 19) + "Z";
}

std::optional<Failure> decode_event(Json& event, const CoreWrite& write) {
  Decoding decoding(Kind::event, event, write);
  decoding.only(event_names());
  for (const char* name : {"reason", "message", "type", "action", "reportingComponent", "reportingInstance"}) {
    text(decoding, event, name);
  }
  time(decoding, event, "firstTimestamp");
  time(decoding, event, "lastTimestamp");
  const Json& count = member(event, "count");
  if (!count.is_null() && !count.is_number_integer()) decoding.wrong_type(count, "count", "int32");
  for (const char* name : {"involvedObject", "source"}) {
    Json& object = event[name];
    if (object.is_null()) object = Json::object();
    if (!object.is_object()) decoding.wrong_type(object, name, "v1.Object");
  }
  if (decoding.failure()) return decoding.failure();
  if (count.is_null() || count == 0) event.erase("count");
  for (const char* name : {"reportingComponent", "reportingInstance"}) event[name] = text_member(event, name);
  if (!event.contains("eventTime")) event["eventTime"] = nullptr;
  return std::nullopt;
}

}  // namespace

Outcome<Json> checked_config_map(Json object, const CoreWrite& write) {
  const Resource& resource = resource_of(Kind::config_map);
  Decoding decoding(Kind::config_map, object, write);
  decoding.only(config_map_names());
  std::size_t bytes = 0;
  std::string odd_key;
  for (const char* field : {"data", "binaryData"}) {
    const Json& data = member(object, field);
    if (!data.is_null() && !data.is_object()) decoding.wrong_type(data, field, "map[string]string");
    if (!data.is_object() || data.empty()) {
      object.erase(field);
      continue;
    }
    for (const auto& [key, value] : data.items()) {
      if (!value.is_string()) {
        decoding.wrong_type(value, field, "string");
        continue;
      }
      bytes += value.get_ref<const std::string&>().size();
      if (odd_key.empty() && (!is_config_key(key) || key.size() > longest_key)) odd_key = key;
    }
  }
  if (const auto failure = decoding.failure()) return refuse(*failure);
  if (!is_dns_subdomain(write.name)) {
    return refuse(Failure::invalid(resource, write.name,
                                   "metadata.name: Invalid value: " + dump(Json(write.name)) +
                                       ": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                                       "characters, '-' or '.'"));
  }
  if (!odd_key.empty()) {
    return refuse(
        Failure::invalid(resource, write.name,
                         "data[" + odd_key + "]: Invalid value: " + dump(Json(odd_key)) +
                             ": a valid config key must consist of alphanumeric characters, '-', '_' or '.'"));
  }
  if (bytes > most_bytes) {
    return refuse(Failure::invalid(resource, write.name, "[]: Too long: may not be more than 1048576 bytes"));
  }
  return object;
}

Outcome<Json> checked_event(Json object, const CoreWrite& write) {
  const Resource& resource = resource_of(Kind::event);
  if (const auto failure = decode_event(object, write)) return refuse(*failure);
  const std::string involved = text_member(object["involvedObject"], "namespace");
  const bool timed = !object["eventTime"].is_null();
  // An Event about what has no namespace stands in `default`.
  if (involved.empty() ? write.ns != "default" : involved != write.ns) {
    return refuse(Failure::invalid(
        resource, write.name,
        "involvedObject.namespace: Invalid value: " + dump(Json(involved)) + ": does not match event.namespace"));
  }
  for (const char* name : {"reportingComponent", "reportingInstance", "action", "reason"}) {
    if (timed && text_member(object, name).empty()) {
      return refuse(Failure::invalid(resource, write.name, std::string(name) + ": Required value"));
    }
  }
  return object;
}

}  // namespace canaryd::sandbox
