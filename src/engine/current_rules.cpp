#include "current_rules.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "canaryd/base/digest.hpp"

namespace canaryd::engine {

void CurrentRules::set(Rules rules) {
  rules.policy_sha256.clear();
  for (const auto& policy : rules.policies) rules.policy_sha256.push_back(sha256_hex(policy::canonical_text(policy)));
  auto fresh = std::make_shared<const Rules>(std::move(rules));
  const std::lock_guard lock(mutex_);
  rules_.swap(fresh);
}

bool is_stopped(const Rules& rules) {
  if (rules.stop_file.empty()) return false;
  struct stat info{};
  return ::lstat(rules.stop_file.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

}  // namespace canaryd::engine
