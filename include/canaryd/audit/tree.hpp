#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// The Merkle tree of RFC 6962, section 2.1, with SHA-256. Its leaves are the records' bytes as they stand, without LF;
// leaf i is the record of seq i. Nothing here is thread-safe; everything is pure.
using Hash = std::array<unsigned char, 32>;

Hash leaf_hash(std::string_view record);  // SHA-256(0x00 || record)

// The root of a log of some size.
struct TreeHead {
  std::uint64_t size = 0;  // records
  Hash root{};             // of no records: SHA-256 of nothing
  bool operator==(const TreeHead&) const = default;
};

// Grows leaf by leaf in O(log n) memory: it keeps the roots of the whole subtrees on its right edge.
class Tree {
 public:
  void add(const Hash& leaf);
  std::uint64_t size() const { return size_; }
  Hash root() const;
  TreeHead head() const { return {size_, root()}; }

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> edge_;  // largest first
};

// The leaf hash of a seq; errors are handed on.
using LeafAt = std::function<Result<Hash>(std::uint64_t seq)>;

// RFC 6962, 2.1.1 and 2.1.2, in the order of the RFC. invalid when index >= size, or 0 < from <= to does not hold.
Result<std::vector<Hash>> inclusion_path(std::uint64_t index, std::uint64_t size, const LeafAt& leaf_at);
Result<std::vector<Hash>> consistency_path(std::uint64_t from, std::uint64_t to, const LeafAt& leaf_at);

// RFC 9162, 2.1.3.2 and 2.1.4.2. A path of a wrong length is false, never a crash.
bool is_included(const Hash& leaf, std::uint64_t index, const TreeHead& head, const std::vector<Hash>& path);
bool is_consistent(const TreeHead& from, const TreeHead& to, const std::vector<Hash>& path);

}  // namespace canaryd::audit
