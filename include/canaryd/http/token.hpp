#pragma once

#include <sys/stat.h>

#include <mutex>
#include <string>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::http {

// A bearer token, fixed or in a file that somebody rotates. Safe from any thread.
class Token {
 public:
  // A token that never changes; empty: none.
  static Token fixed(std::string value);
  // Errors: io or invalid, with the file.
  static Result<Token> from_file(std::string file);

  Token(Token&& other) noexcept : file_(std::move(other.file_)), value_(std::move(other.value_)), seen_(other.seen_) {}

  // The token now. The file is looked at each time (a stat) and read when it is another than before, and every 10 s in
  // any case. When it cannot be read, the former token goes on: the server will say when that one has expired.
  std::string value();
  // Reads the file at once: the server refused the token. True when the token is another now.
  bool refresh();

 private:
  struct Seen {
    struct stat file = {};
    SteadyTime at = {};
  };
  Token(std::string file, std::string value) : file_(std::move(file)), value_(std::move(value)) {}
  Status read(SteadyTime now);

  std::string file_;  // empty: fixed
  std::string value_;
  Seen seen_;
  std::mutex mutex_;
};

}  // namespace canaryd::http
