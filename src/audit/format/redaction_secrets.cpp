#include "redaction_secrets.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "canaryd/audit/redaction.hpp"

namespace canaryd::audit {

namespace {

constexpr auto none = std::string_view::npos;
constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view ends_of_value = " \t\r\n&,;\"'\\)}]<>";
constexpr std::string_view ends_of_authority = " \t\r\n/?#\"'\\<>";
// How a name ends that holds a secret, in lower case and without `-` and `_`.
constexpr std::array<std::string_view, 11> secret_names{"password",   "passwd",      "passphrase",   "pwd",
                                                        "token",      "secret",      "apikey",       "accesskey",
                                                        "privatekey", "credentials", "authorization"};
constexpr std::string_view redacted_within = "[redacted";  // redacted_text as a value holds it, which ends before `]`
constexpr std::size_t long_enough = 20;                    // for what has no digit in it, yet is no word of a sentence

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }
bool is_token(char c) { return is_word(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '='; }
bool is_quote(char c) { return c == '"' || c == '\''; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

template <class Is>
std::size_t run(std::string_view text, std::size_t at, Is is) {
  std::size_t end = at;
  while (end < text.size() && is(text[end])) ++end;
  return end;
}

// No word of a sentence.
bool looks_random(std::string_view text) {
  if (text.size() >= long_enough || std::any_of(text.begin(), text.end(), is_digit)) return true;
  return text.size() > 1 && std::any_of(text.begin() + 1, text.end(), is_upper);
}

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c != '-' && c != '_' && c != '.') plain += lower(c);
  }
  return plain;
}

bool is_secret_name(std::string_view name) {
  const std::string plain = plain_name(name);
  return std::any_of(secret_names.begin(), secret_names.end(), [&](auto ending) { return plain.ends_with(ending); });
}

void add(std::vector<Span>& out, std::string_view text, std::size_t at, std::size_t end) {
  if (end <= at || text.substr(at).starts_with(redacted_text)) return;
  out.push_back({at, end - at});
}

// The name that ends before the separator at `at`, quotes and blanks between them left out.
std::string_view name_before(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end > 0 && (blanks.find(text[end - 1]) != none || is_quote(text[end - 1]) || text[end - 1] == '\\')) --end;
  std::size_t begin = end;
  while (begin > 0 && (is_word(text[begin - 1]) || text[begin - 1] == '.')) --begin;
  return text.substr(begin, end - begin);
}

// The value behind the separator at `at`.
void add_value(std::vector<Span>& out, std::string_view text, std::size_t at, bool is_header) {
  std::size_t begin = std::min(text.find_first_not_of(blanks, at + 1), text.size());
  if (begin < text.size() && text[begin] == '\\') ++begin;
  if (begin < text.size() && is_quote(text[begin])) {
    const char quote = text[begin++];
    std::size_t end = std::min(text.find(quote, begin), text.size());
    if (end > begin && text[end - 1] == '\\') --end;
    return add(out, text, begin, end);
  }
  const auto end = std::min(text.find_first_of(is_header ? "\r\n\"'," : ends_of_value, begin), text.size());
  // Behind a colon stands an ordinary word as well, and the name of a client: "token:alertmanager". What was taken out
  // of it before does not make it less of a word.
  const auto value = text.substr(begin, end - begin);
  if (text[at] == ':' && !is_header && !looks_random(value.substr(0, value.find(redacted_within)))) return;
  add(out, text, begin, end);
}

void find_values(std::vector<Span>& out, std::string_view text) {
  for (auto at = text.find_first_of("=:"); at != none; at = text.find_first_of("=:", at + 1)) {
    // Within a value that was found nothing is looked for: a text of many names would be read as often.
    if (!out.empty() && at < out.back().at + out.back().length) continue;
    if (text.substr(at).starts_with("://")) continue;
    const auto name = name_before(text, at);
    if (!name.empty() && is_secret_name(name)) add_value(out, text, at, plain_name(name).ends_with("authorization"));
  }
}

void find_behind_scheme(std::vector<Span>& out, std::string_view text, std::string_view scheme) {
  for (std::size_t at = 0; at + scheme.size() < text.size(); ++at) {
    if (lower(text[at]) != scheme[0] || (at > 0 && is_word(text[at - 1]))) continue;
    const auto word = text.substr(at, scheme.size());
    if (!std::equal(word.begin(), word.end(), scheme.begin(), [](char a, char b) { return lower(a) == b; })) continue;
    const auto begin = text.find_first_not_of(' ', at + scheme.size());
    if (begin == none || begin == at + scheme.size()) continue;
    const auto end = run(text, begin, is_token);
    if (looks_random(text.substr(begin, end - begin))) add(out, text, begin, end);
  }
}

void find_web_tokens(std::vector<Span>& out, std::string_view text) {
  constexpr std::size_t least = 10;  // of one of its parts
  for (auto at = text.find("eyJ"); at != none; at = text.find("eyJ", at + 3)) {
    if (at > 0 && is_word(text[at - 1])) continue;
    const auto head = run(text, at, is_word);
    if (head - at < least || head == text.size() || text[head] != '.') continue;
    const auto body = run(text, head + 1, is_word);
    if (body - head <= least) continue;
    add(out, text, at, body < text.size() && text[body] == '.' ? run(text, body + 1, is_word) : body);
  }
}

void find_private_keys(std::vector<Span>& out, std::string_view text) {
  constexpr std::string_view begins = "-----BEGIN ";
  constexpr std::string_view dashes = "-----";
  for (auto at = text.find(begins); at != none; at = text.find(begins, at + 1)) {
    const auto kind_end = text.find(dashes, at + begins.size());
    if (!text.substr(at, kind_end == none ? none : kind_end - at).ends_with("PRIVATE KEY")) continue;
    const auto last = text.find("-----END ", kind_end);
    const auto end = last == none ? none : text.find(dashes, last + begins.size());
    add(out, text, at, end == none ? text.size() : end + dashes.size());
    if (end == none) return;
    at = end;
  }
}

void find_user_info(std::vector<Span>& out, std::string_view text) {
  for (auto at = text.find("://"); at != none; at = text.find("://", at + 1)) {
    if (at == 0 || !is_word(text[at - 1])) continue;
    const auto begin = at + 3;
    const auto authority =
        text.substr(begin, std::min(text.find_first_of(ends_of_authority, begin), text.size()) - begin);
    if (const auto last = authority.rfind('@'); last != none) add(out, text, begin, begin + last);
  }
}

std::vector<Span> apart(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.at < b.at; });
  std::vector<Span> out;
  for (const auto& span : spans) {
    if (out.empty() || out.back().at + out.back().length < span.at) {
      out.push_back(span);
    } else {
      const auto end = std::max(out.back().at + out.back().length, span.at + span.length);
      out.back().length = end - out.back().at;
    }
  }
  return out;
}

}  // namespace

std::vector<Span> find_secrets(std::string_view text) {
  std::vector<Span> found;
  find_values(found, text);
  find_behind_scheme(found, text, "bearer");
  find_behind_scheme(found, text, "basic");
  find_web_tokens(found, text);
  find_private_keys(found, text);
  find_user_info(found, text);
  return found.empty() ? found : apart(std::move(found));
}

bool names_a_secret(std::string_view label) { return plain_name(label) != "secret" && is_secret_name(label); }

}  // namespace canaryd::audit
