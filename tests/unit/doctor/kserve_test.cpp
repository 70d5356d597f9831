#include "doctor/kserve.hpp"

#include <doctest/doctest.h>

using namespace canaryd::doctor;

TEST_CASE("KServe is there when its API is served") {
  CHECK(
      serves_inference_services(R"({"resources":[{"name":"inferenceservices/status"},{"name":"inferenceservices"}]})"));
  CHECK_FALSE(serves_inference_services(R"({"resources":[{"name":"trainedmodels"}]})"));
  CHECK(check_kserve({false, "", "", ""}).status == Health::fail);
  CHECK(check_kserve({false, "timeout", "", ""}).status == Health::unknown);
}

TEST_CASE("what these credentials may not read is no fault") {
  const auto found = check_kserve({true, "", "", ""});
  CHECK(found.status == Health::ok);
  CHECK(found.text.find("not readable") != std::string::npos);
}

TEST_CASE("the default mode decides for services that say none") {
  CHECK(default_mode_of(R"({"data":{"deploy":"{\"defaultDeploymentMode\": \"RawDeployment\"}"}})") == "RawDeployment");
  CHECK(default_mode_of(R"({"data":{"deploy":"no json"}})").empty());
  CHECK(check_kserve({true, "", "v0.20.0", "Knative"}).status == Health::ok);
  CHECK(check_kserve({true, "", "v0.20.0", "RawDeployment"}).status == Health::warn);
}

TEST_CASE("the version is the tag of the controller's image") {
  const auto version = [](const std::string& image) {
    return controller_version(R"({"spec":{"template":{"spec":{"containers":[{"image":"proxy:1"},{"image":")" + image +
                              R"("}]}}}})");
  };
  CHECK(version("kserve/kserve-controller:v0.20.0") == "v0.20.0");
  CHECK(version("registry:5000/kserve/kserve-controller:v0.20.0@sha256:ab") == "v0.20.0");
  CHECK(version("registry:5000/kserve/kserve-controller").empty());
}
