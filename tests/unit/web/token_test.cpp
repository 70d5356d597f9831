#include <doctest/doctest.h>

#include <filesystem>

#include "fixture.hpp"

namespace canaryd::web::test {

namespace {

int status_with(const RunningServer& running, const std::string& secret, const std::string& scheme = "Bearer") {
  const std::string body = notification_body();
  Client client(running.port());
  return client
      .exchange(post("Authorization: " + scheme + " " + secret + "\r\nContent-Type: application/json\r\n" +
                         "Content-Length: " + std::to_string(body.size()) + "\r\n",
                     body))
      .status;
}

}  // namespace

TEST_CASE("a token is rotated through two files that are valid at once") {
  RunningServer running;
  const std::string next = "tokens/with+odd=characters~%41";
  running.settings.tokens.push_back({"am-next", Role::alert, running.folder.write("next", ""), {}});
  REQUIRE(running.server->reconfigure(running.settings));
  CHECK(status_with(running, token) == 200);
  CHECK(status_with(running, next) == 401);
  running.folder.write("next", next + "\r\n");
  running.server->refresh();
  CHECK(status_with(running, token) == 200);
  CHECK(status_with(running, next) == 200);
  CHECK(running.deliveries().back().actor == "token:am-next");
  std::filesystem::remove(running.folder.path("token"));
  running.server->refresh();
  CHECK(status_with(running, token) == 401);
  CHECK(status_with(running, next) == 200);
}

TEST_CASE("a token taken away ends the connection that used it at its next request") {
  RunningServer running;
  Client client(running.port());
  REQUIRE(client.exchange(honest_request()).status == 200);
  running.folder.write("token", "another-token-altogether");
  running.server->refresh();
  CHECK(client.exchange(honest_request()).status == 401);
}

TEST_CASE("an empty or short token file admits nobody") {
  RunningServer running;
  for (const std::string content : {"", "\n", "fifteen-bytes-x", "\r\n\r\n"}) {
    running.folder.write("token", content);
    running.server->refresh();
    CHECK(status_with(running, content.substr(0, content.find_first_of("\r\n"))) == 401);
    CHECK(status_with(running, "") == 401);
    CHECK(status_with(running, token) == 401);
  }
  running.folder.write("token", "sixteen-bytes-xy");
  running.server->refresh();
  CHECK(status_with(running, "sixteen-bytes-xy") == 200);
}

TEST_CASE("a token that no client can send admits nobody and the refusal names its file") {
  RunningServer running;
  const std::string good = "tokens/with+odd=characters~%41";
  const std::vector<std::string> odd_ones{" " + good,
                                          good + " ",
                                          "two words of a token",
                                          "with\ttabs-in-the-token",
                                          "two-lines-of\na-single-token",
                                          std::string("with-a-\0-in-the-token", 21),
                                          "with-a-\x7f-in-the-token",
                                          std::string("caf\xc3\xa9-caf\xc3\xa9-caf\xc3\xa9")};
  for (const auto& odd : odd_ones) {
    CAPTURE(odd);
    running.folder.write("token", odd + "\n");
    const auto taken = running.server->reconfigure(running.settings);
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().message == "no client could be admitted: client am: " + running.folder.path("token") +
                                       ": expected one token of printable ASCII characters without spaces");
    running.server->refresh();
    CHECK(status_with(running, odd) != 200);
  }
  running.folder.write("token", good + "\n");
  CHECK(running.server->reconfigure(running.settings).has_value());
  CHECK(status_with(running, good) == 200);
}

TEST_CASE("the scheme is read in any case and the token exactly") {
  RunningServer running;
  CHECK(status_with(running, token, "bearer") == 200);
  CHECK(status_with(running, token, "BEARER ") == 200);
  CHECK(status_with(running, token + "x") == 401);
  CHECK(status_with(running, token.substr(1)) == 401);
  CHECK(status_with(running, "Correct-horse-battery-staple") == 401);
  CHECK(status_with(running, token, "Token") == 401);
}

TEST_CASE("only the role alert may post a notification") {
  for (const Role role : {Role::view, Role::operate}) {
    RunningServer running([&](ServerSettings& settings) { settings.tokens[0].role = role; });
    CHECK(status_with(running, token) == 403);
    CHECK(running.refused_for("forbidden"));
    CHECK(running.deliveries().empty());
  }
}

}  // namespace canaryd::web::test
