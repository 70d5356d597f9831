#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace canaryd::web {

struct Header {
  std::string name;   // lower case
  std::string value;  // as sent, without the white space around it; nothing in it is decoded
};

// The head of a request, checked strictly (RFC 9112): what is read here is what everything is decided on. httplib's own
// parser decodes %0d%0a in values, lets REMOTE_ADDR stand for the peer and runs std::regex on Range: it gets to see
// none of these.
struct Head {
  std::string method;
  std::string path;                  // not decoded
  std::optional<std::string> query;  // after '?', not decoded
  bool http_1_0 = false;
  std::vector<Header> headers;

  // The value of a header, which stands there once at most for those that decide anything; nullptr when absent.
  const std::string* find(std::string_view lower_case_name) const;
  bool wants_close() const;
};

// The length of the head in `bytes`, its empty line included; npos while that has not come. `from`: where to look on.
std::size_t head_length(std::string_view bytes, std::size_t from);

// Parses a head with its empty line; the error says what is wrong, in a phrase without the client's text.
tl::expected<Head, std::string> parse_head(std::string_view text);

// Digits only, at most 18 of them.
std::optional<std::size_t> parse_content_length(std::string_view text);

// Whether the media type of a Content-Type is application/json, whatever its parameters.
bool is_json_type(std::string_view content_type);

}  // namespace canaryd::web
