#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/policy/advance.hpp"
#include "canaryd/policy/decide.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::app {

// What a record of the past knows, by the answers of its guards. They are written for people; what cannot be read in
// them counts as not known.
class PastFacts {
 public:
  explicit PastFacts(const audit::Record* record);

  std::optional<policy::Reason> reason() const { return reason_; }
  // The answer of a guard; nullopt: it was not asked, or several times.
  std::optional<bool> passed(policy::Reason guard) const;
  std::string detail(policy::Reason guard) const;

  // The canary that was decided about.
  std::optional<traffic::ComponentRollout> canary() const;
  // Since when it had traffic, of an alert without a revision.
  std::optional<WallTime> first_traffic() const;
  // Since when it had its share.
  std::optional<WallTime> share_since() const;
  // What Prometheus said, where it was asked.
  std::optional<policy::GateAnswer> gate() const;

 private:
  const audit::GuardAnswer* find(policy::Reason guard) const;
  const audit::Record* record_;
  std::optional<policy::Reason> reason_;
};

// A canary that is in flight, Ready and converged, as nobody would object to: what is not known is taken to be like it.
traffic::ComponentRollout healthy_canary(const Revision& canary, const Revision& stable, int percent);
traffic::Rollout healthy_rollout(const Target& target, traffic::ComponentRollout canary);

}  // namespace canaryd::app
