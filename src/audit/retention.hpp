#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/housekeeping.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"
#include "folder.hpp"

namespace canaryd::audit {

// What the first record of a later segment says of the one that was closed before it.
struct Closed {
  std::string file;  // segment-<seq>.jsonl
  std::uint64_t first_seq = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  // plain
  std::string sha256;       // of the plain bytes
  std::string from;         // times, as they stand in the log
  std::string to;
  WallTime newest;                               // `to`
  std::optional<std::uint64_t> unfinished_from;  // the oldest segment that something waits in
};

// Reads the first record of `segment`. Errors: `io`, `invalid` when it is none that closes a segment.
Result<Closed> closed_before(const std::string& directory, const SegmentFiles& segment, Files& files);

// A closed segment whose records are there.
struct Removable {
  Closed closed;
  std::uint64_t size = 0;  // of its records' files on the disk
};

// What decides about removing.
struct Need {
  WallTime now;
  std::uint64_t total = 0;  // bytes of the log's files
  bool room = false;        // the volume is almost full
  std::uint64_t unfinished_from = UINT64_MAX;
};

// The first of these segments, in their order, that goes, and why: "age", "size" or "space". Never one whose newest
// record is younger than keep_at_least, or that something waits in.
struct Choice {
  std::size_t index = 0;
  const char* why = "";
};
std::optional<Choice> next_to_remove(const std::vector<Removable>& segments, const KeepSettings& settings,
                                     const Need& need);

// Where the unbroken run of removed segments begins that `closed` will be the end of: with itself, unless a record says
// that the segment before it was removed. Reads the log from its end until it has found that record; when it finds
// none, or cannot read, the run is just shorter. Errors: `io`, `cancelled` soon after `stopping` became true.
Result<std::uint64_t> run_before(const std::string& directory, const Closed& closed, Files& files,
                                 const std::atomic<bool>& stopping);

// The records that must be on the disk before the files go: that of this removal, and before it again those of former
// removals, `held` by this segment, that it does not stand for.
std::vector<Record> removed_records(const Closed& closed, std::uint64_t since_seq, const std::string& why,
                                    const std::vector<Record>& held);

// That the records are those that the log closed, and that the leaf file has the hash of each: what is removed must not
// be the last witness of a change, and the tree must be computable without it. Returns the `removed` records among
// them, in their order. Errors: `io`, `invalid` with what differs, `cancelled` soon after `stopping` became true.
Result<std::vector<Record>> may_be_removed(const std::string& directory, const SegmentFiles& segment,
                                           const Closed& closed, Files& files, const std::atomic<bool>& stopping);

// Removes both forms of a segment's records, whichever are there, and syncs the folder.
Status remove_records(const std::string& directory, std::uint64_t first_seq, Files& files);

}  // namespace canaryd::audit
