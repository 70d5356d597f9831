#include "parse.hpp"

#include <nlohmann/json.hpp>

#include "line.hpp"

namespace canaryd::audit {

namespace {

using nlohmann::json;

// A value of two bytes takes some hundred in memory. What canaryd writes has a few thousand at most.
constexpr std::size_t most_values = 50'000;

bool separates(char c) { return c == ',' || c == '[' || c == '{'; }

// By what stands outside of texts, before a parser builds anything.
bool has_too_many_values(std::string_view line) {
  if (line.size() < most_values) return false;
  std::size_t values = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      in_text = !in_text;
    } else if (!in_text && separates(line[i]) && ++values == most_values) {
      return true;
    }
  }
  return false;
}

std::string text_of(const json& object, const char* name) { return object.value(name, std::string()); }

Pairs pairs_of(const json& object, const char* name) {
  Pairs pairs;
  if (const auto found = object.find(name); found != object.end()) {
    for (const auto& [key, value] : found->items()) pairs.emplace_back(key, value.get<std::string>());
  }
  return pairs;
}

template <class Item, class Read>
void each(const json& object, const char* name, std::vector<Item>& items, Read read) {
  if (const auto found = object.find(name); found != object.end()) {
    for (const auto& item : *found) items.push_back(read(item));
  }
}

AlertRef alert_of(const json& object) {
  return {text_of(object, "name"),      text_of(object, "status"), text_of(object, "fingerprint"),
          text_of(object, "starts_at"), text_of(object, "value"),  pairs_of(object, "labels")};
}

GuardAnswer guard_of(const json& object) {
  return {text_of(object, "guard"), object.at("passed").get<bool>(), text_of(object, "detail"),
          object.value("overridden", false)};
}

Change change_of(const json& object) {
  return {text_of(object, "component"), text_of(object, "canary"), text_of(object, "stable"),
          object.value("percent_before", -1), object.value("percent_after", -1)};
}

ApiAnswer api_of(const json& object) {
  ApiAnswer api{object.value("http_status", 0),
                text_of(object, "result"),
                text_of(object, "detail"),
                object.value("generation", std::int64_t{0}),
                {}};
  each(object, "admission_changed", api.admission_changed, [](const json& path) { return path.get<std::string>(); });
  return api;
}

Record record_of(const json& object) {
  Record record;
  record.kind = kind_from(text_of(object, "kind")).value_or(Kind::lifecycle);
  record.id = text_of(object, "id");
  record.event = text_of(object, "event");
  if (const auto target = object.find("target"); target != object.end()) {
    record.target = TargetRef{text_of(*target, "namespace"), text_of(*target, "name"), text_of(*target, "uid")};
  }
  each(object, "alerts", record.alerts, alert_of);
  record.action = text_of(object, "action");
  record.verdict = text_of(object, "verdict");
  record.reason = text_of(object, "reason");
  each(object, "guards", record.guards, guard_of);
  each(object, "changes", record.changes, change_of);
  record.generation = object.value("generation", std::int64_t{0});
  record.patch = text_of(object, "patch");
  if (const auto api = object.find("api"); api != object.end()) record.api = api_of(*api);
  record.policy_sha256 = text_of(object, "policy_sha256");
  record.config_sha256 = text_of(object, "config_sha256");
  record.actor = text_of(object, "actor");
  record.peer = text_of(object, "peer");
  record.because = text_of(object, "because");
  record.count = object.value("count", std::uint64_t{0});
  record.details = pairs_of(object, "details");
  each(object, "shortened", record.shortened, [](const json& path) { return path.get<std::string>(); });
  record.message = text_of(object, "message");
  return record;
}

}  // namespace

Result<Record> parse_line(std::string_view line) {
  if (has_too_many_values(line)) {
    return fail(
        Error::invalid("a record of the audit log: expected at most " + std::to_string(most_values) + " values"));
  }
  try {
    return record_of(json::parse(line.begin(), line.end()));
  } catch (const json::exception& error) {
    return fail(Error::invalid(std::string("a record of the audit log: ") + error.what()));
  }
}

}  // namespace canaryd::audit
