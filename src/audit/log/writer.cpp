#include "writer.hpp"

#include <chrono>

#include "audit/format/head.hpp"
#include "torn.hpp"

namespace canaryd::audit {

namespace {

constexpr const char* writes_name = "canaryd_audit_writes_total";
constexpr const char* writes_help = "Batches of audit records written and synced, by result.";
constexpr const char* rotations_name = "canaryd_audit_rotations_total";
constexpr const char* rotations_help = "Segments of the audit log that were to be closed, by result.";

void fail_all(const std::vector<Request*>& batch, const Error& error) {
  for (auto* request : batch) request->result = fail(error);
}

Record record_of(const Cut& cut) {
  const auto bytes = std::to_string(cut.bytes) + " bytes that were never acknowledged were cut from the log";
  if (cut.file.empty()) {
    return recovered_record(cut, {{"why", "a write or fdatasync failed"}}, "A write failed: " + bytes + ".");
  }
  return recovered_record(cut, {{"file", cut.file}, {"why", "something else than canaryd touched the file"}},
                          "The log was touched by others: " + bytes + " and kept in " + cut.file + ".");
}

// What waits for another record, or what others waited for.
bool may_settle(Kind kind) {
  return kind == Kind::intent || kind == Kind::outcome || kind == Kind::confirmed || kind == Kind::unconfirmed;
}

std::vector<Counter> counters(Metrics& metrics) {
  std::vector<Counter> all;
  all.reserve(all_kinds.size());
  for (const Kind kind : all_kinds) {
    all.push_back(metrics.counter("canaryd_audit_records_total", "Audit records on the disk, by kind.",
                                  {{"kind", name_of(kind)}}));
  }
  return all;
}

}  // namespace

Writer::Writer(const Settings& settings, Files& files, Open open, const Clock& clock, Logger& log, Metrics& metrics)
    : settings_(settings),
      files_(files),
      segment_(std::move(open.segment)),
      leaves_(std::move(open.leaves)),
      state_(std::move(open.state)),
      clock_(clock),
      log_(log),
      records_(counters(metrics)),
      written_(metrics.counter(writes_name, writes_help, {{"result", "ok"}})),
      failed_(metrics.counter(writes_name, writes_help, {{"result", "failed"}})),
      rotated_(metrics.counter(rotations_name, rotations_help, {{"result", "ok"}})),
      not_rotated_(metrics.counter(rotations_name, rotations_help, {{"result", "failed"}})),
      sync_seconds_(metrics.histogram("canaryd_audit_sync_seconds", "Time of one write and fdatasync of the audit log.",
                                      latency_buckets())) {}

bool Writer::commit(const std::vector<Request*>& batch) {
  if (const auto can = usable(); !can) {
    fail_all(batch, can.error());
    return false;
  }
  const auto fitting = with_room(batch);
  if (fitting.empty()) return false;
  if (const auto done = write(fitting); !done) {
    log_.error("audit_write_failed", {{"error", done.error().message}, {"requests", fitting.size()}});
    fail_all(fitting, done.error());
    return false;
  }
  return !full_;
}

Status Writer::usable() {
  if (!segment_.failed()) return check();
  if (auto cleared = clear_attempt(); !cleared) return cleared;
  return reopen();
}

Status Writer::check() {
  if (auto cleared = clear_attempt(); !cleared) return cleared;
  const bool known = segment_.failed();
  auto fine = segment_.check();
  if (!fine && !known) {
    failed_.add();
    log_.error("audit_log_touched", {{"error", fine.error().message}});
  }
  return fine;
}

Status Writer::reopen() {
  auto cut = segment_.reopen(state_.chain.prev, state_.chain.seq);
  if (!cut) {
    failed_.add();
    log_.error("audit_reopen_failed", {{"error", cut.error().message}});
    return fail(cut.error());
  }
  log_.warn("audit_reopened", {{"cut_bytes", std::to_string(*cut ? (*cut)->bytes : 0)}});
  if (*cut) cut_ = **cut;
  // The cut gave back the room that was kept; without it the outcomes still try.
  if (room_.total() > 0) static_cast<void>(segment_.reserve(room_.total()));
  return {};
}

// Those of the batch for which there is room beside that of the outcomes to come; the others fail, and nothing of them
// was written.
std::vector<Request*> Writer::with_room(const std::vector<Request*>& batch) {
  std::uint64_t needed = room_.total();
  std::vector<Request*> fitting;
  bool reserve = false;
  for (const auto* request : batch) {
    needed += request->bytes;
    if (request->settles) continue;
    reserve = true;
    for (const auto& entry : request->entries) {
      if (entry.kind == Kind::intent) needed += OutcomeRoom::of(entry);
    }
  }
  if (!reserve) return batch;
  const auto reserved = segment_.reserve(needed);
  full_ = !reserved;
  if (reserved) return batch;
  failed_.add();
  log_.error("audit_no_room", {{"error", reserved.error().message}, {"bytes", std::to_string(needed)}});
  for (auto* request : batch) {
    if (request->settles) {
      fitting.push_back(request);
    } else {
      request->result = fail(reserved.error());
    }
  }
  return fitting;
}

Status Writer::write(const std::vector<Request*>& batch) {
  draft_.begin(state_.chain);
  if (cut_) draft_.add(clock_.now(), body_of(record_of(*cut_)));
  const std::size_t first = draft_.size();
  for (const auto* request : batch) {
    for (const auto& entry : request->entries) draft_.add(clock_.now(), entry.body);
  }
  const auto started = clock_.steady();
  auto done = segment_.append(draft_.bytes(), draft_.last_length());
  sync_seconds_.observe(std::chrono::duration<double>(clock_.steady() - started).count());
  if (!done) {
    failed_.add();
    return done;
  }
  written_.add();
  cut_.reset();
  acknowledge(batch, first);
  return {};
}

void Writer::add_leaves(const std::vector<Hash>& leaves) {
  if (const auto added = leaves_.append(leaves); !added) {
    log_.error("audit_leaves_failed",
               {{"error", added.error().message}, {"until", "the next rotation or start, which writes them anew"}});
  }
}

void Writer::acknowledge(const std::vector<Request*>& batch, std::size_t first_line) {
  add_leaves(draft_.leaves());
  for (std::size_t i = 0; i < draft_.size(); ++i) state_.add(draft_.line(i), draft_.leaves()[i]);
  const std::uint64_t first_seq = state_.chain.seq;
  state_.chain = draft_.chain();
  std::size_t at = first_line;
  for (auto* request : batch) {
    request->result = first_seq + at;
    for (const auto& entry : request->entries) {
      if (entry.kind == Kind::intent) keep_room(entry);
      if (entry.kind == Kind::outcome) room_.release(entry.id);
      const auto line = draft_.line(at++);
      if (may_settle(entry.kind)) {
        if (const auto head = read_head(line)) state_.see(*head, {line, 0, 0});
      }
      records_[static_cast<std::size_t>(entry.kind)].add();
    }
  }
}

}  // namespace canaryd::audit
