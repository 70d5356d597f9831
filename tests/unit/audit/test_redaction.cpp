#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "audit/format/redaction_secrets.hpp"
#include "canaryd/audit/redaction.hpp"
#include "documents.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

using Paths = std::vector<std::string>;

// What becomes of a person's reason.
std::string said(const std::string& because) {
  Record record = decision("a");
  record.because = because;
  redact(record, {});
  CHECK(record.shortened == (record.because == because ? Paths{} : Paths{"because"}));
  return record.because;
}

Record with_labels(Pairs labels) {
  Record record = decision("a");
  record.alerts = {{"CanaryHighErrorRate", "firing", "f1", "2026-08-01T11:59:00Z", "0.07", std::move(labels)}};
  return record;
}

const std::string web_token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLWhlcmU";
const std::string key_begins = "-----BEGIN " + std::string("PRIVATE KEY-----");
const std::string key_ends = "-----END " + std::string("PRIVATE KEY-----");

}  // namespace

TEST_CASE("what looks like a secret is taken out of a text from outside") {
  CHECK(said("curl -H 'Authorization: Bearer abc123def456' worked") == "curl -H 'Authorization: [redacted]' worked");
  CHECK(said("sent bearer abcdefgh12345678 along") == "sent bearer [redacted] along");
  CHECK(said("Basic dXNlcjpwYXNz was sent") == "Basic [redacted] was sent");
  CHECK(said("saw " + web_token + ", then no more") == "saw [redacted], then no more");
  CHECK(said("password=hunter2 and go") == "password=[redacted] and go");
  CHECK(said("GET /?access_token=abc&x=1") == "GET /?access_token=[redacted]&x=1");
  CHECK(said("DB_PASSWORD: hunter2") == "DB_PASSWORD: [redacted]");
  CHECK(said(R"({"client_secret":"s3", "b":1})") == R"({"client_secret":"[redacted]", "b":1})");
  CHECK(said(R"({\"api_key\": \"abc\"})") == R"({\"api_key\": \"[redacted]\"})");
  CHECK(said("X-Api-Key: 0a1b2c") == "X-Api-Key: [redacted]");
  CHECK(said("postgres://app:pw@db:5432/x is slow") == "postgres://[redacted]@db:5432/x is slow");
  CHECK(said("https://a@b@host/") == "https://[redacted]@host/");
  CHECK(said("the key " + key_begins + "\nMIGH\n" + key_ends + " leaked") == "the key [redacted] leaked");
  CHECK(said(key_begins + "\nMIGH and nothing more") == "[redacted]");
  CHECK(said("password=one token=two") == "password=[redacted] token=[redacted]");
}

TEST_CASE("what only speaks of secrets stays as it is") {
  for (const auto* text : {"asked for by token:alertmanager", "the token: expired yesterday",
                           "bearer certificates were renewed", "see https://wiki/x?page=2#a:b", "password", "password=",
                           "ratio=0.3", "tokens=12", "at 12:30 the secret was out", "alice@example.org asked",
                           "basic checks passed", "eyJ.eyJ", "-----BEGIN CERTIFICATE-----", "a=b=c", ""}) {
    CHECK(said(text) == text);
  }
}

TEST_CASE("a secret is found at either end of a text and in any case") {
  CHECK(said("PASSWORD=x") == "PASSWORD=[redacted]");
  CHECK(said("=x") == "=x");
  CHECK(said("password=\"") == "password=\"");
  CHECK(said("BEARER A1B2C3") == "BEARER [redacted]");
  CHECK(said("token = 'a b c' and more") == "token = '[redacted]' and more");
}

TEST_CASE("a secret that canaryd repeats is taken out of its own words too") {
  Record record = decision("a");
  record.because = "password=hunter2 was wrong";
  record.message = "Asked for by token:alice: password=hunter2 was wrong.";
  redact(record, {});
  CHECK(record.message == "Asked for by token:alice: password=[redacted] was wrong.");
  CHECK(record.shortened == Paths{"because", "message"});
}

TEST_CASE("no text from outside blanks who acted or what the guards said") {
  Record record = with_labels(
      {{"note", "secret=iris-predictor-00002 token:alertmanager-1"}, {"db_password", "iris-predictor-00002"}});
  record.actor = "token:alertmanager-1";
  record.peer = "10.0.0.7:4711";
  record.because = "password=token:alertmanager-1, password=10.0.0.7:4711";
  record.guards = {{"dwell", false, "iris-predictor-00002 has had its share for 3m0s", false}};
  record.message = "Asked for by token:alertmanager-1: " + record.because;
  redact(record, {});
  CHECK(record.actor == "token:alertmanager-1");
  CHECK(record.peer == "10.0.0.7:4711");
  CHECK(record.guards[0].detail == "iris-predictor-00002 has had its share for 3m0s");
  CHECK(record.message.starts_with("Asked for by token:alertmanager-1: password=[redacted]"));
}

