#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "canaryd/audit/files.hpp"

namespace canaryd::audit::fuzz {

// Bytes as a file that is open for reading.
class MemoryReader final : public Reader {
 public:
  explicit MemoryReader(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::uint64_t> size() override { return bytes_.size(); }
  Result<std::string> read(std::uint64_t offset, std::size_t length) override {
    return bytes_.substr(std::min<std::uint64_t>(offset, bytes_.size()), length);
  }

 private:
  std::string bytes_;
};

}  // namespace canaryd::audit::fuzz
