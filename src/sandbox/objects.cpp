#include "objects.hpp"

#include "canaryd/base/random.hpp"
#include "canaryd/base/time_text.hpp"
#include "core_schema.hpp"
#include "json_patch.hpp"
#include "managed_fields.hpp"
#include "schema.hpp"

namespace canaryd::sandbox {

namespace {

std::string new_uid() {
  std::string hex = random_id();
  for (const std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, "-");
  return hex;
}

Outcome<Json> checked(const ApiPath& path, Json object, const WriteOptions& options) {
  const std::string name = text_member(member(object, "metadata"), "name");
  if (path.resource->kind == Kind::inference_service) return checked_service(std::move(object), name, options.strict);
  const CoreWrite write{name, path.ns, options.strict, options.patched};
  if (path.resource->kind == Kind::config_map) return checked_config_map(std::move(object), write);
  if (path.resource->kind == Kind::event) return checked_event(std::move(object), write);
  return object;
}

// What a write cannot change whatever it says.
void keep_server_fields(const Json& before, Json& after) {
  Json& metadata = after["metadata"];
  const Json& old = before["metadata"];
  for (const char* name : {"uid", "creationTimestamp", "generation", "managedFields", "namespace"}) {
    if (old.contains(name)) {
      metadata[name] = old[name];
    } else {
      metadata.erase(name);
    }
  }
}

// A write to the main resource leaves status alone, one to the status subresource everything else.
Json restricted(const ApiPath& path, const Json& before, Json after) {
  if (!path.resource->custom) return after;
  const Json status = member(path.status ? after : before, "status");
  Json result = before;
  if (path.status) {
    result["metadata"]["resourceVersion"] = member(member(after, "metadata"), "resourceVersion");
  } else {
    result = std::move(after);
  }
  if (status.is_null()) {
    result.erase("status");
  } else {
    result["status"] = status;
  }
  return result;
}

Outcome<Json> parsed_object(std::string_view body) {
  auto object = parse_json(body);
  if (!object || !object->is_object()) return refuse(Failure::bad_request("the object provided is unrecognized"));
  return std::move(*object);
}

bool generation_moves(const Json& before, const Json& after) {
  const auto content = [](const Json& object) {
    Json rest = object;
    rest.erase("metadata");
    rest.erase("status");
    return rest;
  };
  return content(before) != content(after);
}

}  // namespace

std::string Objects::now_text() const {
  return to_rfc3339(clock_.now()).substr(0, 19) + "Z";  // Kubernetes' metav1.Time has whole seconds
}

Outcome<std::string> Objects::get(const ApiPath& path) const {
  const std::lock_guard lock(mutex_);
  const std::string* text = store_.find(path.resource->kind, path.key());
  if (text == nullptr) return refuse(Failure::not_found(*path.resource, path.name));
  return *text;
}

std::optional<Json> Objects::read(Kind kind, const Key& key) const {
  const std::lock_guard lock(mutex_);
  const std::string* text = store_.find(kind, key);
  return text == nullptr ? std::nullopt : parse_json(*text);
}

std::string Objects::store(const ApiPath& path, Json object) {
  object["metadata"]["resourceVersion"] = std::to_string(store_.next_version());
  std::string text = dump(object);
  store_.put(path.resource->kind, path.key(), text);
  if (path.resource->kind == Kind::event) event_ages_.written(path.key(), clock_.steady());
  changed_.notify_all();
  return text;
}

Outcome<std::string> Objects::create(const ApiPath& path, std::string_view body, const WriteOptions& options) {
  auto object = parsed_object(body);
  if (!object) return refuse(object.error());
  ApiPath target = path;
  Json& metadata = (*object)["metadata"];
  target.name = text_member(metadata, "name");
  if (target.name.empty()) {
    return refuse(
        Failure::invalid(*path.resource, "", "metadata.name: Required value: name or generateName is required"));
  }
  const std::string stated = text_member(metadata, "namespace");
  if (!stated.empty() && stated != path.ns) {
    return refuse(
        Failure::bad_request("the namespace of the provided object does not match the namespace sent on the request"));
  }
  auto valid = checked(target, std::move(*object), options);
  if (!valid) return refuse(valid.error());
  Json& created = *valid;
  created["apiVersion"] = path.resource->api_version();
  created["kind"] = path.resource->singular;
  if (path.resource->custom) {
    created.erase("status");
    created["metadata"]["generation"] = 1;
  }
  for (const char* name : {"resourceVersion", "managedFields"}) created["metadata"].erase(name);
  created["metadata"]["namespace"] = path.ns;
  created["metadata"]["uid"] = new_uid();
  created["metadata"]["creationTimestamp"] = now_text();
  update_managed_fields(nullptr, created, {options.manager, path.resource->api_version(), false, now_text()});
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    if (store_.find(path.resource->kind, target.key()) != nullptr) {
      return refuse(Failure::already_exists(*path.resource, target.name));
    }
    if (options.dry_run) return dump(created);
    text = store(target, std::move(created));
  }
  if (listener_ && path.resource->kind == Kind::inference_service) listener_(target.key());
  return text;
}

