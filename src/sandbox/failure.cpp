#include "failure.hpp"

#include "json.hpp"

namespace canaryd::sandbox {

namespace {

Failure about(const Resource& resource, const std::string& name, int code, std::string reason, std::string message) {
  return {code, std::move(reason), std::move(message), std::string(resource.group), std::string(resource.plural), name};
}

}  // namespace

std::string Failure::body() const {
  Json details = Json::object();
  if (!name.empty()) details["name"] = name;
  if (!group.empty()) details["group"] = group;
  if (!plural.empty()) details["kind"] = plural;
  Json status{{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
              {"status", "Failure"}, {"message", message}, {"reason", reason},
              {"code", code}};
  if (!details.empty()) status["details"] = std::move(details);
  return dump(status);
}

Failure Failure::not_found(const Resource& resource, const std::string& name) {
  return about(resource, name, 404, "NotFound", resource.qualified() + " \"" + name + "\" not found");
}
Failure Failure::already_exists(const Resource& resource, const std::string& name) {
  return about(resource, name, 409, "AlreadyExists", resource.qualified() + " \"" + name + "\" already exists");
}
Failure Failure::modified(const Resource& resource, const std::string& name) {
  return about(resource, name, 409, "Conflict",
               "Operation cannot be fulfilled on " + resource.qualified() + " \"" + name +
                   "\": the object has been modified; please apply your changes to the latest version and try again");
}
Failure Failure::bad_request(std::string message) { return {400, "BadRequest", std::move(message), "", "", ""}; }
Failure Failure::invalid(const Resource& resource, const std::string& name, const std::string& what) {
  Failure failure =
      about(resource, name, 422, "Invalid", resource.qualified_kind() + " \"" + name + "\" is invalid: " + what);
  failure.plural = resource.singular;
  return failure;
}
Failure Failure::undecodable(std::string_view kind, const std::string& what) {
  const std::string name(kind);
  return bad_request(name + " in version \"v1\" cannot be handled as a " + name + ": " + what);
}
Failure Failure::undecodable_patch(const std::string& object, const std::string& what) {
  return {422, "Invalid", " \"\" is invalid: patch: Invalid value: " + dump(Json(object)) + ": " + what, "", "", ""};
}
Failure Failure::patch_failed() {
  return {422, "Invalid", "the server rejected our request due to an error in our request", "", "", ""};
}
Failure Failure::method_not_allowed() {
  return {405, "MethodNotAllowed", "the server does not allow this method on the requested resource", "", "", ""};
}
Failure Failure::unsupported_media_type() {
  return {415,
          "UnsupportedMediaType",
          "the body of the request was in an unknown format - accepted media types include: "
          "application/json-patch+json, application/merge-patch+json",
          "",
          "",
          ""};
}
Failure Failure::expired(std::string message) { return {410, "Expired", std::move(message), "", "", ""}; }

}  // namespace canaryd::sandbox
