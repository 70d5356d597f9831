#pragma once

#include <string>

#include "backoff.hpp"
#include "canaryd/kube/watch.hpp"
#include "scope_state.hpp"
#include "stopper.hpp"

namespace canaryd::kube {

// The list and watch of one scope, on a thread of its own.
class ScopeWatch {
 public:
  ScopeWatch(KubeApi& api, Namespace scope, ObjectSink& sink, ScopeState& state, Stopper& stopper, const Clock& clock,
             Logger& log, Metrics& metrics);

  // Until the stopper stops.
  void run();

 private:
  // How a watch ended.
  struct Ending {
    Error error;              // of `reason` other than "ended"
    std::string reason;       // "ended", "unreadable", "error_event", or the name of the error's kind
    bool list_again = false;  // what was seen so far cannot be trusted or continued
    bool events = false;      // at least one was taken
    std::chrono::milliseconds open{0};
  };

  Result<std::string> list();
  Result<PageMark> one_page(const std::string& continue_token);
  Ending watch();
  bool take(std::string_view line, Ending& ending);
  void after(const Ending& ending);
  void pause(const char* step, const std::string& reason, const Error& error);
  std::string scope_name() const { return scope_.empty() ? "all namespaces" : scope_.str(); }
  void count_list(const char* result);

  KubeApi& api_;
  const Namespace scope_;
  ObjectSink& sink_;
  ScopeState& state_;
  Stopper& stopper_;
  const Clock& clock_;
  Logger& log_;
  Metrics& metrics_;
  Counter events_;

  Backoff backoff_;
  std::string resource_version_;  // empty: list first
  SteadyTime opened_at_;
  bool opened_ = false;
  int refusals_ = 0;  // of this resourceVersion in a row
};

}  // namespace canaryd::kube
