#pragma once

#include <vector>

#include "canaryd/base/strong.hpp"
#include "canaryd/engine/rules.hpp"

namespace canaryd::engine {

// Whether the namespace is one that canaryd watches and this client may act on; an empty list is all.
bool in_scope(const Settings& settings, const std::vector<Namespace>& of_client, const Namespace& ns);

}  // namespace canaryd::engine
