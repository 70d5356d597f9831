#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "canaryd/audit/record.hpp"
#include "canaryd/audit/report.hpp"
#include "canaryd/base/clock.hpp"

namespace canaryd::audit {

// What all parts of a report are told of: one record, when it was written, and whether that is in the period. What came
// before the period is seen too, since a hold or a rollout may reach into it.
struct Seen {
  const Record& record;
  WallTime time;
  bool in_period = true;
};

template <class Item>
void keep(Bounded<Item>& list, Item item) {
  if (list.items.size() < report_limit) {
    list.items.push_back(std::move(item));
  } else {
    ++list.omitted;
  }
}

// "CanaryHighErrorRate (0.31), CanaryDown", or the reason that a person gave.
std::string cause_of(const Record& record);

}  // namespace canaryd::audit
