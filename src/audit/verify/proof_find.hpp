#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

struct FoundRecord {
  std::uint64_t seq = 0;
  std::string line;  // without LF
};

// Records that were looked for, and why others may be missing.
struct Found {
  std::vector<FoundRecord> records;
  std::vector<std::string> absent;  // sentences: which records are not in the folder, and why
  std::vector<std::string> notes;   // lines that are no records, the first few
};

// All records with this id (of which the first digits, 6 at least, are enough), or the one of this seq, in the log's
// folder, which may be in use. A record's place is that of its line, as its leaf's is. Errors: io, not_found (no log),
// invalid.
Result<Found> find_id(const std::string& directory, const std::string& id, Files& files);
Result<Found> find_seq(const std::string& directory, std::uint64_t seq, Files& files);

}  // namespace canaryd::audit
