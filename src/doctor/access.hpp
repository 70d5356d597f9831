#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/doctor/finding.hpp"

// What canaryd may do in the cluster, and what it should not. Pure.
namespace canaryd::doctor {

struct Access {
  std::string verb;
  std::string group;     // "" is core
  std::string resource;  // with its subresource: "inferenceservices/status"
  std::string ns;        // empty: all namespaces
  std::string name;      // empty: all
  // "patch inferenceservices.serving.kserve.io in ml", as `kubectl auth can-i` has it
  std::string text() const;
};

// The ConfigMaps that canaryd writes.
struct OwnMaps {
  Namespace ns;
  std::vector<std::string> names;
};

// What canaryd needs: all of it in each scope (an empty list: all namespaces).
std::vector<Access> needed(const std::vector<Namespace>& scopes, const OwnMaps& maps);
// What whoever takes canaryd over would like to have.
std::vector<Access> not_wanted(const std::vector<Namespace>& scopes, const OwnMaps& maps);

// The path and the body of a SelfSubjectAccessReview, and its answer: allowed or not. Errors: `invalid`.
inline constexpr const char* access_review_path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
std::string review_of(const Access& access);
Result<bool> allowed_by(std::string_view review_json);

// Who the API server says we are; empty where it does not say.
inline constexpr const char* identity_review_path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
std::string identity_review();
std::string user_of(std::string_view review_json);

// Who asks, where it is not canaryd: what a person may do says nothing of it. Empty: canaryd, by the credentials of its
// own configuration, or a service account of its namespace (any, where that is empty). `user`: whom the API server
// takes us for, empty where it does not say.
std::string stranger(const std::string& user, bool own_credentials, const Namespace& own);
inline constexpr const char* ask_as_canaryd =
    "ask as canaryd's service account: --as system:serviceaccount:NAMESPACE:NAME";
// Both checks, where a stranger asks.
Findings check_for_stranger(const std::string& who);

struct Asked {
  Access access;
  Result<bool> allowed;
};
Findings check_needed(const std::vector<Asked>& asked);
Finding check_not_wanted(const std::vector<Asked>& asked);

}  // namespace canaryd::doctor
