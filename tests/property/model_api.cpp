#include <algorithm>
#include <utility>

#include "model_service.hpp"

// What canaryd sees of the model: the API server's answers, and its bad days.
namespace canaryd::property {

namespace {

Error answered(ErrorKind kind, int status, std::string message) { return {kind, std::move(message), status}; }

Error not_there(const std::string& what) { return answered(ErrorKind::not_found, 404, what + " not found"); }

constexpr std::string_view lost = "no answer";
constexpr auto latest = std::chrono::seconds(25);  // the patch has a timeout of its own

// RFC 6902 as the API server reads it: `test` with null passes on what is absent.
Result<Json> patched(const Json& object, const std::string& patch) {
  try {
    Json operations = Json::array();
    for (const auto& operation : Json::parse(patch)) {
      const bool absent = !object.contains(Json::json_pointer(operation.at("path").get<std::string>()));
      if (operation.at("op") == "test" && absent && operation.at("value").is_null()) continue;
      operations.push_back(operation);
    }
    return object.patch(operations);
  } catch (const Json::exception& e) {
    return fail(answered(ErrorKind::rejected, 422, e.what()));
  }
}

}  // namespace

void ModelCluster::set_trouble(Trouble trouble) {
  const std::lock_guard lock(mutex_);
  trouble_ = trouble;
  if (trouble_ != Trouble::none) return;
  for (const auto& [sent, request] : std::exchange(late_, {})) {
    if (clock_.steady() - sent < latest) static_cast<void>(apply(request, true));
  }
}

void ModelCluster::set_state_trouble(Trouble trouble) {
  const std::lock_guard lock(mutex_);
  state_trouble_ = trouble;
}

Trouble ModelCluster::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

Trouble ModelCluster::state_trouble() const {
  const std::lock_guard lock(mutex_);
  return state_trouble_;
}

// The trouble that hits before anything is done; time passes where it is slow.
std::optional<Error> ModelCluster::hinder(Trouble trouble, bool write, SteadyTime deadline) {
  switch (trouble) {
    case Trouble::unavailable:
      return Error::unavailable("connection refused");
    case Trouble::forbidden:
      return answered(ErrorKind::forbidden, 403, "forbidden");
    case Trouble::throttled:
      return answered(ErrorKind::throttled, 429, "too many requests");
    case Trouble::conflict:
      return write ? std::optional(answered(ErrorKind::conflict, 409, "conflict")) : std::nullopt;
    case Trouble::rejected:
      return write ? std::optional(answered(ErrorKind::rejected, 422, "denied by a policy")) : std::nullopt;
    case Trouble::slow:
      clock_.pass_until(std::min(clock_.steady() + std::chrono::seconds(2), deadline));
      break;
    case Trouble::too_slow:
      clock_.pass_until(deadline);
      return write ? std::nullopt : std::optional(Error::unavailable(std::string(lost)));
    default:
      break;
  }
  if (!write && clock_.steady() >= deadline) return Error::unavailable(std::string(lost));
  return std::nullopt;
}

Result<std::string> ModelCluster::get_inferenceservice(const Target& target, SteadyTime deadline) {
  const std::lock_guard lock(mutex_);
  if (on_read) on_read(target);
  if (const auto error = hinder(trouble_, false, deadline)) return fail(*error);
  const auto found = services_.find(target.name.str());
  if (target.ns != home || found == services_.end()) return fail(not_there(target.str()));
  return found->second->object.dump();
}

Result<std::string> ModelCluster::get_revision(const Namespace& ns, const Revision& name, SteadyTime deadline) {
  const std::lock_guard lock(mutex_);
  if (const auto error = hinder(trouble_, false, deadline)) return fail(*error);
  const auto found = revision(name.str());
  if (ns != home || !found || found->deleted) return fail(not_there(name.str()));
  return revision_json(*found);
}

Result<std::string> ModelCluster::patch_inferenceservice(const kube::PatchRequest& request) {
  const std::lock_guard lock(mutex_);
  if (!request.dry_run && before_patch) before_patch(request);
  const Trouble trouble = trouble_;
  if (const auto error = hinder(trouble, true, request.deadline)) return fail(*error);
  if (!request.dry_run && race_once) std::exchange(race_once, nullptr)();
  const auto lost_answer = [] { return fail(Error::outcome_unknown(std::string(lost))); };
  if (!request.dry_run && trouble == Trouble::request_late) late_.emplace_back(clock_.steady(), request);
  if (trouble == Trouble::request_late || trouble == Trouble::request_lost) return lost_answer();
  auto answer = apply(request, false);
  if (trouble == Trouble::answer_lost || clock_.steady() >= request.deadline) return lost_answer();
  return answer;
}

Result<std::string> ModelCluster::apply(const kube::PatchRequest& request, bool late) {
  const auto found = services_.find(request.target.name.str());
  if (request.target.ns != home || found == services_.end()) return fail(not_there(request.target.str()));
  Service& service = *found->second;
  auto next = patched(service.object, request.body);
  if (!next) return fail(next.error());
  if (request.dry_run) return next->dump();
  const Json before = service.object;
  store(service, *next, request.field_manager);
  if (after_write) {
    after_write({request.field_manager, request.target, request.body, look_at(before), look_at(service.object),
                 differ_in_traffic_only(before, service.object), late});
  }
  return service.object.dump();
}

Result<std::string> ModelCluster::get_config_map(const Namespace&, const std::string& name, SteadyTime deadline) {
  const std::lock_guard lock(mutex_);
  if (const auto error = hinder(state_trouble_, false, deadline)) return fail(*error);
  return state_.empty() ? fail(not_there(name)) : Result<std::string>(state_);
}

Result<std::string> ModelCluster::create_config_map(const kube::ObjectWrite& write) {
  const std::lock_guard lock(mutex_);
  if (const auto error = hinder(state_trouble_, true, write.deadline)) return fail(*error);
  if (!state_.empty()) return fail(answered(ErrorKind::conflict, 409, "already exists"));
  Json state = Json::parse(write.body);
  state["metadata"]["resourceVersion"] = std::to_string(++version_);
  return state_ = state.dump();
}

Result<std::string> ModelCluster::patch_config_map(const kube::ObjectWrite& write) {
  const std::lock_guard lock(mutex_);
  if (const auto error = hinder(state_trouble_, true, write.deadline)) return fail(*error);
  if (state_.empty()) return fail(not_there(write.name));
  auto next = patched(Json::parse(state_), write.body);
  if (!next) return fail(next.error());
  (*next)["metadata"]["resourceVersion"] = std::to_string(++version_);
  return state_ = next->dump();
}

Result<std::string> ModelCluster::create_event(const kube::ObjectWrite& write) {
  const std::lock_guard lock(mutex_);
  if (const auto error = hinder(trouble_, true, write.deadline)) return fail(*error);
  return write.body;
}

Result<std::string> ModelCluster::patch_event(const kube::ObjectWrite& write) { return create_event(write); }

Result<std::string> ModelCluster::list_inferenceservices(const Namespace&, const std::string&, SteadyTime) {
  return page();
}

Status ModelCluster::watch_inferenceservices(const Namespace&, const std::string&, const std::atomic<bool>&,
                                             const std::function<bool(std::string_view)>&) {
  return fail(Error::unavailable("events are put into the sink by hand"));
}

}  // namespace canaryd::property
