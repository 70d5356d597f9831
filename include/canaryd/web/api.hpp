#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/engine/command.hpp"

// The API's texts as its clients write and read them (docs/api.md). Pure.
namespace canaryd::web {

inline constexpr std::size_t max_reason = 256;  // bytes

// The body of a POST.
struct ActBody {
  std::string reason;
  std::string revision;                // empty: whichever is the canary
  std::string until;                   // of a hold: RFC 3339 or a duration; empty: until it is released
  std::string ns;                      // of a hold or release without a service; empty: all
  std::vector<std::string> overrides;  // of an advance or a promotion
};
std::string act_json(const ActBody& body);

// The answer to a POST, refusals of the API included. `status` is left at 200. Errors: `invalid`: it is none.
Result<engine::CommandAnswer> read_answer(std::string_view json);

// {"rollouts":[...]}: what GET answers, and back. Errors of reading: `invalid`, with the place.
std::string rollouts_json(const std::vector<engine::RolloutRow>& rollouts);
Result<std::vector<engine::RolloutRow>> read_rollouts(std::string_view json);

}  // namespace canaryd::web
