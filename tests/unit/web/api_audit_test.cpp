#include <doctest/doctest.h>

#include "api_requests.hpp"

namespace canaryd::web::test {

namespace {

using Conditions = std::vector<std::pair<std::string, std::string>>;

std::string audit_path(const std::string& query = "") { return "/api/v1/audit" + (query.empty() ? "" : "?" + query); }

audit::PageRequest request_for(ApiServer& running, const std::string& query, const std::string& secret = viewer_token) {
  const auto answer = running.ask(api_get(audit_path(query), bearer(secret)));
  CAPTURE(answer.body);
  REQUIRE(answer.status == 200);
  return running.audit_requests().back();
}

// What a query is refused with; the log is not asked.
std::string refused(ApiServer& running, const std::string& query, int status = 400,
                    const std::string& secret = viewer_token) {
  const auto before = running.audit_requests().size();
  const auto answer = running.ask(api_get(audit_path(query), bearer(secret)));
  CAPTURE(query);
  CHECK(answer.status == status);
  CHECK(running.audit_requests().size() == before);
  return answer.body;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("records come each on a line of its own as they stand in the log") {
  ApiServer running;
  CHECK(running.ask(api_get(audit_path(), bearer(viewer_token))).body ==
        "{\"records\":[],\"next\":null,\"removed\":null,\"problems\":[]}\n");
  running.answer_audit_with(audit::Page{{R"({"seq":0,"id":"a"})", R"({"seq":1,"id":"b"})"},
                                        "aaaabbbb.o.2.1",
                                        {"segment-1: byte 7: \"odd\""},
                                        "the records 0 to 3 are no longer in the log"});
  for (const auto& secret : {viewer_token, operator_token}) {
    const auto answer = running.ask(api_get(audit_path(), bearer(secret)));
    CHECK(answer.status == 200);
    CHECK(has(answer.head, "Content-Type: application/json\r\n"));
    CHECK(answer.body ==
          "{\"records\":[\n{\"seq\":0,\"id\":\"a\"},\n{\"seq\":1,\"id\":\"b\"}\n],"
          "\"next\":\"aaaabbbb.o.2.1\",\"removed\":\"the records 0 to 3 are no longer in the log\","
          "\"problems\":[\"segment-1: byte 7: \\\"odd\\\"\"]}\n");
  }
  const auto defaults = running.audit_requests().back();
  CHECK(defaults.conditions.empty());
  CHECK(defaults.namespaces.empty());
  CHECK(defaults.limit == 100);
  CHECK_FALSE(defaults.newest_first);
  CHECK(defaults.cursor.empty());
}

TEST_CASE("what is asked for is handed on and decoded once") {
  ApiServer running;
  const auto request = request_for(
      running, "since=-1d&target=ml%2Firis,web/*&actor=token%3Aa%2525&limit=7&reverse=true&cursor=aaaabbbb.n.7.9");
  CHECK(request.conditions == Conditions{{"since", "-1d"}, {"target", "ml/iris,web/*"}, {"actor", "token:a%25"}});
  CHECK(request.limit == 7);
  CHECK(request.newest_first);
  CHECK(request.cursor == "aaaabbbb.n.7.9");
  CHECK(request_for(running, "until=2026-11-20T08:00:00+01:00").conditions ==
        Conditions{{"until", "2026-11-20T08:00:00+01:00"}});
  CHECK_FALSE(request_for(running, "reverse=false").newest_first);
  CHECK(request_for(running, "limit=1000").limit == 1000);
  CHECK(request_for(running, "").conditions.empty());
}

TEST_CASE("a query that is not understood is refused by the name of its parameter") {
  ApiServer running;
  CHECK(has(refused(running, "reson=dwell"), R"(unknown query parameter \"reson\", expected some of since, until, )"));
  CHECK(has(refused(running, "%72eason=dwell"), R"(unknown query parameter \"%72eason\")"));
  CHECK(has(refused(running, "reason=dwell&reason=frozen"), "query parameter reason: expected once, with commas"));
  CHECK(has(refused(running, "limit=1&limit=1"), "query parameter limit: expected once"));
  for (const std::string limit : {"0", "1001", "-1", "+1", "1e2", "", "18446744073709551617", "7%20"}) {
    CHECK(has(refused(running, "limit=" + limit), "query parameter limit: expected a number from 1 to 1000"));
  }
  CHECK(has(refused(running, "reverse=yes"), "query parameter reverse: expected true or false"));
  for (const std::string value : {"%", "%1", "%g1", "a%", "%-1", "%+1", "%0x"}) {
    CHECK(has(refused(running, "id=" + value), "query parameter id: expected two hexadecimal digits behind each %"));
  }
  CHECK(has(refused(running, "=x"), "unknown query parameter"));
  CHECK(running.refused_for("malformed"));
}

TEST_CASE("what the log says of a condition is a refusal") {
  ApiServer running;
  running.answer_audit_with(fail(Error::invalid("kind: expected one of intent, got \"x\"")));
  const auto answer = running.ask(api_get(audit_path("kind=x"), bearer(viewer_token)));
  CHECK(answer.status == 400);
  CHECK(answer.body ==
        "{\"verdict\":\"refuse\",\"reason\":\"malformed\",\"id\":\"\","
        "\"message\":\"kind: expected one of intent, got \\\"x\\\"\"}\n");
  CHECK(running.refused_for("malformed"));
}

TEST_CASE("a query too many is told when to come again") {
  ApiServer running;
  running.answer_audit_with(
      fail({ErrorKind::throttled, "two queries are running", 0, std::chrono::milliseconds(1001)}));
  Client client(running.port());
  const auto answer = client.exchange(api_get(audit_path(), bearer(viewer_token)));
  CHECK(answer.status == 429);
  CHECK(has(answer.head, "Retry-After: 2\r\n"));
  CHECK(has(answer.body, "\"reason\":\"too_many_queries\""));
  CHECK(running.refusals().empty());
  running.answer_audit_with(audit::Page{});
  CHECK(client.exchange(api_get(audit_path(), bearer(viewer_token))).status == 200);  // on the same connection
}

TEST_CASE("a log that cannot be read is a 503") {
  ApiServer running;
  running.answer_audit_with(fail(Error::io("opendir /audit: Permission denied")));
  const auto answer = running.ask(api_get(audit_path(), bearer(viewer_token)));
  CHECK(answer.status == 503);
  CHECK(has(answer.body, "\"reason\":\"audit_unavailable\""));
}

TEST_CASE("only those who may view or operate read the log") {
  ApiServer running;
  CHECK(has(refused(running, "", 403, token), "expected a client of role view or operate"));
  CHECK(running.ask(api_get(audit_path(), "")).status == 401);
  CHECK(running.ask(api_post(audit_path(), "{}")).status == 405);
  CHECK(running.audit_requests().empty());
}

TEST_CASE("a bound client reads for its namespaces alone") {
  ApiServer running;
  CHECK(request_for(running, "", bound_token).namespaces == std::vector<std::string>{"ml"});
  CHECK(request_for(running, "namespace=ml&target=ml/iris,*/x,m*/y", bound_token).namespaces ==
        std::vector<std::string>{"ml"});
  for (const std::string query : {"namespace=web", "namespace=ml,web", "target=web/shop", "target=ml/iris,web/*",
                                  "namespace=%77eb", "namespace=ML"}) {
    CHECK(has(refused(running, query, 403, bound_token), "expected a namespace that this client is bound to, got "));
  }
  CHECK(request_for(running, "namespace=web", viewer_token).namespaces.empty());
}

TEST_CASE("a long page is answered whole and HEAD without it") {
  ApiServer running;
  audit::Page page;
  for (int i = 0; i < 1000; ++i) page.records.push_back("{\"message\":\"" + std::string(2000, 'x') + "\"}");
  running.answer_audit_with(page);
  CHECK(running.ask(api_get(audit_path(), bearer(viewer_token))).body.size() > 2'000'000);
  Client client(running.port());
  client.send(api_get(audit_path(), bearer(viewer_token), "HEAD"));
  const auto answer = client.answer(Client::Ms(8000), true);
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
}

}  // namespace canaryd::web::test
