#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "canaryd/base/error.hpp"

namespace canaryd::doctor {

// A place in an answer's JSON. What is absent or of another type reads as nothing: the servers that are asked have many
// versions, and each check says what it misses. Shares its document; safe to copy.
class Value {
 public:
  // Errors: `invalid` when it is no JSON, or nested deeper than 200.
  static Result<Value> parse(std::string_view text);
  // The items of a text that is a list. Errors: as parse, and `invalid` when it is something else.
  static Result<std::vector<Value>> parse_list(std::string_view text);

  Value operator[](std::string_view key) const;
  bool present() const { return at_ != nullptr; }
  std::string text() const;
  bool flag() const;
  std::optional<double> number() const;
  std::vector<Value> items() const;
  std::vector<std::pair<std::string, Value>> members() const;
  std::map<std::string, std::string> texts() const;  // the members that are texts

 private:
  Value(std::shared_ptr<const nlohmann::json> root, const nlohmann::json* at) : root_(std::move(root)), at_(at) {}
  std::shared_ptr<const nlohmann::json> root_;
  const nlohmann::json* at_ = nullptr;
};

}  // namespace canaryd::doctor
