#pragma once

#include <string>
#include <utility>

#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"

namespace canaryd::audit {

// A failure of work that is tried again and again: said when it begins, when it changes and when it ends; counted each
// time. Not thread-safe.
class Trouble {
 public:
  // `event` and `where` outlive it; the end is said as `event` with "_over".
  Trouble(Logger& logger, Counter count, const char* event, const char* where)
      : logger_(logger), count_(count), event_(event), where_(where) {}

  void is(const std::string& what) {
    count_.add();
    if (std::exchange(what_, what) != what) logger_.error(event_, {{"where", where_}, {"error", what}});
  }
  void over() {
    if (std::exchange(what_, std::string()).empty()) return;
    logger_.info(std::string(event_) + "_over", {{"where", where_}});
  }

 private:
  Logger& logger_;
  Counter count_;
  const char* event_;
  const char* where_;
  std::string what_;  // empty: none
};

}  // namespace canaryd::audit
