#include <doctest/doctest.h>

#include "app/config/nearest.hpp"

using namespace canaryd::app;

TEST_CASE("a slip finds the key that was meant") {
  const std::vector<std::string> keys{"listen", "tls", "max_connections", "clients"};
  CHECK(nearest("listne", keys) == "listen");
  CHECK(nearest("maxConnections", keys) == "max_connections");
  CHECK(nearest("max-connections", keys) == "max_connections");
  CHECK(nearest("client", keys) == "clients");
  CHECK(nearest("tsl", keys) == "tls");
  CHECK(nearest("promotion", keys).empty());
  CHECK(nearest("", keys).empty());
  CHECK(nearest("x", {}).empty());
}

TEST_CASE("words are listed as in a sentence") {
  CHECK(one_of({}).empty());
  CHECK(one_of({"a"}) == "a");
  CHECK(one_of({"a", "b", "c"}) == "a, b or c");
}
