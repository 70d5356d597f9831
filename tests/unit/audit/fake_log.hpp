#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "canaryd/audit/log.hpp"

namespace canaryd::audit::test {

// A log whose progress the test sets, and that keeps what it is given to append. Safe from any thread.
class FakeLog final : public AuditLog {
 public:
  Result<std::uint64_t> append(const Record& record) override {
    const std::lock_guard guard(mutex_);
    if (!writable_) return fail(Error::io("the disk is full"));
    appended_.push_back(record);
    return progress_.head.size++;
  }
  Result<std::uint64_t> append(const std::vector<Record>& records) override {
    for (const auto& record : records) {
      if (auto done = append(record); !done) return done;
    }
    return progress_.head.size;
  }
  Status check() override { return {}; }
  bool writable() const override { return writable_; }
  const Recovered& recovered() const override { return recovered_; }
  const std::string& log_id() const override { return log_id_; }
  Progress progress() const override {
    const std::lock_guard guard(mutex_);
    return progress_;
  }
  void stop_beginning(const std::string& why) override { stopped_ = why; }

  void stand_at(const Progress& progress) {
    const std::lock_guard guard(mutex_);
    progress_ = progress;
  }
  void set_writable(bool writable) { writable_ = writable; }
  const std::vector<Record>& appended() const { return appended_; }
  const std::string& stopped() const { return stopped_; }

 private:
  mutable std::mutex mutex_;
  Progress progress_;
  std::vector<Record> appended_;
  std::string stopped_;
  std::string log_id_ = std::string(32, 'a');
  Recovered recovered_;
  bool writable_ = true;
};

}  // namespace canaryd::audit::test
