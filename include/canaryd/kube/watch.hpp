#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/kube/api.hpp"

namespace canaryd::kube {

// Where a list or an event left off, as the caller's decoder read it.
struct PageMark {
  std::string resource_version;
  std::string continue_token;  // empty on the last page
};
struct EventMark {
  std::string resource_version;  // empty: keep the former
  int error_code = 0;            // not 0: an ERROR event with this Status code; 410 asks for a new list
};

// What is done with objects: implemented by the caller, which decodes and keeps only what it needs. Called from the
// watch's threads, one thread a scope (a namespace, or all).
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  virtual void list_began(const Namespace& scope) = 0;  // comes again without list_done when a list is begun anew
  virtual Result<PageMark> page(const Namespace& scope, std::string_view body) = 0;
  virtual void list_done(const Namespace& scope) = 0;  // what the list did not name is gone
  virtual Result<EventMark> event(const Namespace& scope, std::string_view line) = 0;
};

// Lists and watches InferenceServices for ever: by pages of 50, then WATCH with bookmarks; a new LIST on 410 and on an
// answer that cannot be read; back-off with full jitter from 0.2 s to 30 s (Retry-After honoured), reset by success.
// A watch that is silent for longer than bookmarks are apart (about 60 s) is opened anew from the last resourceVersion.
class Watch {
 public:
  Watch(KubeApi& api, std::vector<Namespace> scopes, ObjectSink& sink, const Clock& clock, Logger& log,
        Metrics& metrics);
  ~Watch();  // stops
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void start();
  void stop();  // returns when its threads have ended (a second at most)

  // First list of every scope done.
  bool synced() const;
  // True when every scope is listed and its watch is open or was lost less than `grace` ago: the copies may be trusted.
  bool fresh(std::chrono::milliseconds grace = std::chrono::seconds(15)) const;
  // Why it is not synced or fresh, for /readyz: the last error, empty when there is none.
  std::string last_error() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace canaryd::kube
