#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace canaryd::app {

// `canaryd audit query`. The command line writes to this object.
class AuditQueryCommand {
 public:
  void add_to(CLI::App& audit);
  bool given() const;
  int run(std::ostream& out, std::ostream& err) const;  // the exit code

 private:
  CLI::App* command_ = nullptr;
  std::string directory_;
  std::vector<std::pair<std::string, std::vector<std::string>>> values_;  // by key of the filter
  bool reverse_ = false;
  std::uint64_t limit_ = 0;  // 0: none
  std::string output_ = "table";
};

}  // namespace canaryd::app
