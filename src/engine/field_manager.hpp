#pragma once

#include <string>
#include <string_view>

namespace canaryd::engine {

// Whether a field manager is canaryd: this instance ("canaryd/<instance>"), or another replica, each has its own name.
inline bool is_canaryd(std::string_view manager, std::string_view ours) {
  const auto family = ours.substr(0, ours.find('/') + 1);
  return manager == ours || (!family.empty() && manager.starts_with(family));
}

}  // namespace canaryd::engine
