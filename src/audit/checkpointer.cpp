#include "canaryd/audit/checkpointer.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "base64.hpp"
#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/base/random.hpp"
#include "checkpoint_file.hpp"
#include "checkpointer_keys.hpp"
#include "note.hpp"
#include "trouble.hpp"

namespace canaryd::audit {

namespace {

using std::chrono::seconds;

constexpr seconds key_interval{1};
constexpr seconds interval{60};
constexpr seconds retry_interval{5};

double unix_seconds(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

Trouble trouble(Logger& logger, Metrics& metrics, const char* where) {
  return {logger,
          metrics.counter("canaryd_audit_checkpoint_failures_total", "Checkpoints that failed, by where.",
                          {{"where", where}}),
          "audit_checkpoint_failed", where};
}

}  // namespace

struct Checkpointer::Impl {
  Impl(CheckpointSettings settings, AuditLog& l, Files& f, const Clock& c, Logger& lg, Metrics& metrics,
       CheckpointWitness w)
      : log(l),
        files(f),
        clock(c),
        logger(lg),
        witness(std::move(w)),
        directory(settings.directory),
        name(log_name(settings.origin, l.log_id())),
        file(settings.directory, f),
        keys(f, lg),
        sign_trouble(trouble(lg, metrics, "sign")),
        file_trouble(trouble(lg, metrics, "file")),
        stdout_trouble(trouble(lg, metrics, "stdout")),
        size_gauge(metrics.gauge("canaryd_audit_checkpoint_size", "Records that the newest checkpoint covers.")),
        time_gauge(metrics.gauge("canaryd_audit_checkpoint_timestamp_seconds",
                                 "When the newest checkpoint went out, of records or of an idle log; 0 before it.")),
        signed_gauge(metrics.gauge("canaryd_audit_signed", "1 while the audit log's checkpoints are signed.")),
        refused_gauge(
            metrics.gauge("canaryd_audit_keys_refused", "Files of audit.key_files whose content now is no key.")) {
    wanted_files = std::move(settings.key_files);
  }

  void look_at_keys();
  void record_keys();
  bool know_the_last();
  bool is_due(const Progress& progress) const;
  void make(const TreeHead& head);
  void keep(const TreeHead& head, const std::string& note);
  void tell(const TreeHead& head, const std::string& note);

  AuditLog& log;
  Files& files;
  const Clock& clock;
  Logger& logger;
  const CheckpointWitness witness;
  const std::string directory;
  const std::string name;
  CheckpointFile file;
  SigningKeys keys;
  Trouble sign_trouble;
  Trouble file_trouble;
  Trouble stdout_trouble;
  Gauge size_gauge;
  Gauge time_gauge;
  Gauge signed_gauge;
  Gauge refused_gauge;

  SteadyTime next_look;
  bool said_unsigned = false;
  bool keys_unrecorded = false;
  bool now_due = false;             // whatever the log says: other keys sign
  std::optional<TreeHead> signed_;  // the newest that was signed; nullopt until the file was read
  std::uint64_t kept = 0;           // size of the newest in the file
  std::uint64_t told = 0;           // and of the newest that went out, or was to
  SteadyTime tell_at;               // when one goes out, whatever came
  SteadyTime retry_at;              // the file
  std::uint64_t segment = 0;

