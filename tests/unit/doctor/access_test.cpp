#include "doctor/access.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace canaryd;
using namespace canaryd::doctor;

namespace {

const OwnMaps state{Namespace("canaryd"), {"canaryd-state", "checkpoints"}};

std::vector<Asked> all(const std::vector<Access>& accesses, bool allowed) {
  std::vector<Asked> out;
  for (const auto& each : accesses) out.push_back({each, allowed});
  return out;
}

bool has(const std::vector<Access>& all_of_them, const std::string& text) {
  return std::any_of(all_of_them.begin(), all_of_them.end(), [&](const Access& each) { return each.text() == text; });
}

}  // namespace

TEST_CASE("canaryd needs its verbs in every scope and its ConfigMaps by their names") {
  const auto wanted = needed({Namespace("ml"), Namespace("team")}, state);
  CHECK(has(wanted, "patch inferenceservices.serving.kserve.io in ml"));
  CHECK(has(wanted, "patch inferenceservices.serving.kserve.io in team"));
  CHECK(has(wanted, "patch configmaps canaryd-state in canaryd"));
  CHECK(has(wanted, "patch configmaps checkpoints in canaryd"));
  CHECK(has(needed({}, state), "watch inferenceservices.serving.kserve.io in all namespaces"));
}

TEST_CASE("to patch beyond the scope is not wanted and within it is") {
  const std::string everywhere = "patch inferenceservices.serving.kserve.io in all namespaces";
  CHECK(has(not_wanted({Namespace("ml")}, state), everywhere));
  CHECK_FALSE(has(not_wanted({}, state), everywhere));
}

TEST_CASE("canaryd should be neither others nor free of its admission policy") {
  const auto asked = not_wanted({Namespace("ml")}, state);
  CHECK(has(asked, "impersonate users in all namespaces"));
  CHECK(has(asked, "delete validatingadmissionpolicybindings.admissionregistration.k8s.io in all namespaces"));
  CHECK(has(asked, "patch configmaps in canaryd"));
}

TEST_CASE("nothing is both needed and not wanted") {
  for (const auto& scopes : {std::vector<Namespace>{}, std::vector<Namespace>{Namespace("ml")}}) {
    for (const auto& each : not_wanted(scopes, state)) CHECK_FALSE(has(needed(scopes, state), each.text()));
  }
}

TEST_CASE("a review names only what is asked for and takes a subresource apart") {
  CHECK(review_of({"patch", "serving.kserve.io", "inferenceservices/status", "ml", ""}) ==
        R"({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":)"
        R"({"verb":"patch","group":"serving.kserve.io","resource":"inferenceservices","subresource":"status",)"
        R"("namespace":"ml"}}})");
}

TEST_CASE("an answer without a verdict is no permission") {
  CHECK(allowed_by(R"({"status":{"allowed":true}})").value());
  CHECK_FALSE(allowed_by(R"({"status":{"allowed":false}})").value());
  CHECK_FALSE(allowed_by(R"({"status":{}})").has_value());
  CHECK_FALSE(allowed_by("<html>").has_value());
}

TEST_CASE("a missing permission is a FAIL of its own") {
  auto asked = all(needed({Namespace("ml")}, state), true);
  CHECK(check_needed(asked).size() == 1);
  CHECK(check_needed(asked).front().status == Health::ok);
  asked.front().allowed = false;
  const auto found = check_needed(asked);
  REQUIRE(found.size() == 1);
  CHECK(found.front().status == Health::fail);
  CHECK(found.front().text == "canaryd may not get inferenceservices.serving.kserve.io in ml");
}

TEST_CASE("permissions that cannot be asked for are UNKNOWN with why") {
  const auto found = check_needed({{needed({}, state).front(), fail(Error::unavailable("no route"))}});
  REQUIRE(found.size() == 1);
  CHECK(found.front().status == Health::unknown);
  CHECK(found.front().text.find("no route") != std::string::npos);
}

TEST_CASE("what canaryd may do beyond its work is a WARN that names it") {
  auto asked = all(not_wanted({}, state), false);
  CHECK(check_not_wanted(asked).status == Health::ok);
  asked.back().allowed = true;
  const auto found = check_not_wanted(asked);
  CHECK(found.status == Health::warn);
  CHECK(found.text.find(asked.back().access.text()) != std::string::npos);
}

TEST_CASE("a service account is no stranger and neither are the credentials of canaryds configuration") {
  const Namespace own("canaryd");
  CHECK(stranger("system:serviceaccount:canaryd:canaryd", false, own).empty());
  CHECK(stranger("system:serviceaccount:canaryd:canaryd", false, Namespace()).empty());
  CHECK(stranger("canaryd-outside", true, own).empty());
  CHECK(stranger("alice", false, own) == "alice");
  CHECK(stranger("system:serviceaccount:ci:deployer", false, own) == "system:serviceaccount:ci:deployer");
  CHECK(stranger("system:serviceaccount:canaryd-2:canaryd", false, own) == "system:serviceaccount:canaryd-2:canaryd");
  CHECK_FALSE(stranger("", false, Namespace()).empty());
}

TEST_CASE("what a person may do is not said of canaryd") {
  const auto found = check_for_stranger("alice");
  REQUIRE(found.size() == 2);
  for (const auto& each : found) {
    CHECK(each.status == Health::unknown);
    CHECK(each.text.find("asked as alice, who is not canaryd") != std::string::npos);
    CHECK(each.remedy.find("--as system:serviceaccount:") != std::string::npos);
  }
  CHECK(found.front().check == check_needed(all(needed({}, state), true)).front().check);
  CHECK(found.back().check == check_not_wanted({}).check);
}
