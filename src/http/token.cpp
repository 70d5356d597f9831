#include "canaryd/http/token.hpp"

#include <algorithm>

#include "canaryd/base/file.hpp"

namespace canaryd::http {
namespace {

constexpr auto max_age = std::chrono::seconds(10);
constexpr std::size_t max_token_bytes = 64u << 10;

struct stat look_at(const std::string& file) {
  struct stat seen = {};
  if (::stat(file.c_str(), &seen) != 0) return {};
  return seen;
}

// A volume of Kubernetes is rotated by a symlink, so the path leads to another inode then.
bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Token Token::fixed(std::string value) { return {std::string{}, std::move(value)}; }

Result<Token> Token::from_file(std::string file) {
  Token token(std::move(file), {});
  if (auto read = token.read(std::chrono::steady_clock::now()); !read) return fail(read.error());
  return token;
}

Status Token::read(SteadyTime now) {
  const struct stat before = look_at(file_);
  auto text = read_file(file_, max_token_bytes);
  seen_ = {before, now};
  if (!text) return fail(text.error());
  const auto end = text->find_last_not_of(" \t\r\n");
  const auto begin = text->find_first_not_of(" \t\r\n");
  if (end == std::string::npos) return fail(Error::invalid(file_ + ": expected a bearer token, found an empty file"));
  std::string value = text->substr(begin, end - begin + 1);
  // It becomes a header: a line break in it would add another.
  const bool printable = std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!printable) return fail(Error::invalid(file_ + ": expected one bearer token of printable ASCII without spaces"));
  value_ = std::move(value);
  return {};
}

std::string Token::value() {
  const std::lock_guard lock(mutex_);
  if (file_.empty()) return value_;
  const auto now = std::chrono::steady_clock::now();
  if (now - seen_.at >= max_age || !same_file(seen_.file, look_at(file_))) {
    if (const auto ignored = read(now); !ignored) return value_;
  }
  return value_;
}

bool Token::refresh() {
  const std::lock_guard lock(mutex_);
  if (file_.empty()) return false;
  const std::string before = value_;
  return read(std::chrono::steady_clock::now()).has_value() && value_ != before;
}

}  // namespace canaryd::http
