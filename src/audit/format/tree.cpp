#include "canaryd/audit/tree.hpp"

#include "tree_hash.hpp"

namespace canaryd::audit {

void Tree::add(const Hash& leaf) {
  edge_.push_back(leaf);
  ++size_;
  // Each trailing zero bit of the size is a pair of whole subtrees of the same size that have become one.
  for (auto pairs = size_; pairs % 2 == 0; pairs /= 2) {
    const Hash right = edge_.back();
    edge_.pop_back();
    edge_.back() = node_hash(edge_.back(), right);
  }
}

Hash Tree::root() const {
  if (edge_.empty()) return empty_root();
  Hash root = edge_.back();
  for (auto left = edge_.rbegin() + 1; left != edge_.rend(); ++left) root = node_hash(*left, root);
  return root;
}

}  // namespace canaryd::audit
