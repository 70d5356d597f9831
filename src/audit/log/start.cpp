#include "start.hpp"

#include "audit/format/checkpoint_file.hpp"
#include "audit/format/names.hpp"
#include "canaryd/base/random.hpp"
#include "start_lost.hpp"
#include "start_reading.hpp"
#include "torn.hpp"

namespace canaryd::audit {

namespace {

Record created_record() {
  Record record;
  record.kind = Kind::lifecycle;
  record.id = random_id();
  record.event = "created";
  record.message = "This audit log begins.";
  return record;
}

// Cuts what is no whole, chained line, after it was kept.
Status cut_tail(const std::string& directory, Files& files, File& file, const ReadBack& found, Logger& log) {
  const auto size = file.size();
  if (!size) return fail(size.error());
  if (*size <= found.end) return {};
  log.error(
      "audit_tail_cut",
      {{"bytes", std::to_string(*size - found.end)}, {"after_byte", std::to_string(found.end)}, {"why", found.misfit}});
  if (auto kept = keep_torn(files, directory, file, found.end, found.chain.seq); !kept) return fail(kept.error());
  if (auto cut = file.truncate(found.end); !cut) return cut;
  return files.sync_directory(directory);
}

// Goes on in a log that was read.
class Continuing {
 public:
  // `created`: the first record, should the log have none yet.
  Continuing(const std::string& directory, Files& files, Logger& log, LogReading& reading, Record created)
      : directory_(directory), files_(files), log_(log), reading_(reading), created_(std::move(created)) {}

  Result<Started> run() {
    auto recovered = reading_.unfinished().records(directory_, reading_.segments(), files_);
    if (!recovered) return fail(recovered.error());
    say_missing();
    misfit_ = reading_.found().misfit;
    auto open = reading_.begins_next() ? next_segment() : same_segment();
    if (!open) return fail(open.error());
    auto torn = unrecorded_torn(files_, directory_, reading_.tail().first_seq, reading_.recorded(), misfit_);
    if (!torn) return fail(torn.error());
    for (auto& record : *torn) records_.push_back(std::move(record));
    return Started{std::move(*open), std::move(*recovered), std::move(records_)};
  }

 private:
  void say_missing() {
    if (reading_.mended_leaves()) {
      log_.error("audit_leaves_changed", {{"segments", "closed"}});
      records_.push_back(recovered_record({{"leaves", "closed segments"}},
                                          "The leaf hashes of closed segments were not those of their records, which "
                                          "have the root that the log names: they were computed anew."));
    }
    for (const auto& name : reading_.missing()) {
      log_.error("audit_segment_missing", {{"segment", name}});
      if (reading_.recorded().contains(name)) continue;
      records_.push_back(recovered_record({{"missing", name}}, "The records of " + name +
                                                                   " are missing; their leaf hashes are there, and "
                                                                   "the log goes on."));
    }
  }

  // Which of the two was changed cannot be known here: the records are whole and chained.
  void say_leaves(const std::string& segment) {
    const auto& leaves = reading_.leaves();
    const auto name = leaves_name(reading_.tail().first_seq);
    const auto first = reading_.tail().first_seq;
    if (const auto at = leaves.difference()) {
      log_.error("audit_leaves_changed", {{"segment", segment}, {"seq", std::to_string(first + *at)}});
      records_.push_back(recovered_record(
          {{"leaves", name}, {"seq", std::to_string(first + *at)}},
          "From record " + std::to_string(first + *at) + " on " + name + " was not what the records of " + segment +
              " give; one of the two was changed. The leaf hashes were computed anew from the records."));
    } else if (leaves.surplus() > 0) {
      log_.error("audit_records_missing", {{"segment", segment}, {"records", std::to_string(leaves.surplus())}});
      records_.push_back(recovered_record({{"leaves", name}, {"lost", std::to_string(leaves.surplus())}},
                                          name + " has leaf hashes of " + std::to_string(leaves.surplus()) +
                                              " records that are not in " + segment + " any more."));
    } else {
      log_.info("audit_leaves_rewritten",
                {{"segment", segment}, {"records", std::to_string(reading_.state().tally.records())}});
    }
  }

