#pragma once

#include <cstdint>
#include <memory>

#include "canaryd/audit/files.hpp"

namespace canaryd::audit {

// What a closed segment was compressed from, piece by piece, in bounded memory. Offsets are those of the decompressed
// bytes and may only go on from where the last read ended (`io` otherwise). `io` too for what is no whole zstd frame,
// for anything behind it, and when there is more or less in it than its header says or than `limit`: a bomb ends there.
// `size` is the header's figure. Not thread-safe.
class ZstdReader final : public Reader {
 public:
  static Result<std::unique_ptr<Reader>> open(std::unique_ptr<Reader> compressed, const std::string& name,
                                              std::uint64_t limit);
  ~ZstdReader() override;
  Result<std::uint64_t> size() override;
  Result<std::string> read(std::uint64_t offset, std::size_t length) override;

 private:
  struct Impl;
  explicit ZstdReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace canaryd::audit
