#include "canaryd/traffic/event.hpp"

#include <doctest/doctest.h>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "traffic/sample.hpp"

using namespace canaryd;
using namespace canaryd::traffic;

namespace {

ServiceEvent an_event() {
  ServiceEvent event;
  event.target = {Namespace("ml"), ServiceName("iris")};
  event.uid = Uid("uid-1");
  event.reason = "CanaryRolledBack";
  event.message = "The canary's traffic was set to 0.";
  event.component = "canaryd/a";
  event.first = *parse_rfc3339("2026-08-01T12:00:00.999999Z");
  event.last = *parse_rfc3339("2026-08-01T12:00:09Z");
  event.count = 3;
  event.name = "iris.17a";
  return event;
}

}  // namespace

TEST_CASE("an event names the service as kubectl describe looks for it") {
  const auto body = event_body(an_event());
  const auto at = [&](const char* pointer) { return sample::at(body, pointer); };
  CHECK(at("/apiVersion") == "\"v1\"");
  CHECK(at("/kind") == "\"Event\"");
  CHECK(at("/metadata/name") == "\"iris.17a\"");
  CHECK(at("/metadata/namespace") == "\"ml\"");
  CHECK(at("/involvedObject/apiVersion") == "\"serving.kserve.io/v1beta1\"");
  CHECK(at("/involvedObject/kind") == "\"InferenceService\"");
  CHECK(at("/involvedObject/namespace") == "\"ml\"");
  CHECK(at("/involvedObject/name") == "\"iris\"");
  CHECK(at("/involvedObject/uid") == "\"uid-1\"");
  CHECK(at("/reason") == "\"CanaryRolledBack\"");
  CHECK(at("/source/component") == "\"canaryd/a\"");
  CHECK(at("/type") == "\"Normal\"");
  CHECK(at("/count") == "3");
  CHECK(at("/firstTimestamp") == "\"2026-08-01T12:00:00Z\"");  // whole seconds
  CHECK(at("/lastTimestamp") == "\"2026-08-01T12:00:09Z\"");
  auto warning = an_event();
  warning.warning = true;
  CHECK(sample::at(event_body(warning), "/type") == "\"Warning\"");
}

TEST_CASE("a message is cut at 1024 bytes at the end of a character and stays text") {
  auto event = an_event();
  event.message = std::string(1023, 'x') + "\xc3\xa4 and more";
  CHECK(sample::at(event_body(event), "/message") == "\"" + std::string(1023, 'x') + "\"");
  event.message = "bad \xff byte and \"quotes\"\n";
  CHECK(is_utf8(event_body(event)));
  CHECK(is_utf8(event_patch(event)));
}

TEST_CASE("a repeated event moves its count and its time and nothing of its name") {
  auto event = an_event();
  const auto created = event_body(event);
  event.count = 4;
  event.last = *parse_rfc3339("2026-08-01T12:01:00Z");
  event.message = "again";
  const auto after = sample::patched(created, event_patch(event));
  REQUIRE(after.has_value());
  CHECK(sample::differences(created, *after) == std::vector<std::string>{"/count", "/lastTimestamp", "/message"});
  CHECK(sample::at(*after, "/count") == "4");
  CHECK(sample::at(*after, "/lastTimestamp") == "\"2026-08-01T12:01:00Z\"");
}
