#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/kube/api.hpp"

namespace canaryd::engine::testing {

using Json = nlohmann::json;

// Wall time stands still until a test moves it; steady time is real and runs ahead by what a test lets pass, because
// condition variables wait by the real one.
class FakeClock final : public Clock {
 public:
  WallTime now() const override { return WallTime(std::chrono::microseconds(micros_.load())); }
  SteadyTime steady() const override {
    return std::chrono::steady_clock::now() + std::chrono::microseconds(ahead_.load());
  }
  void set(WallTime time) { micros_ = time.time_since_epoch().count(); }
  // Both.
  void pass(std::chrono::microseconds time) {
    micros_ += time.count();
    ahead_ += time.count();
  }

 private:
  std::atomic<std::int64_t> ahead_{0};
  std::atomic<std::int64_t> micros_{1'785'585'600'000'000};  // 2026-08-01T12:00:00Z
};

// An audit log that keeps its records in memory, and can refuse.
class FakeLog final : public audit::AuditLog {
 public:
  Result<std::uint64_t> append(const audit::Record& record) override {
    return append(std::vector<audit::Record>{record});
  }
  Result<std::uint64_t> append(const std::vector<audit::Record>& records) override {
    const std::lock_guard lock(mutex_);
    ++appends;
    for (const auto& record : records) {
      if (refuses_ && refuses_(record)) return fail(Error::io("disk full"));
    }
    records_.insert(records_.end(), records.begin(), records.end());
    return records_.size() - 1;
  }
  Status check() override { return {}; }
  bool writable() const override { return true; }
  const audit::Recovered& recovered() const override { return recovered_; }
  const std::string& log_id() const override { return id_; }
  audit::Progress progress() const override { return {}; }
  void stop_beginning(const std::string&) override {}

  std::vector<audit::Record> records() const {
    const std::lock_guard lock(mutex_);
    return records_;
  }
  // "intent rolled_back, outcome rolled_back": kind and reason of all records about alerts, rehearsals left out.
  std::string story() const {
    std::string out;
    for (const auto& record : records()) {
      if (record.action == "rehearsal") continue;
      out += (out.empty() ? "" : ", ") + std::string(name_of(record.kind)) + " " + record.reason;
      if (record.api && record.kind == audit::Kind::outcome) out += " " + record.api->result;
    }
    return out;
  }

  void refuse(std::function<bool(const audit::Record&)> which) {
    const std::lock_guard lock(mutex_);
    refuses_ = std::move(which);
  }
  audit::Recovered recovered_;
  std::atomic<int> appends{0};  // each of them one fdatasync

 private:
  mutable std::mutex mutex_;
  std::vector<audit::Record> records_;
  std::function<bool(const audit::Record&)> refuses_;
  std::string id_ = "log-1";
};

// One InferenceService behind the API's interface: applies JSON Patches with their tests, as the API server does.
class FakeApi final : public kube::KubeApi {
 public:
  FakeApi() { object = canary(5, 2, 2, 1); }

  static Json canary(int percent, int created, int ready, int rolledout) {
    const auto name = [](int number) { return "iris-predictor-0000" + std::to_string(number); };
    return Json{
        {"apiVersion", "serving.kserve.io/v1beta1"},
        {"kind", "InferenceService"},
        {"metadata",
         {{"name", "iris"},
          {"namespace", "ml"},
          {"uid", "uid-1"},
          {"generation", 5},
          {"resourceVersion", "100"},
          {"managedFields", Json::array()}}},
        {"spec", {{"predictor", {{"canaryTrafficPercent", percent}, {"minReplicas", 1}}}}},
        {"status",
         {{"deploymentMode", "Knative"},
          {"conditions", Json::array({{{"type", "PredictorRouteReady"}, {"status", "True"}},
                                      {{"type", "PredictorReady"}, {"status", "True"}}})},
          {"components",
           {{"predictor",
             {{"latestCreatedRevision", name(created)},
              {"latestReadyRevision", name(ready)},
              {"latestRolledoutRevision", name(rolledout)},
              {"traffic", Json::array({{{"revisionName", name(ready)}, {"percent", percent}},
                                       {{"revisionName", name(rolledout)}, {"percent", 100 - percent}}})}}}}}}}};
  }

