#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/traffic/rollout.hpp"

// The decoders that `kube` is given: JSON of the API server to checked types. All are pure and safe from any thread;
// each fails with `invalid`, naming the path and what was expected. A field that KServe may omit is absent, not an
// error.
namespace canaryd::traffic {

Result<Rollout> decode_rollout(std::string_view object_json);

// One page of a LIST. An item that cannot be read is skipped and named in `skipped`: one odd object must not blind all.
struct Page {
  std::vector<Rollout> rollouts;
  std::string resource_version;
  std::string continue_token;  // empty on the last page
  std::vector<std::string> skipped;
};
Result<Page> decode_page(std::string_view list_json);

// One line of a WATCH.
enum class EventKind : std::uint8_t { changed, deleted, bookmark, error, skipped };
struct Event {
  EventKind kind = EventKind::error;
  Rollout rollout;               // of changed and deleted
  std::string resource_version;  // of all but error
  int error_code = 0;            // of error: the Status' code (410 asks for a new LIST)
  std::string message;           // of error and skipped
};
Result<Event> decode_event(std::string_view line);

Result<RevisionFacts> decode_revision(std::string_view object_json);

// `message` of a Kubernetes Status body, else the body's beginning: for logs and records; at most 512 bytes.
std::string status_message(std::string_view body);

}  // namespace canaryd::traffic
