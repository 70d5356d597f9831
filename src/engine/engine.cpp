#include "canaryd/engine/engine.hpp"

#include "actuator.hpp"
#include "background.hpp"
#include "reader.hpp"
#include "receiver.hpp"
#include "rehearsal.hpp"
#include "series.hpp"
#include "stop_file.hpp"
#include "store.hpp"

namespace canaryd::engine {

// The parts, wired: each knows only what it is given.
struct Engine::Impl {
  const Settings settings;
  const Clock& clock;
  CurrentRules rules;
  RolloutStore store;
  Reader reader;
  Rehearsal rehearsal;
  Background background;
  Actuator actuator;
  Receiver receiver;
  std::function<bool()> fresh = [] { return false; };

  Impl(Settings s, Rules r, kube::KubeApi& api, audit::AuditLog& log, const Clock& c, Logger& logger, Metrics& metrics)
      : settings(std::move(s)),
        clock(c),
        rules(std::move(r)),
        store(clock, logger, [this](const Target& target, bool exposed) { on_change(target, exposed); }),
        reader(api, store, clock),
        rehearsal(
            settings, api, reader, [this](const traffic::Rollout& rollout) { return rolls_back(rollout); }, clock,
            metrics),
        background(settings, log, reader, store, rehearsal, clock, logger, metrics),
        actuator(settings, api, log, reader, background, clock, logger, metrics),
        receiver(settings, rules, log, reader, actuator, clock, logger, metrics) {
    metrics.add_source([this] { return series(); });
  }

  // Only what is exposed or waited for matters to the background: 10,000 quiet services must not wake it.
  void on_change(const Target& target, bool exposed) {
    if (exposed || background.waits_for(target)) background.changed(target);
  }

  bool rolls_back(const traffic::Rollout& rollout) const {
    const auto current = rules.get();
    const auto* policy = policy::find_policy(current->policies, rollout.target, rollout.labels);
    return policy != nullptr && policy->rollback;
  }

  std::vector<MetricFamily> series() const {
    const auto current = rules.get();
    const auto policy_of = [&](const traffic::Rollout& rollout) {
      return policy::find_policy(current->policies, rollout.target, rollout.labels);
    };
    auto families = rollout_series(store.exposed(), policy_of, clock.now());
    families.push_back(
        {"canaryd_watch_synced", "1 when the watch's copies may be trusted.", {{{}, fresh() ? 1.0 : 0.0}}});
    families.push_back({"canaryd_inferenceservices",
                        "InferenceServices in the watch's copies.",
                        {{{}, static_cast<double>(store.size())}}});
    families.push_back({"canaryd_stopped",
                        "1 while the stop file exists: nothing is patched.",
                        {{{}, is_stopped(*current) ? 1.0 : 0.0}}});
    families.push_back({"canaryd_stopped_since_timestamp_seconds",
                        "When the stop file was made; 0 while it is not there.",
                        {{{}, stop_file_since(current->stop_file)}}});
    families.push_back(rehearsal.series());
    for (auto& family : background.series()) families.push_back(std::move(family));
    return families;
  }
};

Engine::Engine(Settings settings, Rules rules, kube::KubeApi& api, audit::AuditLog& log, const Clock& clock,
               Logger& logger, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(rules), api, log, clock, logger, metrics)) {}

Engine::~Engine() { stop(); }

kube::ObjectSink& Engine::sink() { return impl_->store; }

void Engine::start(std::function<bool()> copies_are_fresh) {
  impl_->fresh = copies_are_fresh;
  impl_->reader.trust_copies_when(std::move(copies_are_fresh));
  impl_->background.start();
}

void Engine::stop() { impl_->background.stop(); }

Answer Engine::receive(alert::Notification notification, const Delivery& delivery) {
  return impl_->receiver.receive(std::move(notification), delivery);
}

void Engine::replace_rules(Rules rules) { impl_->rules.set(std::move(rules)); }

}  // namespace canaryd::engine
