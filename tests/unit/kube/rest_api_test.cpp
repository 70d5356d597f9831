#include "kube_fixture.hpp"

using namespace canaryd;
using namespace canaryd::test;

namespace {

std::string first_line(const std::string& request) { return request.substr(0, request.find("\r\n")); }

kube::PatchRequest a_patch(bool dry_run = false) {
  return {iris(), R"([{"op":"test"}])", "canaryd/a b", dry_run, in(seconds(5))};
}

// What each call makes of one status.
struct Kinds {
  Error get, patch, dry_run;
};
Kinds kinds_of(int status, const std::string& body = "no", const std::string& headers = "") {
  Journal journal;
  MisbehavingServer server(keep_answering(journal, [&](Peer& peer, auto&) { peer.answer(status, body, headers); }));
  const auto api = connect_to(server);
  const auto get = api->get_inferenceservice(iris(), in(seconds(5)));
  const auto patch = api->patch_inferenceservice(a_patch());
  const auto dry_run = api->patch_inferenceservice(a_patch(true));
  REQUIRE_FALSE(get.has_value());
  REQUIRE_FALSE(patch.has_value());
  REQUIRE_FALSE(dry_run.has_value());
  CHECK(journal.count("PATCH") == 2);
  return {get.error(), patch.error(), dry_run.error()};
}

void check_kinds(int status, ErrorKind get, ErrorKind patch, ErrorKind dry_run) {
  CAPTURE(status);
  const auto kinds = kinds_of(status);
  CHECK(kinds.get.kind == get);
  CHECK(kinds.patch.kind == patch);
  CHECK(kinds.dry_run.kind == dry_run);
  CHECK(kinds.patch.http_status == status);
}

}  // namespace

TEST_CASE("requests name the resource as the API server does") {
  Journal journal;
  MisbehavingServer server(keep_answering(journal, [](Peer& peer, auto&) { peer.answer(200, "{}"); }));
  const auto api = connect_to(server);
  CHECK(api->get_inferenceservice(iris(), in(seconds(5))).value() == "{}");
  CHECK(api->get_revision(Namespace("ml"), Revision("iris-predictor-00002"), in(seconds(5))).has_value());
  CHECK(api->patch_inferenceservice(a_patch()).value() == "{}");
  CHECK(api->patch_inferenceservice(a_patch(true)).has_value());
  CHECK(api->list_inferenceservices(Namespace(""), "", in(seconds(5))).has_value());
  CHECK(api->list_inferenceservices(Namespace("ml"), "a+b/c=", in(seconds(5))).has_value());
  const auto requests = journal.all();
  REQUIRE(requests.size() == 6);
  const std::string service = "/apis/serving.kserve.io/v1beta1/namespaces/ml/inferenceservices";
  CHECK(first_line(requests[0]) == "GET " + service + "/iris HTTP/1.1");
  CHECK(first_line(requests[1]) ==
        "GET /apis/serving.knative.dev/v1/namespaces/ml/revisions/iris-predictor-00002 HTTP/1.1");
  CHECK(first_line(requests[2]) ==
        "PATCH " + service + "/iris?timeout=5s&fieldManager=canaryd%2Fa%20b&fieldValidation=Strict HTTP/1.1");
  CHECK(requests[2].find("\r\nContent-Type: application/json-patch+json\r\n") != std::string::npos);
  CHECK(requests[2].ends_with("\r\n\r\n[{\"op\":\"test\"}]"));
  CHECK(requests[2].find("Expect") == std::string::npos);
  CHECK(first_line(requests[3]).find("fieldValidation=Strict&dryRun=All HTTP") != std::string::npos);
  CHECK(first_line(requests[4]) == "GET /apis/serving.kserve.io/v1beta1/inferenceservices?limit=50 HTTP/1.1");
  CHECK(first_line(requests[5]) == "GET " + service + "?limit=50&continue=a%2Bb%2Fc%3D HTTP/1.1");
  CHECK(server.connections() == 1);  // kept alive
}

TEST_CASE("a name that would lead to another resource is not sent") {
  Journal journal;
  MisbehavingServer server(keep_answering(journal, [](Peer& peer, auto&) { peer.answer(200, "{}"); }));
  const auto api = connect_to(server);
  for (const char* name : {"", "..", "a/b", "a?b", "Iris"}) {
    const auto answer = api->get_inferenceservice({Namespace("ml"), ServiceName(name)}, in(seconds(5)));
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().kind == ErrorKind::invalid);
  }
  CHECK(journal.all().empty());
}

