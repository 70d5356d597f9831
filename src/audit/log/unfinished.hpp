#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/format/folder.hpp"
#include "audit/format/head.hpp"
#include "audit/format/lines.hpp"
#include "canaryd/audit/log.hpp"

namespace canaryd::audit {

// Follows the lines of a log and keeps where those stand that wait for another: an intent for its outcome, the applied
// outcome of a rollback for its confirmation. Ids as written in the line.
class Unfinished {
 public:
  struct Place {
    std::uint64_t segment = 0;  // its first seq
    std::uint64_t offset = 0;
    std::size_t length = 0;
  };

  void see(const Head& head, const Line& line, std::uint64_t segment = 0);
  const std::map<std::string, Place, std::less<>>& intents() const { return intents_; }
  // The first seq of the oldest segment with a line that waits.
  std::optional<std::uint64_t> oldest() const;
  // Reads the segments with such lines again. Errors: io.
  Result<Recovered> records(const std::string& directory, const std::vector<SegmentFiles>& segments,
                            Files& files) const;

 private:
  std::map<std::string, Place, std::less<>> intents_;
  std::map<std::string, Place, std::less<>> outcomes_;
};

}  // namespace canaryd::audit
