#include "canaryd/traffic/state_map.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "json_reader.hpp"

namespace canaryd::traffic {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 4> kinds{"hold", "quarantine", "lowered", "stop"};  // by StateEntry::Kind
constexpr std::size_t longest_text = 256;
constexpr std::string_view expected_value = "one line of JSON with by, reason and since (RFC 3339), and perhaps until";

constexpr std::string_view expected_key =
    "a key hold, hold.NS, hold.NS.NAME, quarantine.NS.NAME.REVISION, lowered.NS.NAME.COMPONENT or stop";

constexpr Shape data_shape[] = {{"metadata"}, {"data"}, {"binaryData"}};

// Parts of a key: at most four, the last one with its dots.
std::vector<std::string> parts_of(const std::string& key) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (parts.size() < 3) {
    const std::size_t dot = key.find('.', begin);
    if (dot == std::string::npos) break;
    parts.push_back(key.substr(begin, dot - begin));
    begin = dot + 1;
  }
  parts.push_back(key.substr(begin));
  return parts;
}

std::optional<StateEntry> entry_of(const std::string& key) {
  const auto parts = parts_of(key);
  const auto kind = std::find(kinds.begin(), kinds.end(), parts[0]);
  if (kind == kinds.end()) return std::nullopt;
  StateEntry entry;
  entry.kind = static_cast<StateEntry::Kind>(kind - kinds.begin());
  const bool has_about = entry.kind == StateEntry::Kind::quarantine || entry.kind == StateEntry::Kind::lowered;
  const std::size_t most = entry.kind == StateEntry::Kind::stop ? 1 : has_about ? 4 : 3;
  if (parts.size() > most || (has_about && parts.size() != most)) return std::nullopt;
  for (std::size_t i = 1; i < std::min<std::size_t>(parts.size(), 3); ++i) {
    if (!is_dns_label(parts[i])) return std::nullopt;
  }
  if (has_about && !is_dns_subdomain(parts[3])) return std::nullopt;
  if (parts.size() > 1) entry.ns = Namespace(parts[1]);
  if (parts.size() > 2) entry.name = ServiceName(parts[2]);
  if (has_about) entry.about = parts[3];
  return entry;
}

bool read_value(const std::string& text, StateEntry& entry) {
  const auto document = Document::parse(text, {});
  if (!document || !document->json().is_object()) return false;
  Problem problem;
  const Field root = document->root(problem);
  // Cut as what canaryd writes is: a person may have written more than a record should carry.
  entry.by = cut(root["by"].text(), longest_text);
  entry.reason = cut(root["reason"].text(), longest_text);
  entry.record = cut(root["record"].text(), longest_text);
  const auto since = root["since"].time();
  entry.until = root["until"].time();
  if (!problem.text.empty() || !since || entry.by.empty()) return false;
  entry.since = *since;
  return true;
}

std::string value_of(const StateEntry& entry) {
  // Ordered, as a person reads it.
  nlohmann::ordered_json value;
  value["by"] = cut(entry.by, longest_text);
  value["reason"] = cut(entry.reason, longest_text);
  value["since"] = to_rfc3339(entry.since);
  if (entry.until) value["until"] = to_rfc3339(*entry.until);
  if (!entry.record.empty()) value["record"] = entry.record;
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

std::string StateEntry::key() const {
  std::string out(kinds.at(static_cast<std::size_t>(kind)));
  if (!ns.empty()) out += "." + ns.str();
  if (!name.empty()) out += "." + name.str();
  if (!about.empty()) out += "." + about;
  return out;
}

bool StateEntry::covers(const Target& target) const {
  return (ns.empty() || ns == target.ns) && (name.empty() || name == target.name);
}

Result<StateMap> decode_state(std::string_view config_map_json) {
  const auto document = Document::parse(config_map_json, data_shape);
  if (!document) return fail(document.error());
  Problem problem;
  const Field root = document->root(problem);
  StateMap map;
  map.resource_version = root["metadata"]["resourceVersion"].text();
  const Field data = root["data"];
  map.has_data = data.present();
  const auto values = data.texts();
  if (!problem.text.empty()) return fail(Error::invalid(problem.text));
  if (map.resource_version.empty()) return fail(Error::invalid("metadata.resourceVersion: expected a text"));
  if (root["binaryData"].present()) map.damaged.push_back({"binaryData", "none: entries are texts", std::nullopt});
  for (const auto& [key, text] : values) {
    map.sizes[key] = key.size() + text.size();
    auto entry = entry_of(key);
    if (!entry) {
      map.damaged.push_back({key, std::string(expected_key), std::nullopt});
    } else if (auto read = *entry; !read_value(text, read)) {
      map.damaged.push_back({key, std::string(expected_value), std::move(entry)});
    } else {
      map.entries.push_back(std::move(read));
    }
  }
  return map;
}

std::size_t size_of(const StateEntry& entry) { return entry.key().size() + value_of(entry).size(); }

std::string state_patch(const StateMap& seen, const std::vector<StateEntry>& put,
                        const std::vector<std::string>& remove) {
  Json patch = Json::array();
  patch.push_back({{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", seen.resource_version}});
  if (!seen.has_data) patch.push_back({{"op", "add"}, {"path", "/data"}, {"value", Json::object()}});
  for (const auto& key : remove) {
    const bool there = std::any_of(seen.entries.begin(), seen.entries.end(),
                                   [&](const StateEntry& entry) { return entry.key() == key; });
    if (there) patch.push_back({{"op", "remove"}, {"path", "/data/" + key}});
  }
  for (const auto& entry : put) {
    patch.push_back({{"op", "add"}, {"path", "/data/" + entry.key()}, {"value", value_of(entry)}});
  }
  return patch.dump();
}

std::string empty_state(const Namespace& ns, const std::string& name) {
  return Json{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}, {"namespace", ns.str()}}}}
      .dump();
}

}  // namespace canaryd::traffic
