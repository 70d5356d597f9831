#include "head.hpp"

#include <charconv>
#include <optional>
#include <tl/expected.hpp>

#include "byte_scan.hpp"
#include "canaryd/base/digest.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t time_length = 27;  // "2026-08-01T12:00:00.123456Z"
constexpr std::size_t hash_length = 64;
constexpr std::size_t id_length = 32;

class Cursor {
 public:
  explicit Cursor(std::string_view line) : line_(line) {}

  std::size_t at() const { return at_; }
  bool take(std::string_view literal) {
    if (line_.substr(at_, literal.size()) != literal) return false;
    at_ += literal.size();
    return true;
  }
  std::string_view take(std::size_t length) {
    const auto part = line_.substr(at_, length);
    at_ += part.size();
    return part;
  }
  // Decimal without leading zeros.
  std::optional<std::uint64_t> number() {
    const auto rest = line_.substr(at_);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    const auto length = static_cast<std::size_t>(end - rest.data());
    if (error != std::errc() || (length > 1 && rest.front() == '0')) return std::nullopt;
    at_ += length;
    return value;
  }
  // Up to a quote that no backslash escapes; nullopt without one.
  std::optional<std::string_view> quoted() {
    for (std::size_t i = at_; i < line_.size(); ++i) {
      if (line_[i] == '\\') {
        ++i;
      } else if (line_[i] == '"') {
        const auto text = line_.substr(at_, i - at_);
        at_ = i + 1;
        return text;
      }
    }
    return std::nullopt;
  }

 private:
  std::string_view line_;
  std::size_t at_ = 0;
};

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

tl::expected<Head, Misfit> read_head(std::string_view line) {
  Cursor cursor(line);
  Head head;
  const auto misfit = [](std::size_t at, std::string what) {
    return tl::unexpected<Misfit>(Misfit{at, std::move(what)});
  };
  if (const auto at = first_control(line); at != std::string_view::npos) {
    return misfit(at, "a control character, which no record contains");
  }
  if (!cursor.take("{\"seq\":")) return misfit(0, "expected {\"seq\":");
  const auto seq = cursor.number();
  if (!seq) return misfit(cursor.at(), "expected a number as seq");
  head.seq = *seq;
  if (!cursor.take(",\"time\":\"")) return misfit(cursor.at(), "expected \"time\"");
  const auto time_at = cursor.at();
  const auto time = cursor.take(time_length);
  const bool whole = time.size() == time_length && time.back() == 'Z' && time[10] == 'T' && time[19] == '.';
  if (!whole || !parse_rfc3339(time)) return misfit(time_at, "expected an RFC 3339 time in UTC with six decimals");
  head.time = time;
  if (!cursor.take("\",\"prev\":\"")) return misfit(cursor.at(), "expected \"prev\"");
  head.prev_at = cursor.at();
  head.prev = cursor.take(hash_length);
  if (!is_hex(head.prev, hash_length)) return misfit(head.prev_at, "expected 64 lower-case hexadecimal digits as prev");
  if (!cursor.take("\",")) return misfit(cursor.at(), "expected the end of prev");
  if (head.seq == 0) {
    if (!cursor.take("\"format\":1,\"log\":\"")) return misfit(cursor.at(), "expected \"format\":1 and \"log\"");
    const auto log_at = cursor.at();
    head.log_id = cursor.take(id_length);
    if (!is_hex(head.log_id, id_length)) return misfit(log_at, "expected 32 lower-case hexadecimal digits as log");
    if (!cursor.take("\",")) return misfit(cursor.at(), "expected the end of log");
  }
  if (!cursor.take("\"kind\":\"")) return misfit(cursor.at(), "expected \"kind\"");
  const auto kind_at = cursor.at();
  const auto name = cursor.quoted();
  const auto kind = name ? kind_from(*name) : std::nullopt;
  if (!kind) return misfit(kind_at, "expected a kind of record");
  head.kind = *kind;
  if (cursor.take(",\"id\":\"")) {
    const auto id_at = cursor.at();
    const auto id = cursor.quoted();
    if (!id) return misfit(id_at, "expected the end of id");
    head.id = *id;
  }
  if (line.back() != '}') return misfit(line.size(), "expected } at the end of the line");
  return head;
}

tl::expected<void, Misfit> continues(const Chain& chain, const Head& head) {
  if (head.seq != chain.seq) {
    return tl::unexpected<Misfit>(
        Misfit{7, "expected seq " + std::to_string(chain.seq) + ", got " + std::to_string(head.seq)});
  }
  if (head.prev != chain.prev) {
    return tl::unexpected<Misfit>(
        Misfit{head.prev_at,
               "expected prev " + chain.prev + ", the SHA-256 of the line before, got " + std::string(head.prev)});
  }
  return {};
}

void follow(Chain& chain, const Head& head, std::string_view line) {
  chain.seq = head.seq + 1;
  chain.prev = sha256_hex(line);
  if (!head.log_id.empty()) chain.log_id = std::string(head.log_id);
}

}  // namespace canaryd::audit
