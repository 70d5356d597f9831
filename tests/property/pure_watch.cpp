#include "pure_watch.hpp"

#include "canaryd/policy/decide.hpp"
#include "canaryd/traffic/decode.hpp"

namespace canaryd::property {

void PureWatch::see() {
  const auto now = clock_.steady();
  for (const auto& name : cluster_.names()) {
    const auto rollout = traffic::decode_rollout(cluster_.text(name));
    for (const auto& c : rollout->components) {
      auto& seen = seen_[name + "/" + traffic::name_of(c.component)];
      const int share = c.share_of(c.latest_ready);
      if (seen.revision != c.latest_ready.str() || seen.share != share) seen = {c.latest_ready.str(), share, now, {}};
      if (!policy::in_last_stage(c)) {
        seen.full_since.reset();
      } else if (!seen.full_since) {
        seen.full_since = now;
      }
    }
  }
}

const PureWatch::Seen* PureWatch::find(const std::string& service, const traffic::ComponentRollout& canary) const {
  const auto found = seen_.find(service + "/" + traffic::name_of(canary.component));
  const bool same = found != seen_.end() && found->second.revision == canary.latest_ready.str();
  return same ? &found->second : nullptr;
}

WallTime PureWatch::wall(SteadyTime since) const {
  return clock_.now() - std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady() - since);
}

std::optional<WallTime> PureWatch::share_since(const std::string& service,
                                               const traffic::ComponentRollout& canary) const {
  const Seen* seen = find(service, canary);
  if (seen == nullptr || seen->share != canary.share_of(canary.latest_ready)) return std::nullopt;
  return wall(seen->since);
}

std::optional<WallTime> PureWatch::full_since(const std::string& service,
                                              const traffic::ComponentRollout& canary) const {
  const Seen* seen = find(service, canary);
  return seen != nullptr && seen->full_since ? std::optional(wall(*seen->full_since)) : std::nullopt;
}

}  // namespace canaryd::property
