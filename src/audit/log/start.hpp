#pragma once

#include <vector>

#include "canaryd/audit/log.hpp"
#include "canaryd/base/log.hpp"
#include "writer.hpp"

namespace canaryd::audit {

// A log that can be written, as a start leaves it.
struct Started {
  Writer::Open open;
  Recovered recovered;
  std::vector<Record> records;  // to be written before anything else
};

// Takes up the log in the folder, which is locked: continues it, mends what can be mended, or begins a new one. Errors:
// io; then nothing was acknowledged, and the next start finds what this one found.
Result<Started> start_log(const Settings& settings, Files& files, Logger& log);

}  // namespace canaryd::audit
