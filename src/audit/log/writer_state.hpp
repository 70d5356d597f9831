#pragma once

#include <cstdint>
#include <string_view>

#include "audit/format/head.hpp"
#include "audit/format/line.hpp"
#include "canaryd/audit/tree.hpp"
#include "rotation.hpp"
#include "unfinished.hpp"

namespace canaryd::audit {

// Where the log stands behind its last acknowledged record: what a start reads and every batch moves on.
struct WriterState {
  explicit WriterState(std::uint64_t first_seq) : tally(first_seq) {}

  Chain chain;
  Tree tree;
  Tally tally;  // of the open segment
  Unfinished unfinished;
  std::uint64_t settled = 0;  // see Progress

  // A record that is whole and chained; `chain` is moved on by whoever wrote or read it.
  void add(std::string_view line, const Hash& leaf) {
    tree.add(leaf);
    tally.add(line);
  }
  // In addition, for records that others may wait for.
  void see(const Head& head, const Line& line) {
    unfinished.see(head, line, tally.first_seq());
    if (head.kind == Kind::outcome) settled = head.seq + 1;
  }
};

}  // namespace canaryd::audit
