#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/format/line.hpp"
#include "canaryd/audit/query.hpp"
#include "canaryd/audit/tree.hpp"
#include "lab.hpp"

namespace canaryd::audit::test {

// A log of several segments with the records and the times that a test wants.
class QueryLog {
 public:
  explicit QueryLog(MemoryFiles& files) : files_(files) {}

  // Ends the open segment, if there is one; `time` is that of the next one's first record.
  void begin(const std::string& time);
  void add(const std::string& time, const Record& record);
  // Bytes as they are, LF or not.
  void add_raw(const std::string& bytes);
  // Of a closed segment, counted from 0.
  void compress(std::size_t number);
  void remove_records(std::size_t number);
  std::string path(std::size_t number) const;

  // Every whole line of the segments that still have records, without LF.
  std::vector<std::string> lines() const;
  const std::string& text(std::size_t number) const { return segments_[number].text; }
  std::uint64_t first_seq(std::size_t number) const { return segments_[number].first_seq; }

 private:
  struct Part {
    std::uint64_t first_seq = 0;
    std::string text;
    bool compressed = false;
    bool removed = false;
  };
  void append(const std::string& time, const Record& record);

  MemoryFiles& files_;
  Chain chain_;
  Tree tree_;
  std::vector<Part> segments_;
};

WallTime at(const std::string& time);  // RFC 3339
Record about(const std::string& id, const std::string& ns, const std::string& name);
Filter filter_of(const std::vector<std::pair<std::string, std::string>>& conditions,
                 const std::string& now = "2026-11-21T12:00:00Z");

// What a query came to.
struct Answer {
  std::vector<std::string> lines;
  QueryEnd end;
};
// `most`: records until the visitor has enough.
Answer ask(Files& files, const Query& query, std::size_t most = ~std::size_t{0},
           const std::function<bool()>& pause = {});

}  // namespace canaryd::audit::test
