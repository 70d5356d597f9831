#include "canaryd/http/base_url.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <memory>

#include "canaryd/base/text.hpp"

namespace canaryd::http {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(const Url& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

// For an error. One that did not parse may hold a password all the same.
std::string got(const std::string& url) {
  if (url.find('@') != std::string::npos) return "got a text that may hold a password";
  return "got \"" + escaped(url) + "\"";
}

}  // namespace

Result<BaseUrl> parse_base_url(const std::string& url) {
  const Url parsed(curl_url(), curl_url_cleanup);
  if (!parsed) return fail(Error::io("no memory for a URL"));
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK || url.find('\0') != std::string::npos) {
    return fail(Error::invalid("expected a URL such as https://10.0.0.1:6443, " + got(url)));
  }
  const std::string scheme = part(parsed, CURLUPART_SCHEME);
  if (scheme != "https" && scheme != "http") {
    return fail(Error::invalid("expected a URL with https:// or http://, " + got(url)));
  }
  if (!part(parsed, CURLUPART_USER).empty() || !part(parsed, CURLUPART_PASSWORD).empty()) {
    return fail(Error::invalid("expected a URL without a user and password in it"));
  }
  if (!part(parsed, CURLUPART_QUERY).empty() || !part(parsed, CURLUPART_FRAGMENT).empty()) {
    return fail(Error::invalid("expected a URL without a query or fragment, " + got(url)));
  }
  BaseUrl base;
  base.text = part(parsed, CURLUPART_URL);
  while (base.text.ends_with('/')) base.text.pop_back();
  base.host = part(parsed, CURLUPART_HOST);
  if (base.host.starts_with('[') && base.host.ends_with(']')) base.host = base.host.substr(1, base.host.size() - 2);
  base.tls = scheme == "https";
  base.loopback = is_loopback(base.host);
  return base;
}

}  // namespace canaryd::http
