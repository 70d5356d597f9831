#include "canaryd/audit/housekeeping.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "compress.hpp"
#include "names.hpp"
#include "retention.hpp"
#include "space_watch.hpp"
#include "trouble.hpp"

namespace canaryd::audit {

namespace {

using std::chrono::seconds;

constexpr seconds interval{60};
constexpr seconds pressed_interval{5};  // while room has to be made

Trouble trouble(Logger& logger, Metrics& metrics, const char* where) {
  return {logger,
          metrics.counter("canaryd_audit_housekeeping_failures_total", "Failed housekeeping of the audit log, by what.",
                          {{"what", where}}),
          "audit_housekeeping_failed", where};
}

Counter removed_counter(Metrics& metrics, const char* why) {
  return metrics.counter("canaryd_audit_segments_removed_total", "Segments whose records were removed, by why.",
                         {{"why", why}});
}

}  // namespace

struct Housekeeping::Impl {
  // Removed segments without one between them that is there.
  struct Run {
    std::uint64_t since_seq = 0;
    std::uint64_t end_seq = 0;  // behind the last one
  };
  // A segment that is closed and whose records are there.
  struct Old {
    SegmentFiles files;
    Closed closed;
  };

  Impl(std::string d, const KeepSettings& s, AuditLog& l, Files& f, const Clock& c, Logger& lg, Metrics& metrics)
      : directory(std::move(d)),
        log(l),
        files(f),
        clock(c),
        logger(lg),
        settings(s),
        read_trouble(trouble(lg, metrics, "read")),
        compress_trouble(trouble(lg, metrics, "compress")),
        remove_trouble(trouble(lg, metrics, "remove")),
        space(directory, l, f, lg, metrics),
        bytes_gauge(metrics.gauge("canaryd_audit_bytes", "Bytes of the audit log's files.")),
        segments_gauge(metrics.gauge("canaryd_audit_segments", "Segments of the audit log whose records are there.")),
        compressed(metrics.counter("canaryd_audit_segments_compressed_total", "Segments that were compressed.")),
        removed({{"age", removed_counter(metrics, "age")},
                 {"size", removed_counter(metrics, "size")},
                 {"space", removed_counter(metrics, "space")}}) {}

  KeepSettings current() {
    const std::lock_guard guard(mutex);
    return settings;
  }
  void look_at_space() {
    if (space.look(current())) next_look = SteadyTime{};
  }
  bool has_to_make_room() const { return space.step() >= SpaceStep::make_room; }
  void look(const Progress& progress);
  std::vector<Old> old_segments(const std::vector<SegmentFiles>& segments, std::uint64_t open);
  const Closed* facts(const SegmentFiles& segment, const SegmentFiles& next);
  void compress(Old& old);
  void remove_partials();
  void remove(std::vector<Old> olds, const SegmentFiles& open, std::uint64_t total);
  bool remove(const Old& old, const char* why);
  Status record_and_remove(const Old& old, const char* why);
  std::uint64_t size_of(const std::string& name);
  std::uint64_t total_size();

  const std::string directory;
  AuditLog& log;
  Files& files;
  const Clock& clock;
  Logger& logger;
  std::atomic<bool> stopping{false};

  std::mutex mutex;
  KeepSettings settings;  // guarded by mutex

