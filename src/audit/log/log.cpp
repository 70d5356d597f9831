#include "canaryd/audit/log.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include "audit/format/names.hpp"
#include "start.hpp"
#include "start_lost.hpp"
#include "writer.hpp"

namespace canaryd::audit {

namespace {

// A batch is bounded so that one that failed stays within what a reopening reads anew.
constexpr std::uint64_t batch_limit = 4U << 20U;

struct Parts {
  std::unique_ptr<File> lock;
  Writer writer;
  Recovered recovered;
  std::string log_id;
};

// Whoever comes while nobody writes becomes the leader: it takes all that wait, writes and syncs them in one go, and
// wakes them; who came meanwhile is the next batch.
class GroupLog final : public AuditLog {
 public:
  GroupLog(Parts parts, Metrics& metrics)
      : lock_(std::move(parts.lock)),
        writer_(std::move(parts.writer)),
        recovered_(std::move(parts.recovered)),
        log_id_(std::move(parts.log_id)),
        writable_gauge_(metrics.gauge("canaryd_audit_writable", "1 while the audit log can be written.")) {
    writable_gauge_.set(1);
    move_on();
  }

  Result<std::uint64_t> append(const Record& record) override { return append(&record, 1); }
  Result<std::uint64_t> append(const std::vector<Record>& records) override {
    return append(records.data(), records.size());
  }
  Status check() override {
    std::unique_lock guard(mutex_);
    if (leading_) {
      if (writable_.load()) return {};
      return fail(Error::io("the audit log is not writable"));
    }
    leading_ = true;
    guard.unlock();
    auto fine = writer_.check();
    if (fine) {
      rotate();
    } else {
      say_writable(false);
    }
    guard.lock();
    leading_ = false;
    if (!queue_.empty()) queue_.front()->wake.notify_one();
    return fine;
  }
  bool writable() const override { return writable_.load() && !stopped_.load(); }
  const Recovered& recovered() const override { return recovered_; }
  const std::string& log_id() const override { return log_id_; }
  Progress progress() const override {
    std::unique_lock guard(progress_mutex_);
    const Standing standing = standing_;
    guard.unlock();
    return {standing.tree.head(), standing.settled, standing.segment};
  }
  void stop_beginning(const std::string& why) override {
    const std::lock_guard guard(mutex_);
    why_stopped_ = why;
    stopped_.store(!why.empty());
    show_writable();
  }

 private:
  Result<std::uint64_t> append(const Record* records, std::size_t count) {
    Request request;
    if (const auto filled = fill(request, records, count); !filled) return fail(filled.error());
    std::unique_lock guard(mutex_);
    if (request.begins && !why_stopped_.empty()) return fail(Error::io(why_stopped_));
    queue_.push_back(&request);
    while (!request.done) {
      if (leading_) {
        request.wake.wait(guard);
      } else {
        lead(guard);
      }
    }
    return std::move(request.result);
  }

  void lead(std::unique_lock<std::mutex>& guard) {
    leading_ = true;
    const auto batch = take();
    guard.unlock();
    say_writable(writer_.commit(batch));
    move_on();
    guard.lock();
    // Under the mutex: a request is gone as soon as its thread has seen `done`.
    for (auto* request : batch) {
      request->done = true;
      request->wake.notify_one();
    }
    guard.unlock();
    rotate();  // those who were acknowledged do not wait for it
    guard.lock();
    leading_ = false;
    if (!queue_.empty()) queue_.front()->wake.notify_one();
  }

  void rotate() {
    writer_.rotate_if_due();
    move_on();
  }

  // What `progress` tells from now on.
  void move_on() {
    const auto& state = writer_.state();
    const std::lock_guard guard(progress_mutex_);
    standing_.tree = state.tree;
    standing_.settled = state.settled;
    standing_.segment = state.tally.first_seq();
  }

  void say_writable(bool writable) {
    if (writable_.exchange(writable) != writable) show_writable();
  }
  void show_writable() { writable_gauge_.set(writable() ? 1 : 0); }

  std::vector<Request*> take() {
    std::vector<Request*> batch;
    std::uint64_t bytes = 0;
    while (!queue_.empty() && (batch.empty() || bytes + queue_.front()->bytes <= batch_limit)) {
      bytes += queue_.front()->bytes;
      batch.push_back(queue_.front());
      queue_.pop_front();
    }
    return batch;
  }

  std::unique_ptr<File> lock_;
  std::mutex mutex_;
  std::deque<Request*> queue_;  // guarded by mutex_
  bool leading_ = false;        // guarded by mutex_; who set it has writer_ for itself
  Writer writer_;
  Recovered recovered_;
  std::string log_id_;
  std::string why_stopped_;  // guarded by mutex_
  std::atomic<bool> stopped_{false};
  std::atomic<bool> writable_{true};
  struct Standing {
    Tree tree;
    std::uint64_t settled = 0;
    std::uint64_t segment = 0;
  };
  mutable std::mutex progress_mutex_;
  Standing standing_;  // guarded by progress_mutex_
  Gauge writable_gauge_;
};

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(const Settings& settings, Files& files, const Clock& clock,
                                                 Logger& log, Metrics& metrics) {
  if (auto made = files.make_directory(settings.directory); !made) return fail(made.error());
  auto lock = files.lock(path_in(settings.directory, lock_name));
  if (!lock) return fail(lock.error());
  auto started = start_log(settings, files, log);
  if (!started) return fail(started.error());
  auto log_id = started->open.state.chain.log_id;
  Parts parts{std::move(*lock), Writer(settings, files, std::move(started->open), clock, log, metrics),
              std::move(started->recovered), std::move(log_id)};
  for (const auto& intent : parts.recovered.open_intents) {
    parts.writer.keep_room({intent.kind, intent.id, body_of(intent)});
  }
  auto opened = std::make_unique<GroupLog>(std::move(parts), metrics);
  if (!started->records.empty()) {
    if (auto written = opened->append(started->records); !written) return fail(written.error());
  }
  if (auto finished = finish_putting_aside(settings.directory, files); !finished) return fail(finished.error());
  const auto lost = count_lost(settings.directory, files);
  if (!lost) return fail(lost.error());
  metrics.gauge("canaryd_audit_lost_logs", "Former logs that could not be continued, kept beside the log.")
      .set(static_cast<double>(*lost));
  return std::unique_ptr<AuditLog>(std::move(opened));
}

}  // namespace canaryd::audit
