#include <functional>

#include "kube_fixture.hpp"

using namespace canaryd;
using namespace canaryd::test;

// The ConfigMap canaryd-state and Events: small objects that canaryd creates and patches.
namespace {

kube::ObjectWrite a_write(const std::string& name = "canaryd-state") {
  return {Namespace("canaryd"), name, R"({"a":1})", "canaryd/a b", in(seconds(10))};
}

using Call = std::function<Result<std::string>(kube::KubeApi&)>;

const std::vector<Call>& creates() {
  static const std::vector<Call> calls{[](kube::KubeApi& api) { return api.create_config_map(a_write("")); },
                                       [](kube::KubeApi& api) { return api.create_event(a_write("")); }};
  return calls;
}
const std::vector<Call>& patches() {
  static const std::vector<Call> calls{[](kube::KubeApi& api) { return api.patch_config_map(a_write()); },
                                       [](kube::KubeApi& api) { return api.patch_event(a_write()); }};
  return calls;
}

// What a server makes of the call that answers everything with one status.
Result<std::string> answered(const Call& call, int status, const std::string& body = "the body") {
  Journal journal;
  MisbehavingServer server(keep_answering(journal, [&](Peer& peer, auto&) { peer.answer(status, body); }));
  const auto api = connect_to(server);
  auto answer = call(*api);
  CHECK(journal.all().size() == 1);  // a write is sent once
  return answer;
}

void check_error(const Call& call, int status, ErrorKind kind) {
  CAPTURE(status);
  const auto answer = answered(call, status);
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == kind);
  CHECK(answer.error().http_status == status);
  CHECK(answer.error().message == "the body");
}

std::string first_line(const std::string& request) { return request.substr(0, request.find("\r\n")); }

}  // namespace

TEST_CASE("small objects are asked for as the API server names them") {
  Journal journal;
  MisbehavingServer server(keep_answering(journal, [](Peer& peer, const std::string& request) {
    peer.answer(request.starts_with("POST") ? 201 : 200, "{}");
  }));
  const auto api = connect_to(server);
  CHECK(api->get_config_map(Namespace("canaryd"), "canaryd-state", in(seconds(10))).value() == "{}");
  CHECK(api->create_config_map(a_write("")).value() == "{}");
  CHECK(api->patch_config_map(a_write()).value() == "{}");
  CHECK(api->create_event(a_write("")).value() == "{}");
  CHECK(api->patch_event(a_write("iris.17a")).value() == "{}");
  const auto requests = journal.all();
  REQUIRE(requests.size() == 5);
  const std::string core = "/api/v1/namespaces/canaryd/";
  const std::string by = "?timeout=5s&fieldManager=canaryd%2Fa%20b&fieldValidation=Strict HTTP/1.1";
  CHECK(first_line(requests[0]) == "GET " + core + "configmaps/canaryd-state HTTP/1.1");
  CHECK(first_line(requests[1]) == "POST " + core + "configmaps" + by);
  CHECK(first_line(requests[2]) == "PATCH " + core + "configmaps/canaryd-state" + by);
  CHECK(first_line(requests[3]) == "POST " + core + "events" + by);
  CHECK(first_line(requests[4]) == "PATCH " + core + "events/iris.17a" + by);
  for (const std::size_t i : {1U, 3U}) {
    CHECK(requests[i].find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    CHECK(requests[i].ends_with("\r\n\r\n{\"a\":1}"));
  }
  for (const std::size_t i : {2U, 4U}) {
    CHECK(requests[i].find("\r\nContent-Type: application/json-patch+json\r\n") != std::string::npos);
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("a create is done by a 201 and a patch by a 200 and by nothing else") {
  for (const auto& create : creates()) {
    CHECK(answered(create, 201).value() == "the body");
    check_error(create, 200, ErrorKind::outcome_unknown);
    check_error(create, 202, ErrorKind::outcome_unknown);
  }
  for (const auto& patch : patches()) {
    CHECK(answered(patch, 200).value() == "the body");
    check_error(patch, 201, ErrorKind::outcome_unknown);
  }
}

TEST_CASE("a refusal of a write says what kind it is") {
  auto calls = creates();
  calls.insert(calls.end(), patches().begin(), patches().end());
  for (const auto& call : calls) {
    check_error(call, 400, ErrorKind::invalid);
    check_error(call, 401, ErrorKind::unauthenticated);
    check_error(call, 403, ErrorKind::forbidden);
    check_error(call, 404, ErrorKind::not_found);
    check_error(call, 409, ErrorKind::conflict);  // of a create: it is there already
    check_error(call, 422, ErrorKind::rejected);  // of a patch: a test failed
    check_error(call, 429, ErrorKind::throttled);
    for (const int status : {408, 500, 502, 503, 504}) check_error(call, status, ErrorKind::outcome_unknown);
  }
}

TEST_CASE("a write whose connection is cut has an unknown outcome and a read has none") {
  MisbehavingServer server([](Peer& peer) { peer.read_request(); });
  const auto api = connect_to(server);
  for (const auto& create : creates()) CHECK(create(*api).error().kind == ErrorKind::outcome_unknown);
  for (const auto& patch : patches()) CHECK(patch(*api).error().kind == ErrorKind::outcome_unknown);
  CHECK(api->get_config_map(Namespace("canaryd"), "canaryd-state", in(seconds(10))).error().kind ==
        ErrorKind::unavailable);
}

TEST_CASE("a ConfigMap that is not there is told from one that may not be read") {
  const Call get = [](kube::KubeApi& api) {
    return api.get_config_map(Namespace("canaryd"), "canaryd-state", in(seconds(10)));
  };
  check_error(get, 404, ErrorKind::not_found);
  check_error(get, 403, ErrorKind::forbidden);
  check_error(get, 503, ErrorKind::unavailable);
}

TEST_CASE("a name that would lead to another object is not sent") {
  Journal journal;
  MisbehavingServer server(keep_answering(journal, [](Peer& peer, auto&) { peer.answer(200, "{}"); }));
  const auto api = connect_to(server);
  for (const char* name : {"", "..", "a/b", "a?b", "A"}) {
    CAPTURE(name);
    CHECK(api->get_config_map(Namespace("canaryd"), name, in(seconds(10))).error().kind == ErrorKind::invalid);
    CHECK(api->patch_config_map(a_write(name)).error().kind == ErrorKind::invalid);
    CHECK(api->patch_event(a_write(name)).error().kind == ErrorKind::invalid);
    auto elsewhere = a_write();
    elsewhere.ns = Namespace(name);
    CHECK(api->create_event(elsewhere).error().kind == ErrorKind::invalid);
    CHECK(api->create_config_map(elsewhere).error().kind == ErrorKind::invalid);
  }
  CHECK(journal.all().empty());
}

TEST_CASE("a write that was answered with 401 is not sent again but the next one has the new token") {
  const TemporaryFolder folder;
  Journal journal;
  MisbehavingServer server(keep_answering(journal, [&](Peer& peer, const std::string& request) {
    const bool known = request.find("\r\nAuthorization: Bearer new\r\n") != std::string::npos;
    if (!known) folder.write("token", "new");
    peer.answer(known ? 201 : 401, "{}");
  }));
  auto settings = settings_of(server);
  settings.token_file = folder.write("token", "old");
  const auto api = kube::connect(settings).value();
  CHECK(api->create_event(a_write("")).error().kind == ErrorKind::unauthenticated);
  CHECK(journal.count("POST") == 1);
  CHECK(api->create_event(a_write("")).has_value());
  CHECK(journal.count("POST") == 2);
}
