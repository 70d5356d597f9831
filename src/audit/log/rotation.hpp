#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/format/sha256.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/audit/tree.hpp"
#include "canaryd/base/clock.hpp"

namespace canaryd::audit {

// What the first record of the next segment will say of this one. It is kept from the bytes as they were written: what
// somebody changes in the file later does not get into it.
class Tally {
 public:
  explicit Tally(std::uint64_t first_seq) : first_seq_(first_seq) {}
  void add(std::string_view line);  // without its LF

  std::uint64_t first_seq() const { return first_seq_; }
  std::uint64_t records() const { return records_; }
  std::uint64_t bytes() const { return bytes_; }
  std::string sha256() const { return hash_.so_far(); }
  const std::string& from() const { return from_; }  // the smallest time of a record: RFC 3339
  const std::string& to() const { return to_; }      // the largest
  std::optional<WallTime> began() const;             // the time of its first record

 private:
  std::uint64_t first_seq_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
  Sha256 hash_;
  std::string first_;
  std::string from_;
  std::string to_;
};

// Of the segment that `closed` tells of, `tree` being that of all records up to its end.
Record rotated_record(const Tally& closed, const Tree& tree, const std::string& log_id,
                      std::optional<std::uint64_t> unfinished_from);

// What a start needs of a `rotated` record.
struct Rotated {
  std::string root;                              // hexadecimal
  std::string log_id;                            // empty when the record does not name it
  std::optional<std::uint64_t> unfinished_from;  // first seq of a segment
};
// nullopt when the line is no such record.
std::optional<Rotated> read_rotated(std::string_view line);

}  // namespace canaryd::audit
