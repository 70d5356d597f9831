#include "canaryd/traffic/decode.hpp"

#include <utility>

#include "json_reader.hpp"
#include "rollout_reader.hpp"
#include "shapes.hpp"

namespace canaryd::traffic {

namespace {

constexpr std::size_t max_status_message = 512;

// `value` when nothing was wrong; what was wrong is an Error.
template <class T>
Result<T> judged(T value, const Problem& problem) {
  if (!problem.text.empty()) return fail(Error::invalid(problem.text));
  return value;
}

// Of an object that cannot be read: "ml/iris", as far as it says.
std::string named(const Field& object) {
  Problem ignored;
  const Field metadata = object.judged_by(ignored)["metadata"];
  return metadata["namespace"].text() + "/" + metadata["name"].text();
}

Result<Event> read_error(const Field& object) {
  Event event;
  event.kind = EventKind::error;
  Problem ignored;
  const std::int64_t code = object.judged_by(ignored)["code"].integer().value_or(0);
  event.error_code = code > 0 && code < 1000 ? static_cast<int>(code) : 500;
  event.message = cut(object.judged_by(ignored)["message"].text(), max_status_message);
  return event;
}

Event read_change(const Field& object, EventKind kind) {
  Event event;
  event.kind = kind;
  Problem identity;
  read_identity(object.judged_by(identity)["metadata"], event.rollout);
  Problem problem;
  Rollout rollout = read_rollout(object.judged_by(problem));
  if (problem.text.empty()) {
    event.rollout = std::move(rollout);
  } else if (kind != EventKind::deleted || !identity.text.empty()) {
    // Of a deleted object its identity is enough.
    event.kind = EventKind::skipped;
    event.message = named(object) + ": " + problem.text;
  }
  return event;
}

}  // namespace

Result<Rollout> decode_rollout(std::string_view object_json) {
  const Result<Document> document = Document::parse(object_json, object_shape);
  if (!document) return fail(document.error());
  Problem problem;
  Rollout rollout = read_rollout(document->root(problem));
  return judged(std::move(rollout), problem);
}

Result<Page> decode_page(std::string_view list_json) {
  const Result<Document> document = Document::parse(list_json, page_shape);
  if (!document) return fail(document.error());
  Problem problem;
  const Field root = document->root(problem);
  Page page;
  const Field items = root["items"];
  // An answer without items must not be taken for an empty cluster.
  if (!items.present()) items.expected("an array");
  page.resource_version = root["metadata"]["resourceVersion"].text();
  if (page.resource_version.empty()) root["metadata"]["resourceVersion"].expected("a string that is not empty");
  page.continue_token = root["metadata"]["continue"].text();
  const std::vector<Field> objects = items.items();
  page.rollouts.reserve(objects.size());
  for (const Field& object : objects) {
    Problem own;
    Rollout rollout = read_rollout(object.judged_by(own));
    if (own.text.empty()) {
      page.rollouts.push_back(std::move(rollout));
    } else {
      page.skipped.push_back(named(object) + ": " + own.text);
    }
  }
  return judged(std::move(page), problem);
}

Result<Event> decode_event(std::string_view line) {
  const Result<Document> document = Document::parse(line, event_shape);
  if (!document) return fail(document.error());
  Problem problem;
  const Field root = document->root(problem);
  const Field object = root["object"];
  const std::string type = root["type"].text();
  if (!object.is_object()) object.expected("an object");
  if (type == "ERROR" && problem.text.empty()) return read_error(object);
  Event event;
  if (type == "ADDED" || type == "MODIFIED") {
    event = read_change(object, EventKind::changed);
  } else if (type == "DELETED") {
    event = read_change(object, EventKind::deleted);
  } else if (type == "BOOKMARK") {
    event.kind = EventKind::bookmark;
  } else {
    root["type"].expected("ADDED, MODIFIED, DELETED, BOOKMARK or ERROR");
  }
  const Field version = object["metadata"]["resourceVersion"];
  event.resource_version = version.text();
  if (event.resource_version.empty()) version.expected("a string that is not empty");
  return judged(std::move(event), problem);
}

Result<RevisionFacts> decode_revision(std::string_view object_json) {
  const Result<Document> document = Document::parse(object_json, object_shape);
  if (!document) return fail(document.error());
  Problem problem;
  const Field root = document->root(problem);
  RevisionFacts facts;
  const Field name = root["metadata"]["name"];
  facts.name = read_revision(name);
  if (facts.name.empty()) name.expected("the name of a Revision");
  facts.created = root["metadata"]["creationTimestamp"].time();
  const std::optional<Field> ready = find_condition(root["status"]["conditions"].items(), "Ready");
  if (ready) {
    facts.ready = read_condition_status((*ready)["status"]);
    facts.ready_reason = cut((*ready)["reason"].text(), max_message);
    facts.ready_message = cut((*ready)["message"].text(), max_message);
    facts.ready_since = (*ready)["lastTransitionTime"].time();
  }
  return judged(std::move(facts), problem);
}

std::string status_message(std::string_view body) {
  const Result<Document> document = Document::parse(body, message_shape);
  if (document) {
    Problem ignored;
    const Field root = document->root(ignored);
    const std::string message = root.is_object() ? root["message"].text() : std::string();
    if (!message.empty()) return std::string(cut(message, max_status_message));
  }
  return std::string(cut(body, max_status_message));
}

}  // namespace canaryd::traffic
