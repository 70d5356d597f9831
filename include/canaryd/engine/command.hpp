#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/policy/reason.hpp"

namespace canaryd::engine {

enum class Verb : std::uint8_t { rollback, advance, promote, hold, release, stop, start };
const char* name_of(Verb verb);

// What a person asks for, through the same path and into the same record as an alert. Checked at the edge: `why` says
// something, `until` is in the future, overrides are guards that may be overridden.
struct Command {
  Verb verb = Verb::hold;
  std::optional<Target> target;      // absent: hold and release of a namespace or of all, stop, start
  std::optional<Namespace> ns;       // of a hold or release of a namespace
  std::optional<Revision> revision;  // of a rollback or step: only when this is the canary
  std::string why;                   // --reason
  std::optional<WallTime> until;     // of a hold
  std::vector<policy::Reason> overrides;

  std::string actor;  // "token:alice", "san:..."
  std::string peer;
  std::vector<Namespace> namespaces;  // that the client may act on; empty: all
  SteadyTime deadline;
};

// The guards that a person may pass over by naming them (docs/guards.md), in the order of the table. Of a rollback only
// a breaker that stops rollbacks.
std::vector<std::string> override_names(Verb verb = Verb::advance);
// Reads what a command names to be passed over. Errors: `invalid` for a name that may not be, or that stands twice,
// with those that may be.
Result<std::vector<policy::Reason>> read_overrides(const std::vector<std::string>& names, Verb verb = Verb::advance);

// Whether there is anything to be read in a reason: one of white space and characters that show nothing says nothing.
bool says_why(std::string_view reason);

// 200: done or rightly not done; 409: held or refused, `reason` says why; 503: could not be done or shown.
struct CommandAnswer {
  int status = 200;
  std::string verdict;
  std::string reason;
  std::string id;       // of the audit records
  std::string message;  // one English sentence
};

// One line of `canaryd rollouts`.
struct RolloutRow {
  Target target;
  std::string component;
  Revision stable;
  Revision canary;
  int percent = 0;
  std::optional<int> next;                              // stage; absent: the promotion is next, or nothing is
  std::optional<std::chrono::milliseconds> dwell_left;  // absent: not known
  std::vector<std::string> held_by;                     // reason codes of the guards that would hold an advance now
};

using CommandHandler = std::function<CommandAnswer(const Command&)>;
// Those in the namespaces given; all when it is empty. Bounded by what is in flight.
using RolloutsHandler = std::function<std::vector<RolloutRow>(const std::vector<Namespace>&)>;

}  // namespace canaryd::engine
