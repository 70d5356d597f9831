#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "canaryd/base/clock.hpp"
#include "canaryd/engine/command.hpp"

namespace canaryd::web {

// Reads the body of one of the API's POSTs into a command whose verb and target are set. Strict: only the keys that the
// verb has, each once and of its type. The error says where, what was expected, and what there was, escaped. Pure.
tl::expected<void, std::string> read_act(std::string_view body, WallTime now, engine::Command& command);

}  // namespace canaryd::web
