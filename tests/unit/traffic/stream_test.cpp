#include <doctest/doctest.h>

#include <string>

#include "canaryd/traffic/decode.hpp"
#include "traffic/sample.hpp"

using namespace canaryd;
using namespace canaryd::traffic;

namespace {

Event event(const std::string& type, const std::string& object) {
  const Result<Event> decoded = decode_event(R"({"type":")" + type + R"(","object":)" + object + "}");
  REQUIRE_MESSAGE(decoded.has_value(), decoded.error().message);
  return *decoded;
}

std::string problem_of_page(const std::string& page) {
  const Result<Page> decoded = decode_page(page);
  return decoded ? "none" : decoded.error().message;
}

std::string problem_of_line(const std::string& line) {
  const Result<Event> decoded = decode_event(line);
  return decoded ? "none" : decoded.error().message;
}

}  // namespace

TEST_CASE("a page gives its rollouts and where the list goes on") {
  const std::string other = sample::with(sample::iris(), "/metadata/name", "\"lily\"");
  const Result<Page> page = decode_page(sample::page({sample::iris(), other}, "next"));
  REQUIRE(page.has_value());
  REQUIRE(page->rollouts.size() == 2);
  CHECK(page->rollouts[0].target.str() == "ml/iris");
  CHECK(page->rollouts[1].target.str() == "ml/lily");
  CHECK(page->rollouts[1].components.at(0).percent_manager == "release-bot");
  CHECK(page->resource_version == "48300");
  CHECK(page->continue_token == "next");
  CHECK(page->skipped.empty());
}

TEST_CASE("one odd object does not blind the others of its page") {
  const std::string odd = sample::with(sample::with(sample::iris(), "/metadata/name", "\"odd\""),
                                       "/spec/predictor/canaryTrafficPercent", "\"five\"");
  const Result<Page> page = decode_page(sample::page({odd, sample::iris(), "7", R"({"metadata": 5})"}));
  REQUIRE(page.has_value());
  REQUIRE(page->rollouts.size() == 1);
  CHECK(page->rollouts[0].target.str() == "ml/iris");
  REQUIRE(page->skipped.size() == 3);
  CHECK(page->skipped[0] == "ml/odd: items[0].spec.predictor.canaryTrafficPercent: expected an integer, got \"five\"");
  CHECK(page->skipped[1] == "/: items[2]: expected an object, got 7");
  CHECK(page->skipped[2] == "/: items[3].metadata: expected an object, got 5");
  CHECK(page->continue_token.empty());
}

TEST_CASE("an empty page is an empty cluster and an answer without items is an error") {
  const Result<Page> page = decode_page(sample::page({}));
  REQUIRE(page.has_value());
  CHECK(page->rollouts.empty());
  CHECK(problem_of_page("{}") == "items: expected an array");
  CHECK(problem_of_page(R"({"metadata": {"resourceVersion": "1"}, "items": null})") == "items: expected an array");
  CHECK(problem_of_page(R"({"metadata": {"resourceVersion": "1"}, "items": {}})") ==
        "items: expected an array, got an object");
  CHECK(problem_of_page(R"({"items": []})") == "metadata.resourceVersion: expected a string that is not empty");
  CHECK(problem_of_page("<html>") == "expected JSON, which ends or breaks at byte 1");
  CHECK(problem_of_page(sample::page({sample::iris()}) + "{}").substr(0, 13) == "expected JSON");
}

TEST_CASE("an added or modified object is a change") {
  for (const char* type : {"ADDED", "MODIFIED"}) {
    const Event change = event(type, sample::iris());
    CHECK(change.kind == EventKind::changed);
    CHECK(change.rollout.target.str() == "ml/iris");
    CHECK(change.rollout.components.size() == 1);
    CHECK(change.resource_version == "48213");
  }
}

TEST_CASE("a deleted object is known by its identity though the rest of it is odd") {
  CHECK(event("DELETED", sample::iris()).kind == EventKind::deleted);
  const Event odd = event("DELETED", sample::with(sample::iris(), "/spec", "5"));
  CHECK(odd.kind == EventKind::deleted);
  CHECK(odd.rollout.target.str() == "ml/iris");
  CHECK(odd.rollout.uid.str() == "5b7a1f0e-91c4-4b8f-9f55-3d6a2a9c1e77");
  CHECK(event("DELETED", sample::with(sample::iris(), "/metadata/name", "5")).kind == EventKind::skipped);
}

TEST_CASE("a change that cannot be read is skipped and named so that its old copy can be dropped") {
  const Event odd = event("MODIFIED", sample::with(sample::iris(), "/spec/predictor/canaryTrafficPercent", "5.5"));
  CHECK(odd.kind == EventKind::skipped);
  CHECK(odd.message == "ml/iris: object.spec.predictor.canaryTrafficPercent: expected an integer, got 5.5");
  CHECK(odd.resource_version == "48213");
  CHECK(odd.rollout.target.str() == "ml/iris");
  CHECK(odd.rollout.components.empty());
}

TEST_CASE("a bookmark carries only its version") {
  const Event bookmark = event("BOOKMARK", R"({"kind": "InferenceService", "metadata": {"resourceVersion": "50000",
                                               "creationTimestamp": null}, "spec": {"predictor": {}}})");
  CHECK(bookmark.kind == EventKind::bookmark);
  CHECK(bookmark.resource_version == "50000");
}

TEST_CASE("an error event carries the code of its Status") {
  const Event gone = event("ERROR", R"json({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                                            "message": "too old resource version: 1 (48213)", "reason": "Expired",
                                            "code": 410})json");
  CHECK(gone.kind == EventKind::error);
  CHECK(gone.error_code == 410);
  CHECK(gone.message == "too old resource version: 1 (48213)");
  CHECK(event("ERROR", "{}").error_code == 500);
  CHECK(event("ERROR", R"({"code": -5, "message": 6})").error_code == 500);
  CHECK(event("ERROR", R"({"code": 99999999999, "message": null})").error_code == 500);
}

TEST_CASE("a line that is no event is an error") {
  CHECK(problem_of_line("") == "expected JSON, which ends or breaks at byte 1");
  CHECK(problem_of_line("[]") == "expected an object, got an array");
  CHECK(problem_of_line("{}") == "object: expected an object");
  CHECK(problem_of_line(R"({"type": "ERROR"})") == "object: expected an object");
  CHECK(problem_of_line(R"({"type": "ADDED", "object": 5})") == "object: expected an object, got 5");
  CHECK(problem_of_line(R"({"type": 5, "object": {}})") == "type: expected a string, got 5");
  CHECK(problem_of_line(R"({"type": "EXPLODED", "object": {}})") ==
        "type: expected ADDED, MODIFIED, DELETED, BOOKMARK or ERROR, got \"EXPLODED\"");
  CHECK(problem_of_line(R"({"type": "BOOKMARK", "object": {"metadata": {}}})") ==
        "object.metadata.resourceVersion: expected a string that is not empty");
  CHECK(problem_of_line(R"({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": 7}}})") ==
        "object.metadata.resourceVersion: expected a string, got 7");
}
