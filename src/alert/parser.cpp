#include "parser.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::alert {

namespace {

constexpr std::size_t max_shown = 64;
constexpr std::size_t max_group_key = 64u << 10;  // it repeats the group's labels

constexpr std::string_view version_expected = "\"4\", the version of Alertmanager's webhook payload";

constexpr std::array<std::string_view, 5> root_fields = {"version", "receiver", "groupKey", "truncatedAlerts",
                                                         "alerts"};
constexpr std::array<std::string_view, 6> alert_fields = {"status",   "labels", "annotations",
                                                          "startsAt", "endsAt", "fingerprint"};

// What each field of an alert has to be, for the refusal of another type or of its absence.
std::string_view expectation(std::string_view field) {
  if (field == "version") return version_expected;
  if (field == "alerts") return "an array of alerts";
  if (field == "truncatedAlerts") return "an integer of 0 or more";
  if (field == "status") return "\"firing\" or \"resolved\"";
  if (field == "labels" || field == "annotations") return "an object of strings";
  if (field == "startsAt" || field == "endsAt") return "RFC 3339";
  if (field == "fingerprint") return "16 hexadecimal digits in lower case";
  return "a string";
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& fields, std::string_view name) {
  return std::find(fields.begin(), fields.end(), name) != fields.end();
}

std::string quoted(std::string_view text) { return '"' + escaped(text, max_shown) + '"'; }

std::string described(const Value& value) {
  if (value.text != nullptr) return quoted(*value.text);
  if (value.integer) return std::to_string(*value.integer);
  return value.type;
}

// Alertmanager prints the hash of the labels as 16 digits.
bool is_fingerprint(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string Parser::path() const {
  std::string path;
  const auto inside = [this](Place wanted) { return std::find(open_.begin(), open_.end(), wanted) != open_.end(); };
  if (inside(Place::alert)) {
    path = "alerts[" + std::to_string(notification_.alerts.size() - 1) + "]";
    if (place() == Place::labels) path += ".labels";
    if (place() == Place::annotations) path += ".annotations";
  } else if (inside(Place::alerts)) {
    return "alerts[" + std::to_string(notification_.alerts.size()) + "]";
  }
  if (key_.empty()) return path;
  return (path.empty() ? path : path + ".") + escaped(key_, max_shown);
}

bool Parser::refuse(const std::string& where, const std::string& expected, const std::string& got) {
  failure_ = (where.empty() ? std::string() : where + ": ") + "expected " + expected + ", got " + got;
  return false;
}

bool Parser::refuse_value(const std::string& expected, const Value& value) {
  return refuse(path(), expected, described(value));
}

bool Parser::broken(std::size_t byte) {
  if (failure_.empty()) {
    failure_ = "byte " + std::to_string(byte) + ": expected JSON in UTF-8, which breaks or ends here";
  }
  return false;
}

bool Parser::key(std::string& name) {
  const Place here = place();
  if (here == Place::elsewhere) return true;
  key_ = std::move(name);
  if (here == Place::root && is_one_of(root_fields, key_) && !root_keys_.insert(key_).second) {
    return refuse(path(), "one field of this name", "a second one");
  }
  if (here == Place::alert && is_one_of(alert_fields, key_) && !alert_keys_.insert(key_).second) {
    return refuse(path(), "one field of this name", "a second one");
  }
  if (here == Place::labels || here == Place::annotations) {
    if (key_.size() > max_label_bytes) {
      return refuse(path(), "a name of at most " + std::to_string(max_label_bytes) + " bytes",
                    std::to_string(key_.size()));
    }
    if (map().size() == max_labels) return refuse(path(), "at most " + std::to_string(max_labels) + " names", "more");
    if (!map().emplace(key_, "").second) return refuse(path(), "one entry of this name", "a second one");
  }
  return true;
}

bool Parser::scalar(const Value& value) {
  switch (place()) {
    case Place::nowhere:
      return refuse("", "a JSON object, Alertmanager's webhook payload", described(value));
    case Place::root:
      return root_field(value);
    case Place::alerts:
      return refuse(path(), "an object", described(value));
    case Place::alert:
      return alert_field(value);
    case Place::labels:
    case Place::annotations:
      return map_entry(value);
    case Place::elsewhere:
      return true;
  }
  return true;
}

bool Parser::open(Place next, const char* type) {
  if (open_.size() >= static_cast<std::size_t>(max_json_depth)) {
    return refuse(path(), "JSON nested at most " + std::to_string(max_json_depth) + " deep", type);
  }
  open_.push_back(next);
  if (next != Place::elsewhere) key_.clear();
  return true;
}

bool Parser::begin_object() {
  switch (place()) {
    case Place::nowhere:
      return open(Place::root, "an object");
    case Place::root:
      return begin_in_root(false);
    case Place::alerts:
      return begin_alert();
    case Place::alert:
      return begin_in_alert(false);
    case Place::labels:
    case Place::annotations:
      return refuse(path(), "a string", "an object");
    case Place::elsewhere:
      return open(Place::elsewhere, "an object");
  }
  return true;
}

bool Parser::begin_array() {
  switch (place()) {
    case Place::nowhere:
      return refuse("", "a JSON object, Alertmanager's webhook payload", "an array");
    case Place::root:
      return begin_in_root(true);
    case Place::alerts:
      return refuse(path(), "an object", "an array");
    case Place::alert:
      return begin_in_alert(true);
    case Place::labels:
    case Place::annotations:
      return refuse(path(), "a string", "an array");
    case Place::elsewhere:
      return open(Place::elsewhere, "an array");
  }
  return true;
}

bool Parser::begin_in_root(bool is_array) {
  const char* type = is_array ? "an array" : "an object";
  if (key_ == "alerts" && is_array) return open(Place::alerts, type);
  if (is_one_of(root_fields, key_)) return refuse(path(), std::string(expectation(key_)), type);
  return open(Place::elsewhere, type);
}

bool Parser::begin_in_alert(bool is_array) {
  const char* type = is_array ? "an array" : "an object";
  if (key_ == "labels" && !is_array) return open(Place::labels, type);
  if (key_ == "annotations" && !is_array) return open(Place::annotations, type);
  if (is_one_of(alert_fields, key_)) return refuse(path(), std::string(expectation(key_)), type);
  return open(Place::elsewhere, type);
}

bool Parser::begin_alert() {
  if (notification_.alerts.size() == max_alerts) {
    return refuse("alerts", "at most " + std::to_string(max_alerts) + " alerts", "more");
  }
  alert_keys_.clear();
  notification_.alerts.emplace_back();
  return open(Place::alert, "an object");
}

bool Parser::end() {
  const Place ended = place();
  key_.clear();
  if (ended == Place::alert && !end_alert()) return false;
  if (ended == Place::root && !end_root()) return false;
  open_.pop_back();
  return true;
}

bool Parser::end_alert() {
  for (const std::string_view field : alert_fields) {
    // Annotations are the only part of an alert that nothing is decided on.
    if (field == "annotations" || alert_keys_.contains(field)) continue;
    return refuse(path() + "." + std::string(field), std::string(expectation(field)), "nothing");
  }
  return true;
}

bool Parser::end_root() {
  for (const std::string_view field : {std::string_view("version"), std::string_view("alerts")}) {
    if (root_keys_.contains(field)) continue;
    return refuse(std::string(field), std::string(expectation(field)),
                  "nothing (is the receiver's `payload:` set? leave it out)");
  }
  return true;
}

bool Parser::root_field(const Value& value) {
  if (key_ == "version") {
    return (value.text != nullptr && *value.text == "4") || refuse_value(std::string(version_expected), value);
  }
  if (key_ == "receiver" || key_ == "groupKey") {
    if (value.text == nullptr) return refuse_value("a string", value);
    if (value.text->size() > max_group_key) {
      return refuse_value("at most " + std::to_string(max_group_key) + " bytes", value);
    }
    (key_ == "receiver" ? notification_.receiver : notification_.group_key) = std::move(*value.text);
    return true;
  }
  if (key_ == "truncatedAlerts") {
    if (!value.integer || *value.integer < 0) return refuse_value(std::string(expectation(key_)), value);
    notification_.truncated_alerts = *value.integer;
    return true;
  }
  return key_ != "alerts" || refuse_value(std::string(expectation(key_)), value);
}

bool Parser::alert_field(const Value& value) {
  if (!is_one_of(alert_fields, key_)) return true;
  Alert& alert = notification_.alerts.back();
  if (value.text == nullptr) return refuse_value(std::string(expectation(key_)), value);
  if (key_ == "status" && (*value.text == "firing" || *value.text == "resolved")) {
    alert.status = *value.text == "firing" ? AlertStatus::firing : AlertStatus::resolved;
    return true;
  }
  if (key_ == "startsAt") return read_time(value, alert.starts_at);
  if (key_ == "endsAt") {
    WallTime end;
    if (!read_time(value, end)) return false;
    // Go's zero time: the alert has no end yet.
    if (end != parse_rfc3339("0001-01-01T00:00:00Z")) alert.ends_at = end;
    return true;
  }
  if (key_ == "fingerprint" && is_fingerprint(*value.text)) {
    alert.fingerprint = std::move(*value.text);
    return true;
  }
  return refuse_value(std::string(expectation(key_)), value);
}

bool Parser::read_time(const Value& value, WallTime& out) {
  const std::optional<WallTime> time = parse_rfc3339(*value.text);
  if (!time) return refuse_value("RFC 3339", value);
  out = *time;
  return true;
}

Labels& Parser::map() {
  Alert& alert = notification_.alerts.back();
  return place() == Place::labels ? alert.labels : alert.annotations;
}

bool Parser::map_entry(const Value& value) {
  if (value.text == nullptr) return refuse_value("a string", value);
  if (value.text->size() > max_label_bytes) {
    return refuse(path(), "a value of at most " + std::to_string(max_label_bytes) + " bytes",
                  std::to_string(value.text->size()));
  }
  map()[key_] = std::move(*value.text);
  return true;
}

}  // namespace canaryd::alert
