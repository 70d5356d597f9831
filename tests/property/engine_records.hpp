#pragma once

#include <map>
#include <string>
#include <vector>

#include "audit/memory_files.hpp"
#include "subject.hpp"

namespace canaryd::property {

inline const std::string audit_folder = "/audit";

// Reads an audit log's lines as they come, from what is on the disk. A clock that jumps by a day begins a segment.
class RecordReader {
 public:
  explicit RecordReader(audit::test::MemoryFiles& files) : files_(files) {}

  void read();
  std::vector<Said> take();
  bool has_open_intent(const std::string& patch) const;

 private:
  void read_segment(const std::string& path);

  audit::test::MemoryFiles& files_;
  std::map<std::string, std::size_t> positions_;  // in each segment
  std::vector<Said> said_;
  std::map<std::string, std::string> open_;  // id -> patch
};

}  // namespace canaryd::property
