#include "web/head.hpp"

#include <doctest/doctest.h>

#include "web/webhook_route.hpp"

namespace canaryd::web::test {

TEST_CASE("a head is found where its empty line ends whatever pieces it came in") {
  const std::string text = "GET / HTTP/1.1\r\nHost: c\r\n\r\nrest";
  const std::size_t length = text.find("rest");
  for (std::size_t first = 0; first < length; ++first) {
    CHECK(head_length(std::string_view(text).substr(0, first), 0) == std::string::npos);
    CHECK(head_length(text, first) == length);
  }
}

TEST_CASE("a head is taken apart without decoding anything") {
  const auto head =
      parse_head("POST /a%20b?c=%0d%0a&d HTTP/1.1\r\nHost:c\r\nX-A: \t a%0d%0ab \t\r\nx-a: second\r\nEmpty:\r\n\r\n");
  REQUIRE(head);
  CHECK(head->method == "POST");
  CHECK(head->path == "/a%20b");
  CHECK(head->query == "c=%0d%0a&d");
  CHECK(*head->find("x-a") == "a%0d%0ab");
  CHECK(head->find("empty")->empty());
  CHECK(head->find("absent") == nullptr);
  CHECK_FALSE(head->http_1_0);
}

TEST_CASE("a connection ends when either side says so") {
  const auto closes = [](const std::string& version, const std::string& header) {
    const auto head = parse_head("GET / HTTP/" + version + "\r\nHost: c\r\n" + header + "\r\n");
    REQUIRE(head);
    return head->wants_close();
  };
  CHECK_FALSE(closes("1.1", ""));
  CHECK(closes("1.1", "Connection: Close\r\n"));
  CHECK(closes("1.1", "Connection: keep-alive, close\r\n"));
  CHECK(closes("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  CHECK(closes("1.0", ""));
  CHECK_FALSE(closes("1.0", "Connection: keep-alive\r\n"));
}

TEST_CASE("a hundred headers are read and one more is not") {
  std::string text = "GET / HTTP/1.1\r\nHost: c\r\n";
  for (int i = 0; i < 99; ++i) text += "X: y\r\n";
  CHECK(parse_head(text + "\r\n"));
  CHECK(parse_head(text + "X: y\r\n\r\n").error() == "expected at most 100 header fields");
}

TEST_CASE("a content length is decimal digits only") {
  CHECK(parse_content_length("0") == 0u);
  CHECK(parse_content_length("1048576") == 1048576u);
  for (const auto* bad : {"", " 1", "1 ", "+1", "-1", "0x1", "1,1", "1e3", "9999999999999999999"}) {
    CHECK_FALSE(parse_content_length(bad).has_value());
  }
}

TEST_CASE("JSON is asked for by its media type whatever the parameters") {
  CHECK(is_json_type("application/json"));
  CHECK(is_json_type("Application/JSON ; charset=utf-8"));
  CHECK_FALSE(is_json_type("application/jsonp"));
  CHECK_FALSE(is_json_type("text/json"));
  CHECK_FALSE(is_json_type(""));
}

TEST_CASE("the query names a target by DNS labels") {
  CHECK_FALSE(parse_target_query(std::nullopt)->ns.has_value());
  CHECK_FALSE(parse_target_query("")->name.has_value());
  CHECK(parse_target_query("inferenceservice=iris")->name == ServiceName("iris"));
  CHECK(parse_target_query("namespace=ml&inferenceservice=iris")->ns == Namespace("ml"));
  for (const auto* bad : {"namespace", "namespace=ML", "namespace=ml&", "&", "namespace=ml&&inferenceservice=a",
                          "Namespace=ml", "inferenceservice=a&inferenceservice=b", "namespace=-a", "revision=a"}) {
    INFO(bad);
    const bool accepted = parse_target_query(bad).has_value();
    CHECK(accepted == (std::string_view(bad) == "namespace=ml&"));
  }
}

}  // namespace canaryd::web::test