  Result<std::string> get_inferenceservice(const Target& target, SteadyTime) override {
    const std::lock_guard lock(mutex);
    ++gets;
    if (get_error) return fail(*get_error);
    if (target.str() != "ml/iris") return fail(Error::not_found("no such service"));
    return object.dump();
  }
  Result<std::string> get_revision(const Namespace&, const Revision& name, SteadyTime) override {
    const std::lock_guard lock(mutex);
    const auto found = revisions.find(name.str());
    if (found == revisions.end()) return fail(Error::not_found("no such revision"));
    return found->second;
  }
  Result<std::string> patch_inferenceservice(const kube::PatchRequest& request) override {
    const std::lock_guard lock(mutex);
    if (request.dry_run) return object.dump();
    ++patches;
    if (before_patch) before_patch(*this);
    if (patch_error && !applies_before_error) return fail(*patch_error);
    try {
      object = object.patch(Json::parse(request.body));
    } catch (const Json::exception& e) {
      Error error{ErrorKind::rejected, e.what()};
      error.http_status = 422;
      return fail(error);
    }
    bump(object["metadata"]["generation"]);
    touch();
    object["metadata"]["managedFields"] =
        Json::array({{{"manager", request.field_manager},
                      {"operation", "Update"},
                      {"time", "2026-08-01T12:00:00Z"},
                      {"fieldsV1", {{"f:spec", {{"f:predictor", {{"f:canaryTrafficPercent", Json::object()}}}}}}}}});
    if (patch_error) return fail(*patch_error);
    return object.dump();
  }
  Result<std::string> get_config_map(const Namespace&, const std::string&, SteadyTime) override {
    const std::lock_guard lock(mutex);
    if (config_map_error) return fail(*config_map_error);
    if (config_map.is_null()) return fail(Error::not_found("no such map"));
    return config_map.dump();
  }
  Result<std::string> create_config_map(const kube::ObjectWrite& write) override {
    const std::lock_guard lock(mutex);
    if (config_map_error) return fail(*config_map_error);
    if (!config_map.is_null()) return fail(Error{ErrorKind::conflict, "it is there"});
    config_map = Json::parse(write.body);
    config_map["metadata"]["resourceVersion"] = "1";
    return config_map.dump();
  }
  Result<std::string> patch_config_map(const kube::ObjectWrite& write) override {
    const std::lock_guard lock(mutex);
    if (config_map_error) return fail(*config_map_error);
    if (config_map.is_null()) return fail(Error::not_found("no such map"));
    try {
      config_map = config_map.patch(Json::parse(write.body));
    } catch (const Json::exception& e) {
      return fail(Error{ErrorKind::rejected, e.what()});
    }
    config_map["metadata"]["resourceVersion"] =
        std::to_string(std::stoi(config_map["metadata"]["resourceVersion"].get<std::string>()) + 1);
    return config_map.dump();
  }
  Result<std::string> create_event(const kube::ObjectWrite& write) override {
    const std::lock_guard lock(mutex);
    events.push_back(Json::parse(write.body));
    return write.body;
  }
  Result<std::string> patch_event(const kube::ObjectWrite& write) override { return write.body; }
  Result<std::string> list_inferenceservices(const Namespace&, const std::string&, SteadyTime) override {
    return fail(Error::unavailable("not used"));
  }
  Status watch_inferenceservices(const Namespace&, const std::string&, const std::atomic<bool>&,
                                 const std::function<bool(std::string_view)>&) override {
    return {};
  }

  // KServe's part: status follows the percent.
  void reconcile() {
    const std::lock_guard lock(mutex);
    auto& component = object["status"]["components"]["predictor"];
    const int percent = object["spec"]["predictor"].value("canaryTrafficPercent", 100);
    if (percent == 100 && component["latestRolledoutRevision"] != component["latestReadyRevision"]) {
      component["previousRolledoutRevision"] = component["latestRolledoutRevision"];
      component["latestRolledoutRevision"] = component["latestReadyRevision"];
    }
    component["traffic"] = Json::array({{{"revisionName", component["latestReadyRevision"]}, {"percent", percent}}});
    if (percent < 100) {
      component["traffic"].push_back(
          {{"revisionName", component["latestRolledoutRevision"]}, {"percent", 100 - percent}});
    }
    touch();
  }
  void become(Json other) {
    const std::lock_guard lock(mutex);
    object = std::move(other);
    touch();
  }
  void answer_config_maps_with(std::optional<Error> error) {
    const std::lock_guard lock(mutex);
    config_map_error = std::move(error);
  }
  // The value under a key of canaryd-state; empty where there is none.
  std::string state_entry(const std::string& key) const {
    const std::lock_guard lock(mutex);
    return config_map.is_null() || !config_map.contains("data") ? "" : config_map["data"].value(key, "");
  }
  void answer_reads_with(std::optional<Error> error) {
    const std::lock_guard lock(mutex);
    get_error = std::move(error);
  }
  std::string text() const {
    const std::lock_guard lock(mutex);
    return object.dump();
  }
  int percent() const {
    const std::lock_guard lock(mutex);
    return object["spec"]["predictor"]["canaryTrafficPercent"];
  }
  void touch() {
    object["metadata"]["resourceVersion"] =
        std::to_string(std::stoi(object["metadata"]["resourceVersion"].get<std::string>()) + 1);
  }

  mutable std::mutex mutex;
  Json object;
  std::map<std::string, std::string> revisions;
  Json config_map;  // canaryd-state
  std::vector<Json> events;
  std::optional<Error> config_map_error;
  std::optional<Error> get_error;
  std::optional<Error> patch_error;
  bool applies_before_error = false;           // the answer is lost, not the patch
  std::function<void(FakeApi&)> before_patch;  // another's write, between the decision and the patch; the mutex is held
  std::atomic<int> gets{0};
  std::atomic<int> patches{0};

 private:
  static void bump(Json& number) { number = number.get<int>() + 1; }
};

}  // namespace canaryd::engine::testing
