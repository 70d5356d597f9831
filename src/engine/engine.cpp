#include "canaryd/engine/engine.hpp"

#include <algorithm>
#include <utility>

#include "parts.hpp"
#include "rollout_rows.hpp"
#include "scope.hpp"

namespace canaryd::engine {

namespace {
constexpr auto rows_deadline = std::chrono::seconds(5);  // together with the next within a request's 8 s
constexpr auto state_deadline = std::chrono::seconds(2);
}  // namespace

struct Engine::Impl : Parts {
  using Parts::Parts;
};

Engine::Engine(Settings settings, Rules rules, kube::KubeApi& api, prometheus::Client* prometheus, audit::AuditLog& log,
               const Clock& clock, Logger& logger, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(rules), api, prometheus, log, clock, logger,
                                   metrics)) {}

Engine::~Engine() { stop(); }

kube::ObjectSink& Engine::sink() { return impl_->store; }

void Engine::start(std::function<bool()> copies_are_fresh) { impl_->start(std::move(copies_are_fresh)); }

void Engine::stop() { impl_->stop(); }

Answer Engine::receive(alert::Notification notification, const Delivery& delivery) {
  return impl_->receiver.receive(std::move(notification), delivery);
}

CommandAnswer Engine::execute(const Command& command) { return impl_->commands.execute(command); }

std::vector<RolloutRow> Engine::rollouts(const std::vector<Namespace>& namespaces) const {
  const auto rules = impl_->rules.get();
  const SteadyTime deadline = impl_->clock.steady() + rows_deadline;
  impl_->facts.refresh(impl_->clock.steady() + state_deadline);
  auto rollouts = impl_->store.in_flight();
  std::sort(rollouts.begin(), rollouts.end(), [](const auto& a, const auto& b) { return a.target < b.target; });
  std::vector<RolloutRow> rows;
  for (const auto& rollout : rollouts) {
    if (!in_scope(impl_->settings, namespaces, rollout.target.ns)) continue;
    for (auto& row : rows_of(rollout, *rules, impl_->facts, deadline)) rows.push_back(std::move(row));
  }
  return rows;
}

void Engine::replace_rules(Rules rules) { impl_->rules.set(std::move(rules)); }

}  // namespace canaryd::engine
