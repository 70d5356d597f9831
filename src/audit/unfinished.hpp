#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "canaryd/audit/log.hpp"
#include "head.hpp"
#include "lines.hpp"

namespace canaryd::audit {

// Follows the lines of a log and keeps where those stand that wait for another: an intent for its outcome, the applied
// outcome of a rollback for its confirmation. Ids as written in the line.
class Unfinished {
 public:
  struct Place {
    std::uint64_t offset = 0;
    std::size_t length = 0;
  };

  void see(const Head& head, const Line& line);
  const std::map<std::string, Place, std::less<>>& intents() const { return intents_; }
  Result<Recovered> records(Reader& file) const;

 private:
  std::map<std::string, Place, std::less<>> intents_;
  std::map<std::string, Place, std::less<>> outcomes_;
};

}  // namespace canaryd::audit
