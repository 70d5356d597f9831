#pragma once

#include <string>

#include "canaryd/base/error.hpp"
#include "canaryd/policy/decide.hpp"

// Decisions of the engine's own: policy has nothing to decide on yet. Pure.
namespace canaryd::engine {

// Rests on one look: `guard`, and what was seen.
policy::Decision by_one_guard(policy::Verdict verdict, policy::Reason guard, std::string detail);

// The object could not be read: `not_found`, `forbidden` or `cluster_unavailable`.
policy::Decision not_read(const Error& error);

}  // namespace canaryd::engine
