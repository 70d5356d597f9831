#pragma once

#include <cstdint>
#include <string>

#include "canaryd/audit/files.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// Bytes that were taken off the end of a segment.
struct Cut {
  std::uint64_t bytes = 0;
  std::string sha256;
  std::string file;  // that they are kept in, when somebody else had touched the segment
};

// SHA-256 of a file's bytes from `offset` to its end.
Result<Cut> measure(Reader& file, std::uint64_t offset);

}  // namespace canaryd::audit