  Status mend_leaves() {
    if (reading_.leaves().same()) return {};
    const auto& tail = reading_.tail();
    say_leaves(tail.records);
    const auto made = rewrite_leaves(files_, directory_, tail, reading_.state().tally.records());
    if (!made) return fail(made.error());
    return {};
  }

  Result<Writer::Open> same_segment() {
    const auto& tail = reading_.tail();
    if (auto cleared = clear_attempt(); !cleared) return fail(cleared.error());
    auto file = reading_.take_file();
    if (auto cut = cut_tail(directory_, files_, *file, reading_.found(), log_); !cut) return fail(cut.error());
    if (reading_.state().chain.seq == 0) begin();
    if (auto mended = mend_leaves(); !mended) {
      log_.error("audit_leaves_failed", {{"error", mended.error().message}});
    }
    return opened(tail.first_seq, std::move(file), reading_.found());
  }

  void begin() {
    reading_.state().chain = Chain{};
    reading_.state().chain.log_id = random_id();
    records_.insert(records_.begin(), std::move(created_));
  }

  // What a rotation that failed has left: this segment went on, and what stands there was never acknowledged.
  Status clear_attempt() {
    const auto& segments = reading_.segments();
    if (segments.back().first_seq == reading_.tail().first_seq) return {};
    const auto& attempt = segments.back();
    auto file = files_.open_append(path_in(directory_, attempt.records));
    if (!file) return fail(file.error());
    const auto size = (*file)->size();
    if (!size) return fail(size.error());
    if (*size > 0) {
      const auto kept = keep_torn(files_, directory_, **file, 0, attempt.first_seq);
      if (!kept) return fail(kept.error());
    }
    if (!attempt.leaves.empty()) {
      if (auto removed = files_.remove(path_in(directory_, attempt.leaves)); !removed) return removed;
    }
    if (auto removed = files_.remove(path_in(directory_, attempt.records)); !removed) return removed;
    return files_.sync_directory(directory_);
  }

  // The tail is closed; the crash came before the next one had its first record.
  Result<Writer::Open> next_segment() {
    auto& state = reading_.state();
    const std::uint64_t seq = state.chain.seq;
    if (auto mended = mend_leaves(); !mended) return fail(mended.error());
    auto file = files_.open_append(path_in(directory_, segment_name(seq)));
    if (!file) return fail(file.error());
    ReadBack nothing;
    nothing.chain.seq = seq;
    nothing.misfit = "no whole first record of a segment";
    if (auto cut = cut_tail(directory_, files_, **file, nothing, log_); !cut) return fail(cut.error());
    if (auto synced = files_.sync_directory(directory_); !synced) return fail(synced.error());
    misfit_ = nothing.misfit;
    records_.insert(records_.begin(),
                    rotated_record(state.tally, state.tree, state.chain.log_id, state.unfinished.oldest()));
    state.tally = Tally(seq);
    return opened(seq, std::move(*file), nothing);
  }

  // The leaves of the open segment: what fails there is mended at the rotation.
  Result<Writer::Open> opened(std::uint64_t first_seq, std::unique_ptr<File> file, const ReadBack& found) {
    OpenLeaves leaves(files_, directory_, first_seq);
    if (const auto done = leaves.open(reading_.state().tally.records()); !done) {
      log_.error("audit_leaves_failed", {{"error", done.error().message}});
    }
    if (auto synced = files_.sync_directory(directory_); !synced) return fail(synced.error());
    return Writer::Open{
        Segment(files_, directory_, segment_name(first_seq), std::move(file), found.end, found.last_length),
        std::move(leaves), std::move(reading_.state())};
  }

