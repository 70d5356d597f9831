#include "doctor/ownership.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace canaryd;
using namespace canaryd::doctor;

namespace {

std::string object(const std::string& metadata) { return R"({"metadata":{)" + metadata + "}}"; }

std::string managed(const std::string& manager, const std::string& more = "") {
  return R"("managedFields":[{"manager":")" + manager + R"(",)" + more +
         R"("fieldsV1":{"f:spec":{"f:predictor":{"f:canaryTrafficPercent":{}}}}}])";
}

const Target iris{Namespace("ml"), ServiceName("iris")};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an object that no tool keeps has no owner") {
  const auto owner = ownership_of(object(managed("kubectl-edit")));
  REQUIRE(owner);
  CHECK(owner->tool.empty());
  CHECK_FALSE(owner->of_percent);
  CHECK_FALSE(check_owner(iris, *owner, true));
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

TEST_CASE("a percent that canaryd has taken over is still the tools to undo") {
  const auto owner = ownership_of(
      object(R"("annotations":{"argocd.argoproj.io/tracking-id":"models:x"},)" + managed("canaryd/canaryd-0")));
  CHECK(owner->tool == "Argo CD");
  CHECK_FALSE(owner->of_percent);
  CHECK(owner->other == "canaryd/canaryd-0");
  const auto found = check_owner(iris, *owner, true);
  REQUIRE(found);
  CHECK(found->status == Health::warn);
  CHECK(has(found->text, "applied by Argo CD (models), and canaryd/canaryd-0 has changed canaryTrafficPercent since"));
  CHECK(has(found->text, "the next sync sets it again and undoes a rollback"));
}

TEST_CASE("who keeps a service must not sync while a canary is in flight") {
  for (const std::string tool : {"Argo CD", "Flux", "Helm"}) {
    for (const bool percent : {true, false}) {
      const auto found = check_owner(iris, {tool, "", percent, ""}, percent);
      REQUIRE(found);
      CHECK(found->status == Health::warn);
      CHECK(has(found->remedy, "examples/README.md#gitops"));
      CHECK(has(found->remedy, percent ? "while a canary is in flight" : "model and a first percent in one commit"));
      CHECK_FALSE(has(found->remedy, "gnore"));  // the next model would get all traffic, or none
    }
  }
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
