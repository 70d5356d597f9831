#include "access.hpp"

#include <algorithm>

#include "canaryd/base/text.hpp"
#include "json.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

constexpr const char* serving = "serving.kserve.io";
constexpr const char* services = "inferenceservices";
constexpr const char* needed_check = "kubernetes.permissions";
constexpr const char* beyond_check = "kubernetes.permissions_beyond";

std::vector<std::string> names_of(const std::vector<Namespace>& scopes) {
  std::vector<std::string> out;
  out.reserve(scopes.size());
  for (const auto& scope : scopes) out.push_back(scope.str());
  if (out.empty()) out.emplace_back();
  return out;
}

void add(std::vector<Access>& out, const std::vector<std::string>& verbs, const Access& of) {
  for (const auto& verb : verbs) {
    out.push_back(of);
    out.back().verb = verb;
  }
}

}  // namespace

std::string Access::text() const {
  std::string out = verb + " " + resource + (group.empty() ? "" : "." + group);
  if (!name.empty()) out += " " + name;
  return out + (ns.empty() ? " in all namespaces" : " in " + ns);
}

std::vector<Access> needed(const std::vector<Namespace>& scopes, const OwnMaps& maps) {
  std::vector<Access> out;
  for (const auto& ns : names_of(scopes)) {
    add(out, {"get", "list", "watch", "patch"}, {{}, serving, services, ns, {}});
    add(out, {"get", "list", "watch"}, {{}, "serving.knative.dev", "revisions", ns, {}});
    add(out, {"create", "patch"}, {{}, {}, "events", ns, {}});
  }
  for (const auto& name : maps.names) add(out, {"get", "patch"}, {{}, {}, "configmaps", maps.ns.str(), name});
  return out;
}

std::vector<Access> not_wanted(const std::vector<Namespace>& scopes, const OwnMaps& maps) {
  std::vector<Access> out;
  for (const auto& ns : names_of(scopes)) {
    add(out, {"create", "update", "delete", "deletecollection"}, {{}, serving, services, ns, {}});
    add(out, {"update", "patch"}, {{}, serving, "inferenceservices/status", ns, {}});
    add(out, {"patch"}, {{}, "serving.knative.dev", "services", ns, {}});
    add(out, {"create", "delete", "patch"}, {{}, {}, "pods", ns, {}});
    add(out, {"create"}, {{}, {}, "pods/exec", ns, {}});
    add(out, {"create", "patch"}, {{}, "apps", "deployments", ns, {}});
    add(out, {"get", "list"}, {{}, {}, "secrets", ns, {}});
    add(out, {"create"}, {{}, {}, "serviceaccounts/token", ns, {}});
    add(out, {"create", "patch"}, {{}, "rbac.authorization.k8s.io", "rolebindings", ns, {}});
  }
  add(out, {"get", "list"}, {{}, {}, "secrets", maps.ns.str(), {}});
  add(out, {"list", "patch"}, {{}, {}, "configmaps", maps.ns.str(), {}});
  add(out, {"impersonate"}, {{}, {}, "users", {}, {}});
  // What would free it of its own admission policy.
  add(out, {"patch", "delete"}, {{}, "admissionregistration.k8s.io", "validatingadmissionpolicybindings", {}, {}});
  if (!scopes.empty()) add(out, {"patch"}, {{}, serving, services, {}, {}});
  return out;
}

std::string review_of(const Access& access) {
  std::string out =
      R"({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":{)";
  const auto slash = std::min(access.resource.find('/'), access.resource.size());
  bool first = true;
  const auto member = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    out += std::string(first ? "\"" : ",\"") + key + "\":";
    append_json_string(out, value);
    first = false;
  };
  member("verb", access.verb);
  member("group", access.group);
  member("resource", access.resource.substr(0, slash));
  member("subresource", slash == access.resource.size() ? "" : access.resource.substr(slash + 1));
  member("namespace", access.ns);
  member("name", access.name);
  return out + "}}}";
}

Result<bool> allowed_by(std::string_view review_json) {
  const auto review = Value::parse(review_json);
  if (!review) return fail(review.error());
  const Value status = (*review)["status"];
  if (!status["allowed"].present()) return fail(Error::invalid("an access review without status.allowed"));
  return status["allowed"].flag();
}

std::string identity_review() { return R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})"; }

std::string user_of(std::string_view review_json) {
  const auto review = Value::parse(review_json);
  return review ? (*review)["status"]["userInfo"]["username"].text() : std::string();
}

std::string stranger(const std::string& user, bool own_credentials, const Namespace& own) {
  const std::string account = "system:serviceaccount:";
  if (own_credentials || user.starts_with(own.empty() ? account : account + own.str() + ":")) return {};
  return user.empty() ? "somebody whom the API server does not name" : user;
}

Findings check_for_stranger(const std::string& who) {
  const std::string asked = "asked as " + escaped(who, 120) + ", who is not canaryd: what canaryd may do ";
  return {{needed_check, Health::unknown, asked + "is not shown", ask_as_canaryd},
          {beyond_check, Health::unknown, asked + "beyond its work is not shown", ask_as_canaryd}};
}

Findings check_needed(const std::vector<Asked>& asked) {
  std::vector<Access> missing;
  std::size_t unknown = 0;
  std::string why;
  for (const auto& each : asked) {
    if (!each.allowed) {
      ++unknown;
      why = each.allowed.error().message;
    } else if (!*each.allowed) {
      missing.push_back(each.access);
    }
  }
  Findings out;
  const char* const id = needed_check;
  for (const auto& each : missing) {
    out.push_back({id, Health::fail, "canaryd may not " + escaped(each.text()),
                   "give its Role or ClusterRole this verb (the chart's has it), and see that the binding names its "
                   "service account"});
  }
  if (unknown > 0) {
    out.push_back({id, Health::unknown, std::to_string(unknown) + " permissions could not be asked for: " + said(why),
                   "run it where the API server answers, with credentials that it takes"});
  }
  if (out.empty()) {
    out.push_back(
        {id, Health::ok, "all " + std::to_string(asked.size()) + " permissions that canaryd needs are there", {}});
  }
  return out;
}

Finding check_not_wanted(const std::vector<Asked>& asked) {
  const char* const id = beyond_check;
  std::vector<std::string> found;
  for (const auto& each : asked) {
    if (!each.allowed) {
      return {id, Health::unknown, "permissions could not be asked for: " + said(each.allowed.error().message),
              "run it where the API server answers, with credentials that it takes"};
    }
    if (*each.allowed) found.push_back(each.access.text());
  }
  if (found.empty()) {
    return {
        id, Health::ok, "none of " + std::to_string(asked.size()) + " permissions that canaryd should not have", {}};
  }
  return {id, Health::warn, "canaryd may do more than its work: " + listed(found),
          "take these verbs from its roles; the chart's give none of them"};
}

}  // namespace canaryd::doctor
