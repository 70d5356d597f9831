#include "canaryd/alert/notification.hpp"

#include <doctest/doctest.h>

#include <string>

#include "alert/payload.hpp"
#include "canaryd/base/time_text.hpp"

using namespace canaryd;
using namespace canaryd::alert;
using sample::payload;
using sample::replaced;

namespace {

std::string problem_of(const std::string& body) {
  const Result<Notification> parsed = parse_notification(body);
  if (parsed) return "none";
  CHECK(parsed.error().kind == ErrorKind::invalid);
  return parsed.error().message;
}

// What is refused when, in the good payload, `from` is `to` instead.
std::string problem_with(const std::string& from, const std::string& to) {
  REQUIRE(payload().find(from) != std::string::npos);
  return problem_of(replaced(payload(), from, to));
}

std::string body_of(const std::string& alerts) { return R"({"version": "4", "alerts": [)" + alerts + "]}"; }

std::string alert_with_labels(const std::string& labels, const std::string& annotations = "") {
  return R"({"status": "firing", "labels": {)" + labels + R"(}, "annotations": {)" + annotations +
         R"(}, "startsAt": "2026-08-01T12:03:05Z", "endsAt": "0001-01-01T00:00:00Z",)" +
         R"( "fingerprint": "a1b2c3d4e5f60718"})";
}

std::string many_names(std::size_t count) {
  std::string names;
  for (std::size_t i = 0; i < count; ++i) names += (i == 0 ? "\"n" : ", \"n") + std::to_string(i) + "\": \"v\"";
  return names;
}

}  // namespace

TEST_CASE("a group as Alertmanager sends it is read whole") {
  const Result<Notification> parsed = parse_notification(payload());
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message);
  CHECK(parsed->receiver == "web\\.hook");
  CHECK(parsed->group_key == "{}/{alertname=~\"Canary.*\"}:{alertname=\"CanaryHighErrorRate\"}");
  CHECK(parsed->truncated_alerts == 0);
  REQUIRE(parsed->alerts.size() == 2);

  const Alert& firing = parsed->alerts[0];
  CHECK(firing.status == AlertStatus::firing);
  CHECK(firing.labels.size() == 7);
  CHECK(firing.labels.at("revision") == "iris-predictor-00002");
  CHECK(firing.annotations.at("value") == "0.12");
  CHECK(to_rfc3339(firing.starts_at) == "2026-08-01T12:03:05.431000Z");
  CHECK_FALSE(firing.ends_at.has_value());
  CHECK(firing.fingerprint == "a1b2c3d4e5f60718");

  const Alert& resolved = parsed->alerts[1];
  CHECK(resolved.status == AlertStatus::resolved);
  CHECK(resolved.annotations.empty());
  CHECK(to_rfc3339(resolved.starts_at) == "2026-08-01T12:00:00.000000Z");
  CHECK(resolved.ends_at == parse_rfc3339("2026-08-01T12:05:00Z"));
}

TEST_CASE("the group status does not decide about an alert") {
  const Result<Notification> parsed =
      parse_notification(replaced(payload(), "\"status\": \"firing\"", "\"status\": 5"));
  REQUIRE(parsed.has_value());
  CHECK(parsed->alerts[0].status == AlertStatus::firing);
  CHECK(parsed->alerts[1].status == AlertStatus::resolved);
}

TEST_CASE("truncated alerts are told") {
  const Result<Notification> parsed =
      parse_notification(replaced(payload(), "\"truncatedAlerts\": 0", "\"truncatedAlerts\": 12"));
  REQUIRE(parsed.has_value());
  CHECK(parsed->truncated_alerts == 12);
  CHECK(problem_with("\"truncatedAlerts\": 0", "\"truncatedAlerts\": -1") ==
        "truncatedAlerts: expected an integer of 0 or more, got -1");
  CHECK(problem_with("\"truncatedAlerts\": 0", "\"truncatedAlerts\": 0.5") ==
        "truncatedAlerts: expected an integer of 0 or more, got a fraction");
  CHECK(problem_with("\"truncatedAlerts\": 0", "\"truncatedAlerts\": \"0\"") ==
        "truncatedAlerts: expected an integer of 0 or more, got \"0\"");
  CHECK(problem_with("\"truncatedAlerts\": 0", "\"truncatedAlerts\": 18446744073709551615") ==
        "truncatedAlerts: expected an integer of 0 or more, got a number above 64 bits");
  CHECK(problem_with("\"truncatedAlerts\": 0", "\"truncatedAlerts\": null") ==
        "truncatedAlerts: expected an integer of 0 or more, got null");
}

