#pragma once

#include <memory>
#include <string>

#include "canaryd/audit/log.hpp"

namespace canaryd::audit {

// Sums refused requests, so that a stranger cannot fill the disk: `note` never waits for it; a background thread writes
// at most one `received` record a minute for each reason and peer address, 16 addresses, then "others". Destruction
// writes what is pending.
class RefusalSummary {
 public:
  RefusalSummary(AuditLog& log, const Clock& clock);
  ~RefusalSummary();
  RefusalSummary(const RefusalSummary&) = delete;
  RefusalSummary& operator=(const RefusalSummary&) = delete;

  // `reason` is a code of ours ("unauthenticated", "too_large", ...); `peer` the socket's address without port.
  void note(const std::string& reason, const std::string& peer);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace canaryd::audit