  const std::string& directory_;
  Files& files_;
  Logger& log_;
  LogReading& reading_;
  Record created_;
  std::string misfit_;
  std::vector<Record> records_;
};

// A log in a folder without one.
Result<Started> begin_log(const std::string& directory, Files& files, Logger& log, Record created) {
  auto file = files.open_append(path_in(directory, segment_name(0)));
  if (!file) return fail(file.error());
  OpenLeaves leaves(files, directory, 0);
  if (const auto opened = leaves.open(0); !opened)
    log.error("audit_leaves_failed", {{"error", opened.error().message}});
  if (auto synced = files.sync_directory(directory); !synced) return fail(synced.error());
  WriterState state(0);
  state.chain.log_id = random_id();
  Started started{
      {Segment(files, directory, segment_name(0), std::move(*file), 0, 0), std::move(leaves), std::move(state)},
      {},
      {}};
  started.records.push_back(std::move(created));
  auto torn = unrecorded_torn(files, directory, 0, {}, {});
  if (!torn) return fail(torn.error());
  for (auto& record : *torn) started.records.push_back(std::move(record));
  return started;
}

Result<std::vector<SegmentFiles>> segments_of(const std::string& directory, Files& files) {
  auto segments = list_segments(directory, files);
  if (!segments && segments.error().kind == ErrorKind::not_found) return std::vector<SegmentFiles>();
  if (!segments) return fail(segments.error());
  // A crash can have left the leaf file of a segment that never was.
  while (!segments->empty() && segments->back().records.empty()) {
    const auto file = files.open_read(path_in(directory, segments->back().leaves));
    if (!file) return fail(file.error());
    const auto size = (*file)->size();
    if (!size) return fail(size.error());
    if (*size >= leaf_size) break;
    if (auto removed = files.remove(path_in(directory, segments->back().leaves)); !removed)
      return fail(removed.error());
    segments->pop_back();
  }
  return segments;
}

// Loud, for somebody may have been at work; no reason to give the log up.
Record doubted_record(std::uint64_t size, const std::string& doubt, Logger& log) {
  log.error("audit_checkpoint_doubted", {{"why", doubt}, {"went_by", size}});
  return recovered_record({{"checkpoint", std::to_string(size)}, {"why", doubt}},
                          "The newest note of checkpoints.log is none that a key of audit.key_files signed: the start "
                          "went by the one of " +
                              std::to_string(size) + " records.");
}

Result<Started> begin_anew(const std::string& directory, Files& files, Logger& log, Loss loss) {
  log.error("audit_log_lost", {{"log", loss.log_id}, {"why", loss.what}});
  auto created = put_aside(directory, files, loss);
  if (!created) return fail(created.error());
  return begin_log(directory, files, log, std::move(*created));
}

}  // namespace

Result<Started> start_log(const Settings& settings, Files& files, Logger& log) {
  const auto& directory = settings.directory;
  auto resumed = resume_putting_aside(directory, files);
  if (!resumed) return fail(resumed.error());
  auto segments = segments_of(directory, files);
  if (!segments) return fail(segments.error());
  auto newest = newest_checkpoint(directory, files, settings.keys);
  if (!newest) return fail(newest.error());
  const std::uint64_t size = newest->checkpoint ? newest->checkpoint->head.size : 0;
  auto created = *resumed ? std::move(**resumed) : created_record();
  if (segments->empty() && size == 0) return begin_log(directory, files, log, std::move(created));
  LogReading reading(directory, std::move(*segments), std::move(newest->checkpoint), files, log);
  if (auto done = reading.run(); !done) return fail(done.error());
  if (reading.lost()) {
    return begin_anew(directory, files, log, {reading.log_id(), *reading.lost(), reading.records(), size});
  }
  auto started = Continuing(directory, files, log, reading, std::move(created)).run();
  if (started && !settings.keys.empty() && !newest->doubt.empty()) {
    started->records.push_back(doubted_record(size, newest->doubt, log));
  }
  return started;
}

}  // namespace canaryd::audit
