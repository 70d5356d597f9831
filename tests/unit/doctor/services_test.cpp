#include "doctor/services.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace canaryd;
using namespace canaryd::doctor;
using traffic::ConditionStatus;

namespace {

traffic::Rollout rollout(int percent) {
  traffic::Rollout out;
  out.target = {Namespace("ml"), ServiceName("iris")};
  out.uid = Uid("u");
  out.generation = 3;
  out.mode = traffic::Mode::knative;
  traffic::ComponentRollout predictor;
  predictor.percent = Percent::from(percent);
  predictor.raw_percent = percent;
  predictor.latest_created = predictor.latest_ready = Revision("iris-predictor-00002");
  predictor.latest_rolledout = Revision("iris-predictor-00001");
  predictor.route.status = ConditionStatus::is_true;
  out.components.push_back(predictor);
  return out;
}

ServiceFacts good(int percent = 10) {
  ServiceFacts facts;
  facts.rollout = rollout(percent);
  facts.rollback.status = Health::ok;
  return facts;
}

std::vector<policy::Policy> policies() {
  policy::Policy policy;
  policy.name = "default";
  return {policy};
}

const Finding* find(const Findings& findings, const std::string& check) {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [&](const Finding& each) { return each.check == check; });
  return found == findings.end() ? nullptr : &*found;
}

Health status_of(const Findings& findings, const std::string& check) {
  const Finding* const found = find(findings, check);
  REQUIRE(found != nullptr);
  return found->status;
}

}  // namespace

TEST_CASE("a canary whose rollback is admitted is OK") {
  const auto found = check_service(good(), policies(), "");
  REQUIRE(found.size() == 1);
  CHECK(found.front().status == Health::ok);
  CHECK(found.front().text == "ml/iris: predictor iris-predictor-00002 at 10 %; its rollback is admitted (dry run)");
}

TEST_CASE("a rollback that admission denies is a FAIL with its words") {
  auto facts = good();
  facts.rollback = refused(Error{ErrorKind::forbidden, R"({"message":"denied by policy x"})", 403, {}});
  const auto found = check_service(facts, policies(), "");
  CHECK(status_of(found, "services.rollback") == Health::fail);
  CHECK(find(found, "services.rollback")->text.find("denied by policy x") != std::string::npos);
}

TEST_CASE("an API server that does not answer says nothing of admission") {
  auto facts = good();
  facts.rollback = refused(Error::unavailable("timeout"));
  CHECK(status_of(check_service(facts, policies(), ""), "services.rollback") == Health::unknown);
}

TEST_CASE("an admission that changes more than the traffic is a WARN that names it") {
  auto facts = good();
  facts.rollback.changed = {"/spec/predictor/automountServiceAccountToken"};
  const auto found = check_service(facts, policies(), "");
  CHECK(status_of(found, "services.rollback") == Health::warn);
  CHECK(find(found, "services.rollback")->text.find("automountServiceAccountToken") != std::string::npos);
}

TEST_CASE("Knative moves nothing while a revision is not Ready") {
  auto facts = good();
  traffic::RevisionFacts revision;
  revision.name = Revision("iris-predictor-00002");
  revision.ready = ConditionStatus::is_false;
  revision.ready_reason = "ExitCode137";
  facts.revisions.push_back(revision);
  const auto found = check_service(facts, policies(), "");
  CHECK(status_of(found, "services.route") == Health::fail);
  CHECK(find(found, "services.route")->text.find("ExitCode137") != std::string::npos);
}

TEST_CASE("a percent in Standard mode is a FAIL since KServe passes over it") {
  auto facts = good();
  facts.rollout.mode = traffic::Mode::standard;
  CHECK(status_of(check_service(facts, policies(), ""), "services.mode") == Health::fail);
  facts.rollout.components.front().raw_percent.reset();
  facts.rollout.components.front().percent.reset();
  CHECK(status_of(check_service(facts, policies(), ""), "services.mode") == Health::warn);
}

TEST_CASE("without a mode of its own a service has that of the cluster") {
  auto facts = good();
  facts.rollout.mode = traffic::Mode::unknown;
  CHECK(status_of(check_service(facts, policies(), ""), "services.mode") == Health::unknown);
  CHECK(status_of(check_service(facts, policies(), "Standard"), "services.mode") == Health::fail);
  CHECK(find(check_service(facts, policies(), "Serverless"), "services.mode") == nullptr);
}

TEST_CASE("a service that no policy rolls back is told") {
  CHECK(status_of(check_service(good(), {}, ""), "services.policy") == Health::warn);
  auto observing = policies();
  observing.front().mode = policy::Mode::observe;
  CHECK(status_of(check_service(good(), observing, ""), "services.policy") == Health::warn);
  CHECK(find(check_service(good(), policies(), ""), "services.policy") == nullptr);
}

TEST_CASE("an answer that cannot be compared with the object is no OK") {
  auto facts = good();
  facts.rollback = admitted(fail(Error::invalid("no JSON")));
  CHECK(status_of(check_service(facts, policies(), ""), "services.rollback") == Health::unknown);
  facts.rollback = admitted(std::vector<std::string>{});
  CHECK(status_of(check_service(facts, policies(), ""), "services.rollback") == Health::ok);
  facts.rollback = admitted(std::vector<std::string>{"/spec/predictor/x"});
  CHECK(status_of(check_service(facts, policies(), ""), "services.rollback") == Health::warn);
}

TEST_CASE("a dry run of somebody else says nothing of canaryd") {
  for (const auto status : {Health::ok, Health::fail}) {
    auto facts = good();
    facts.rollback.status = status;
    facts.rollback.stranger = "alice";
    const auto found = check_service(facts, policies(), "");
    CHECK(status_of(found, "services.rollback") == Health::unknown);
    CHECK(find(found, "services.rollback")->text.find("asked as alice, who is not canaryd") != std::string::npos);
    CHECK(find(found, "services.rollback")->remedy.find("--as") != std::string::npos);
  }
}

TEST_CASE("a GitOps tool that keeps a service is told beside its rollback") {
  auto facts = good();
  facts.owner = {"Argo CD", "models", true, ""};
  CHECK(status_of(check_service(facts, policies(), ""), "services.owner") == Health::warn);
}

TEST_CASE("without a canary a change of traffic is tried that is one") {
  auto idle = rollout(100);
  idle.components.front().latest_rolledout = idle.components.front().latest_ready;
  CHECK(patch_to_try(idle) == R"([{"op":"test","path":"/metadata/uid","value":"u"},)"
                              R"({"op":"add","path":"/spec/predictor/canaryTrafficPercent","value":99}])");
  idle.components.front().raw_percent.reset();
  idle.components.front().percent.reset();
  CHECK(patch_to_try(idle).find("\"value\":100}") != std::string::npos);
  CHECK(patch_to_try(rollout(10)).find("\"value\":0}") != std::string::npos);
}
