#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "replay_decision.hpp"

namespace canaryd::app {

// How much was replayed and what came of it.
struct ReplaySummary {
  std::size_t alerts = 0;
  std::size_t same = 0;
  std::size_t different = 0;
  std::size_t without_past = 0;  // from notifications, which do not say what was decided
  std::size_t undecided = 0;
  std::size_t assumed = 0;  // of all of them
  std::size_t others = 0;   // records about no alert

  void count(const Replayed& row);
};

void print_replay_table(const std::vector<Replayed>& rows, const ReplaySummary& summary, std::ostream& out);
// One document: {"decisions": [...], "summary": {...}}.
void print_replay_json(const std::vector<Replayed>& rows, const ReplaySummary& summary, std::ostream& out);

}  // namespace canaryd::app
