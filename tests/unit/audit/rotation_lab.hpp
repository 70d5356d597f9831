#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "audit/format/compress.hpp"
#include "audit/format/names.hpp"
#include "audit/format/parse.hpp"
#include "canaryd/audit/tree.hpp"
#include "canaryd/base/digest.hpp"
#include "canaryd/base/text.hpp"
#include "lab.hpp"

namespace canaryd::audit::test {

// A log whose every segment is closed as soon as it has something behind its first record.
struct RotatingLab : Lab {
  RotatingLab() { settings.rotate_size = 1; }
  std::string on(std::uint64_t first_seq) const { return path_in(folder, segment_name(first_seq)); }
  std::string leaves_of(std::uint64_t first_seq) const { return path_in(folder, leaves_name(first_seq)); }
  Record record(std::size_t index) const { return parse_line(all_lines().at(index)).value(); }
  void compress(std::uint64_t first_seq) {
    const std::atomic<bool> stopping{false};
    const auto done = compress_segment(folder, first_seq, sha256_hex(files.content(on(first_seq))), files, stopping);
    INFO((done ? std::string() : done.error().message));
    REQUIRE(done);
  }
  // Every file of the folder by its name.
  std::map<std::string, std::string> contents(const std::string& of = folder) const {
    std::map<std::string, std::string> all;
    for (const auto& path : files.paths()) {
      const auto name = path.starts_with(of + "/") ? path.substr(of.size() + 1) : "/";
      if (name.find('/') == std::string::npos) all[name] = files.content(path);
    }
    return all;
  }
};

inline std::string detail(const Record& record, const std::string& name) {
  for (const auto& [key, value] : record.details) {
    if (key == name) return value;
  }
  return {};
}

inline TreeHead head_of(const std::vector<std::string>& lines) {
  Tree tree;
  for (const auto& line : lines) tree.add(leaf_hash(line));
  return tree.head();
}

inline std::string bytes_of(const Hash& hash) { return {hash.begin(), hash.end()}; }
inline std::string hex_of_root(const TreeHead& head) { return to_hex(bytes_of(head.root)); }

inline std::string leaves_of(const std::vector<std::string>& lines) {
  std::string bytes;
  for (const auto& line : lines) bytes += bytes_of(leaf_hash(line));
  return bytes;
}

}  // namespace canaryd::audit::test
