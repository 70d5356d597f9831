#include "canaryd/engine/witness.hpp"

#include <utility>

#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/traffic/text_map.hpp"

namespace canaryd::engine {

namespace {

constexpr auto interval = std::chrono::seconds(10);
constexpr auto patience = std::chrono::seconds(5);
constexpr auto last_patience = std::chrono::seconds(2);  // at the stop

}  // namespace

Witness::Witness(WitnessSettings settings, kube::KubeApi& api, const Clock& clock, Logger& logger, Metrics& metrics)
    : settings_(std::move(settings)),
      api_(api),
      clock_(clock),
      logger_(logger),
      failures_(metrics.counter("canaryd_audit_checkpoint_failures_total", "Checkpoints that failed, by where.",
                                {{"where", "witness"}})),
      in_order_(
          metrics.gauge("canaryd_audit_witness_in_order",
                        "1 while the newest checkpoint reaches its ConfigMap and contradicts none that is there.")) {
  in_order_.set(1);
}

void Witness::offer(const std::string& note) {
  const std::lock_guard lock(mutex_);
  waiting_ = note;
}

void Witness::turn() {
  if (clock_.steady() < next_) return;
  const auto note = take();
  if (!note) return;
  next_ = clock_.steady() + interval;
  write(*note, patience);
}

void Witness::flush() {
  if (const auto note = take()) write(*note, last_patience);
}

std::optional<std::string> Witness::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, std::nullopt);
}

void Witness::write(const std::string& note, std::chrono::seconds within) {
  const auto done = try_write(note, clock_.steady() + within);
  in_order_.set(done ? 1 : 0);
  if (done) {
    if (!std::exchange(complaint_, std::string()).empty()) logger_.info("audit_witness_mended");
    return;
  }
  failures_.add();
  if (std::exchange(complaint_, done.error().message) != done.error().message) {
    logger_.error("audit_witness_failed", {{"config_map", settings_.ns.str() + "/" + settings_.config_map},
                                           {"key", settings_.key},
                                           {"kind", name_of(done.error().kind)},
                                           {"error", done.error().message}});
  }
  const std::lock_guard lock(mutex_);
  if (!waiting_) waiting_ = note;
}

Status Witness::try_write(const std::string& note, SteadyTime deadline) {
  const auto body = api_.get_config_map(settings_.ns, settings_.config_map, deadline);
  if (!body && body.error().kind != ErrorKind::not_found) return fail(body.error());
  if (!body) {
    const auto made =
        api_.create_config_map({settings_.ns, settings_.config_map,
                                traffic::map_with_text(settings_.ns, settings_.config_map, settings_.key, note),
                                settings_.field_manager, deadline});
    if (!made) return fail(made.error());
    return {};
  }
  const auto map = traffic::decode_map_text(*body, settings_.key);
  if (!map) return fail(map.error());
  if (map->text) {
    const auto follows = goes_behind(*map->text, note);
    if (!follows) return fail(follows.error());
    if (!*follows) return {};
  }
  const auto patched =
      api_.patch_config_map({settings_.ns, settings_.config_map, traffic::map_text_patch(*map, settings_.key, note),
                             settings_.field_manager, deadline});
  if (!patched) return fail(patched.error());
  return {};
}

// False when it says what is there already.
Result<bool> Witness::goes_behind(const std::string& there, const std::string& note) {
  const auto old = audit::parse_checkpoint(there);
  const auto now = audit::parse_checkpoint(note);
  if (!now) return fail(now.error());
  if (!old || old->origin != now->origin) return true;
  if (old->head == now->head) return false;
  if (old->head.size < now->head.size) return true;
  return fail(Error{ErrorKind::conflict, "the ConfigMap holds a checkpoint of " + std::to_string(old->head.size) +
                                             " records that this log, with " + std::to_string(now->head.size) +
                                             ", contradicts: keep both and run `canaryd audit verify`"});
}

}  // namespace canaryd::engine