TEST_CASE("annotations and the fields of older versions may be absent") {
  const Result<Notification> parsed = parse_notification(R"({"version": "4", "alerts": []})");
  REQUIRE(parsed.has_value());
  CHECK(parsed->alerts.empty());
  CHECK(parsed->truncated_alerts == 0);
  CHECK(problem_of(replaced(body_of(alert_with_labels("")), R"("annotations": {}, )", "")) == "none");
}

TEST_CASE("a body that another payload template has shaped is refused with what was expected") {
  const std::string hint = ", got nothing (is the receiver's `payload:` set? leave it out)";
  const std::string version = "version: expected \"4\", the version of Alertmanager's webhook payload";
  CHECK(problem_of(R"({"text": "iris is sick", "username": "alertmanager"})") == version + hint);
  CHECK(problem_of("{}") == version + hint);
  CHECK(problem_of(R"({"version": "4"})") == "alerts: expected an array of alerts" + hint);
  CHECK(problem_with("\"version\": \"4\"", "\"version\": \"5\"") == version + ", got \"5\"");
  CHECK(problem_with("\"version\": \"4\"", "\"version\": 4") == version + ", got 4");
  CHECK(problem_with("\"version\": \"4\"", "\"version\": [\"4\"]") == version + ", got an array");
  CHECK(problem_of("[]") == "expected a JSON object, Alertmanager's webhook payload, got an array");
  CHECK(problem_of("\"alert\"") == "expected a JSON object, Alertmanager's webhook payload, got \"alert\"");
  CHECK(problem_of("null") == "expected a JSON object, Alertmanager's webhook payload, got null");
  CHECK(problem_of(R"({"alerts": {"firing": []}})") == "alerts: expected an array of alerts, got an object");
  CHECK(problem_of(R"({"alerts": null})") == "alerts: expected an array of alerts, got null");
  CHECK(problem_of(R"({"alerts": "none"})") == "alerts: expected an array of alerts, got \"none\"");
}

TEST_CASE("a wrong value in an alert is refused with its place") {
  CHECK(problem_with("2026-08-01T14:00:00+02:00", "yesterday") ==
        "alerts[1].startsAt: expected RFC 3339, got \"yesterday\"");
  CHECK(problem_with("\"2026-08-01T12:03:05.431Z\"", "1785585785") ==
        "alerts[0].startsAt: expected RFC 3339, got 1785585785");
  CHECK(problem_with("\"0001-01-01T00:00:00Z\"", "\"\"") == "alerts[0].endsAt: expected RFC 3339, got \"\"");
  CHECK(problem_with("\"status\": \"resolved\"", "\"status\": \"pending\"") ==
        "alerts[1].status: expected \"firing\" or \"resolved\", got \"pending\"");
  CHECK(problem_with("\"status\": \"resolved\"", "\"status\": true") ==
        "alerts[1].status: expected \"firing\" or \"resolved\", got true");
  CHECK(problem_with("\"a1b2c3d4e5f60718\"", "\"\"") ==
        "alerts[0].fingerprint: expected 16 hexadecimal digits in lower case, got \"\"");
  CHECK(problem_with("a1b2c3d4e5f60718", "A1B2C3D4E5F60718") ==
        "alerts[0].fingerprint: expected 16 hexadecimal digits in lower case, got \"A1B2C3D4E5F60718\"");
  CHECK(problem_with("a1b2c3d4e5f60718", "a1b2c3d4e5f607180") ==
        "alerts[0].fingerprint: expected 16 hexadecimal digits in lower case, got \"a1b2c3d4e5f607180\"");
  CHECK(problem_with("\"percent\": \"5\"", "\"percent\": 5") == "alerts[0].labels.percent: expected a string, got 5");
  CHECK(problem_with("\"percent\": \"5\"", "\"percent\": {}") ==
        "alerts[0].labels.percent: expected a string, got an object");
  CHECK(problem_with("\"value\": \"0.12\"", "\"value\": [0.12]") ==
        "alerts[0].annotations.value: expected a string, got an array");
  CHECK(problem_with("\"annotations\": {}", "\"annotations\": []") ==
        "alerts[1].annotations: expected an object of strings, got an array");
  CHECK(problem_with("\"annotations\": {}", "\"annotations\": null") ==
        "alerts[1].annotations: expected an object of strings, got null");
  CHECK(problem_with("\"receiver\": \"web\\\\.hook\"", "\"receiver\": {}") ==
        "receiver: expected a string, got an object");
  CHECK(problem_with("\"receiver\": \"web\\\\.hook\"", "\"receiver\": 1") == "receiver: expected a string, got 1");
  CHECK(problem_of(body_of("5")) == "alerts[0]: expected an object, got 5");
  CHECK(problem_of(body_of(alert_with_labels("") + ", []")) == "alerts[1]: expected an object, got an array");
}

