#pragma once

#include <map>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "resource.hpp"

namespace canaryd::sandbox {

// Which Events have lived long enough: an hour after their last write, or the oldest when there are too many (a cluster
// has no such bound; a process that keeps all in memory needs one). Not thread-safe.
class EventAges {
 public:
  void written(const Key& event, SteadyTime now) { written_[event] = now; }
  void gone(const Key& event) { written_.erase(event); }
  std::vector<Key> over(SteadyTime now) const;

 private:
  std::map<Key, SteadyTime> written_;
};

}  // namespace canaryd::sandbox
