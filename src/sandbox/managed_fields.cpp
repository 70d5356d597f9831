#include "managed_fields.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace canaryd::sandbox {

namespace {

using Path = std::vector<std::string>;  // "f:spec", "f:predictor", ...
using Paths = std::set<Path>;

Path joined(const Path& path, const std::string& name) {
  Path result = path;
  result.push_back("f:" + name);
  return result;
}

// An object is a member of the set itself and so is all below it; a list is atomic.
void insert_all(const Json& value, const Path& path, Paths& into) {
  into.insert(path);
  if (!value.is_object()) return;
  for (const auto& [name, below] : value.items()) insert_all(below, joined(path, name), into);
}

struct Changes {
  Paths taken;  // added or changed
  Paths removed;
};

void compare(const Json& before, const Json& after, const Path& path, Changes& changes) {
  if (before.is_object() && after.is_object()) {
    for (const auto& [name, value] : after.items()) {
      const auto old = before.find(name);
      if (old == before.end()) {
        insert_all(value, joined(path, name), changes.taken);
      } else {
        compare(*old, value, joined(path, name), changes);
      }
    }
    for (const auto& [name, value] : before.items()) {
      if (!after.contains(name)) insert_all(value, joined(path, name), changes.removed);
    }
    return;
  }
  if (before == after) return;
  if (before.is_object()) insert_all(before, path, changes.removed);
  changes.removed.erase(path);
  insert_all(after, path, changes.taken);
}

// What field management looks at: the server's own metadata belongs to nobody.
Json managed_part(const Json& object) {
  Json part = object.is_object() ? object : Json::object();
  part.erase("apiVersion");
  part.erase("kind");
  Json metadata = Json::object();
  for (const char* name : {"labels", "annotations", "finalizers", "ownerReferences"}) {
    const Json& value = member(member(part, "metadata"), name);
    if (!value.is_null()) metadata[name] = value;
  }
  part["metadata"] = std::move(metadata);
  return part;
}

void read_tree(const Json& tree, const Path& path, Paths& into) {
  if (tree.empty() && !path.empty()) into.insert(path);
  for (const auto& [name, below] : tree.items()) {
    if (name == ".") {
      into.insert(path);
      continue;
    }
    Path next = path;
    next.push_back(name);
    read_tree(below, next, into);
  }
}

void drop_lone_dots(Json& tree) {
  if (tree.size() == 1 && tree.contains(".")) tree = Json::object();
  for (auto& [name, below] : tree.items()) {
    if (name != ".") drop_lone_dots(below);
  }
}

Json tree_of(const Paths& paths) {
  Json tree = Json::object();
  for (const Path& path : paths) {
    Json* node = &tree;
    for (const std::string& name : path) {
      Json& next = (*node)[name];
      if (next.is_null()) next = Json::object();
      node = &next;
    }
    (*node)["."] = Json::object();
  }
  drop_lone_dots(tree);
  return tree;
}

Json entry_of(const Manager& manager, const Paths& paths) {
  Json entry{{"manager", manager.name}, {"operation", "Update"},    {"apiVersion", manager.api_version},
             {"time", manager.time},    {"fieldsType", "FieldsV1"}, {"fieldsV1", tree_of(paths)}};
  if (manager.status) entry["subresource"] = "status";
  return entry;
}

bool is_entry_of(const Json& entry, const Manager& manager) {
  return text_member(entry, "manager") == manager.name &&
         (text_member(entry, "subresource") == "status") == manager.status;
}

}  // namespace

void update_managed_fields(const Json& before, Json& after, const Manager& manager) {
  // An object that nobody owned a field of when it was created (a ConfigMap without data) is never tracked.
  if (before.is_object() && member(member(before, "metadata"), "managedFields").empty()) return;
  Changes changes;
  compare(managed_part(before), managed_part(after), {}, changes);
  changes.taken.erase(Path{"f:metadata"});

  Json entries = Json::array();
  Paths own = changes.taken;
  for (const Json& entry : member(member(before, "metadata"), "managedFields")) {
    Paths paths;
    read_tree(member(entry, "fieldsV1"), {}, paths);
    std::erase_if(paths, [&](const Path& path) { return changes.removed.contains(path); });
    if (!changes.taken.empty() && is_entry_of(entry, manager)) {
      own.merge(paths);
      continue;
    }
    std::erase_if(paths, [&](const Path& path) { return changes.taken.contains(path); });
    if (paths.empty()) continue;
    Json kept = entry;
    kept["fieldsV1"] = tree_of(paths);
    entries.push_back(std::move(kept));
  }
  if (!changes.taken.empty()) entries.push_back(entry_of(manager, own));
  std::stable_sort(entries.begin(), entries.end(), [](const Json& a, const Json& b) {
    return std::pair(text_member(a, "time"), text_member(a, "manager")) <
           std::pair(text_member(b, "time"), text_member(b, "manager"));
  });
  if (entries.empty()) {
    after["metadata"].erase("managedFields");
  } else {
    after["metadata"]["managedFields"] = std::move(entries);
  }
}

}  // namespace canaryd::sandbox
