#include <doctest/doctest.h>

#include "hand_clock.hpp"
#include "sandbox/api.hpp"
#include "sandbox/event_ages.hpp"
#include "sandbox/field_selector.hpp"

namespace {

using namespace canaryd;
using namespace canaryd::sandbox;
using namespace std::chrono_literals;

struct Server {
  HandClock clock;
  Objects objects{clock};
  ModelTraffic traffic{clock};
  Controller controller{objects, traffic, clock, 0ms};
  Api api{objects, controller, traffic, clock};

  Response ask(const std::string& method, const std::string& name, const std::string& body = "",
               std::map<std::string, std::string> query = {}) {
    const std::string path = "/api/v1/namespaces/ml/events" + (name.empty() ? "" : "/" + name);
    return api.handle({method, path, std::move(query), "application/merge-patch+json", "test/1", body, ""});
  }
  int create(const std::string& name) {
    const Json event{{"metadata", {{"name", name}}},
                     {"involvedObject", {{"kind", "InferenceService"}, {"namespace", "ml"}, {"name", "iris"}}}};
    return ask("POST", "", dump(event)).status;
  }
  std::string names() {
    std::string text;
    const Json list = *parse_json(ask("GET", "").body);
    for (const Json& item : list["items"]) {
      text += item["metadata"]["name"].get<std::string>() + " ";
    }
    return text;
  }
};

}  // namespace

TEST_CASE("an event lives an hour after its last write") {
  Server server;
  CHECK(server.create("old") == 201);
  CHECK(server.create("kept") == 201);
  server.clock.forward(30min);
  CHECK(server.ask("PATCH", "kept", R"({"count": 2})").status == 200);
  server.clock.forward(30min - 1ms);
  CHECK(server.names() == "kept old ");
  server.clock.forward(1ms);
  CHECK(server.names() == "kept ");
  CHECK(server.ask("PATCH", "old", R"({"count": 2})").status == 404);
  CHECK(server.create("old") == 201);
  server.clock.forward(30min);
  CHECK(server.names() == "old ");
}

TEST_CASE("a deleted event is forgotten") {
  Server server;
  CHECK(server.create("one") == 201);
  CHECK(server.ask("DELETE", "one").status == 200);
  server.clock.forward(2h);
  CHECK(server.names().empty());
}

TEST_CASE("above the most that are kept the oldest events go") {
  EventAges ages;
  HandClock clock;
  for (int i = 0; i < 5003; ++i) {
    ages.written({"ml", std::to_string(10000 + i)}, clock.steady());
    clock.forward(1ms);
  }
  ages.written({"ml", "10000"}, clock.steady());
  const std::vector<Key> over = ages.over(clock.steady());
  REQUIRE(over.size() == 3);
  CHECK(over[0].name == "10001");
  CHECK(over[2].name == "10003");
}

TEST_CASE("a watch by another selector than the name is refused and not left open") {
  Server server;
  const std::map<std::string, std::string> query{{"watch", "true"}, {"fieldSelector", "involvedObject.name=iris"}};
  const Request request{"GET", "/api/v1/namespaces/ml/events", query, "", "test/1", "", ""};
  CHECK_FALSE(server.api.watch(request));
  CHECK(server.api.handle(request).status == 400);
  Request by_name = request;
  by_name.query["fieldSelector"] = "metadata.name=one";
  CHECK(server.api.watch(by_name));
}

TEST_CASE("a selector is read in all its forms") {
  const std::string event = R"({"type":"Normal","reportingComponent":"canaryd","involvedObject":{"name":"iris"}})";
  const auto selects = [&](const std::string& text) {
    const auto selector = FieldSelector::parse(Kind::event, text);
    REQUIRE(selector);
    return selector->selects({"ml", "iris.1"}, event);
  };
  CHECK(selects(""));
  CHECK(selects("involvedObject.name=iris,"));
  CHECK(selects("involvedObject.name==iris,metadata.namespace=ml,type!=Warning"));
  CHECK(selects("source=canaryd"));  // without a source it is the reporting component
  CHECK(selects("involvedObject.uid="));
  CHECK_FALSE(selects("involvedObject.name=iris,type=Warning"));
  CHECK_FALSE(selects("metadata.name!=iris.1"));
  CHECK_FALSE(FieldSelector::parse(Kind::event, "=x"));
  CHECK_FALSE(FieldSelector::parse(Kind::inference_service, "involvedObject.name=iris"));
}
