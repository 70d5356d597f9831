#include "canaryd/kube/watch.hpp"

#include <algorithm>
#include <list>
#include <thread>

#include "scope_watch.hpp"

namespace canaryd::kube {
namespace {

// Shared with the metrics registry, which may scrape after the watch is gone.
struct States {
  std::list<ScopeState> scopes;  // a list: elements with a mutex cannot be moved
};

std::vector<MetricFamily> age_of(const States& states) {
  double oldest = 0;
  for (const auto& scope : states.scopes) oldest = std::max(oldest, scope.age().count());
  return {{"canaryd_watch_age_seconds",
           "Time since the API server was last heard in a list or watch, of the quietest scope",
           {{{}, oldest}}}};
}

}  // namespace

struct Watch::Impl {
  std::shared_ptr<States> states = std::make_shared<States>();
  Stopper stopper;
  std::list<ScopeWatch> watches;
  std::vector<std::thread> threads;

  template <class Predicate>
  bool all(Predicate holds) const {
    return std::all_of(states->scopes.begin(), states->scopes.end(), holds);
  }
};

Watch::Watch(KubeApi& api, std::vector<Namespace> scopes, ObjectSink& sink, const Clock& clock, Logger& log,
             Metrics& metrics)
    : impl_(std::make_unique<Impl>()) {
  if (scopes.empty()) scopes.emplace_back();
  for (auto& scope : scopes) {
    ScopeState& state = impl_->states->scopes.emplace_back(clock);
    impl_->watches.emplace_back(api, std::move(scope), sink, state, impl_->stopper, clock, log, metrics);
  }
  metrics.add_source([weak = std::weak_ptr<const States>(impl_->states)]() -> std::vector<MetricFamily> {
    const auto states = weak.lock();
    return states ? age_of(*states) : std::vector<MetricFamily>{};
  });
}

Watch::~Watch() { stop(); }

void Watch::start() {
  if (!impl_->threads.empty() || impl_->stopper.stopped()) return;
  for (auto& watch : impl_->watches) impl_->threads.emplace_back([&watch] { watch.run(); });
}

void Watch::stop() {
  impl_->stopper.stop();
  for (auto& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
  impl_->threads.clear();
}

bool Watch::synced() const {
  return impl_->all([](const ScopeState& scope) { return scope.is_listed(); });
}

bool Watch::fresh(std::chrono::milliseconds grace) const {
  return impl_->all([grace](const ScopeState& scope) { return scope.is_fresh(grace); });
}

std::string Watch::last_error() const {
  for (const auto& scope : impl_->states->scopes) {
    if (std::string error = scope.error(); !error.empty()) return error;
  }
  return {};
}

}  // namespace canaryd::kube
