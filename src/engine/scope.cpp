#include "scope.hpp"

#include <algorithm>

namespace canaryd::engine {

bool in_scope(const Settings& settings, const std::vector<Namespace>& of_client, const Namespace& ns) {
  const auto allows = [&](const std::vector<Namespace>& list) {
    return list.empty() || std::find(list.begin(), list.end(), ns) != list.end();
  };
  return allows(settings.scopes) && allows(of_client);
}

}  // namespace canaryd::engine
