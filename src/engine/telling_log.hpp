#pragma once

#include <vector>

#include "canaryd/audit/log.hpp"
#include "events.hpp"

namespace canaryd::engine {

// The audit log, and what is in it said as Kubernetes Events: one place, so that nothing is told that is not on record.
// Safe from any thread.
class TellingLog final : public audit::AuditLog {
 public:
  TellingLog(audit::AuditLog& log, Events& events) : log_(log), events_(events) {}

  Result<std::uint64_t> append(const audit::Record& record) override;
  Result<std::uint64_t> append(const std::vector<audit::Record>& records) override;
  Status check() override { return log_.check(); }
  bool writable() const override { return log_.writable(); }
  const audit::Recovered& recovered() const override { return log_.recovered(); }
  const std::string& log_id() const override { return log_.log_id(); }
  audit::Progress progress() const override { return log_.progress(); }
  void stop_beginning(const std::string& why) override { log_.stop_beginning(why); }

 private:
  audit::AuditLog& log_;
  Events& events_;
};

}  // namespace canaryd::engine
