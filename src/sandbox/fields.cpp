#include "fields.hpp"

#include "canaryd/base/strong.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::sandbox {

namespace {

std::string plain(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

Fields::Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
  if (!object_.is_object()) blame(path_.empty() ? "the document" : path_, "a JSON object");
}

std::string Fields::path_of(const char* name) const { return path_.empty() ? name : path_ + "." + name; }

void Fields::blame(const std::string& path, const std::string& expected) {
  if (problem_.empty()) problem_ = path + ": expected " + expected;
}

const Json* Fields::find(const char* name) {
  asked_.insert(name);
  const Json& value = member(object_, name);
  return value.is_null() ? nullptr : &value;
}

std::optional<double> Fields::number(const char* name, double low, double high) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) {
    const double number = value->get<double>();
    if (number >= low && number <= high) return number;
  }
  blame(path_of(name), "a number from " + plain(low) + " to " + plain(high));
  return std::nullopt;
}

std::optional<std::int64_t> Fields::whole(const char* name, std::int64_t low, std::int64_t high) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_integer()) {
    const auto number = value->get<std::int64_t>();
    if (number >= low && number <= high) return number;
  }
  blame(path_of(name), "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return std::nullopt;
}

std::optional<bool> Fields::flag(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  blame(path_of(name), "true or false");
  return std::nullopt;
}

std::optional<std::string> Fields::text(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  blame(path_of(name), "a string");
  return std::nullopt;
}

std::optional<std::string> Fields::label(const char* name) {
  auto value = text(name);
  if (value && is_dns_label(*value)) return value;
  if (value) blame(path_of(name), "a DNS label of at most 63 of a-z, 0-9 and -");
  return std::nullopt;
}

const Json* Fields::object(const char* name) {
  const Json* value = find(name);
  if (value != nullptr && !value->is_object()) {
    blame(path_of(name), "a JSON object");
    return nullptr;
  }
  return value;
}

const Json* Fields::list(const char* name) {
  const Json* value = find(name);
  if (value != nullptr && !value->is_array()) {
    blame(path_of(name), "a list");
    return nullptr;
  }
  return value;
}

std::optional<Behaviour> Fields::behaviour(const Behaviour& base) {
  const auto errors = number("error_ratio", 0, 1);
  const auto latency = number("latency_seconds", 0.0001, 3600);
  const auto confidence = number("confidence", 0, 1);
  const auto dead = flag("dead");
  if (!errors && !latency && !confidence && !dead) return std::nullopt;
  return Behaviour{errors.value_or(base.error_ratio), latency.value_or(base.latency_seconds),
                   confidence.value_or(base.confidence), dead.value_or(base.dead)};
}

std::optional<Deployment> Fields::deployment(const Deployment& base) {
  const auto pods = whole("pods", 0, 100);
  const auto each = behaviour(base.behaviour);
  if (!pods && !each) return std::nullopt;
  return Deployment{pods.value_or(base.pods), each.value_or(base.behaviour)};
}

std::optional<Health> Fields::health() {
  const auto reason = text("reason");
  const auto message = text("message");
  const Json* ready = find("ready");
  if (ready == nullptr) {
    if (reason || message) blame(path_of("ready"), "false or \"unknown\", which reason and message explain");
    return std::nullopt;
  }
  Health health;
  if (ready->is_boolean()) {
    health = health_of(ready->get<bool>() ? Truth::yes : Truth::no);
  } else if (*ready == "unknown") {
    health = health_of(Truth::unknown);
  } else {
    blame(path_of("ready"), "true, false or \"unknown\"");
  }
  if (health.ready == Truth::yes) return Health{};
  health.reason = reason.value_or(health.reason);
  health.message = message.value_or(health.message);
  return health;
}

std::string Fields::problem() {
  if (object_.is_object()) {
    for (const auto& [name, value] : object_.items()) {
      if (!asked_.contains(name)) blame(path_of(escaped(name).c_str()), "no such key");
    }
  }
  return problem_;
}

}  // namespace canaryd::sandbox
