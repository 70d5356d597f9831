#include <doctest/doctest.h>

#include "policy/advances.hpp"

using namespace canaryd;
using namespace canaryd::policy;
using namespace canaryd::policy::testing;

namespace {

std::string decided(const Case& situation) { return words_of(situation.advance()); }

}  // namespace

TEST_CASE("an alert must name the canary and its share") {
  Case situation;
  situation.request.revision.reset();
  CHECK(decided(situation) == "refuse stale_revision");
  situation.request = healthy(10);
  situation.request.percent.reset();
  CHECK(decided(situation) == "hold stale_alert");
  situation.request = healthy(25);
  CHECK(decided(situation) == "hold stale_alert");
  situation.request = healthy(10);
  situation.request.revision = rev(1);  // the stable one
  CHECK(decided(situation) == "refuse stale_revision");
}

TEST_CASE("a replayed alert from before the service or the revision was made and one from the future promote nothing") {
  Case situation;
  situation.request.starts_at.reset();
  CHECK(decided(situation) == "hold stale_alert");
  situation.request.starts_at = at("12:00:06");
  CHECK(decided(situation) == "hold stale_alert");
  situation.request.starts_at = at("12:00:05");  // what clocks may differ by
  CHECK(decided(situation) == "act advanced");
  situation.request.starts_at = at("10:49:59");  // the revision is of 10:50
  CHECK(decided(situation) == "hold stale_alert");
  situation.request.starts_at = at("10:50:00");
  CHECK(decided(situation) == "act advanced");
  situation.rollout.created = at("10:50:01");
  CHECK(decided(situation) == "hold stale_alert");
}

TEST_CASE("a person need not name the revision where only one canary is in flight") {
  Case situation{asked_by_hand(), canary_at(10), promoting(), all_evidence()};
  CHECK(decided(situation) == "act advanced");
  situation.rollout.components.push_back(component(10, {2, 2, 1}, traffic::Component::transformer));
  CHECK(decided(situation) == "hold several_components");
  situation.request.revision = rev(2, "transformer");
  CHECK(decided(situation) == "hold several_components");
  situation.rollout = rollout(std::nullopt, {2, 2, 2, 1});
  situation.request.revision.reset();
  CHECK(decided(situation) == "refuse no_canary");
}

TEST_CASE("a component in its last stage is in flight too") {
  Case situation;
  situation.rollout.components.push_back(component(100, {2, 2, 2, 1}, traffic::Component::transformer));
  CHECK(decided(situation) == "hold several_components");
  situation.rollout.components[1] = component(std::nullopt, {2, 2, 2, 1}, traffic::Component::transformer);
  CHECK(decided(situation) == "act advanced");
}

TEST_CASE("the named component goes on and not the first") {
  Case situation;
  situation.rollout.components[0] = component(std::nullopt, {1, 1, 1});
  situation.rollout.components.push_back(component(10, {2, 2, 1}, traffic::Component::transformer));
  situation.request.revision = rev(2, "transformer");
  const auto decision = situation.advance();
  REQUIRE(decision.step.has_value());
  CHECK(decision.step->component == traffic::Component::transformer);
}

TEST_CASE("a promotion by hand is one from stage 100 only") {
  Case situation{asked_by_hand(), canary_at(75), promoting(), all_evidence()};
  situation.request.wish = AdvanceRequest::Wish::promote;
  CHECK(decided(situation) == "refuse not_last_stage");
  situation.rollout = canary_at(100);
  CHECK(decided(situation) == "act promoted");
}

TEST_CASE("at 100 the field stays until KServe has rolled the canary out") {
  Case situation{healthy(100), rollout(100, {2, 2, 1}), promoting(), all_evidence()};
  CHECK(decided(situation) == "hold not_converged");
  situation.rollout = canary_at(100);
  situation.rollout.components[0].latest_created = rev(3);
  CHECK(decided(situation) == "hold newer_revision_pending");
}

TEST_CASE("what is promoted is no canary any more") {
  Case situation{healthy(100), rollout(std::nullopt, {2, 2, 2, 1}), promoting(), all_evidence()};
  CHECK(decided(situation) == "refuse no_canary");
  situation.rollout = rollout(50, {2, 2, 2, 1});  // a patch here would roll the stable revision back
  situation.request.percent = 50;
  CHECK(decided(situation) == "refuse no_canary");
}

TEST_CASE("a share that Knative refuses never goes on") {
  Case situation{healthy(100), rollout(150, {2, 2, 1}), promoting(), all_evidence()};
  CHECK(decided(situation) == "hold not_converged");
  situation.rollout = rollout(-1, {2, 2, 1});
  CHECK(decided(situation) == "hold not_converged");
}

TEST_CASE("status must show the share and the route must be ready") {
  for (const auto status :
       {traffic::ConditionStatus::is_false, traffic::ConditionStatus::unknown, traffic::ConditionStatus::absent}) {
    Case situation;
    situation.rollout.components[0].route.status = status;
    CHECK(decided(situation) == "hold not_converged");
  }
  Case situation;
  situation.rollout.components[0].traffic = {{rev(2), 5, ""}, {rev(2), 5, "latest"}, {rev(1), 90, "prev"}};
  CHECK(decided(situation) == "act advanced");  // summed
}
