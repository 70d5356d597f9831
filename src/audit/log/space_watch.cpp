#include "space_watch.hpp"

#include <utility>

#include "canaryd/base/random.hpp"

namespace canaryd::audit {

namespace {

Record space_record(SpaceStep step, const Space& space, std::uint64_t limit) {
  Record record;
  record.kind = Kind::lifecycle;
  record.id = random_id();
  record.event = "space";
  record.details = {
      {"step", name_of(step)}, {"available", std::to_string(space.available)}, {"total", std::to_string(space.total)}};
  if (limit > 0) record.details.emplace_back("limit", std::to_string(limit));
  const auto left = "The volume of the audit log has " + size_text(space.available) + " left: ";
  switch (step) {
    case SpaceStep::enough:
      record.message = left + "there is enough room again.";
      break;
    case SpaceStep::warn:
      record.message = left + "it fills.";
      break;
    case SpaceStep::make_room:
      record.message = left + "room is made by compressing and removing what need not be kept.";
      break;
    case SpaceStep::stop:
      record.message = left + "nothing is begun until there is more.";
      break;
  }
  return record;
}

}  // namespace

SpaceWatch::SpaceWatch(std::string directory, AuditLog& log, Files& files, Logger& logger, Metrics& metrics)
    : directory_(std::move(directory)),
      log_(log),
      files_(files),
      logger_(logger),
      trouble_(logger,
               metrics.counter("canaryd_audit_housekeeping_failures_total",
                               "Failed housekeeping of the audit log, by what.", {{"what", "space"}}),
               "audit_housekeeping_failed", "space"),
      available_(metrics.gauge("canaryd_audit_space_available_bytes", "Room on the audit log's volume.")),
      step_gauge_(metrics.gauge("canaryd_audit_space_step",
                                "0: enough room, 1: below warn, 2: below make_room, 3: below stop.")) {}

bool SpaceWatch::look(const KeepSettings& settings) {
  const auto space = files_.space(directory_);
  if (!space) {
    trouble_.is(space.error().message);
    return false;
  }
  trouble_.over();
  available_.set(static_cast<double>(space->available));
  const auto next = next_step(step_, space->available, settings);
  if (next == step_) return false;
  const bool worse = next > step_;
  enter(next, *space, limit_of(next, settings));
  return worse;
}

void SpaceWatch::enter(SpaceStep next, const Space& space, std::uint64_t limit) {
  step_ = next;
  step_gauge_.set(static_cast<double>(next));
  const bool stops = next == SpaceStep::stop;
  const auto why =
      stops ? "the volume of the audit log has " + size_text(space.available) + " left, less than audit.space.stop"
            : std::string();
  log_.stop_beginning(why);
  {
    const std::lock_guard guard(mutex_);
    stopped_ = why;
  }
  const auto say = stops ? &Logger::error : next == SpaceStep::enough ? &Logger::info : &Logger::warn;
  (logger_.*say)("audit_space", {{"step", name_of(next)},
                                 {"available", std::to_string(space.available)},
                                 {"total", std::to_string(space.total)},
                                 {"limit", std::to_string(limit)}});
  // On a full volume it may not find room any more: the log line stands for it then.
  static_cast<void>(log_.append(space_record(next, space, limit)));
}

std::string SpaceWatch::stopped() const {
  const std::lock_guard guard(mutex_);
  return stopped_;
}

}  // namespace canaryd::audit
