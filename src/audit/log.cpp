#include "canaryd/audit/log.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include "canaryd/base/random.hpp"
#include "names.hpp"
#include "readback.hpp"
#include "torn.hpp"
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
    if (!fine) say_writable(false);
    guard.lock();
    leading_ = false;
    if (!queue_.empty()) queue_.front()->wake.notify_one();
    return fine;
  }
  bool writable() const override { return writable_.load(); }
  const Recovered& recovered() const override { return recovered_; }
  const std::string& log_id() const override { return log_id_; }

 private:
  Result<std::uint64_t> append(const Record* records, std::size_t count) {
    Request request;
    if (const auto filled = fill(request, records, count); !filled) return fail(filled.error());
    std::unique_lock guard(mutex_);
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
    guard.lock();
    leading_ = false;
    // Under the mutex: a request is gone as soon as its thread has seen `done`.
    for (auto* request : batch) {
      request->done = true;
      request->wake.notify_one();
    }
    if (!queue_.empty()) queue_.front()->wake.notify_one();
  }

  void say_writable(bool writable) {
    if (writable_.exchange(writable) != writable) writable_gauge_.set(writable ? 1 : 0);
  }

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
  std::atomic<bool> writable_{true};
  Gauge writable_gauge_;
};

Status only_segment(Files& files, const std::string& directory) {
  const auto names = files.list(directory);
  if (!names) return fail(names.error());
  for (const auto& name : *names) {
    if (is_segment(name) && name != segment_name(0)) {
      return fail(Error::io(path_in(directory, name) + ": a later segment, which this version does not continue"));
    }
  }
  return {};
}

Record created_record() {
  Record record;
  record.kind = Kind::lifecycle;
  record.id = random_id();
  record.event = "created";
  record.message = "This audit log begins.";
  return record;
}

// Cuts what is no whole, chained line, after it was kept.
Status cut_tail(const Settings& settings, Files& files, File& file, const ReadBack& found, Logger& log) {
  const auto size = file.size();
  if (!size) return fail(size.error());
  if (*size <= found.end) return {};
  log.error(
      "audit_tail_cut",
      {{"bytes", std::to_string(*size - found.end)}, {"after_byte", std::to_string(found.end)}, {"why", found.misfit}});
  if (auto kept = keep_torn(files, settings.directory, file, found.end, found.chain.seq); !kept) {
    return fail(kept.error());
  }
  if (auto cut = file.truncate(found.end); !cut) return cut;
  return files.sync_directory(settings.directory);
}

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(const Settings& settings, Files& files, const Clock& clock,
                                                 Logger& log, Metrics& metrics) {
  if (auto made = files.make_directory(settings.directory); !made) return fail(made.error());
  auto lock = files.lock(path_in(settings.directory, lock_name));
  if (!lock) return fail(lock.error());
  if (auto only = only_segment(files, settings.directory); !only) return fail(only.error());
  const auto name = segment_name(0);
  auto file = files.open_append(path_in(settings.directory, name));
  if (!file) return fail(file.error());
  if (auto synced = files.sync_directory(settings.directory); !synced) return fail(synced.error());
  auto found = read_back(**file);
  if (!found) return fail(found.error());
  if (auto cut = cut_tail(settings, files, **file, *found, log); !cut) return fail(cut.error());
  auto records = unrecorded_torn(files, settings.directory, found->torn_files, found->misfit);
  if (!records) return fail(records.error());
  if (found->chain.seq == 0) {
    found->chain.log_id = random_id();
    records->insert(records->begin(), created_record());
  }
  Parts parts{std::move(*lock),
              Writer(Segment(files, settings.directory, name, std::move(*file), found->end, found->last_length),
                     found->chain, clock, log, metrics),
              std::move(found->unfinished), found->chain.log_id};
  for (const auto& intent : parts.recovered.open_intents)
    parts.writer.keep_room({intent.kind, intent.id, body_of(intent)});
  auto opened = std::make_unique<GroupLog>(std::move(parts), metrics);
  if (!records->empty()) {
    if (auto written = opened->append(*records); !written) return fail(written.error());
  }
  return std::unique_ptr<AuditLog>(std::move(opened));
}

}  // namespace canaryd::audit
