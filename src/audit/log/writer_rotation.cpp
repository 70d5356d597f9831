#include <chrono>

#include "audit/format/names.hpp"
#include "writer.hpp"

namespace canaryd::audit {

namespace {
constexpr auto again_after = std::chrono::seconds(30);  // a rotation that failed
}

bool Writer::due() const {
  const auto& tally = state_.tally;
  // Its first record alone is none to close it for: an idle log would get a segment a day.
  if (tally.records() < 2) return false;
  if (tally.bytes() >= settings_.rotate_size) return true;
  const auto began = tally.began();
  return began && clock_.now() - *began >= settings_.rotate_age;
}

void Writer::rotate_if_due() {
  if (segment_.failed() || cut_ || attempt_ || !due()) return;
  if (rotate_after_ && clock_.steady() < *rotate_after_) return;
  const auto closed = state_.tally.first_seq();
  if (const auto done = rotate(); !done) {
    not_rotated_.add();
    rotate_after_ = clock_.steady() + again_after;
    log_.error("audit_rotation_failed", {{"error", done.error().message}, {"goes_on_in", segment_name(closed)}});
    static_cast<void>(clear_attempt());
    return;
  }
  rotated_.add();
  rotate_after_.reset();
  log_.info("audit_rotated", {{"closed", segment_name(closed)}, {"open", segment_name(state_.tally.first_seq())}});
}

Status Writer::rotate() {
  if (auto complete = leaves_.complete(state_.tally.records()); !complete) return complete;
  const std::uint64_t seq = state_.chain.seq;
  const auto path = path_in(settings_.directory, segment_name(seq));
  if (const auto there = files_.open_read(path)) {
    return fail(Error::io(path + " is there already, and not from this process"));
  }
  attempt_ = seq;
  if (auto begun = begin_segment(path); !begun) return begun;
  attempt_.reset();
  return {};
}

// The order matters: the name is on the disk before the record, the record before anything counts on it.
Status Writer::begin_segment(const std::string& path) {
  const std::uint64_t seq = state_.chain.seq;
  auto file = files_.open_append(path);
  if (!file) return fail(file.error());
  OpenLeaves leaves(files_, settings_.directory, seq);
  if (const auto opened = leaves.open(0); !opened) {
    log_.error("audit_leaves_failed", {{"error", opened.error().message}});
  }
  if (auto synced = files_.sync_directory(settings_.directory); !synced) return synced;

  draft_.begin(state_.chain);
  draft_.add(clock_.now(),
             body_of(rotated_record(state_.tally, state_.tree, state_.chain.log_id, state_.unfinished.oldest())));
  Segment next(files_, settings_.directory, segment_name(seq), std::move(*file), 0, 0);
  if (auto reserved = next.reserve(room_.total() + draft_.bytes().size()); !reserved) return reserved;
  if (auto written = next.append(draft_.bytes(), draft_.last_length()); !written) return written;

  segment_.close();
  segment_ = std::move(next);
  leaves_ = std::move(leaves);
  state_.tally = Tally(seq);
  state_.add(draft_.line(0), draft_.leaves()[0]);
  state_.chain = draft_.chain();
  add_leaves(draft_.leaves());
  records_[static_cast<std::size_t>(Kind::lifecycle)].add();
  return {};
}

Status Writer::clear_attempt() {
  if (!attempt_) return {};
  for (const auto& name : {leaves_name(*attempt_), segment_name(*attempt_)}) {
    const auto removed = files_.remove(path_in(settings_.directory, name));
    if (removed || removed.error().kind == ErrorKind::not_found) continue;
    log_.error("audit_rotation_failed", {{"error", removed.error().message}, {"left", name}});
    return removed;
  }
  if (auto synced = files_.sync_directory(settings_.directory); !synced) {
    log_.error("audit_rotation_failed", {{"error", synced.error().message}});
    return synced;
  }
  attempt_.reset();
  return {};
}

}  // namespace canaryd::audit
