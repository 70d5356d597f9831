#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "lab.hpp"

namespace canaryd::audit::test {

// A folder that goes with its test.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "canaryd-audit-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A log on a real disk.
struct RealLab {
  TempFolder temp;
  std::string folder = temp / "audit";
  std::unique_ptr<Files> files = posix_files();
  SystemClock clock;
  Logger logger{LogFormat::logfmt, LogLevel::error};
  Metrics metrics;

  Result<std::unique_ptr<AuditLog>> open() { return AuditLog::open({folder}, *files, clock, logger, metrics); }
  std::string segment() const { return folder + "/segment-00000000000000000000.jsonl"; }
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace canaryd::audit::test
