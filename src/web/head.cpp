#include "head.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace canaryd::web {

namespace {

using Problem = tl::unexpected<std::string>;

constexpr std::size_t max_headers = 100;
constexpr std::size_t max_target = 4096;

bool is_token_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next line off; its CRLF is known to be there.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return line;
}

bool has_control(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

tl::expected<void, std::string> parse_request_line(std::string_view line, Head& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Problem("expected a request line of three words");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || method.size() > 16) return Problem("expected a method");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Problem("expected HTTP/1.1");
  if (target.empty() || target.front() != '/') return Problem("expected a request target that begins with /");
  if (target.size() > max_target) return Problem("expected a request target of at most 4096 bytes");
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f && c != '#'; };
  if (!std::all_of(target.begin(), target.end(), visible)) return Problem("expected visible ASCII as request target");
  head.method = method;
  head.http_1_0 = version == "HTTP/1.0";
  const std::size_t mark = target.find('?');
  head.path = target.substr(0, mark);
  if (mark != std::string_view::npos) head.query = std::string(target.substr(mark + 1));
  return {};
}

tl::expected<void, std::string> parse_header(std::string_view line, Head& head) {
  if (head.headers.size() >= max_headers) return Problem("expected at most 100 header fields");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return Problem("expected a header name");
  Header header{lower(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))};
  // Two of these let two readers see two requests.
  constexpr std::array<std::string_view, 7> single{
      "host", "content-length", "transfer-encoding", "content-encoding", "content-type", "authorization", "expect"};
  if (std::find(single.begin(), single.end(), header.name) != single.end() && head.find(header.name) != nullptr) {
    return Problem("expected " + header.name + " once");
  }
  head.headers.push_back(std::move(header));
  return {};
}

}  // namespace

const std::string* Head::find(std::string_view name) const {
  const auto it = std::find_if(headers.begin(), headers.end(), [&](const Header& h) { return h.name == name; });
  return it == headers.end() ? nullptr : &it->value;
}

bool Head::wants_close() const {
  bool close = http_1_0;
  for (const auto& header : headers) {
    if (header.name != "connection") continue;
    const std::string value = lower(header.value);
    if (value.find("close") != std::string::npos) return true;
    if (value.find("keep-alive") != std::string::npos) close = false;
  }
  return close;
}

std::size_t head_length(std::string_view bytes, std::size_t from) {
  const std::size_t at = bytes.find("\r\n\r\n", from < 3 ? 0 : from - 3);
  return at == std::string_view::npos ? at : at + 4;
}

tl::expected<Head, std::string> parse_head(std::string_view text) {
  Head head;
  const std::string_view request_line = take_line(text);
  if (has_control(request_line)) return Problem("expected no control characters");
  if (auto ok = parse_request_line(request_line, head); !ok) return Problem(ok.error());
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    if (has_control(line)) return Problem("expected no control characters");
    if (auto ok = parse_header(line, head); !ok) return Problem(ok.error());
  }
  if (!head.http_1_0 && head.find("host") == nullptr) return Problem("expected a Host header");
  return head;
}

std::optional<std::size_t> parse_content_length(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::size_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

bool is_json_type(std::string_view content_type) {
  return lower(trimmed(content_type.substr(0, content_type.find(';')))) == "application/json";
}

}  // namespace canaryd::web
