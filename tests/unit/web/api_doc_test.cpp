#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "canaryd/base/file.hpp"
#include "canaryd/base/time_text.hpp"
#include "web/api_request.hpp"
#include "web/routes.hpp"

namespace canaryd::web::test {

namespace {

std::string documented() {
  const char* source = std::getenv("CANARYD_SOURCE");
  REQUIRE(source != nullptr);
  const auto text = read_file(std::string(source) + "/docs/api.md");
  REQUIRE(text);
  return *text;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t times = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++times;
  return times;
}

// "| `POST /api/v1/rollouts/NAMESPACE/NAME/hold` | `operate` | "
std::string row_of(const Route& route) {
  std::string path(route.path);
  for (const char* word : {"NAMESPACE", "NAME"}) {
    if (const auto star = path.find('*'); star != std::string::npos) path.replace(star, 1, word);
  }
  std::string roles;
  for (const Role role : {Role::alert, Role::view, Role::operate}) {
    if ((route.roles & (1U << static_cast<unsigned>(role))) == 0) continue;
    roles += (roles.empty() ? "`" : " or `") + std::string(name_of(role)) + "`";
  }
  return "| `" + std::string(route.method) + " " + path + "` | " + roles + " | ";
}

}  // namespace

TEST_CASE("the documented routes are those of the table with their roles") {
  const std::string text = documented();
  for (const Route& route : routes()) {
    CAPTURE(row_of(route));
    CHECK(count(text, row_of(route)) == 1);
  }
  CHECK(count(text, "\n| `GET ") + count(text, "\n| `POST ") == routes().size());
}

TEST_CASE("the documented body of each route is the one that is read") {
  const std::string text = documented();
  for (const Route& route : routes()) {
    if (!route.verb) continue;
    const std::string row = row_of(route);
    CAPTURE(row);
    const std::size_t at = text.find(row);
    REQUIRE(at != std::string::npos);
    const std::string keys = text.substr(at + row.size(), text.find('\n', at) - at - row.size());
    engine::Command command;
    command.verb = *route.verb;
    if (route.path.find('*') != std::string_view::npos) command.target = Target{Namespace("ml"), ServiceName("iris")};
    for (const std::string key : {"reason", "revision", "override", "until", "namespace"}) {
      const auto read = read_act("{\"" + key + "\":{}}", WallTime(), command);
      REQUIRE_FALSE(read);
      // A known key is refused for its value, another one by its name.
      const bool known = read.error().find("expected no key but") == std::string::npos;
      CHECK_MESSAGE((keys.find("`" + key + "`") != std::string::npos) == known, key);
    }
  }
}

}  // namespace canaryd::web::test