  std::mutex mutex;
  std::optional<std::vector<std::string>> wanted_files;  // guarded by mutex; not yet taken
};

void Checkpointer::Impl::look_at_keys() {
  const auto now = clock.steady();
  std::optional<std::vector<std::string>> wanted;
  {
    const std::lock_guard guard(mutex);
    wanted = std::exchange(wanted_files, std::nullopt);
  }
  if (wanted) keys.set_files(*wanted);
  if (!wanted && now < next_look) return;
  next_look = now + key_interval;
  if (keys.refresh()) keys_unrecorded = now_due = true;
  if (keys_unrecorded) record_keys();
  signed_gauge.set(keys.all().empty() ? 0 : 1);
  refused_gauge.set(static_cast<double>(keys.refused()));
  if (std::exchange(said_unsigned, keys.all().empty()) || !said_unsigned) return;
  logger.warn("audit_unsigned", {{"why", "no key of audit.key_files is in force: there are no checkpoints"},
                                 {"remedy", "canaryd audit key generate"}});
}

// Which keys sign from here on is itself a fact of the log.
void Checkpointer::Impl::record_keys() {
  Record record;
  record.kind = Kind::lifecycle;
  record.id = random_id();
  record.event = "keys";
  int number = 0;
  for (const auto& key : keys.all()) {
    record.details.emplace_back("key_" + std::to_string(++number), key.public_key().vkey(name, ed25519_type));
  }
  record.message = number == 0   ? "Checkpoints are signed no longer."
                   : number == 1 ? "Checkpoints are signed by 1 key from here on."
                                 : "Checkpoints are signed by " + std::to_string(number) + " keys from here on.";
  keys_unrecorded = !log.append(record);
}

// What an earlier process signed binds this one.
bool Checkpointer::Impl::know_the_last() {
  if (signed_) return true;
  if (clock.steady() < retry_at) return false;
  const auto newest = newest_checkpoint(directory, files);
  if (!newest) {
    file_trouble.is(newest.error().message);
    retry_at = clock.steady() + retry_interval;
    return false;
  }
  signed_ = *newest ? (*newest)->head : TreeHead{};
  kept = signed_->size;
  size_gauge.set(static_cast<double>(kept));
  now_due = true;
  return true;
}

bool Checkpointer::Impl::is_due(const Progress& progress) const {
  const auto now = clock.steady();
  const bool minute_over = now >= tell_at;
  if (progress.head.size <= kept) return minute_over || now_due;
  if (progress.head.size == told) return now >= retry_at || minute_over;  // the file would not take it
  return minute_over || now_due || progress.settled > std::max(kept, told) || progress.segment != segment;
}

void Checkpointer::Impl::make(const TreeHead& head) {
  // A signed root that another signed root contradicts is proof of a lie, and cannot be taken back.
  if (head.size < signed_->size || (head.size == signed_->size && head.size > 0 && head.root != signed_->root)) {
    sign_trouble.is("the log has " + std::to_string(head.size) + " records with another root than the checkpoint of " +
                    std::to_string(signed_->size) + " records: it is not signed");
    tell_at = clock.steady() + interval;
    now_due = false;
    return;
  }
  const auto note = sign_checkpoint(name, head, keys.all(), clock.now());
  sign_trouble.over();
  signed_ = head;
  if (head.size > kept) keep(head, note);
  tell(head, note);
  now_due = false;
}

void Checkpointer::Impl::keep(const TreeHead& head, const std::string& note) {
  if (const auto done = file.append(note); !done) {
    file_trouble.is(done.error().message);
    retry_at = clock.steady() + retry_interval;
    return;
  }
  file_trouble.over();
  kept = head.size;
  size_gauge.set(static_cast<double>(kept));
}

void Checkpointer::Impl::tell(const TreeHead& head, const std::string& note) {
  const auto now = clock.steady();
  const bool is_news = head.size > told;
  if (!is_news && !now_due && now < tell_at) return;
  told = head.size;
  tell_at = now + interval;
  if (witness) witness(note);
  const auto out = logger.publish("audit_checkpoint", {{"checkpoint", to_base64(note)}, {"size", head.size}});
  if (!out) {
    stdout_trouble.is(out.error().message);
    tell_at = now + retry_interval;
    return;
  }
  stdout_trouble.over();
  if (head.size == kept) time_gauge.set(unix_seconds(clock.now()));
}

Checkpointer::Checkpointer(CheckpointSettings settings, AuditLog& log, Files& files, const Clock& clock, Logger& logger,
                           Metrics& metrics, CheckpointWitness witness)
    : impl_(std::make_unique<Impl>(std::move(settings), log, files, clock, logger, metrics, std::move(witness))) {}

Checkpointer::~Checkpointer() = default;

void Checkpointer::turn() {
  impl_->look_at_keys();
  if (impl_->keys.all().empty() || !impl_->know_the_last()) return;
  const auto progress = impl_->log.progress();
  if (progress.head.size == 0 || !impl_->is_due(progress)) return;
  impl_->segment = progress.segment;
  impl_->make(progress.head);
}

void Checkpointer::stop() {
  impl_->retry_at = SteadyTime{};
  if (impl_->keys.all().empty() || !impl_->know_the_last()) return;
  const auto progress = impl_->log.progress();
  if (progress.head.size > std::min(impl_->kept, impl_->told)) impl_->make(progress.head);
}

void Checkpointer::replace_key_files(std::vector<std::string> key_files) {
  const std::lock_guard guard(impl_->mutex);
  impl_->wanted_files = std::move(key_files);
}

}  // namespace canaryd::audit