TEST_CASE("a status becomes the error that says what to do about it") {
  using enum ErrorKind;
  check_kinds(400, invalid, invalid, invalid);
  check_kinds(401, unauthenticated, unauthenticated, unauthenticated);
  check_kinds(403, forbidden, forbidden, forbidden);
  check_kinds(404, not_found, not_found, not_found);
  check_kinds(409, conflict, conflict, conflict);
  check_kinds(410, gone, gone, gone);
  check_kinds(415, invalid, invalid, invalid);
  check_kinds(422, rejected, rejected, rejected);
  check_kinds(429, throttled, throttled, throttled);
}

TEST_CASE("an answer that does not say what was done leaves a PATCH unknown but not a read or a dry run") {
  using enum ErrorKind;
  for (const int status : {202, 301, 307, 408, 500, 502, 503, 504}) {
    check_kinds(status, unavailable, outcome_unknown, unavailable);
  }
}

TEST_CASE("a redirect is not followed") {
  Journal journal;
  MisbehavingServer elsewhere(keep_answering(journal, [](Peer& peer, auto&) { peer.answer(200, "{}"); }));
  MisbehavingServer server(keep_answering(
      journal, [&](Peer& peer, auto&) { peer.answer(307, "", "Location: " + elsewhere.url() + "/\r\n"); }));
  CHECK_FALSE(connect_to(server)->get_inferenceservice(iris(), in(seconds(5))).has_value());
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("Retry-After of a throttled answer is handed on") {
  const auto kinds = kinds_of(429, "slow down", "Retry-After: 7\r\n");
  CHECK(kinds.patch.retry_after == seconds(7));
  CHECK(kinds.patch.message == "slow down");
  CHECK(kinds_of(429).patch.retry_after == seconds(0));
}

TEST_CASE("the message of an error is the body of the answer within bounds") {
  CHECK(kinds_of(403, std::string(100000, 'x')).get.message.size() == 4096);
  CHECK(kinds_of(503, "").get.message == "HTTP status 503 without a body");
}

TEST_CASE("a cut connection leaves a PATCH unknown but not a dry run") {
  MisbehavingServer server([](Peer& peer) { peer.read_request(); });
  const auto api = connect_to(server);
  CHECK(api->patch_inferenceservice(a_patch()).error().kind == ErrorKind::outcome_unknown);
  CHECK(api->patch_inferenceservice(a_patch(true)).error().kind == ErrorKind::unavailable);
  CHECK(api->get_inferenceservice(iris(), in(seconds(5))).error().kind == ErrorKind::unavailable);
}

TEST_CASE("a rotated token is used with the next request and after a 401 at once") {
  const TemporaryFolder folder;
  Journal journal;
  MisbehavingServer server(keep_answering(journal, [&](Peer& peer, const std::string& request) {
    const bool known = request.find("Authorization: Bearer third\r\n") != std::string::npos ||
                       request.find("Authorization: Bearer first\r\n") != std::string::npos;
    if (!known) folder.write("token", "third");
    peer.answer(known ? 200 : 401, "{}");
  }));
  auto settings = settings_of(server);
  settings.token_file = folder.write("token", "first\n");
  const auto api = kube::connect(settings).value();
  CHECK(api->get_inferenceservice(iris(), in(seconds(5))).has_value());
  folder.write("token", "second");
  CHECK(api->get_inferenceservice(iris(), in(seconds(5))).has_value());  // 401, read again, sent again
  CHECK(journal.all().size() == 3);
  folder.write("token", "two lines\nof words");  // what is no token leaves the former in place
  CHECK(api->get_inferenceservice(iris(), in(seconds(5))).has_value());
  ::unlink(settings.token_file.c_str());
  CHECK(api->get_inferenceservice(iris(), in(seconds(5))).has_value());
}

TEST_CASE("a PATCH that was answered with 401 is not sent again") {
  const TemporaryFolder folder;
  Journal journal;
  MisbehavingServer server(keep_answering(journal, [&](Peer& peer, auto&) {
    folder.write("token", "new");
    peer.answer(401, "{}");
  }));
  auto settings = settings_of(server);
  settings.token_file = folder.write("token", "old");
  const auto api = kube::connect(settings).value();
  CHECK(api->patch_inferenceservice(a_patch()).error().kind == ErrorKind::unauthenticated);
  CHECK(journal.count("PATCH") == 1);
}

TEST_CASE("one client serves many threads") {
  Journal journal;
  MisbehavingServer server(keep_answering(journal, [](Peer& peer, auto&) { peer.answer(200, "{}"); }));
  const auto api = connect_to(server);
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) {
        if (api->get_inferenceservice(iris(), in(seconds(20))).has_value()) ++answered;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(answered == 160);
  CHECK(server.connections() <= 8);
}
