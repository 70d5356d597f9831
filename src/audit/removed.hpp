#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "canaryd/audit/record.hpp"

namespace canaryd::audit {

// What a `removed` record says (docs/audit-format.md): the records of the segment that begins with first_seq go, and
// none of those from since_seq to last_seq is there any more.
struct Removed {
  std::uint64_t since_seq = 0;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::string why;
};

// nullopt when the record, or the line without its LF, is none or names no records.
std::optional<Removed> removed_of(const Record& record);
std::optional<Removed> removed_in(std::string_view line);

// Runs of records that are named, each first to last; those that touch are one.
class Runs {
 public:
  void add(std::uint64_t first, std::uint64_t last);
  bool cover(std::uint64_t first, std::uint64_t last) const;

 private:
  std::map<std::uint64_t, std::uint64_t> last_by_first_;
};

}  // namespace canaryd::audit
