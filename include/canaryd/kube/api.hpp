#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/kube/settings.hpp"

namespace canaryd::kube {

// A guarded write: one JSON Patch on one InferenceService.
struct PatchRequest {
  Target target;
  std::string body;           // RFC 6902
  std::string field_manager;  // "canaryd/<instance>"
  bool dry_run = false;       // ?dryRun=All
  SteadyTime deadline;        // of the exchange; the server's own limit is ?timeout=5s
};

// A write to one small object in a namespace: canaryd-state, or an Event. Nothing of it is put on the wire twice.
struct ObjectWrite {
  Namespace ns;
  std::string name;           // of a patch; a create has it in the body
  std::string body;           // JSON of the object, or an RFC 6902 patch
  std::string field_manager;  // "canaryd/<instance>"
  SteadyTime deadline;
};

// The seam to the API server (tests replace it). Answers are the bodies, as text: the caller's decoder reads them; of
// an error answer the `message` is the body's text (bounded at 4 kB), `http_status` its status. Kinds: not_found (404),
// unauthenticated (401), forbidden (403), conflict (409), gone (410), rejected (422, and 400 as `invalid`), throttled
// (429, with its Retry-After), unavailable (no answer to a read; 5xx to a read; a patch that cannot have been sent),
// outcome_unknown (a patch that was sent: a 5xx, or no whole answer). Safe from any thread.
class KubeApi {
 public:
  virtual ~KubeApi() = default;
  virtual Result<std::string> get_inferenceservice(const Target& target, SteadyTime deadline) = 0;
  virtual Result<std::string> get_revision(const Namespace& ns, const Revision& name, SteadyTime deadline) = 0;
  virtual Result<std::string> patch_inferenceservice(const PatchRequest& request) = 0;

  virtual Result<std::string> get_config_map(const Namespace& ns, const std::string& name, SteadyTime deadline) = 0;
  virtual Result<std::string> create_config_map(const ObjectWrite& write) = 0;  // conflict: it is there already
  virtual Result<std::string> patch_config_map(const ObjectWrite& write) = 0;
  virtual Result<std::string> create_event(const ObjectWrite& write) = 0;  // core/v1
  virtual Result<std::string> patch_event(const ObjectWrite& write) = 0;

  // One page of a LIST (limit=50) of one namespace, of all when it is empty. The first page of a list carries an empty
  // `continue_token`.
  virtual Result<std::string> list_inferenceservices(const Namespace& ns, const std::string& continue_token,
                                                     SteadyTime deadline) = 0;
  // The same, but ends soon (100 ms) after `stop` became true (`cancelled`); without an override it waits for the
  // answer.
  virtual Result<std::string> list_until_stopped(const Namespace& ns, const std::string& continue_token,
                                                 SteadyTime deadline, const std::atomic<bool>& stop);
  // A WATCH with bookmarks from `resource_version`; blocks until it ends (the server's limit is 270 to 310 s, chosen at
  // random). `on_line` returns false to end it. An empty line, which no event is, says that the server answered 200 and
  // the watch is open. `unavailable` after 75 s without a byte; `cancelled` soon (100 ms) after `stop` became true.
  virtual Status watch_inferenceservices(const Namespace& ns, const std::string& resource_version,
                                         const std::atomic<bool>& stop,
                                         const std::function<bool(std::string_view)>& on_line) = 0;
};

// Connects the settings: reads the kubeconfig or the service account's files. Tokens are read again when their file
// changes (a bound service account token is rotated each hour). Errors: `invalid` with file and key, `io`. An exec
// plugin or auth-provider in a kubeconfig is refused with the advice to use `kubectl proxy`.
Result<std::unique_ptr<KubeApi>> connect(const ClusterSettings& settings);

// Percent-encodes one path segment or query value.
std::string url_encoded(std::string_view text);

}  // namespace canaryd::kube