TEST_CASE("a secret that is a part of its replacement is replaced once") {
  for (const auto* secret : {"redacted", "[redacted", "edacted]", "[redacted]", "[redacted][redacted]"}) {
    Record record = decision("a");
    record.because = std::string("leaked token=") + secret + " in its answers";
    record.message = "Asked because: " + record.because;
    redact(record, {});
    CHECK(record.because.starts_with("leaked token=[redacted]"));
    CHECK(record.message.size() < 200);
    const Record once = record;
    redact(record, {});
    CHECK(record.because == once.because);
    CHECK(record.message == once.message);
  }
}

TEST_CASE("labels are redacted by name and by pattern") {
  auto record = with_labels({{"alertname", "CanaryHighErrorRate"},
                             {"customer_id", "c-17"},
                             {"customer_mail", "a@b"},
                             {"db_password", "x"},
                             {"secret", "tls-cert"},
                             {"team", "vision"},
                             {"x_private", "y"}});
  redact(record, {{"customer_*", "*_private", "nothing"}});
  const Pairs expected{
      {"alertname", "CanaryHighErrorRate"}, {"customer_id", "[redacted]"}, {"customer_mail", "[redacted]"},
      {"db_password", "[redacted]"},        {"secret", "tls-cert"},        {"team", "vision"},
      {"x_private", "[redacted]"}};
  CHECK(record.alerts[0].labels == expected);
  CHECK(record.alerts[0].name == "CanaryHighErrorRate");
  CHECK(record.shortened == Paths{"alerts[0].labels.customer_id", "alerts[0].labels.customer_mail",
                                  "alerts[0].labels.db_password", "alerts[0].labels.x_private"});
}

TEST_CASE("a pattern matches as a whole with a star for any text") {
  const auto is_redacted = [](const std::string& pattern, const std::string& name) {
    auto record = with_labels({{name, "v"}});
    redact(record, {{pattern}});
    return record.alerts[0].labels[0].second == redacted_text;
  };
  CHECK(is_redacted("user", "user"));
  CHECK_FALSE(is_redacted("user", "user_id"));
  CHECK(is_redacted("user*", "user"));
  CHECK(is_redacted("*", "anything"));
  CHECK(is_redacted("a*b*c", "a1b2b3c"));
  CHECK_FALSE(is_redacted("a*b*c", "a1c"));
  CHECK_FALSE(is_redacted("ab*b", "ab"));
  CHECK(is_redacted("**", "x"));
}

TEST_CASE("the name of an alert goes with its label") {
  auto record = with_labels({{"alertname", "CanaryHighErrorRate"}});
  record.message = "ml/iris was rolled back because of CanaryHighErrorRate.";
  redact(record, {{"alert*"}});
  CHECK(record.alerts[0].name == redacted_text);
  CHECK(record.message == "ml/iris was rolled back because of [redacted].");
  CHECK(record.shortened == Paths{"alerts[0].labels.alertname", "alerts[0].name", "message"});
}

TEST_CASE("a long text is cut at its bound at the end of a character") {
  auto record = with_labels({{"description", std::string(bounds::label_value, 'x')}, {"long", std::string(5000, 'x')}});
  record.because.assign(1023, 'x');
  record.because += "\xC3\xA4";
  redact(record, {});
  CHECK(record.alerts[0].labels[0].second.size() == bounds::label_value);
  CHECK(record.alerts[0].labels[1].second == std::string(bounds::label_value - 3, 'x') + "...");
  CHECK(record.because == std::string(1021, 'x') + "...");
  CHECK(record.shortened == Paths{"alerts[0].labels.long", "because"});
}

TEST_CASE("a cut never leaves half a character") {
  auto record = with_labels({{"a", std::string(1020, 'x') + "\xE2\x82\xAC and much more than fits"}});
  redact(record, {});
  CHECK(record.alerts[0].labels[0].second == std::string(1020, 'x') + "...");
}

TEST_CASE("a secret behind the bound is taken out before the cut") {
  auto record = with_labels({{"a", std::string(1000, 'x') + " password=" + std::string(100, 'y')}});
  redact(record, {});
  CHECK(record.alerts[0].labels[0].second.find('y') == std::string::npos);
}

TEST_CASE("alerts and labels beyond their number are left out and that is said") {
  Pairs many;
  for (int i = 0; i < 70; ++i) many.emplace_back("l" + std::to_string(i), "v");
  auto record = with_labels(many);
  record.alerts.resize(40, record.alerts[0]);
  redact(record, {});
  CHECK(record.alerts.size() == bounds::alerts);
  CHECK(record.alerts[31].labels.size() == bounds::labels);
  CHECK(record.shortened == Paths{"alerts"});
  record = with_labels(many);
  redact(record, {});
  CHECK(record.shortened == Paths{"alerts[0].labels"});
}

