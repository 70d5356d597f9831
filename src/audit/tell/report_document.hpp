#pragma once

#include <string>
#include <vector>

#include "canaryd/audit/report.hpp"

namespace canaryd::audit {

// A piece of a report as people read it. Its texts are as the log has them: who renders them escapes them.
struct Block {
  enum class Kind : std::uint8_t { title, heading, subheading, paragraph, list, table };
  Kind kind = Kind::paragraph;
  std::string text;                            // of headings and paragraphs
  std::vector<std::string> items;              // of a list
  std::vector<std::vector<std::string>> rows;  // of a table; the first is the heading
};

// Sums first, details after. Pure.
std::vector<Block> document_of(const Report& report);

}  // namespace canaryd::audit
