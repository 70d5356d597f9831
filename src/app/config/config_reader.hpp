#pragma once

#include <set>
#include <string>
#include <string_view>

namespace canaryd::app {

// Every key that the configuration has, lists as "policies[].name": what docs/configuration.md is held against.
std::set<std::string> known_keys();

// The host's name as an instance: lower case, with '-' for what is not of [a-z0-9.-], at most 63 characters.
std::string instance_from(std::string_view host_name);

}  // namespace canaryd::app