  // The thread's own.
  SteadyTime next_look;
  std::uint64_t segment = 0;
  std::map<std::uint64_t, Closed> known;  // by first seq; what is closed does not change
  std::optional<Run> removed_run;         // the one that was removed last
  Trouble read_trouble;
  Trouble compress_trouble;
  Trouble remove_trouble;
  SpaceWatch space;
  Gauge bytes_gauge;
  Gauge segments_gauge;
  Counter compressed;
  std::map<std::string, Counter, std::less<>> removed;
};

const Closed* Housekeeping::Impl::facts(const SegmentFiles& old, const SegmentFiles& next) {
  if (const auto found = known.find(old.first_seq); found != known.end()) return &found->second;
  if (next.records.empty()) {
    read_trouble.is(old.records + ": the segment behind it is gone, and with it what the log says of this one");
    return nullptr;
  }
  auto closed = closed_before(directory, next, files);
  if (!closed) {
    read_trouble.is(closed.error().message);
    return nullptr;
  }
  if (closed->first_seq != old.first_seq || closed->first_seq + closed->records != next.first_seq) {
    read_trouble.is(next.records + ": its first record does not close " + old.records);
    return nullptr;
  }
  return &known.emplace(old.first_seq, std::move(*closed)).first->second;
}

std::vector<Housekeeping::Impl::Old> Housekeeping::Impl::old_segments(const std::vector<SegmentFiles>& segments,
                                                                      std::uint64_t open) {
  std::vector<Old> olds;
  bool all_known = true;
  for (std::size_t i = 0; i + 1 < segments.size() && segments[i].first_seq < open; ++i) {
    if (segments[i].records.empty()) continue;
    const auto* closed = facts(segments[i], segments[i + 1]);
    all_known = all_known && closed != nullptr;
    if (closed != nullptr) olds.push_back({segments[i], *closed});
  }
  if (all_known) read_trouble.over();
  return olds;
}

// What an interrupted compression left of a segment that is not there any more, too.
void Housekeeping::Impl::remove_partials() {
  const auto names = files.list(directory);
  if (!names) return;
  for (const auto& name : *names) {
    if (!name.ends_with(partial_ending)) continue;
    const auto whole = name.substr(0, name.size() - std::string_view(partial_ending).size());
    if (is_compressed(whole)) static_cast<void>(files.remove(path_in(directory, name)));
  }
}

void Housekeeping::Impl::compress(Old& old) {
  const auto plain = old.files.records;
  const auto done = compress_segment(directory, old.files.first_seq, old.closed.sha256, files, stopping);
  if (!done) {
    if (done.error().kind != ErrorKind::cancelled) compress_trouble.is(done.error().message);
    return;
  }
  compress_trouble.over();
  compressed.add();
  old.files.records = compressed_name(old.files.first_seq);
  old.files.compressed = true;
  logger.info("audit_segment_compressed", {{"file", plain},
                                           {"bytes", std::to_string(old.closed.bytes)},
                                           {"compressed_bytes", std::to_string(size_of(old.files.records))}});
}

std::uint64_t Housekeeping::Impl::size_of(const std::string& name) {
  auto file = files.open_read(path_in(directory, name));
  if (!file) return 0;
  return (*file)->size().value_or(0);
}

std::uint64_t Housekeeping::Impl::total_size() {
  std::uint64_t total = 0;
  const auto names = files.list(directory);
  if (!names) return 0;
  for (const auto& name : *names) {
    if (first_seq_of(name) || is_torn(name) || name == checkpoints_name) total += size_of(name);
  }
  return total;
}

// In this order: a file that is gone and that no record names is missing.
Status Housekeeping::Impl::record_and_remove(const Old& old, const char* why) {
  const auto held = may_be_removed(directory, old.files, old.closed, files, stopping);
  if (!held) return fail(held.error());
  const bool goes_on = removed_run && removed_run->end_seq == old.closed.first_seq;
  const auto since = goes_on ? removed_run->since_seq : run_before(directory, old.closed, files, stopping);
  if (!since) return fail(since.error());
  const auto recorded = log.append(removed_records(old.closed, *since, why, *held));
  if (!recorded) return fail(recorded.error());
  removed_run = Run{*since, old.closed.first_seq + old.closed.records};
  return remove_records(directory, old.files.first_seq, files);
}

bool Housekeeping::Impl::remove(const Old& old, const char* why) {
  const auto done = record_and_remove(old, why);
  if (!done) {
    if (done.error().kind != ErrorKind::cancelled) remove_trouble.is(done.error().message);
    return false;
  }
  remove_trouble.over();
  removed.find(why)->second.add();
  logger.info("audit_segment_removed", {{"file", old.closed.file},
                                        {"why", why},
                                        {"records", std::to_string(old.closed.records)},
                                        {"from", old.closed.from},
                                        {"to", old.closed.to}});
  return true;
}

void Housekeeping::Impl::remove(std::vector<Old> olds, const SegmentFiles& open, std::uint64_t total) {
  if (olds.empty()) return;
  // What waits was known when the open segment was begun; what came later waits in it.
  const auto before_open = closed_before(directory, open, files);
  if (!before_open) return remove_trouble.is(before_open.error().message);
  std::vector<Removable> removable;
  removable.reserve(olds.size());
  for (const auto& old : olds) removable.push_back({old.closed, size_of(old.files.records)});
  while (!stopping.load()) {
    const Need need{clock.now(), total, has_to_make_room(), before_open->unfinished_from.value_or(UINT64_MAX)};
    const auto choice = next_to_remove(removable, current(), need);
    if (!choice) return;
    const auto at = static_cast<std::ptrdiff_t>(choice->index);
    if (remove(olds[choice->index], choice->why)) total -= std::min(total, removable[choice->index].size);
    olds.erase(olds.begin() + at);
    removable.erase(removable.begin() + at);
    look_at_space();
  }
}

void Housekeeping::Impl::look(const Progress& progress) {
  const auto segments = list_segments(directory, files);
  if (!segments) return read_trouble.is(segments.error().message);
  remove_partials();
  auto olds = old_segments(*segments, progress.segment);
  for (auto& old : olds) {
    if (!old.files.compressed && !stopping.load()) compress(old);
  }
  const auto& open = segments->back();
  if (open.first_seq == progress.segment && !open.records.empty()) remove(std::move(olds), open, total_size());
  bytes_gauge.set(static_cast<double>(total_size()));
  const auto now = list_segments(directory, files);
  if (!now) return;
  segments_gauge.set(static_cast<double>(
      std::count_if(now->begin(), now->end(), [](const SegmentFiles& one) { return !one.records.empty(); })));
}

Housekeeping::Housekeeping(std::string directory, const KeepSettings& settings, AuditLog& log, Files& files,
                           const Clock& clock, Logger& logger, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(directory), settings, log, files, clock, logger, metrics)) {}

Housekeeping::~Housekeeping() = default;

void Housekeeping::look_at_space() { impl_->look_at_space(); }

void Housekeeping::turn() {
  if (impl_->stopping.load()) return;
  impl_->look_at_space();
  const auto now = impl_->clock.steady();
  const auto progress = impl_->log.progress();
  if (now < impl_->next_look && progress.segment == impl_->segment) return;
  impl_->segment = progress.segment;
  impl_->next_look = now + (impl_->has_to_make_room() ? pressed_interval : interval);
  impl_->look(progress);
}

void Housekeeping::replace(const KeepSettings& settings) {
  const std::lock_guard guard(impl_->mutex);
  impl_->settings = settings;
}

void Housekeeping::stop() { impl_->stopping = true; }

std::string Housekeeping::stopped() const { return impl_->space.stopped(); }

}  // namespace canaryd::audit
