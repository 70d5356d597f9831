#pragma once

#include <memory>
#include <string>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/kube/api.hpp"
#include "canaryd/kube/settings.hpp"

namespace canaryd::kube {

// A cluster as somebody looks at it who wants to know whether all is well: KubeApi, any GET, and reviews, which are
// questions in the form of a create and store nothing. Errors as KubeApi's; no question is doubtful. Safe from any
// thread.
class Inspector : public KubeApi {
 public:
  virtual Result<std::string> get(const std::string& path, SteadyTime deadline) = 0;
  // A review's body to its collection ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"); its answer.
  virtual Result<std::string> review(const std::string& path, const std::string& body, SteadyTime deadline) = 0;
};

// As connect(). `as_user`: whom the API server shall take us for (Impersonate-User), such as
// "system:serviceaccount:canaryd:canaryd"; empty: who we are.
Result<std::unique_ptr<Inspector>> connect_to_inspect(const ClusterSettings& settings, const std::string& as_user);

}  // namespace canaryd::kube
