#include "json.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "canaryd/base/text.hpp"

namespace canaryd::doctor {
namespace {

using Json = nlohmann::json;

constexpr int deepest = 200;

}  // namespace

Result<Value> Value::parse(std::string_view text) {
  try {
    auto root = std::make_shared<const Json>(
        Json::parse(text.begin(), text.end(), [](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
          if (depth > deepest) throw std::length_error("nested too deeply");
          return true;
        }));
    const Json* const at = root.get();
    return Value(std::move(root), at);
  } catch (const std::exception&) {
    return fail(Error::invalid("expected JSON, got " + escaped(text, 100)));
  }
}

Result<std::vector<Value>> Value::parse_list(std::string_view text) {
  const auto value = parse(text);
  if (!value) return fail(value.error());
  if (!value->at_->is_array()) return fail(Error::invalid("expected a list, got " + escaped(text, 100)));
  return value->items();
}

Value Value::operator[](std::string_view key) const {
  if (at_ == nullptr || !at_->is_object()) return {root_, nullptr};
  const auto found = at_->find(key);
  return {root_, found == at_->end() || found->is_null() ? nullptr : &*found};
}

std::string Value::text() const { return at_ != nullptr && at_->is_string() ? at_->get<std::string>() : std::string(); }

bool Value::flag() const { return at_ != nullptr && at_->is_boolean() && at_->get<bool>(); }

std::optional<double> Value::number() const {
  if (at_ == nullptr || !at_->is_number()) return std::nullopt;
  return at_->get<double>();
}

std::vector<Value> Value::items() const {
  std::vector<Value> out;
  if (at_ == nullptr || !at_->is_array()) return out;
  out.reserve(at_->size());
  for (const auto& each : *at_) out.push_back({root_, &each});
  return out;
}

std::vector<std::pair<std::string, Value>> Value::members() const {
  std::vector<std::pair<std::string, Value>> out;
  if (at_ == nullptr || !at_->is_object()) return out;
  for (const auto& [key, value] : at_->items()) out.emplace_back(key, Value(root_, &value));
  return out;
}

std::map<std::string, std::string> Value::texts() const {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : members()) {
    if (value.at_->is_string()) out.emplace(key, value.text());
  }
  return out;
}

}  // namespace canaryd::doctor