TEST_CASE("a record with everything at its bound stays far below the longest line") {
  Record record = full(Kind::outcome, "a");
  Pairs many;
  for (int i = 0; i < 128; ++i) many.emplace_back(std::to_string(i) + std::string(4000, 'n'), std::string(4096, 'v'));
  for (int i = 0; i < 128; ++i) many.emplace_back("l" + std::to_string(i), std::string(4096, '\x01'));
  record.alerts.assign(1000,
                       {std::string(5000, 'n'), "firing", std::string(5000, 'f'), "", std::string(5000, 'v'), many});
  record.details = many;
  record.because.assign(100'000, 'b');
  record.api->detail.assign(100'000, 'd');
  record.api->admission_changed.assign(1000, std::string(5000, 'p'));
  record.guards.assign(40, {"dwell", false, std::string(5000, 'g'), false});
  record.message.assign(100'000, 'm');
  redact(record, {});
  Lab lab;
  const auto log = lab.log();
  REQUIRE(log->append(record));
  CHECK(lab.lines().at(1).size() < 1U << 20U);
  CHECK(record.shortened.size() < bounds::shortened);
}

TEST_CASE("redacting twice is redacting once") {
  Record record = full(Kind::intent, "a");
  record.because = "password=hunter2 " + std::string(2000, 'x');
  record.shortened.clear();
  redact(record, {{"revision"}});
  Record again = record;
  redact(again, {{"revision"}});
  CHECK(again.because == record.because);
  CHECK(again.shortened == record.shortened);
}

TEST_CASE("what was taken out of a word does not make the rest of it a secret") {
  const std::string once = without_secrets("apikey:leaked*token=r");
  CHECK(once == "apikey:leaked*token=[redacted]");
  CHECK(without_secrets(once) == once);
}

TEST_CASE("a later record does not say of an absent member that it was shortened") {
  Record record = full(Kind::confirmed, "a");
  record.shortened = {"api.detail", "details.seen", "message", "because"};
  record.api.reset();
  record.details.clear();
  redact(record, {});
  CHECK(record.shortened == Paths{"because"});
}

TEST_CASE("the patch and the words of guards stand as they were") {
  Record record = full(Kind::intent, "a");
  record.patch = R"([{"op":"test","path":"/x","value":"password=hunter2"}])";
  record.guards[0].detail = "token=abc";
  record.shortened.clear();
  const Record before = record;
  redact(record, {});
  CHECK(record.patch == before.patch);
  CHECK(record.guards[0].detail == before.guards[0].detail);
  CHECK(record.shortened.empty());
}

TEST_CASE("what was shortened is read back from a line") {
  Record record = full(Kind::intent, "a");
  record.alerts[0].labels = {{"revision", std::string(2000, 'x')}};
  record.shortened.clear();
  redact(record, {});
  Lab lab;
  {
    const auto log = lab.log();
    REQUIRE(log->append(record));
  }
  const auto again = lab.log();
  REQUIRE(again->recovered().open_intents.size() == 1);
  CHECK(again->recovered().open_intents[0].shortened == Paths{"alerts[0].labels.revision"});
}

TEST_CASE("a long text of separators is searched in a moment") {
  const std::string text(1U << 20U, ':');
  CHECK(find_secrets(text).empty());
  CHECK(find_secrets(std::string(1U << 20U, '"')).empty());
}

TEST_CASE("the bounds are those that are documented") {
  const auto text = source_text("docs/audit-format.md");
  std::istringstream lines(text.substr(text.find("| what | at most |")));
  std::vector<std::size_t> documented;
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  while (std::getline(lines, line) && line.starts_with("| ")) {
    documented.push_back(std::stoul(line.substr(line.rfind("| ", line.size() - 3) + 2)));
  }
  const std::vector<std::size_t> bounded{
      bounds::alerts,  bounds::labels,   bounds::all_labels, bounds::label_name, bounds::label_value,
      bounds::because, bounds::details,  bounds::detail,     bounds::message,    bounds::admission_changed,
      bounds::name,    bounds::shortened};
  CHECK(documented == bounded);
}

TEST_CASE("what is documented as the ending of a secret name is one") {
  const auto text = source_text("docs/audit-format.md");
  const auto at = text.find("- a value whose name ends in ");
  REQUIRE(at != std::string::npos);
  std::istringstream row(text.substr(at, text.find('(', at) - at));
  std::size_t found = 0;
  for (std::string name; std::getline(row, name, '`') && std::getline(row, name, '`'); ++found) {
    INFO(name);
    CHECK(find_secrets("my_" + name + "=x").size() == 1);
  }
  CHECK(found == 11);
}

TEST_CASE("a mebibyte of names of secrets is read once and not once for each") {
  for (const char* name : {"-----BEGIN PRIVATE KEY-----", "password=", "token:", "authorization: "}) {
    std::string text;
    while (text.size() < (1U << 20U)) text += name;
    CHECK(find_secrets(text).size() == 1);
  }
}
