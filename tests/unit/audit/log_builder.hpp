#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../../../src/audit/line.hpp"
#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/audit/tree.hpp"
#include "lab.hpp"

namespace canaryd::audit::test {

// The files of a folder, by name.
using FileList = std::map<std::string, std::string>;

// A log as docs/audit-format.md describes it, built without the writer: what is read is held against the description
// and not against what happens to be written. Each record is a millisecond after the one before.
class LogBuilder {
 public:
  LogBuilder();

  void add(const Record& record);
  void add(int decisions);
  void rotate() { rotate_saying({}, {}); }
  // The same, with another value of one detail: chained well, and not true.
  void rotate_saying(const std::string& detail, const std::string& value);
  void compress(std::uint64_t first_seq);
  // Retention: the record, then the records of the segment go. `since_seq`: where the run begins that it ends.
  void remove(std::uint64_t first_seq, std::optional<std::uint64_t> since_seq = std::nullopt);
  void checkpoint() { files_["checkpoints.log"] += note() + "\n"; }

  std::string note() const;  // of the log as it is
  std::string name() const { return "canaryd/" + chain_.log_id; }
  const std::string& log_id() const { return chain_.log_id; }
  std::uint64_t size() const { return tree_.size(); }
  TreeHead head() const { return tree_.head(); }
  const SigningKey& key() const { return keys_.front(); }
  const FileList& files() const { return files_; }
  std::uint64_t open_segment() const { return first_; }
  // The text of the n-th line of the log (from 0), without its LF.
  const std::string& line(std::uint64_t seq) const { return lines_.at(seq); }

 private:
  struct Closed {
    std::uint64_t records = 0;
    std::string sha256;
    std::string bytes;
    std::string from;
    std::string to;
  };
  void write(const Record& record);

  std::vector<SigningKey> keys_;
  FileList files_;
  Chain chain_;
  Tree tree_;
  WallTime time_;
  std::uint64_t first_ = 0;  // of the open segment
  std::vector<std::string> lines_;
  std::map<std::uint64_t, Closed> closed_;
};

// As a closed segment is compressed.
std::string compressed(const std::string& bytes);

// A small log with everything in it: two rotations, the first segment compressed, checkpoints in between and at the
// end.
LogBuilder small_rotated_log();

// The verdict on these files; they must be readable.
Verdict judged(const FileList& list, const VerifyOptions& options = {});
void put(MemoryFiles& files, const FileList& list);

}  // namespace canaryd::audit::test
