#include <utility>

#include "access.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/kube/inspector.hpp"
#include "canaryd/traffic/decode.hpp"
#include "kserve.hpp"
#include "look_at_services.hpp"
#include "parts.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

constexpr const char* reach_check = "kubernetes.reachable";

std::string reach_remedy(ErrorKind kind) {
  if (kind == ErrorKind::unauthenticated || kind == ErrorKind::forbidden) {
    return "the credentials are not taken: in a pod see that the service account's token is mounted, else the "
           "kubeconfig";
  }
  return "see the address (cluster in the configuration, or --kubeconfig), and NetworkPolicies on the way to the API "
         "server";
}

class ClusterLook {
 public:
  ClusterLook(const Look& look, kube::Inspector& api, Sight& sight) : look_(look), api_(api), sight_(sight) {}

  Findings all() {
    const auto version = api_.get("/version", look_.budget.next());
    if (!version) {
      out_.push_back(
          {reach_check,
           version.error().http_status == 401 || version.error().http_status == 403 ? Health::fail : Health::unknown,
           "the API server cannot be asked: " + message(version.error()), reach_remedy(version.error().kind)});
      return std::move(out_);
    }
    const std::string user = who();
    out_.push_back({reach_check,
                    Health::ok,
                    "the API server answers, " + kubernetes_version(*version) +
                        (user.empty() ? "" : "; asked as " + escaped(user, 120)),
                    {}});
    const std::string other = stranger(user, look_.settings.own_credentials, look_.settings.own_namespace);
    if (other.empty()) {
      ask_permissions();
    } else {
      add(check_for_stranger(other));
    }
    look_at_kserve(other);
    return std::move(out_);
  }

 private:
  static std::string message(const Error& error) { return said(traffic::status_message(error.message), 300); }

  std::string who() {
    const auto answer = api_.review(identity_review_path, identity_review(), look_.budget.next());
    const std::string user = answer ? user_of(*answer) : std::string();
    return user.empty() ? look_.settings.as_user : user;
  }

  std::vector<Asked> ask(std::vector<Access> wanted) {
    std::vector<Asked> out;
    for (auto& access : wanted) {
      // After one that could not be asked the others would take their whole time, too.
      if (!out.empty() && !out.back().allowed) break;
      const auto answer = api_.review(access_review_path, review_of(access), look_.budget.next());
      Result<bool> allowed = answer ? allowed_by(*answer) : fail(Error(answer.error().kind, message(answer.error())));
      out.push_back({std::move(access), std::move(allowed)});
    }
    return out;
  }

  void add(Findings more) {
    for (auto& finding : more) out_.push_back(std::move(finding));
  }

  void ask_permissions() {
    const OwnMaps maps{look_.settings.state_namespace, look_.settings.own_maps};
    const auto& scopes = look_.settings.cluster.namespaces;
    add(check_needed(ask(needed(scopes, maps))));
    out_.push_back(check_not_wanted(ask(not_wanted(scopes, maps))));
  }

  void look_at_kserve(const std::string& other) {
    KserveFacts facts;
    const auto served = api_.get("/apis/serving.kserve.io/v1beta1", look_.budget.next());
    if (served) {
      facts.served = serves_inference_services(*served);
    } else if (served.error().kind != ErrorKind::not_found) {
      facts.problem = message(served.error());
    }
    // Not among canaryd's permissions: where it may not be read, each object tells its own mode.
    const auto config = api_.get_config_map(Namespace("kserve"), "inferenceservice-config", look_.budget.next());
    if (config) facts.default_mode = default_mode_of(*config);
    const auto deployment =
        api_.get("/apis/apps/v1/namespaces/kserve/deployments/kserve-controller-manager", look_.budget.next());
    if (deployment) facts.version = controller_version(*deployment);
    out_.push_back(check_kserve(facts));
    add(look_at_services(look_, api_, facts.default_mode, other, sight_));
  }

  const Look& look_;
  kube::Inspector& api_;
  Sight& sight_;
  Findings out_;
};

}  // namespace

Findings look_at_cluster(const Look& look, Sight& sight) {
  auto api = kube::connect_to_inspect(look.settings.cluster, look.settings.as_user);
  if (!api) {
    return {{reach_check, Health::unknown, said(api.error().message),
             "give the way to the cluster: cluster in the configuration, or --kubeconfig FILE"}};
  }
  return ClusterLook(look, **api, sight).all();
}

}  // namespace canaryd::doctor
