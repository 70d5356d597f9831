#include "start_reading.hpp"

#include <algorithm>

#include "audit/format/names.hpp"
#include "audit/format/parse.hpp"
#include "segment.hpp"

namespace canaryd::audit {

LogReading::LogReading(std::string directory, std::vector<SegmentFiles> segments, std::optional<Checkpoint> checkpoint,
                       Files& files, Logger& log)
    : directory_(std::move(directory)),
      segments_(std::move(segments)),
      checkpoint_(std::move(checkpoint)),
      files_(files),
      log_(log) {}

Status LogReading::run() {
  using Step = Status (LogReading::*)();
  for (const Step step : {&LogReading::find_tail, &LogReading::read_closed, &LogReading::read_unfinished,
                          &LogReading::read_tail, &LogReading::check_end, &LogReading::check_checkpoint}) {
    if (auto done = (this->*step)(); !done) return done;
    if (lost_) return {};
  }
  return {};
}

void LogReading::lose(std::string what) { lost_ = std::move(what); }

// A compressed segment can be unreadable without the disk having failed; when the disk has, nothing is given up.
Status LogReading::lose_unreadable(const SegmentFiles& segment, const Error& error) {
  if (!segment.compressed) return fail(error);
  const auto file = files_.open_read(path_in(directory_, segment.records));
  if (!file) return fail(file.error());
  if (const auto bytes = measure(**file, 0); !bytes) return fail(bytes.error());
  lose(error.message);
  return {};
}

std::string LogReading::log_id() const {
  if (!state_.chain.log_id.empty()) return state_.chain.log_id;
  if (!checkpoint_) return {};
  const auto slash = checkpoint_->origin.rfind('/');
  return slash == std::string::npos ? std::string() : checkpoint_->origin.substr(slash + 1);
}

// The first record of a segment, when it is whole. A plain one is opened as the writer would open it, so that what is
// read is what the disk holds.
Status LogReading::look_into(std::size_t index, std::string& line) {
  const auto& segment = segments_[index];
  std::unique_ptr<Reader> compressed;
  if (segment.compressed) {
    auto reader = open_records(directory_, segment, files_);
    if (!reader) return lose_unreadable(segment, reader.error());
    compressed = std::move(*reader);
  } else {
    auto file = files_.open_append(path_in(directory_, segment.records));
    if (!file) return fail(file.error());
    file_ = std::move(*file);
  }
  auto first = first_line(compressed ? *compressed : *file_, segment.first_seq);
  if (!first) return lose_unreadable(segment, first.error());
  line = std::move(*first);
  return {};
}

Status LogReading::find_tail() {
  if (segments_.empty()) {
    lose("its checkpoints are there, and none of its segments");
    return {};
  }
  if (segments_.front().first_seq != 0) {
    lose(segment_name(0) + " and its leaf hashes are missing");
    return {};
  }
  tail_ = segments_.size() - 1;
  std::string line;
  for (bool newest = true;; newest = false) {
    const auto& segment = segments_[tail_];
    if (segment.records.empty()) {
      lose("the records of " + segment_name(segment.first_seq) + ", the end of the log, are missing");
      return {};
    }
    if (auto looked = look_into(tail_, line); !looked || lost_) return looked;
    if (!line.empty() || tail_ == 0) break;
    if (!newest) {
      lose(segment.records + " has no whole first record");
      return {};
    }
    // A crash came between the creation of the segment and its first record.
    begins_next_ = true;
    --tail_;
  }
  const auto& tail = segments_[tail_];
  begins_next_ = begins_next_ || tail.compressed;
  state_.tally = Tally(tail.first_seq);
  if (tail.first_seq == 0) return {};
  state_.settled = tail.first_seq;
  rotated_ = read_rotated(line);
  if (rotated_) state_.chain.log_id = rotated_->log_id;
  return {};
}

void LogReading::note_recorded(const Line& line) {
  if (line.bytes.find("\"event\":\"recovered\"") == std::string_view::npos) return;
  const auto record = parse_line(line.bytes);
  if (!record) return;
  for (const auto& [key, value] : record->details) {
    if (key == "file" || key == "missing") recorded_.insert(value);
  }
}

Status LogReading::read_unfinished() {
  if (!rotated_ || !rotated_->unfinished_from) return {};
  for (std::size_t i = 0; i < tail_; ++i) {
    const auto& segment = segments_[i];
    if (segment.first_seq < *rotated_->unfinished_from || segment.records.empty()) continue;
    const auto read = read_unfinished_of(segment);
    if (!read && !segment.compressed) return fail(read.error());
    const auto trouble = read ? *read : read.error().message;
    if (!trouble.empty()) {
      log_.error("audit_segment_unreadable", {{"segment", segment.records}, {"error", trouble}});
    }
  }
  return {};
}

// Returns why the segment cannot be read to its end; `verify` tells more of that.
Result<std::string> LogReading::read_unfinished_of(const SegmentFiles& segment) {
  auto reader = open_records(directory_, segment, files_);
  if (!reader) return fail(reader.error());
  Chain chain;
  chain.seq = segment.first_seq;
  if (segment.first_seq > 0) chain.prev.clear();
  const auto read = read_back(**reader, std::move(chain), [&](const Head& head, const Line& line) {
    state_.unfinished.see(head, line, segment.first_seq);
    if (head.kind == Kind::outcome) state_.settled = std::max(state_.settled, head.seq + 1);
  });
  if (!read) return fail(read.error());
  return read->misfit;
}

Status LogReading::read_tail() {
  const auto& tail = segments_[tail_];
  std::unique_ptr<Reader> leaves;
  if (!tail.leaves.empty()) {
    if (auto opened = files_.open_read(path_in(directory_, tail.leaves))) leaves = std::move(*opened);
  }
  leaf_check_.emplace(std::move(leaves));
  std::unique_ptr<Reader> compressed;
  if (tail.compressed) {
    auto reader = open_records(directory_, tail, files_);
    if (!reader) return lose_unreadable(tail, reader.error());
    compressed = std::move(*reader);
  }
  Chain chain;
  chain.seq = tail.first_seq;
  chain.log_id = state_.chain.log_id;
  if (tail.first_seq > 0) chain.prev.clear();
  Status checked;
  auto read = read_back(compressed ? *compressed : *file_, std::move(chain), [&](const Head& head, const Line& line) {
    const auto leaf = leaf_hash(line.bytes);
    add_leaf(leaf);
    state_.tally.add(line.bytes);
    state_.see(head, line);
    if (head.kind == Kind::lifecycle) note_recorded(line);
    if (checked) checked = leaf_check_->see(leaf);
  });
  if (!read) return lose_unreadable(tail, read.error());
  if (!checked) return checked;
  if (auto finished = leaf_check_->finish(); !finished) return finished;
  found_ = std::move(*read);
  state_.chain = found_.chain;
  return {};
}

// Whether the next segment begins where this one ends.
Status LogReading::check_end() {
  if (tail_ + 1 == segments_.size()) return {};
  const auto& next = segments_[tail_ + 1];
  if (state_.chain.seq == next.first_seq) return {};
  if (state_.chain.seq < next.first_seq) {
    lose(tail().records + " ends before record " + std::to_string(state_.chain.seq) +
         ", the next segment begins with " + std::to_string(next.first_seq));
  } else if (tail().compressed) {
    lose(tail().records + " goes on behind the beginning of the next segment");
  } else {
    // A rotation that failed left a file behind, and this segment went on.
    begins_next_ = false;
  }
  return {};
}

Status LogReading::check_checkpoint() {
  if (!checkpoint_ || checkpoint_->head.size == 0) return {};
  const auto& head = checkpoint_->head;
  const auto slash = checkpoint_->origin.rfind('/');
  const auto id = slash == std::string::npos ? checkpoint_->origin : checkpoint_->origin.substr(slash + 1);
  if (state_.chain.log_id.empty()) state_.chain.log_id = id;
  if (id != state_.chain.log_id) {
    lose("its checkpoints are those of the log " + id);
  } else if (head.size > state_.tree.size()) {
    lose("it has " + std::to_string(state_.tree.size()) + " records, its newest checkpoint was made of " +
         std::to_string(head.size));
  } else if (at_checkpoint_ != head.root) {
    lose("the root of its first " + std::to_string(head.size) + " records is not that of its newest checkpoint");
  }
  return {};
}

void LogReading::add_leaf(const Hash& leaf) {
  state_.tree.add(leaf);
  if (checkpoint_ && state_.tree.size() == checkpoint_->head.size) at_checkpoint_ = state_.tree.root();
}

}  // namespace canaryd::audit
