#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "canaryd/kube/api.hpp"
#include "knative_model.hpp"
#include "look.hpp"
#include "manual_clock.hpp"

namespace canaryd::property {

// How the API server misbehaves towards canaryd; people and controllers are not troubled.
enum class Trouble : std::uint8_t {
  none,
  unavailable,  // nothing is sent
  forbidden,
  throttled,
  conflict,      // 409 to writes
  rejected,      // 422 to writes although every test holds
  answer_lost,   // writes are applied, their answer is lost
  request_lost,  // writes are lost, and nobody can tell
  request_late,  // likewise, and those of the last seconds arrive when the trouble is over
  slow,          // each call takes 2 s
  too_slow,      // no call ends in time: writes are applied, and their answer does not come
  last = too_slow
};
const char* name_of(Trouble trouble);

// What canaryd wrote into an InferenceService.
struct Write {
  std::string manager;
  Target target;
  std::string patch;
  ServiceLook before;
  ServiceLook after;
  bool traffic_only = true;  // nothing else was changed
  bool late = false;         // it was sent some seconds ago, and its answer given up
};

// An API server with KServe behind it, in memory. Safe from any thread: the hooks are called with its mutex held.
class ModelCluster final : public kube::KubeApi {
 public:
  explicit ModelCluster(ManualClock& clock);
  ~ModelCluster() override;

  // Held while the hooks are called, and by all that looks at the truth: one mutex, so that no two can cross.
  std::recursive_mutex& mutex() const { return mutex_; }

  // People and machines other than canaryd.
  void create_service(const std::string& name, bool with_transformer);
  void delete_service(const std::string& name);
  void apply_model(const std::string& name, const std::string& component, std::optional<std::int64_t> percent,
                   bool keeps_percent, bool sick, bool starts);
  void set_percent(const std::string& name, const std::string& component, std::optional<std::int64_t> percent,
                   const std::string& manager);
  void annotate(const std::string& name);
  void set_state(const std::string& name, const std::string& component, const std::string& revision,
                 ModelRevision::State state);
  void delete_revision(const std::string& name, const std::string& component, const std::string& revision);
  void edit_state(const std::string& key, std::optional<std::string> value);  // kubectl edit configmap
  bool reconcile(const std::string& name);                                    // one round
  void reconcile_all(int rounds = 8);

  // The truth.
  bool exists(const std::string& name) const;
  SteadyTime changed_at(const std::string& name) const;  // when its percents or revisions last changed
  ServiceLook look(const std::string& name) const;
  std::vector<Look> looks(const std::string& name) const;  // its components
  std::string text(const std::string& name) const;
  std::vector<std::string> names() const;
  std::optional<ModelRevision> revision(const std::string& name) const;
  std::map<std::string, std::string> state_data() const;
  // What KServe makes of the object as it stands, on a copy; nullopt where it cannot move the traffic.
  std::optional<ServiceLook> preview(const std::string& name) const;
  std::string page() const;
  // Lines of the watch from this one on.
  std::vector<std::string> events_since(std::size_t& position) const;

  void set_trouble(Trouble trouble);  // what is late arrives when it ends
  void set_state_trouble(Trouble trouble);
  Trouble trouble() const;
  Trouble state_trouble() const;
  std::function<void(const kube::PatchRequest&)> before_patch;  // each PATCH that is no dry run
  std::function<void(const Write&)> after_write;                // each of them that was applied
  std::function<void()> race_once;                              // another's write just before the next PATCH is applied
  std::function<void(const Target&)> on_read;

  Result<std::string> get_inferenceservice(const Target& target, SteadyTime deadline) override;
  Result<std::string> get_revision(const Namespace& ns, const Revision& name, SteadyTime deadline) override;
  Result<std::string> patch_inferenceservice(const kube::PatchRequest& request) override;
  Result<std::string> get_config_map(const Namespace& ns, const std::string& name, SteadyTime deadline) override;
  Result<std::string> create_config_map(const kube::ObjectWrite& write) override;
  Result<std::string> patch_config_map(const kube::ObjectWrite& write) override;
  Result<std::string> create_event(const kube::ObjectWrite& write) override;
  Result<std::string> patch_event(const kube::ObjectWrite& write) override;
  Result<std::string> list_inferenceservices(const Namespace& ns, const std::string& token, SteadyTime) override;
  Status watch_inferenceservices(const Namespace&, const std::string&, const std::atomic<bool>&,
                                 const std::function<bool(std::string_view)>&) override;

 private:
  struct Service;
  Service& at(const std::string& name) const { return *services_.at(name); }
  static KnativeModel& component_of(Service& service, const std::string& component);
  void store(Service& service, Json& next, const std::string& manager, const char* type = "MODIFIED");
  void own(Service& service, const Json& next, const std::string& manager) const;
  void say(const char* type, const Json& object);
  std::optional<Error> hinder(Trouble trouble, bool write, SteadyTime deadline);
  Result<std::string> apply(const kube::PatchRequest& request, bool late);

  ManualClock& clock_;
  mutable std::recursive_mutex mutex_;
  std::map<std::string, std::unique_ptr<Service>> services_;
  std::string state_;  // the ConfigMap; empty: there is none
  std::vector<std::string> events_;
  std::int64_t version_ = 100;
  int uids_ = 0;
  Trouble trouble_ = Trouble::none;
  Trouble state_trouble_ = Trouble::none;
  std::vector<std::pair<SteadyTime, kube::PatchRequest>> late_;
};

inline const Namespace home = Namespace("ml");

}  // namespace canaryd::property
