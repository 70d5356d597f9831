#include "look_at_services.hpp"

#include <optional>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/traffic/decode.hpp"
#include "canaryd/traffic/patch.hpp"
#include "services.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

constexpr const char* list_check = "services.listed";

std::string message(const Error& error) { return said(traffic::status_message(error.message), 300); }

class ServicesLook {
 public:
  ServicesLook(const Look& look, kube::Inspector& api, const std::string& stranger, Sight& sight)
      : look_(look), api_(api), stranger_(stranger), sight_(sight) {}

  Findings all(const std::string& default_mode) {
    std::vector<Namespace> scopes = look_.settings.cluster.namespaces;
    if (scopes.empty()) scopes.emplace_back();
    for (const auto& scope : scopes) list(scope);
    std::size_t left = sight_.services.size();
    for (const auto& target : sight_.services) {
      if (look_.budget.is_over()) break;
      --left;
      look_at(target, default_mode);
    }
    if (left > 0) {
      out_.push_back({list_check, Health::unknown,
                      counted(left, "InferenceService") + " not looked at: the time is over",
                      "give it more: --timeout"});
    }
    return std::move(out_);
  }

 private:
  void list(const Namespace& scope) {
    const std::size_t before = sight_.services.size();
    const std::string where = scope.empty() ? "all namespaces" : escaped(scope.str());
    std::string token;
    do {
      const auto body = api_.list_inferenceservices(scope, token, look_.budget.next());
      const auto page = body ? traffic::decode_page(*body) : fail(body.error());
      if (!page) {
        const bool denied = page.error().kind == ErrorKind::forbidden;
        out_.push_back({list_check, denied ? Health::fail : Health::unknown,
                        "InferenceServices of " + where + " cannot be listed: " + message(page.error()),
                        "see kubernetes.permissions and kserve.served"});
        return;
      }
      for (const auto& rollout : page->rollouts) sight_.services.push_back(rollout.target);
      for (const auto& skipped : page->skipped) {
        out_.push_back({list_check, Health::warn, "canaryd cannot read an InferenceService: " + escaped(skipped, 300),
                        "compare it with what KServe writes; canaryd passes over it"});
      }
      token = page->continue_token;
    } while (!token.empty());
    const std::size_t found = sight_.services.size() - before;
    out_.push_back({list_check, Health::ok, counted(found, "InferenceService") + " in " + where, {}});
  }

  void look_at(const Target& target, const std::string& default_mode) {
    auto json = api_.get_inferenceservice(target, look_.budget.next());
    if (!json && json.error().kind == ErrorKind::not_found) return;  // deleted since it was listed
    auto rollout = json ? traffic::decode_rollout(*json) : fail(json.error());
    if (!rollout) {
      out_.push_back({list_check, Health::unknown,
                      escaped(target.str()) + " cannot be read: " + message(rollout.error()),
                      "see kubernetes.reachable"});
      return;
    }
    ServiceFacts facts;
    facts.rollout = std::move(*rollout);
    if (const auto owner = ownership_of(*json)) facts.owner = *owner;
    if (facts.rollout.mode != traffic::Mode::standard && facts.rollout.mode != traffic::Mode::model_mesh) {
      facts.rollback = try_rollback(facts.rollout, *json);
      facts.rollback.stranger = stranger_;
    }
    for (const auto component : in_flight(facts.rollout)) see_canary(*facts.rollout.find(component), facts);
    for (auto& finding : check_service(facts, look_.settings.policies, default_mode)) {
      out_.push_back(std::move(finding));
    }
  }

  // A failed `test` and a refusal by the schema are the same 422: where the object has moved on meanwhile it is tried
  // once more.
  DryRun try_rollback(traffic::Rollout& rollout, std::string& json) {
    DryRun out;
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto body = api_.patch_inferenceservice(
          {rollout.target, patch_to_try(rollout), "canaryd/" + look_.settings.instance, true, look_.budget.next()});
      if (body) {
        return admitted(traffic::changed_beyond_traffic(json, *body));
      }
      out = refused(body.error());
      if (body.error().kind != ErrorKind::rejected) return out;
      auto again = api_.get_inferenceservice(rollout.target, look_.budget.next());
      auto now = again ? traffic::decode_rollout(*again) : fail(again.error());
      if (!now || traffic::passes_same_tests(rollout, *now)) return out;
      rollout = std::move(*now);
      json = std::move(*again);
    }
    out.status = Health::unknown;
    out.refusal = "it changes faster than it can be looked at";
    return out;
  }

  void see_canary(const traffic::ComponentRollout& component, ServiceFacts& facts) {
    sight_.canaries.push_back({facts.rollout.target, component.latest_ready, component.latest_rolledout});
    for (const auto& name : {component.latest_ready, component.latest_rolledout}) {
      const auto body = api_.get_revision(facts.rollout.target.ns, name, look_.budget.next());
      const auto revision = body ? traffic::decode_revision(*body) : fail(body.error());
      if (revision) {
        facts.revisions.push_back(*revision);
      } else if (revision.error().kind == ErrorKind::not_found) {
        traffic::RevisionFacts gone;
        gone.name = name;
        gone.ready_reason = "it does not exist";
        facts.revisions.push_back(std::move(gone));
      }
    }
  }

  const Look& look_;
  kube::Inspector& api_;
  const std::string& stranger_;
  Sight& sight_;
  Findings out_;
};

}  // namespace

Findings look_at_services(const Look& look, kube::Inspector& api, const std::string& default_mode,
                          const std::string& stranger, Sight& sight) {
  return ServicesLook(look, api, stranger, sight).all(default_mode);
}

}  // namespace canaryd::doctor
