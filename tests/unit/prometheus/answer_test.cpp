#include "prometheus/answer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace canaryd;
using prometheus::samples_of;

namespace {

std::string vector_of(const std::string& samples) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + samples + "]}}";
}

double value_of(const std::string& number) {
  const auto samples = samples_of(vector_of(R"({"metric":{},"value":[1785585600.123,")" + number + R"("]})"));
  REQUIRE(samples.has_value());
  REQUIRE(samples->size() == 1);
  return samples->front().value;
}

// Why an answer is not taken.
std::string refusal(const std::string& body) {
  const auto samples = samples_of(body);
  REQUIRE_FALSE(samples.has_value());
  CHECK(samples.error().kind == ErrorKind::invalid);
  return samples.error().message;
}

}  // namespace

TEST_CASE("a vector is read with its labels") {
  const auto samples = samples_of(vector_of(R"({"metric":{"__name__":"up","revision":"a"},"value":[1,"0.25"]},)"
                                            R"({"metric":{},"value":[1.5,"2"]})"));
  REQUIRE(samples.has_value());
  REQUIRE(samples->size() == 2);
  CHECK(samples->at(0).labels == std::map<std::string, std::string>{{"__name__", "up"}, {"revision", "a"}});
  CHECK(samples->at(0).value == 0.25);
  CHECK(samples->at(1).labels.empty());
  CHECK(samples->at(1).value == 2);
}

TEST_CASE("no sample is an answer too and a scalar is a sample without labels") {
  CHECK(samples_of(vector_of("")).value().empty());
  const auto scalar = samples_of(R"({"status":"success","data":{"resultType":"scalar","result":[1,"7"]}})");
  REQUIRE(scalar.has_value());
  CHECK(scalar->front().value == 7);
}

TEST_CASE("numbers are read as Prometheus writes them") {
  CHECK(value_of("1e-05") == 1e-05);
  CHECK(value_of("-3") == -3);
  CHECK(value_of("+5") == 5);
  CHECK(std::isnan(value_of("NaN")));
  CHECK(value_of("+Inf") == std::numeric_limits<double>::infinity());
  CHECK(value_of("-Inf") == -std::numeric_limits<double>::infinity());
  CHECK(value_of("1.7976931348623157e+308") == std::numeric_limits<double>::max());
}

TEST_CASE("an answer with warnings is a partial one and none") {
  const std::string data = R"("data":{"resultType":"vector","result":[]})";
  CHECK(refusal(R"({"status":"success","warnings":["store gateway down"],)" + data + "}") ==
        R"(Prometheus' answer: warnings: [\"store gateway down\"])");
  CHECK(refusal(R"({"status":"success","warnings":"text",)" + data + "}").find("warnings") != std::string::npos);
  CHECK(samples_of(R"({"status":"success","warnings":[],"infos":["a hint"],)" + data + "}").has_value());
  CHECK(samples_of(R"({"status":"success","warnings":null,)" + data + "}").has_value());
}

TEST_CASE("an answer in which a name stands twice is none whichever of the two would count") {
  const std::string data = R"("data":{"resultType":"vector","result":[]}})";
  CHECK(refusal(R"({"status":"error","status":"success",)" + data) ==
        "Prometheus' answer: expected each name once, got status twice in one object");
  CHECK(refusal(R"({"status":"success","status":"success",)" + data).find("got status twice") != std::string::npos);
  CHECK(refusal(R"({"status":"success",)" + data.substr(0, data.size() - 1) + "," + data).find("got data twice") !=
        std::string::npos);
  CHECK(refusal(R"({"status":"success","data":{"resultType":"vector","result":[)"
                R"({"metric":{"revision":"a","revision":"b"},"value":[0,"1"]}]}})")
            .find("got revision twice") != std::string::npos);
  CHECK(refusal(R"({"\u0073tatus":"error","status":"success",)" + data).find("got status twice") != std::string::npos);
  CHECK(samples_of(R"({"status":"success","data":{"resultType":"vector","result":[)"
                   R"({"metric":{"revision":"a"},"value":[0,"1"]},{"metric":{"revision":"b"},"value":[0,"1"]}]}})")
            .has_value());
}

TEST_CASE("every other shape is refused with what was expected") {
  CHECK(refusal("").find("expected JSON") != std::string::npos);
  CHECK(refusal("<html>Bad gateway</html>") == "Prometheus' answer: expected JSON, got <html>Bad gateway</html>");
  CHECK(refusal(vector_of("").substr(0, 40)).find("expected JSON") != std::string::npos);
  CHECK(refusal(vector_of("") + "x").find("expected JSON") != std::string::npos);
  for (const char* body :
       {"[]", "null", "7", "{}", R"({"status":"error","error":"no"})", R"({"status":7})", R"({"status":"success"})",
        R"({"status":"success","data":[]})", R"({"status":"success","data":{"resultType":"vector"}})",
        R"({"status":"success","data":{"resultType":"matrix","result":[]}})",
        R"({"status":"success","data":{"resultType":"string","result":[1,"a"]}})",
        R"({"status":"success","data":{"resultType":7,"result":[]}})",
        R"({"status":"success","data":{"resultType":"vector","result":{}}})",
        R"({"status":"success","data":{"resultType":"scalar","result":["1","7"]}})"}) {
    CAPTURE(body);
    refusal(body);
  }
  for (const char* sample :
       {"7", "{}", R"({"metric":{}})", R"({"metric":[],"value":[1,"2"]})", R"({"metric":{"a":7},"value":[1,"2"]})",
        R"({"metric":{},"value":[1,2]})", R"({"metric":{},"value":[1]})", R"({"metric":{},"value":[1,"2","3"]})",
        R"({"metric":{},"value":["1","2"]})", R"({"metric":{},"value":[1,""]})", R"({"metric":{},"value":[1,"2x"]})",
        R"({"metric":{},"value":[1,"1e999"]})", R"({"metric":{},"values":[[1,"2"]]})",
        R"({"metric":{},"value":[1,"2"]},null)"}) {
    CAPTURE(sample);
    refusal(vector_of(sample));
  }
}

TEST_CASE("nonsense neither ends the process nor fills the log") {
  const std::string deep(1 << 20, '[');
  CHECK(refusal(deep).size() < 400);
  const std::string closed = std::string(100000, '[') + std::string(100000, ']');
  refusal(closed);
  CHECK(refusal(R"({"status":"success","warnings":)" + closed + R"(,"data":{}})").size() < 500);
  refusal(vector_of(closed));
  CHECK(refusal(std::string(1 << 20, '\x01')).size() < 400);
  CHECK(refusal("\xff\xfe").find('\xff') == std::string::npos);
}