// The lock is held. `after` has been made from `before` by the client.
Outcome<std::string> Objects::write(const ApiPath& path, const Json& before, Json after, const WriteOptions& options) {
  if (!after["metadata"].is_object()) after["metadata"] = Json::object();
  const std::string name = text_member(after["metadata"], "name");
  if (name != path.name) {
    return refuse(Failure::bad_request("the name of the object (" + name + ") does not match the name on the URL (" +
                                       path.name + ")"));
  }
  after = restricted(path, before, std::move(after));
  const std::string& current = before["metadata"]["resourceVersion"].get_ref<const std::string&>();
  const std::string stated = text_member(after["metadata"], "resourceVersion");
  if (!stated.empty() && stated != current) return refuse(Failure::modified(*path.resource, path.name));
  after["metadata"]["resourceVersion"] = current;
  keep_server_fields(before, after);
  auto valid = checked(path, std::move(after), options);
  if (!valid) return refuse(valid.error());
  if (path.resource->custom && generation_moves(before, *valid)) {
    (*valid)["metadata"]["generation"] = before["metadata"]["generation"].get<std::int64_t>() + 1;
  }
  update_managed_fields(before, *valid, {options.manager, path.resource->api_version(), path.status, now_text()});
  if (options.dry_run || *valid == before) return dump(*valid);
  return store(path, std::move(*valid));
}

Outcome<std::string> Objects::replace(const ApiPath& path, std::string_view body, const WriteOptions& options) {
  auto object = parsed_object(body);
  if (!object) return refuse(object.error());
  if (path.resource->custom && text_member(member(*object, "metadata"), "resourceVersion").empty()) {
    return refuse(Failure::invalid(*path.resource, path.name,
                                   "metadata.resourceVersion: Invalid value: 0: must be specified for an update"));
  }
  Outcome<std::string> text;
  {
    const std::lock_guard lock(mutex_);
    const std::string* found = store_.find(path.resource->kind, path.key());
    if (found == nullptr) return refuse(Failure::not_found(*path.resource, path.name));
    text = write(path, *parse_json(*found), std::move(*object), options);
  }
  if (text && !options.dry_run && !path.status && listener_ && path.resource->kind == Kind::inference_service) {
    listener_(path.key());
  }
  return text;
}

Outcome<std::string> Objects::patch(const ApiPath& path, const std::string& content_type, std::string_view body,
                                    const WriteOptions& options) {
  const bool json_patch = content_type == "application/json-patch+json";
  if (!json_patch && content_type != "application/merge-patch+json") return refuse(Failure::unsupported_media_type());
  Outcome<std::string> text;
  {
    const std::lock_guard lock(mutex_);
    const std::string* found = store_.find(path.resource->kind, path.key());
    if (found == nullptr) return refuse(Failure::not_found(*path.resource, path.name));
    const Json before = *parse_json(*found);
    auto after = json_patch ? apply_json_patch(before, body) : apply_merge_patch(before, body);
    if (!after) return refuse(after.error());
    if (!after->is_object()) return refuse(Failure::patch_failed());
    WriteOptions patched = options;
    patched.patched = true;
    text = write(path, before, std::move(*after), patched);
  }
  if (text && !options.dry_run && !path.status && listener_ && path.resource->kind == Kind::inference_service) {
    listener_(path.key());
  }
  return text;
}

Outcome<std::string> Objects::remove(const ApiPath& path, const WriteOptions& options) {
  Json details{{"name", path.name}, {"kind", path.resource->plural}};
  Key changed;
  if (!path.resource->group.empty()) details["group"] = path.resource->group;
  {
    const std::lock_guard lock(mutex_);
    const std::string* found = store_.find(path.resource->kind, path.key());
    if (found == nullptr) return refuse(Failure::not_found(*path.resource, path.name));
    Json last = *parse_json(*found);
    details["uid"] = last["metadata"]["uid"];
    if (path.resource->kind == Kind::inference_service) changed = path.key();
    if (path.resource->kind == Kind::revision) {
      changed = {path.ns, text_member(member(last["metadata"], "labels"), "serving.kserve.io/inferenceservice")};
    }
    if (!options.dry_run) erase(path, std::move(last));
  }
  if (!options.dry_run && listener_ && !changed.name.empty()) listener_(changed);
  return dump({{"kind", "Status"},
               {"apiVersion", "v1"},
               {"metadata", Json::object()},
               {"status", "Success"},
               {"details", details}});
}

// The lock is held.
void Objects::erase(const ApiPath& path, Json last) {
  last["metadata"]["resourceVersion"] = std::to_string(store_.next_version());
  store_.erase(path.resource->kind, path.key(), dump(last));
  if (path.resource->kind == Kind::event) event_ages_.gone(path.key());
  changed_.notify_all();
}

void Objects::expire_events() {
  const std::lock_guard lock(mutex_);
  for (const Key& key : event_ages_.over(clock_.steady())) {
    erase({&resource_of(Kind::event), key.ns, key.name, false}, *parse_json(*store_.find(Kind::event, key)));
  }
}

void Objects::edit(const ApiPath& path, const std::string& manager, const std::function<void(Json&)>& change,
                   bool create) {
  const std::lock_guard lock(mutex_);
  const std::string* found = store_.find(path.resource->kind, path.key());
  if (found == nullptr && !create) return;
  const Json before = found == nullptr ? Json() : *parse_json(*found);
  Json after = before;
  if (found == nullptr) {
    after = {{"apiVersion", path.resource->api_version()},
             {"kind", path.resource->singular},
             {"metadata",
              {{"name", path.name},
               {"namespace", path.ns},
               {"uid", new_uid()},
               {"generation", 1},
               {"creationTimestamp", now_text()}}}};
  }
  change(after);
  if (after == before) return;
  update_managed_fields(before, after, {manager, path.resource->api_version(), path.status, now_text()});
  store(path, std::move(after));
}

void Objects::load(Kind kind, const Key& key, std::string text) {
  const std::lock_guard lock(mutex_);
  const std::string mark = "%RV%";
  const std::size_t at = text.find(mark);
  const std::string version = std::to_string(store_.next_version());
  if (at != std::string::npos) text.replace(at, mark.size(), version);
  store_.put(kind, key, std::move(text));
}

void Objects::forget_history() {
  const std::lock_guard lock(mutex_);
  store_.forget_history();
}

}  // namespace canaryd::sandbox