TEST_CASE("an absent field of an alert is refused with its place") {
  const std::string good = alert_with_labels("");
  const auto problem_without = [&](const std::string& field) {
    return problem_of(body_of(good + "," + replaced(good, "\"" + field + "\"", "\"renamed\"")));
  };
  CHECK(problem_without("status") == "alerts[1].status: expected \"firing\" or \"resolved\", got nothing");
  CHECK(problem_without("labels") == "alerts[1].labels: expected an object of strings, got nothing");
  CHECK(problem_without("startsAt") == "alerts[1].startsAt: expected RFC 3339, got nothing");
  CHECK(problem_without("endsAt") == "alerts[1].endsAt: expected RFC 3339, got nothing");
  CHECK(problem_without("fingerprint") ==
        "alerts[1].fingerprint: expected 16 hexadecimal digits in lower case, got nothing");
  CHECK(problem_without("annotations") == "none");
}

TEST_CASE("what is quoted in a refusal is short and harmless") {
  CHECK(problem_with("2026-08-01T14:00:00+02:00", "\\u001b[31m\\nroot: ok") ==
        "alerts[1].startsAt: expected RFC 3339, got \"\\x1b[31m\\nroot: ok\"");
  const std::string problem = problem_with("2026-08-01T14:00:00+02:00", std::string(5000, 'x'));
  CHECK(problem.size() < 200);
  CHECK(problem.find("xxx...\"") != std::string::npos);
  CHECK(problem_with("\"percent\": \"5\"", "\"" + std::string(4000, 'n') + "\": 5").size() < 200);
}

TEST_CASE("a field that is decided on may stand there only once") {
  CHECK(problem_of(R"({"version": "5", "version": "4", "alerts": []})").substr(0, 8) == "version:");
  CHECK(problem_of(R"({"version": "4", "version": "4", "alerts": []})") ==
        "version: expected one field of this name, got a second one");
  CHECK(problem_of(R"({"version": "4", "alerts": [], "alerts": []})") ==
        "alerts: expected one field of this name, got a second one");
  CHECK(problem_with("\"status\": \"resolved\"", "\"status\": \"resolved\", \"status\": \"firing\"") ==
        "alerts[1].status: expected one field of this name, got a second one");
  CHECK(problem_with("\"percent\": \"5\"", "\"percent\": \"5\", \"namespace\": \"other\"") ==
        "alerts[0].labels.namespace: expected one entry of this name, got a second one");
  CHECK(problem_with("\"value\": \"0.12\"", "\"value\": \"0.12\", \"value\": \"0\"") ==
        "alerts[0].annotations.value: expected one entry of this name, got a second one");
  CHECK(problem_with("\"status\": \"resolved\"", "\"status\": \"resolved\", \"new\": 1, \"new\": {\"new\": []}") ==
        "none");
}

TEST_CASE("unknown fields are ignored whatever they hold") {
  CHECK(problem_with("\"generatorURL\": \"\"", R"("generatorURL": {"labels": {"a": 5}, "startsAt": "no"})") == "none");
  CHECK(problem_with("\"commonAnnotations\": {}", R"("commonAnnotations": [[{"alerts": 5, "version": "9"}], 1e5])") ==
        "none");
  CHECK(problem_with("\"commonLabels\": {\"namespace\": \"ml\"}", "\"commonLabels\": \"\"") == "none");
}

