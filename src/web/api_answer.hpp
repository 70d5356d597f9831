#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "canaryd/engine/command.hpp"
#include "exchange.hpp"

namespace canaryd::web {

// The API's answers: JSON on one line, safe for a terminal.
Reply reply_with(const engine::CommandAnswer& answer);
Reply reply_with(const std::vector<engine::RolloutRow>& rollouts);
// One that is turned away after its body was read.
Reply refuse_with(int status, std::string_view reason, std::string_view message);
// The same refusal in the form of the API's answers.
Refusal as_json(Refusal refusal);

}  // namespace canaryd::web
