#pragma once

#include <map>
#include <string>
#include <utility>

#include "report_part.hpp"

namespace canaryd::audit {

// Refused requests by peer and reason, and what persons asked for.
class PeoplePart {
 public:
  void see(const Seen& seen);
  void finish(Report& report);

 private:
  void see_refusals(const Seen& seen);
  void see_command(const Seen& seen);

  std::map<std::pair<std::string, std::string>, ReportRefusals> refusals_;
  std::uint64_t refused_ = 0;                  // requests
  std::uint64_t refused_elsewhere_ = 0;        // records about further peers
  std::map<std::string, std::size_t> listed_;  // id to place
  Bounded<ReportCommand> commands_;
  std::uint64_t overrides_ = 0;
  std::uint64_t observations_ = 0;
};

}  // namespace canaryd::audit
