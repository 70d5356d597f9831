#include "doctor/ownership.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace canaryd::doctor;

namespace {

std::string object(const std::string& metadata) { return R"({"metadata":{)" + metadata + "}}"; }

std::string managed(const std::string& manager, const std::string& more = "") {
  return R"("managedFields":[{"manager":")" + manager + R"(",)" + more +
         R"("fieldsV1":{"f:spec":{"f:predictor":{"f:canaryTrafficPercent":{}}}}}])";
}

}  // namespace

TEST_CASE("an object that no tool keeps has no owner") {
  const auto owner = ownership_of(object(managed("kubectl-edit")));
  REQUIRE(owner);
  CHECK(owner->tool.empty());
  CHECK_FALSE(owner->of_percent);
}

TEST_CASE("tools are known by what they leave on the object") {
  CHECK(ownership_of(object(R"("annotations":{"argocd.argoproj.io/tracking-id":"models:serving.kserve.io/..."})"))
            ->what == "models");
  const auto flux = ownership_of(object(
      R"("labels":{"kustomize.toolkit.fluxcd.io/name":"models","kustomize.toolkit.fluxcd.io/namespace":"flux-system"})"));
  CHECK(flux->tool == "Flux");
  CHECK(flux->what == "flux-system/models");
  CHECK(ownership_of(object(R"("labels":{"app.kubernetes.io/managed-by":"Helm"})"))->tool == "Helm");
}

TEST_CASE("tools are known by their field managers and own the percent by them") {
  const auto argo = ownership_of(object(managed("argocd-controller")));
  CHECK(argo->tool == "Argo CD");
  CHECK(argo->of_percent);
  CHECK(ownership_of(object(managed("kustomize-controller")))->tool == "Flux");
}

TEST_CASE("the percent of another manager is not the tool's") {
  const auto owner = ownership_of(
      object(R"("annotations":{"argocd.argoproj.io/tracking-id":"models:x"},)" + managed("canaryd/canaryd-0")));
  CHECK(owner->tool == "Argo CD");
  CHECK_FALSE(owner->of_percent);
}

TEST_CASE("a tool that applies other fields does not own the percent") {
  const auto owner = ownership_of(object(
      R"("managedFields":[{"manager":"argocd-controller","fieldsV1":{"f:spec":{"f:predictor":{"f:minReplicas":{}}}}}])"));
  CHECK(owner->tool == "Argo CD");
  CHECK_FALSE(owner->of_percent);
}

TEST_CASE("an entry of a subresource owns no spec") {
  CHECK(ownership_of(object(managed("argocd-controller", R"("subresource":"status",)")))->tool.empty());
}
