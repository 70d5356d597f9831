#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/log.hpp"
#include "folder.hpp"
#include "leaves.hpp"
#include "readback.hpp"
#include "writer_state.hpp"

namespace canaryd::audit {

// Reads a log that is there and finds whether and where it can be continued. Changes nothing but leaf files of closed
// segments that their records tell better.
class LogReading {
 public:
  LogReading(std::string directory, std::vector<SegmentFiles> segments, std::optional<Checkpoint> checkpoint,
             Files& files, Logger& log);

  Status run();  // errors: io

  // After `run`. When it is lost, nothing but the next three is told.
  const std::optional<std::string>& lost() const { return lost_; }
  std::string log_id() const;  // empty when nothing tells it
  std::uint64_t records() const { return state_.chain.seq; }

  const std::vector<SegmentFiles>& segments() const { return segments_; }
  // The segment with the newest whole record. When `begins_next`, it is closed, and the next one, which has no whole
  // record, has to be begun; when the log has no whole record at all, `tail` is that segment all the same.
  const SegmentFiles& tail() const { return segments_[tail_]; }
  bool begins_next() const { return begins_next_; }
  // Of the tail when its records are not compressed.
  std::unique_ptr<File> take_file() { return std::move(file_); }
  WriterState& state() { return state_; }
  const ReadBack& found() const { return found_; }
  const LeafCheck& leaves() const { return *leaf_check_; }
  const Unfinished& unfinished() const { return state_.unfinished; }

  // Said by `recovered` records of the tail.
  const std::set<std::string>& recorded() const { return recorded_; }
  // Closed segments without records that no `removed` record names, while an older one has its records.
  const std::vector<std::string>& missing() const { return missing_; }
  bool mended_leaves() const { return mended_leaves_; }  // of closed segments: they were other than the records'

 private:
  Status find_tail();
  Status look_into(std::size_t index, std::string& line);
  Status read_closed();
  Status build_tree(bool from_records);
  void name_missing(const std::vector<std::size_t>& absent);
  Status add_leaves_of(const SegmentFiles& segment, std::uint64_t count, bool from_records);
  Status make_leaves(const SegmentFiles& segment, std::uint64_t count);
  Status read_unfinished();
  Result<std::string> read_unfinished_of(const SegmentFiles& segment);
  Status read_tail();
  void note_recorded(const Line& line);
  Status check_end();
  Status check_checkpoint();
  void add_leaf(const Hash& leaf);
  void lose(std::string what);
  Status lose_unreadable(const SegmentFiles& segment, const Error& error);

  std::string directory_;
  std::vector<SegmentFiles> segments_;
  std::optional<Checkpoint> checkpoint_;
  Files& files_;
  Logger& log_;

  std::size_t tail_ = 0;
  bool begins_next_ = false;
  std::unique_ptr<File> file_;
  std::optional<Rotated> rotated_;  // the tail's first record
  WriterState state_{0};
  std::optional<LeafCheck> leaf_check_;
  ReadBack found_;
  std::optional<Hash> at_checkpoint_;  // the root at the checkpoint's size
  std::set<std::string> recorded_;
  std::vector<std::string> missing_;
  bool mended_leaves_ = false;
  std::optional<std::string> lost_;
};

}  // namespace canaryd::audit
