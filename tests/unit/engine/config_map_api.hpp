#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "canaryd/kube/api.hpp"

namespace canaryd::engine::testing {

// An API server with one ConfigMap: it applies JSON Patches whole or not at all, and each write gives a new
// resourceVersion. Safe from any thread.
class ConfigMapApi final : public kube::KubeApi {
 public:
  using Json = nlohmann::json;

  Result<std::string> get_config_map(const Namespace&, const std::string&, SteadyTime) override {
    const std::lock_guard lock(mutex_);
    ++gets;
    if (read_error) return fail(*read_error);
    if (!map_) return fail(error(ErrorKind::not_found, 404));
    return map_->dump();
  }
  Result<std::string> create_config_map(const kube::ObjectWrite& write) override {
    const std::lock_guard lock(mutex_);
    ++creates;
    if (create_error) return fail(*create_error);
    if (map_) return fail(error(ErrorKind::conflict, 409));
    map_ = Json::parse(write.body);
    touch();
    return map_->dump();
  }
  Result<std::string> patch_config_map(const kube::ObjectWrite& write) override {
    if (before_patch) before_patch();
    const std::lock_guard lock(mutex_);
    ++patches;
    if (patch_error && !applies_before_error) return fail(*patch_error);
    if (!map_) return fail(error(ErrorKind::not_found, 404));
    try {
      map_ = map_->patch(Json::parse(write.body));
    } catch (const Json::exception&) {
      return fail(error(ErrorKind::rejected, 422));
    }
    touch();
    if (patch_error) return fail(*patch_error);
    return map_->dump();
  }

  // What a person does with kubectl.
  void edit(const std::function<void(Json& data)>& change) {
    const std::lock_guard lock(mutex_);
    if (!map_) map_ = Json{{"metadata", {{"name", "canaryd-state"}}}};
    if (!map_->contains("data")) (*map_)["data"] = Json::object();
    change((*map_)["data"]);
    touch();
  }
  void remove_map() {
    const std::lock_guard lock(mutex_);
    map_.reset();
  }
  Json data() const {
    const std::lock_guard lock(mutex_);
    return map_ && map_->contains("data") ? (*map_)["data"] : Json::object();
  }
  static Error error(ErrorKind kind, int status) { return {kind, "no", status}; }

  // To be set while nobody calls.
  std::optional<Error> read_error;
  std::optional<Error> create_error;
  std::optional<Error> patch_error;
  bool applies_before_error = false;   // the answer is lost, not the patch
  std::function<void()> before_patch;  // another's write, between a read and the patch
  std::atomic<int> gets{0};
  std::atomic<int> creates{0};
  std::atomic<int> patches{0};

  Result<std::string> get_inferenceservice(const Target&, SteadyTime) override { return unused(); }
  Result<std::string> get_revision(const Namespace&, const Revision&, SteadyTime) override { return unused(); }
  Result<std::string> patch_inferenceservice(const kube::PatchRequest&) override { return unused(); }
  Result<std::string> create_event(const kube::ObjectWrite&) override { return unused(); }
  Result<std::string> patch_event(const kube::ObjectWrite&) override { return unused(); }
  Result<std::string> list_inferenceservices(const Namespace&, const std::string&, SteadyTime) override {
    return unused();
  }
  Status watch_inferenceservices(const Namespace&, const std::string&, const std::atomic<bool>&,
                                 const std::function<bool(std::string_view)>&) override {
    return {};
  }

 private:
  static Result<std::string> unused() { return fail(Error::unavailable("not used")); }
  void touch() { (*map_)["metadata"]["resourceVersion"] = std::to_string(++version_); }

  mutable std::mutex mutex_;
  std::optional<Json> map_;
  int version_ = 40;
};

}  // namespace canaryd::engine::testing
