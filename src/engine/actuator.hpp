#pragma once

#include <optional>
#include <string>
#include <vector>

#include "background.hpp"
#include "canaryd/alert/mapping.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/delivery.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/kube/api.hpp"
#include "canaryd/policy/decide.hpp"
#include "reader.hpp"
#include "records.hpp"

namespace canaryd::engine {

// How one attempt at a move ended.
struct Attempt {
  enum class Next : std::uint8_t {
    done,         // applied and recorded: 200
    decide_anew,  // a precondition failed: read again, decide again
    retry,        // 503
  };
  Next next = Next::retry;
  policy::Reason reason = policy::Reason::cluster_unavailable;
  std::string id = {};         // of the records
  bool unprocessable = false;  // the API server answered 422: a failed `test`, or a schema violation
};

// Carries out one decided move: intent on disk, patch, outcome on disk, confirmation on its way. Safe from any thread;
// the caller holds the target's lock.
class Actuator {
 public:
  Actuator(const Settings& settings, kube::KubeApi& api, audit::AuditLog& log, Reader& reader, Background& background,
           const Clock& clock, Logger& logger, Metrics& metrics);

  // `signals` are those that ask for it; without any, `origin` says who does and why.
  Attempt carry_out(const Origin& origin, const std::vector<alert::Signal>& signals, const Reading& reading,
                    const policy::Decision& decision, const Move& move);
  // Sends it with dryRun=All: what observe would do. Nothing is changed.
  audit::ApiAnswer try_out(const Move& move, const Reading& reading, SteadyTime deadline);

 private:
  struct Job;
  Attempt send(Job& job);
  Attempt applied(Job& job, const std::string& body);
  Attempt not_applied(Job& job, const Error& error);
  Attempt unknown(Job& job, const Error& error);
  Attempt close(Job& job, Attempt attempt, audit::ApiAnswer answer);

  const Settings& settings_;
  kube::KubeApi& api_;
  audit::AuditLog& log_;
  Reader& reader_;
  Background& background_;
  const Clock& clock_;
  Logger& logger_;
  Histogram patch_seconds_;
};

}  // namespace canaryd::engine
