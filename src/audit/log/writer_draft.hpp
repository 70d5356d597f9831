#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/format/line.hpp"
#include "canaryd/audit/tree.hpp"
#include "canaryd/base/clock.hpp"

namespace canaryd::audit {

// Lines on their way to the disk, and where the chain will stand behind them.
class Draft {
 public:
  void begin(const Chain& chain) {
    chain_ = chain;
    bytes_.clear();
    starts_.clear();
    leaves_.clear();
  }
  void add(WallTime time, std::string_view body) {
    starts_.push_back(bytes_.size());
    append_line(bytes_, chain_, time, body);
    leaves_.push_back(leaf_hash(line(starts_.size() - 1)));
  }

  const Chain& chain() const { return chain_; }
  const std::string& bytes() const { return bytes_; }
  const std::vector<Hash>& leaves() const { return leaves_; }
  std::size_t size() const { return starts_.size(); }
  // Without its LF.
  std::string_view line(std::size_t index) const {
    const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] : bytes_.size();
    return std::string_view(bytes_).substr(starts_[index], end - 1 - starts_[index]);
  }
  std::uint64_t last_length() const { return line(size() - 1).size(); }

 private:
  Chain chain_;
  std::string bytes_;
  std::vector<std::size_t> starts_;
  std::vector<Hash> leaves_;
};

}  // namespace canaryd::audit
