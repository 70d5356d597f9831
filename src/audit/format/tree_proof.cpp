#include <algorithm>
#include <bit>
#include <string>

#include "canaryd/audit/tree.hpp"
#include "tree_hash.hpp"

namespace canaryd::audit {

namespace {

// The leaves [begin, end) of a tree, as RFC 6962 splits them: the left part is the largest power of two below their
// number.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
  std::uint64_t middle() const { return begin + std::bit_floor(size() - 1); }
  Range left() const { return {begin, middle()}; }
  Range right() const { return {middle(), end}; }
};

Status add_root(std::vector<Hash>& path, const Range& range, const LeafAt& leaf_at) {
  Tree tree;
  for (auto seq = range.begin; seq < range.end; ++seq) {
    const auto leaf = leaf_at(seq);
    if (!leaf) return fail(leaf.error());
    tree.add(*leaf);
  }
  path.push_back(tree.root());
  return {};
}

// The place of a leaf and that of the last one, on the way from the leaves to the root (RFC 9162: fn and sn).
struct Climb {
  std::uint64_t node = 0;
  std::uint64_t last = 0;

  bool at_root() const { return last == 0; }
  // Whether the path's next hash stands to the left; a node that is last without a sibling is first taken up to the
  // level where it has one.
  bool sibling_is_left() {
    const bool left = node % 2 == 1 || node == last;
    while (left && node % 2 == 0 && node != 0) up();
    return left;
  }
  void up() {
    node /= 2;
    last /= 2;
  }
};

}  // namespace

Result<std::vector<Hash>> inclusion_path(std::uint64_t index, std::uint64_t size, const LeafAt& leaf_at) {
  if (index >= size) {
    return fail(Error::invalid("record " + std::to_string(index) + " is not among the first " + std::to_string(size)));
  }
  std::vector<Hash> path;
  for (Range range{0, size}; range.size() > 1;) {
    const bool is_left = index < range.middle();
    if (auto added = add_root(path, is_left ? range.right() : range.left(), leaf_at); !added) {
      return fail(added.error());
    }
    range = is_left ? range.left() : range.right();
  }
  std::reverse(path.begin(), path.end());
  return path;
}

Result<std::vector<Hash>> consistency_path(std::uint64_t from, std::uint64_t to, const LeafAt& leaf_at) {
  if (from == 0 || from > to) {
    return fail(Error::invalid("a log of " + std::to_string(to) + " records does not continue one of " +
                               std::to_string(from) + ": expected at least 1 and no more than it has"));
  }
  std::vector<Hash> path;
  Range range{0, to};
  while (range.end != from) {
    const bool ends_left = from <= range.middle();
    if (auto added = add_root(path, ends_left ? range.right() : range.left(), leaf_at); !added) {
      return fail(added.error());
    }
    range = ends_left ? range.left() : range.right();
  }
  // A range that begins with the log is the whole of the older tree: its root is what the reader has already.
  if (range.begin != 0) {
    if (auto added = add_root(path, range, leaf_at); !added) return fail(added.error());
  }
  std::reverse(path.begin(), path.end());
  return path;
}

bool is_included(const Hash& leaf, std::uint64_t index, const TreeHead& head, const std::vector<Hash>& path) {
  if (index >= head.size) return false;
  Climb climb{index, head.size - 1};
  Hash root = leaf;
  for (const auto& sibling : path) {
    if (climb.at_root()) return false;
    root = climb.sibling_is_left() ? node_hash(sibling, root) : node_hash(root, sibling);
    climb.up();
  }
  return climb.at_root() && root == head.root;
}

bool is_consistent(const TreeHead& from, const TreeHead& to, const std::vector<Hash>& path) {
  if (from.size > to.size) return false;
  if (from.size == to.size) return path.empty() && from.root == to.root;
  if (from.size == 0) return path.empty() && from.root == empty_root();
  auto next = path.begin();
  Climb climb{from.size - 1, to.size - 1};
  while (climb.node % 2 == 1) climb.up();
  // An older tree whose size is a power of two is one whole node of the newer one: the path leaves it out.
  if (!std::has_single_bit(from.size) && next == path.end()) return false;
  Hash older = std::has_single_bit(from.size) ? from.root : *next++;
  Hash newer = older;
  for (; next != path.end(); ++next) {
    if (climb.at_root()) return false;
    if (climb.sibling_is_left()) {
      older = node_hash(*next, older);
      newer = node_hash(*next, newer);
    } else {
      newer = node_hash(newer, *next);
    }
    climb.up();
  }
  return climb.at_root() && older == from.root && newer == to.root;
}

}  // namespace canaryd::audit
