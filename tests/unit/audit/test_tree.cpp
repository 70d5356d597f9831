#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "canaryd/audit/tree.hpp"
#include "canaryd/base/digest.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::audit::test {

namespace {

// The test vectors that the implementations of RFC 6962 share: eight leaves, the roots of the first 1 to 8 of them, and
// some paths.
const std::vector<std::string> reference_leaves{"",
                                                std::string(1, '\x00'),
                                                "\x10",
                                                "\x20\x21",
                                                "\x30\x31",
                                                "\x40\x41\x42\x43",
                                                "\x50\x51\x52\x53\x54\x55\x56\x57",
                                                "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
const std::vector<std::string> reference_roots{"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                               "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                               "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                               "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                               "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                               "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                               "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                               "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
const std::string leaf_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const std::string leaf_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const std::string leaf_6 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f";
const std::string leaves_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const std::string leaves_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const std::string leaves_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const std::string leaves_4_to_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

std::string hex(const Hash& hash) { return to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()}); }

std::vector<std::string> hex(const std::vector<Hash>& path) {
  std::vector<std::string> text;
  for (const auto& hash : path) text.push_back(hex(hash));
  return text;
}

// A log in memory, with the heads of all its sizes.
struct Log {
  std::vector<Hash> leaves;
  std::vector<TreeHead> heads{Tree().head()};

  explicit Log(const std::vector<std::string>& records) {
    Tree tree;
    for (const auto& record : records) {
      leaves.push_back(leaf_hash(record));
      tree.add(leaves.back());
      heads.push_back(tree.head());
    }
  }
  LeafAt leaf_at() const {
    return [this](std::uint64_t seq) { return Result<Hash>(leaves.at(seq)); };
  }
  std::vector<Hash> inclusion(std::uint64_t index, std::uint64_t size) const {
    return inclusion_path(index, size, leaf_at()).value();
  }
  std::vector<Hash> consistency(std::uint64_t from, std::uint64_t to) const {
    return consistency_path(from, to, leaf_at()).value();
  }
};

Log numbered(std::uint64_t records) {
  std::vector<std::string> lines;
  for (std::uint64_t i = 0; i < records; ++i) lines.push_back("record " + std::to_string(i));
  return Log(lines);
}

// The definition of RFC 6962, section 2.1, word by word: slow, recursive, and without any code of the tree.
std::string defined_root(const std::vector<Hash>& leaves, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return hex(leaves[begin]);
  std::size_t k = 1;
  while (k * 2 < end - begin) k *= 2;
  std::string node(1, '\x01');
  for (const auto& half : {defined_root(leaves, begin, begin + k), defined_root(leaves, begin + k, end)}) {
    for (std::size_t i = 0; i < half.size(); i += 2)
      node += static_cast<char>(std::stoi(half.substr(i, 2), nullptr, 16));
  }

  return sha256_hex(node);
}

// Everything that one wrong hash, one too few and one too many make of a path.
std::vector<std::vector<Hash>> spoiled(const std::vector<Hash>& path) {
  std::vector<std::vector<Hash>> all;
  for (std::size_t i = 0; i < path.size(); ++i) {
    auto changed = path;
    changed[i][31 - i % 32] ^= 0x10;
    all.push_back(changed);
    auto removed = path;
    removed.erase(removed.begin() + static_cast<std::ptrdiff_t>(i));
    all.push_back(removed);
    if (i > 0) {
      auto swapped = path;
      std::swap(swapped[i - 1], swapped[i]);
      all.push_back(swapped);
    }
  }
  const Hash extra = path.empty() ? Hash{} : path.back();
  for (std::size_t i = 0; i <= path.size(); ++i) {
    auto added = path;
    added.insert(added.begin() + static_cast<std::ptrdiff_t>(i), extra);
    all.push_back(added);
  }
  return all;
}

}  // namespace

