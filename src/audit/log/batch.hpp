#pragma once

#include <condition_variable>
#include <cstdint>
#include <string>
#include <vector>

#include "canaryd/audit/record.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// One record on its way to the disk.
struct Pending {
  Kind kind = Kind::decision;
  std::string id;
  std::string body;
};

// What one append waits for. Lives on the stack of the thread that waits; the leader writes `result`.
struct Request {
  std::vector<Pending> entries;
  std::uint64_t bytes = 0;  // at most, of its lines
  bool settles = false;     // outcomes only: their room was reserved with their intents
  bool begins = false;      // something, see AuditLog::stop_beginning
  bool done = false;
  Result<std::uint64_t> result = 0;
  std::condition_variable wake;
};

// invalid for no records, or one that is longer than a line may be.
Status fill(Request& request, const Record* records, std::size_t count);

// Room kept on the disk for the outcomes of intents that this process wrote.
class OutcomeRoom {
 public:
  static std::uint64_t of(const Pending& intent);
  void keep(const std::string& id, std::uint64_t bytes);
  void release(const std::string& id);
  std::uint64_t total() const { return total_; }

 private:
  struct Kept {
    std::string id;
    std::uint64_t bytes;
  };
  std::vector<Kept> kept_;
  std::uint64_t total_ = 0;
};

}  // namespace canaryd::audit
