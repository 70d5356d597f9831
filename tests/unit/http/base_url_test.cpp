#include "canaryd/http/base_url.hpp"

#include <doctest/doctest.h>

using canaryd::ErrorKind;
using canaryd::http::parse_base_url;

TEST_CASE("an address is taken apart and its last slash dropped") {
  const auto url = parse_base_url("https://kube.example:6443/clusters/one/").value();
  CHECK(url.text == "https://kube.example:6443/clusters/one");
  CHECK(url.host == "kube.example");
  CHECK(url.tls);
  CHECK_FALSE(url.loopback);
  CHECK(parse_base_url("https://kube.example").value().text == "https://kube.example");
  const auto six = parse_base_url("https://[fd00::1]:6443").value();
  CHECK(six.text == "https://[fd00::1]:6443");
  CHECK(six.host == "fd00::1");
}

TEST_CASE("loopback is what stays on this machine and nothing that looks like it") {
  for (const char* url : {"http://127.0.0.1:8001", "http://127.9.9.9", "http://[::1]:8001", "http://localhost:8001",
                          "http://127.1:8001", "http://2130706433/"}) {
    CAPTURE(url);
    CHECK(parse_base_url(url).value().loopback);
  }
  for (const char* url : {"http://127.0.0.1.example:80", "http://localhost.example", "http://10.0.0.1", "http://[::2]",
                          "http://0.0.0.0:8001", "http://128.0.0.1", "http://[::ffff:10.0.0.1]"}) {
    CAPTURE(url);
    CHECK_FALSE(parse_base_url(url).value().loopback);
  }
}

TEST_CASE("what is no address of a server is refused") {
  for (const char* url : {"", "kube.example", "kube.example:6443", "ftp://kube.example", "file:///etc/passwd",
                          "https://user@kube.example", "https://user:secret@kube.example", "https://kube.example/?a=b",
                          "https://kube.example/#a", "https://kube.example:99999", "https://", "https://a b/"}) {
    CAPTURE(url);
    const auto parsed = parse_base_url(url);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("the refusal of an address does not tell a password in it") {
  const auto parsed = parse_base_url("https://user:secret@kube.example");
  CHECK(parsed.error().message.find("secret") == std::string::npos);
}
