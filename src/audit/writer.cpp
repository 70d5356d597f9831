#include "writer.hpp"

#include <chrono>

#include "torn.hpp"

namespace canaryd::audit {

namespace {

constexpr const char* writes_name = "canaryd_audit_writes_total";
constexpr const char* writes_help = "Batches of audit records written and synced, by result.";

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

Writer::Writer(Segment segment, Chain chain, const Clock& clock, Logger& log, Metrics& metrics)
    : segment_(std::move(segment)),
      chain_(std::move(chain)),
      clock_(clock),
      log_(log),
      records_(counters(metrics)),
      written_(metrics.counter(writes_name, writes_help, {{"result", "ok"}})),
      failed_(metrics.counter(writes_name, writes_help, {{"result", "failed"}})),
      sync_seconds_(metrics.histogram("canaryd_audit_sync_seconds", "Time of one write and fdatasync of the audit log.",
                                      latency_buckets())) {}

bool Writer::commit(const std::vector<Request*>& batch) {
  if (const auto usable = segment_.failed() ? reopen() : check(); !usable) {
    fail_all(batch, usable.error());
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

Status Writer::check() {
  const bool known = segment_.failed();
  auto fine = segment_.check();
  if (!fine && !known) {
    failed_.add();
    log_.error("audit_log_touched", {{"error", fine.error().message}});
  }
  return fine;
}

Status Writer::reopen() {
  auto cut = segment_.reopen(chain_.prev, chain_.seq);
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

void Writer::add_line(std::string& lines, Chain& chain, std::string_view body) {
  const std::size_t before = lines.size();
  append_line(lines, chain, clock_.now(), body);
  last_length_ = lines.size() - before - 1;
}

Status Writer::write(const std::vector<Request*>& batch) {
  Chain chain = chain_;
  std::string lines;
  if (cut_) {
    add_line(lines, chain, body_of(record_of(*cut_)));
  }
  const std::uint64_t first = chain.seq;
  for (const auto* request : batch) {
    for (const auto& entry : request->entries) add_line(lines, chain, entry.body);
  }
  const auto started = clock_.steady();
  auto done = segment_.append(lines, last_length_);
  sync_seconds_.observe(std::chrono::duration<double>(clock_.steady() - started).count());
  if (!done) {
    failed_.add();
    return done;
  }
  written_.add();
  chain_ = std::move(chain);
  cut_.reset();
  acknowledge(batch, first);
  return {};
}

void Writer::acknowledge(const std::vector<Request*>& batch, std::uint64_t first_seq) {
  for (auto* request : batch) {
    request->result = first_seq;
    first_seq += request->entries.size();
    for (const auto& entry : request->entries) {
      if (entry.kind == Kind::intent) keep_room(entry);
      if (entry.kind == Kind::outcome) room_.release(entry.id);
      records_[static_cast<std::size_t>(entry.kind)].add();
    }
  }
}

}  // namespace canaryd::audit
