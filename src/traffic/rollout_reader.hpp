#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "canaryd/traffic/rollout.hpp"
#include "json_reader.hpp"

// Objects as fields, to checked types. What is wrong is noted in the fields' Problem; the result is then not to be
// used.
namespace canaryd::traffic {

inline constexpr std::size_t max_message = 256;  // of a condition, in bytes

Rollout read_rollout(const Field& object);

// The target, uid and resourceVersion only.
void read_identity(const Field& metadata, Rollout& out);

Revision read_revision(const Field& field);

ConditionStatus read_condition_status(const Field& field);
std::optional<Field> find_condition(const std::vector<Field>& conditions, std::string_view type);

}  // namespace canaryd::traffic
