#include "verify_leaves.hpp"

#include <algorithm>
#include <tuple>

#include "audit/format/folder.hpp"

namespace canaryd::audit {

namespace {
constexpr std::uint64_t hash_bytes = std::tuple_size_v<Hash>;
constexpr std::size_t chunk_bytes = 64U << 10U;  // whole hashes
// No segment has more: a record has more than a hundred bytes. A file of holes can be of any length.
constexpr std::uint64_t most_hashes = segment_limit / 128;
}  // namespace

Result<StoredLeaves> StoredLeaves::open(Files& files, const std::string& path) {
  auto file = files.open_read(path);
  if (!file) return fail(file.error());
  const auto size = (*file)->size();
  if (!size) return fail(size.error());
  StoredLeaves leaves;
  leaves.file_ = std::move(*file);
  leaves.bytes_ = *size;
  return leaves;
}

std::uint64_t StoredLeaves::count() const { return std::min(bytes_ / hash_bytes, most_hashes); }

Result<std::optional<Hash>> StoredLeaves::at(std::uint64_t nth) {
  if (nth >= count()) return std::optional<Hash>();
  const auto offset = nth * hash_bytes;
  if (offset < chunk_at_ || offset + hash_bytes > chunk_at_ + chunk_.size()) {
    auto chunk = file_->read(offset, chunk_bytes);
    if (!chunk) return fail(chunk.error());
    chunk_ = std::move(*chunk);
    chunk_at_ = offset;
    if (chunk_.size() < hash_bytes) return std::optional<Hash>();  // it was cut since
  }
  Hash hash;
  std::copy_n(chunk_.begin() + static_cast<std::ptrdiff_t>(offset - chunk_at_), hash.size(), hash.begin());
  return hash;
}

}  // namespace canaryd::audit
