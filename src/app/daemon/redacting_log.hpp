#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "canaryd/audit/log.hpp"
#include "canaryd/audit/redaction.hpp"

namespace canaryd::app {

// The audit log as everything in the process sees it: what may not be recorded is taken out before it is hashed. Safe
// from any thread.
class RedactingLog final : public audit::AuditLog {
 public:
  RedactingLog(std::unique_ptr<audit::AuditLog> log, audit::RedactionRules rules)
      : log_(std::move(log)), rules_(std::make_shared<const audit::RedactionRules>(std::move(rules))) {}

  void replace(audit::RedactionRules rules) {
    auto next = std::make_shared<const audit::RedactionRules>(std::move(rules));
    const std::lock_guard guard(mutex_);
    rules_ = std::move(next);
  }

  Result<std::uint64_t> append(const audit::Record& record) override {
    audit::Record shown = record;
    audit::redact(shown, *rules());
    return log_->append(shown);
  }
  Result<std::uint64_t> append(const std::vector<audit::Record>& records) override {
    std::vector<audit::Record> shown = records;
    const auto now = rules();
    for (auto& record : shown) audit::redact(record, *now);
    return log_->append(shown);
  }
  Status check() override { return log_->check(); }
  bool writable() const override { return log_->writable(); }
  const audit::Recovered& recovered() const override { return log_->recovered(); }
  const std::string& log_id() const override { return log_->log_id(); }
  audit::Progress progress() const override { return log_->progress(); }
  void stop_beginning(const std::string& why) override { log_->stop_beginning(why); }

 private:
  std::shared_ptr<const audit::RedactionRules> rules() const {
    const std::lock_guard guard(mutex_);
    return rules_;
  }

  const std::unique_ptr<audit::AuditLog> log_;
  mutable std::mutex mutex_;
  std::shared_ptr<const audit::RedactionRules> rules_;  // guarded by mutex_
};

}  // namespace canaryd::app
