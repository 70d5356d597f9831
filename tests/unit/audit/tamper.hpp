#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "log_builder.hpp"

namespace canaryd::audit::test {

inline const std::string key_file = "/key.pem";

// A verdict on a log, its public key beside it.
class Bench {
 public:
  explicit Bench(const LogBuilder& log) : key_(log.key().public_key().pem()) {}

  Verdict judge(const FileList& list) const { return *judge(list, key_); }
  Result<Verdict> judge(const FileList& list, const std::string& key) const {
    MemoryFiles files;
    REQUIRE(files.make_directory(folder));
    put(files, list);
    files.put(key_file, key);
    VerifyOptions options;
    options.key_files = {key_file};
    return verify(folder, options, files);
  }
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

inline bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline bool fault_names(const Verdict& verdict, const std::string& file) {
  return std::any_of(verdict.faults.begin(), verdict.faults.end(),
                     [&](const Fault& fault) { return fault.file == file || says(fault.what, file); });
}

inline bool note_names(const Verdict& verdict, const std::string& file) {
  return std::any_of(verdict.notes.begin(), verdict.notes.end(),
                     [&](const std::string& note) { return says(note, file); });
}

inline std::uint64_t line_of(const std::string& content, std::size_t at) {
  return 1 + static_cast<std::uint64_t>(
                 std::count(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

// A fault stands at this line, or at the one behind it: when the hash in a line is another one than that of the line
// before, either may have been changed.
inline bool line_is_named(const Verdict& verdict, const std::string& file, std::uint64_t line) {
  return std::any_of(verdict.faults.begin(), verdict.faults.end(), [&](const Fault& fault) {
    return fault.file == file && (fault.line == line || fault.line == line + 1);
  });
}

}  // namespace canaryd::audit::test
