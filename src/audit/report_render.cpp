#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "report_document.hpp"
#include "story_words.hpp"

namespace canaryd::audit {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string underlined(const std::string& text, char with) {
  return text + "\n" + std::string(text.size(), with) + "\n";
}

std::vector<std::size_t> widths_of(const Rows& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], shown(row[i]).size());
  }
  return widths;
}

std::string text_table(const Rows& rows) {
  const auto widths = widths_of(rows);
  std::string out;
  for (const auto& row : rows) {
    out += "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto cell = shown(row[i]);
      out += cell;
      if (i + 1 < row.size()) out += std::string(widths[i] - cell.size() + 2, ' ');
    }
    out += "\n";
  }
  return out;
}

std::string text_of(const Block& block) {
  switch (block.kind) {
    case Block::Kind::title:
      return underlined(shown(block.text), '=');
    case Block::Kind::heading:
      return "\n" + underlined(shown(block.text), '-');
    case Block::Kind::subheading:
      return "\n" + shown(block.text) + "\n";
    case Block::Kind::paragraph:
      return shown(block.text) + "\n";
    case Block::Kind::list: {
      std::string out;
      for (const auto& item : block.items) out += "  - " + shown(item) + "\n";
      return out;
    }
    case Block::Kind::table:
      return text_table(block.rows);
  }
  return {};
}

// Text that Markdown shows as it is: nothing in it becomes a heading, a link, a mention, a formula or HTML.
std::string plain(const std::string& text) {
  const std::string line = shown(text);
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const auto rest = std::string_view(line).substr(i);
    const bool is_link = rest.starts_with("://") || (c == '.' && i >= 3 && line.compare(i - 3, 3, "www") == 0);
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (is_link || std::string_view("\\`*_[]>|#@~$").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string markdown_table(const Rows& rows) {
  std::string out;
  for (const auto& row : rows) {
    out += "|";
    for (const auto& cell : row) out += " " + plain(cell) + " |";
    out += "\n";
    if (&row != &rows.front()) continue;
    out += "|";
    for (std::size_t i = 0; i < row.size(); ++i) out += "---|";
    out += "\n";
  }
  return out;
}

std::string markdown_of(const Block& block) {
  switch (block.kind) {
    case Block::Kind::title:
      return "# " + plain(block.text) + "\n";
    case Block::Kind::heading:
      return "\n## " + plain(block.text) + "\n";
    case Block::Kind::subheading:
      return "\n### " + plain(block.text) + "\n";
    case Block::Kind::paragraph:
      return "\n" + plain(block.text) + "\n";
    case Block::Kind::list: {
      std::string out = "\n";
      for (const auto& item : block.items) out += "- " + plain(item) + "\n";
      return out;
    }
    case Block::Kind::table:
      return "\n" + markdown_table(block.rows);
  }
  return {};
}

}  // namespace

std::string to_text(const Report& report) {
  std::string out;
  for (const auto& block : document_of(report)) out += text_of(block);
  return out;
}

std::string to_markdown(const Report& report) {
  std::string out;
  for (const auto& block : document_of(report)) out += markdown_of(block);
  return out;
}

}  // namespace canaryd::audit
