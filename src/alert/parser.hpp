#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/alert/notification.hpp"

namespace canaryd::alert {

// A value as the JSON parser reports it; `text` is set for strings, `integer` for whole numbers of 64 bits.
struct Value {
  const char* type = "";  // with its article: "a string"
  std::string* text = nullptr;
  std::optional<std::int64_t> integer;
};

// Builds a Notification from a JSON parser's events and stops at the first thing that is wrong: nothing is built from a
// body that breaks a limit. Each function returns false to stop; `failure` then says why.
class Parser {
 public:
  bool scalar(const Value& value);
  bool begin_object();
  bool begin_array();
  bool end();  // of an object or an array
  bool key(std::string& name);
  bool broken(std::size_t byte);

  const std::string& failure() const { return failure_; }
  Notification take() { return std::move(notification_); }

 private:
  enum class Place : std::uint8_t { nowhere, root, alerts, alert, labels, annotations, elsewhere };

  Place place() const { return open_.empty() ? Place::nowhere : open_.back(); }
  bool open(Place next, const char* type);
  bool begin_in_root(bool is_array);
  bool begin_in_alert(bool is_array);
  bool begin_alert();
  bool end_root();
  bool end_alert();
  bool root_field(const Value& value);
  bool alert_field(const Value& value);
  bool map_entry(const Value& value);
  bool read_time(const Value& value, WallTime& out);
  Labels& map();

  std::string path() const;
  bool refuse(const std::string& where, const std::string& expected, const std::string& got);
  bool refuse_value(const std::string& expected, const Value& value);

  Notification notification_;
  std::vector<Place> open_;
  std::string key_;                               // of the value to come, in the innermost open object
  std::set<std::string, std::less<>> root_keys_;  // those read so far, of what is decided on
  std::set<std::string, std::less<>> alert_keys_;
  std::string failure_;
};

}  // namespace canaryd::alert
