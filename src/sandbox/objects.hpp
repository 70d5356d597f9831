#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "event_ages.hpp"
#include "failure.hpp"
#include "field_selector.hpp"
#include "json.hpp"
#include "store.hpp"

namespace canaryd::sandbox {

// The query of a write, as kube-apiserver reads it.
struct WriteOptions {
  std::string manager;  // ?fieldManager, else the User-Agent up to its '/'
  bool dry_run = false;
  bool strict = false;
  bool patched = false;  // set by patch(): the API server words what it cannot decode otherwise
};

struct ListOptions {
  std::size_t limit = 0;  // 0: all
  std::string continue_token;
  FieldSelector selector;
};

// The API server's semantics over the store: validation, generation, managed fields, preconditions, events.
// Safe from any thread.
class Objects {
 public:
  explicit Objects(const Clock& clock) : clock_(clock) {}

  // Called after each write of an InferenceService's main resource, and when one of its Revisions was deleted; outside
  // the lock.
  void on_service_write(std::function<void(const Key&)> listener) { listener_ = std::move(listener); }

  Outcome<std::string> get(const ApiPath& path) const;
  Outcome<std::string> list(const ApiPath& path, const ListOptions& options) const;
  Outcome<std::string> create(const ApiPath& path, std::string_view body, const WriteOptions& options);
  Outcome<std::string> replace(const ApiPath& path, std::string_view body, const WriteOptions& options);
  Outcome<std::string> patch(const ApiPath& path, const std::string& content_type, std::string_view body,
                             const WriteOptions& options);
  Outcome<std::string> remove(const ApiPath& path, const WriteOptions& options);

  // Writes by the cluster's own controllers: `edit` changes a copy; nothing is written when it left it as it was.
  // Creates the object when it is absent and `create` is given.
  void edit(const ApiPath& path, const std::string& manager, const std::function<void(Json&)>& change,
            bool create = false);
  std::optional<Json> read(Kind kind, const Key& key) const;

  // Puts an object as it is, with a new resourceVersion in place of `%RV%`, and without an event: bulk loading.
  void load(Kind kind, const Key& key, std::string text);

  // For watches: what changed after `version`. `wait` at most for the first. `oldest` is the history's floor.
  struct Changes {
    std::vector<StoredEvent> events;
    std::uint64_t version = 0;  // seen up to here
    std::uint64_t floor = 0;    // a `version` below this one has missed events
  };
  Changes changes_after(std::uint64_t version, const ApiPath& path, std::chrono::milliseconds wait) const;
  // What exists now, for a watch that begins without a resourceVersion.
  struct Snapshot {
    std::vector<std::string> texts;
    std::uint64_t version = 0;
  };
  Snapshot snapshot(const ApiPath& path) const;
  void forget_history();

  // Deletes the Events whose hour has passed (kube-apiserver's --event-ttl), and the oldest above the most that are
  // kept.
  void expire_events();

 private:
  Outcome<std::string> write(const ApiPath& path, const Json& before, Json after, const WriteOptions& options);
  std::string store(const ApiPath& path, Json object);
  void erase(const ApiPath& path, Json last);
  std::string now_text() const;

  const Clock& clock_;
  std::function<void(const Key&)> listener_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Store store_;
  EventAges event_ages_;
};

}  // namespace canaryd::sandbox