TEST_CASE("the roots are those of the published test vectors") {
  CHECK(hex(Tree().root()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const Log log(reference_leaves);
  for (std::size_t size = 1; size <= 8; ++size) {
    CHECK(hex(log.heads[size].root) == reference_roots[size - 1]);
    CHECK(log.heads[size].size == size);
  }
}

TEST_CASE("the inclusion paths are those of the published test vectors") {
  const Log log(reference_leaves);
  CHECK(log.inclusion(0, 1).empty());
  CHECK(hex(log.inclusion(0, 8)) == std::vector<std::string>{leaf_1, leaves_2_3, leaves_4_to_7});
  CHECK(hex(log.inclusion(5, 8)) == std::vector<std::string>{leaf_4, leaves_6_7, reference_roots[3]});
  CHECK(hex(log.inclusion(2, 3)) == std::vector<std::string>{reference_roots[1]});
  CHECK(hex(log.inclusion(1, 5)) == std::vector<std::string>{reference_roots[0], leaves_2_3, leaf_4});
}

TEST_CASE("the consistency paths are those of the published test vectors") {
  const Log log(reference_leaves);
  CHECK(log.consistency(1, 1).empty());
  CHECK(hex(log.consistency(1, 8)) == std::vector<std::string>{leaf_1, leaves_2_3, leaves_4_to_7});
  CHECK(hex(log.consistency(6, 8)) == std::vector<std::string>{leaves_4_5, leaves_6_7, reference_roots[3]});
  CHECK(hex(log.consistency(2, 5)) == std::vector<std::string>{leaves_2_3, leaf_4});
  CHECK(hex(log.consistency(6, 7)) == std::vector<std::string>{leaves_4_5, leaf_6, reference_roots[3]});
}

TEST_CASE("the roots of all small sizes are those of the definition") {
  const auto log = numbered(130);
  for (std::size_t size = 1; size <= 130; ++size) CHECK(hex(log.heads[size].root) == defined_root(log.leaves, 0, size));
}

TEST_CASE("every record of every small log is proven, and no spoiled path proves it") {
  const auto log = numbered(70);
  for (std::uint64_t size = 1; size <= 70; ++size) {
    for (std::uint64_t index = 0; index < size; ++index) {
      CAPTURE(size);
      CAPTURE(index);
      const auto& head = log.heads[size];
      const auto path = log.inclusion(index, size);
      REQUIRE(is_included(log.leaves[index], index, head, path));
      CHECK_FALSE(is_included(leaf_hash("another"), index, head, path));
      CHECK_FALSE(is_included(log.leaves[index], index, {size, leaf_hash("another")}, path));
      for (const auto& other : {index + 1, index - 1, index ^ 2U, index + size}) {
        CHECK_FALSE(is_included(log.leaves[index], other, head, path));
      }
      for (const auto& wrong : spoiled(path)) CHECK_FALSE(is_included(log.leaves[index], index, head, wrong));
    }
  }
}

TEST_CASE("every small log continues every shorter one, and no spoiled path shows it") {
  const auto log = numbered(70);
  for (std::uint64_t to = 1; to <= 70; ++to) {
    for (std::uint64_t from = 1; from <= to; ++from) {
      CAPTURE(from);
      CAPTURE(to);
      const auto path = log.consistency(from, to);
      REQUIRE(is_consistent(log.heads[from], log.heads[to], path));
      CHECK_FALSE(is_consistent({from, leaf_hash("another")}, log.heads[to], path));
      CHECK_FALSE(is_consistent(log.heads[from], {to, leaf_hash("another")}, path));
      CHECK_FALSE(is_consistent(log.heads[from], {to * 2, log.heads[to].root}, path));
      if (from < to) {
        CHECK_FALSE(is_consistent(log.heads[to], log.heads[from], path));
        CHECK_FALSE(is_consistent({from + 1, log.heads[from].root}, log.heads[to], path));
      }
      for (const auto& wrong : spoiled(path)) CHECK_FALSE(is_consistent(log.heads[from], log.heads[to], wrong));
    }
  }
}

TEST_CASE("a path proves a record of no other log") {
  const auto log = numbered(33);
  auto records = std::vector<std::string>{};
  for (int i = 0; i < 33; ++i) records.push_back(i == 7 ? "forged" : "record " + std::to_string(i));
  const Log forged(records);
  CHECK_FALSE(is_included(forged.leaves[7], 7, log.heads[33], forged.inclusion(7, 33)));
  CHECK_FALSE(is_consistent(log.heads[20], forged.heads[33], forged.consistency(20, 33)));
  CHECK_FALSE(is_consistent(log.heads[20], forged.heads[33], log.consistency(20, 33)));
  // Up to the forgery the two are one.
  CHECK(is_consistent(log.heads[7], forged.heads[33], forged.consistency(7, 33)));
}

TEST_CASE("a path that goes on above the root is refused, whatever it hashes to") {
  const auto node = [](const Hash& left, const Hash& right) {
    Tree tree;
    tree.add(left);
    tree.add(right);
    return tree.root();
  };
  const auto log = numbered(4);
  const Hash above = leaf_hash("above");
  const TreeHead one{1, node(above, log.leaves[0])};
  CHECK_FALSE(is_included(log.leaves[0], 0, one, {above}));
  const TreeHead three{3, node(above, log.heads[3].root)};
  const TreeHead four{4, node(above, log.heads[4].root)};
  auto path = log.consistency(3, 4);
  path.push_back(above);
  CHECK_FALSE(is_consistent(three, four, path));
}

TEST_CASE("what is not in a log has no path in it") {
  const auto log = numbered(5);
  CHECK(inclusion_path(5, 5, log.leaf_at()).error().kind == ErrorKind::invalid);
  CHECK(inclusion_path(0, 0, log.leaf_at()).error().kind == ErrorKind::invalid);
  CHECK(consistency_path(0, 5, log.leaf_at()).error().kind == ErrorKind::invalid);
  CHECK(consistency_path(6, 5, log.leaf_at()).error().kind == ErrorKind::invalid);
  CHECK_FALSE(is_included(log.leaves[0], 0, log.heads[0], {}));
  CHECK_FALSE(is_included(log.leaves[0], ~std::uint64_t{0}, {~std::uint64_t{0}, log.heads[1].root}, {}));
}

TEST_CASE("every log continues the empty one") {
  const auto log = numbered(3);
  CHECK(is_consistent(log.heads[0], log.heads[3], {}));
  CHECK(is_consistent(log.heads[0], log.heads[0], {}));
  CHECK_FALSE(is_consistent({0, log.heads[1].root}, log.heads[3], {}));
  CHECK_FALSE(is_consistent(log.heads[0], log.heads[3], {log.leaves[0]}));
}

TEST_CASE("a leaf that cannot be read is the path's error") {
  const LeafAt unreadable = [](std::uint64_t seq) -> Result<Hash> {
    if (seq == 3) return fail(Error::io("cannot be read"));
    return leaf_hash(std::to_string(seq));
  };
  CHECK(inclusion_path(0, 5, unreadable).error().kind == ErrorKind::io);
  CHECK(consistency_path(2, 5, unreadable).error().kind == ErrorKind::io);
  CHECK(inclusion_path(0, 3, unreadable).has_value());
}

TEST_CASE("a path reads no leaf twice and leaves out what it proves") {
  const auto log = numbered(1000);
  std::vector<int> reads(1000);
  const LeafAt counted = [&](std::uint64_t seq) {
    ++reads.at(seq);
    return Result<Hash>(log.leaves.at(seq));
  };
  REQUIRE(inclusion_path(512, 1000, counted));
  for (std::size_t i = 0; i < 1000; ++i) CHECK(reads[i] == (i == 512 ? 0 : 1));
}

TEST_CASE("a tree of many records keeps what a small one does") {
  // 2^20 - 1 records need 20 subtrees; one more makes them one.
  Tree tree;
  const Hash leaf = leaf_hash("the same");
  for (std::uint64_t i = 0; i < 1U << 20U; ++i) tree.add(leaf);
  Hash root = leaf;
  for (int level = 0; level < 20; ++level) {
    Tree pair;
    pair.add(root);
    pair.add(root);
    root = pair.root();
  }
  CHECK(tree.head() == TreeHead{1U << 20U, root});
}

}  // namespace canaryd::audit::test