TEST_CASE("a label of 4096 bytes is read and a longer one refused") {
  const auto with_name = [](std::size_t bytes) {
    return problem_of(body_of(alert_with_labels("\"" + std::string(bytes, 'n') + "\": \"v\"")));
  };
  const auto with_value = [](std::size_t bytes) {
    return problem_of(body_of(alert_with_labels("\"n\": \"" + std::string(bytes, 'v') + "\"")));
  };
  CHECK(with_name(4096) == "none");
  CHECK(with_name(4097).find("expected a name of at most 4096 bytes, got 4097") != std::string::npos);
  CHECK(with_value(4096) == "none");
  CHECK(with_value(4097) == "alerts[0].labels.n: expected a value of at most 4096 bytes, got 4097");
  CHECK(with_value(50000) == "alerts[0].labels.n: expected a value of at most 4096 bytes, got 50000");
  const std::string annotation = "\"n\": \"" + std::string(4097, 'v') + "\"";
  CHECK(problem_of(body_of(alert_with_labels("", annotation))) ==
        "alerts[0].annotations.n: expected a value of at most 4096 bytes, got 4097");
}

TEST_CASE("128 labels are read and one more is refused") {
  CHECK(problem_of(body_of(alert_with_labels(many_names(128), many_names(128)))) == "none");
  CHECK(problem_of(body_of(alert_with_labels(many_names(129)))) ==
        "alerts[0].labels.n128: expected at most 128 names, got more");
  CHECK(problem_of(body_of(alert_with_labels("", many_names(129)))) ==
        "alerts[0].annotations.n128: expected at most 128 names, got more");
}

TEST_CASE("a thousand alerts are read and one more is refused") {
  std::string alerts = alert_with_labels("");
  for (int i = 1; i < 1000; ++i) alerts += "," + alert_with_labels("");
  const Result<Notification> parsed = parse_notification(body_of(alerts));
  REQUIRE(parsed.has_value());
  CHECK(parsed->alerts.size() == 1000);
  CHECK(problem_of(body_of(alerts + "," + alert_with_labels(""))) == "alerts: expected at most 1000 alerts, got more");
}

TEST_CASE("nesting is read to a depth of 16 and refused below it") {
  const auto nested = [](std::size_t depth) {
    return problem_of(R"({"version": "4", "alerts": [], "x": )" + std::string(depth, '[') + std::string(depth, ']') +
                      "}");
  };
  CHECK(nested(15) == "none");
  CHECK(nested(16) == "x: expected JSON nested at most 16 deep, got an array");
  CHECK(nested(500000) == "x: expected JSON nested at most 16 deep, got an array");
  CHECK(problem_of(std::string(1000000, '[')) ==
        "expected a JSON object, Alertmanager's webhook payload, got an array");
}

TEST_CASE("a refusal in an unknown field names that field") {
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "{\"inner\": ";
  CHECK(problem_of("{\"x\": " + deep) == "x: expected JSON nested at most 16 deep, got an object");
}

TEST_CASE("a group key is bounded") {
  const auto problem = [](const char* field, std::size_t bytes) {
    return problem_of(R"({"version": "4", "alerts": [], ")" + std::string(field) + "\": \"" + std::string(bytes, 'k') +
                      "\"}");
  };
  CHECK(problem("groupKey", 65536) == "none");
  CHECK(problem("groupKey", 65537).substr(0, 39) == "groupKey: expected at most 65536 bytes,");
  CHECK(problem("receiver", 65537).substr(0, 39) == "receiver: expected at most 65536 bytes,");
}

TEST_CASE("text that is not UTF-8 or not JSON is refused with the byte where it breaks") {
  for (const char* bad : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
    CHECK(problem_with("\"percent\": \"5\"", std::string("\"percent\": \"") + bad + "\"")
              .find("expected JSON in UTF-8") != std::string::npos);
  }
  CHECK(problem_of("") == "byte 1: expected JSON in UTF-8, which breaks or ends here");
  CHECK(problem_of("alert=1").substr(0, 7) == "byte 1:");
  CHECK(problem_of(payload() + "x").find("expected JSON in UTF-8") != std::string::npos);
  CHECK(problem_of(payload() + payload()).find("expected JSON in UTF-8") != std::string::npos);
  CHECK(problem_with("\"percent\": \"5\"", "\"percent\": \"\\ud800\"").find("expected JSON") != std::string::npos);
  CHECK(problem_with("\"percent\": \"5\"", "\"percent\": 1e999").find("expected JSON") != std::string::npos);
  CHECK(problem_with("\"percent\": \"5\"", "\"percent\": NaN").find("expected JSON") != std::string::npos);
}
