#include <algorithm>

#include "canaryd/base/number.hpp"
#include "canaryd/base/text.hpp"
#include "objects.hpp"

namespace canaryd::sandbox {

namespace {

// Where a list goes on: the version it began at and the last key it gave. Opaque to clients, as Kubernetes' is.
struct Continue {
  std::uint64_t version = 0;
  Key last;
};

std::string encoded(const Continue& mark) {
  return to_hex(std::to_string(mark.version) + "/" + mark.last.ns + "/" + mark.last.name);
}

std::optional<std::string> from_hex(const std::string& hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto value = number_from<unsigned>(std::string_view(hex).substr(i, 2), 16);
    if (!value) return std::nullopt;
    bytes += static_cast<char>(*value);
  }
  return bytes;
}

std::optional<Continue> decoded(const std::string& token) {
  const auto text = from_hex(token);
  if (!text) return std::nullopt;
  const std::size_t first = text->find('/');
  const std::size_t second = first == std::string::npos ? first : text->find('/', first + 1);
  if (second == std::string::npos) return std::nullopt;
  const auto version = number_from<decltype(Continue::version)>(std::string_view(*text).substr(0, first));
  if (!version) return std::nullopt;
  return Continue{*version, {text->substr(first + 1, second - first - 1), text->substr(second + 1)}};
}

// An item of a list of a built-in kind says neither its kind nor its version; a custom resource's does.
std::string bare(const std::string& text) {
  Json object = *parse_json(text);
  object.erase("apiVersion");
  object.erase("kind");
  return dump(object);
}

}  // namespace

Outcome<std::string> Objects::list(const ApiPath& path, const ListOptions& options) const {
  const std::lock_guard lock(mutex_);
  const Store::Objects& all = store_.objects(path.resource->kind);
  std::uint64_t version = store_.version();
  auto at = path.ns.empty() ? all.begin() : all.lower_bound({path.ns, ""});
  if (!options.continue_token.empty()) {
    const auto mark = decoded(options.continue_token);
    if (!mark) return refuse(Failure::bad_request("continue key is not valid"));
    if (mark->version < store_.floor()) {
      return refuse(
          Failure::expired("The provided continue parameter is too old to display a consistent list result. "
                           "You can start a new list without the continue parameter."));
    }
    // The first page's version for all: what changed since comes again in a watch from it.
    version = mark->version;
    at = all.upper_bound(mark->last);
  }
  const auto belongs = [&](const Key& key) { return path.ns.empty() || key.ns == path.ns; };
  std::string items;
  std::size_t count = 0;
  Key last;
  for (; at != all.end() && belongs(at->first); ++at) {
    if (!options.selector.selects(at->first, at->second)) continue;
    if (options.limit != 0 && count == options.limit) break;
    if (count++ != 0) items += ',';
    items += path.resource->custom ? at->second : bare(at->second);
    last = at->first;
  }
  Json metadata{{"resourceVersion", std::to_string(version)}};
  if (at != all.end() && belongs(at->first)) {
    metadata["continue"] = encoded({version, last});
    // With a selector the server does not count what is left.
    if (options.selector.empty()) {
      metadata["remainingItemCount"] =
          std::distance(at, path.ns.empty() ? all.end() : all.lower_bound({path.ns + '\0', ""}));
    }
  }
  return "{\"apiVersion\":\"" + path.resource->api_version() + "\",\"items\":[" + items + "],\"kind\":\"" +
         std::string(path.resource->singular) + "List\",\"metadata\":" + dump(metadata) + "}";
}

Objects::Snapshot Objects::snapshot(const ApiPath& path) const {
  const std::lock_guard lock(mutex_);
  Snapshot result;
  result.version = store_.version();
  for (const auto& [key, text] : store_.objects(path.resource->kind)) {
    if ((path.ns.empty() || key.ns == path.ns) && (path.name.empty() || key.name == path.name)) {
      result.texts.push_back(text);
    }
  }
  return result;
}

Objects::Changes Objects::changes_after(std::uint64_t version, const ApiPath& path,
                                        std::chrono::milliseconds wait) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, wait, [&] { return store_.version() > version; });
  Changes result;
  result.version = std::max(version, store_.version());
  result.floor = store_.floor();
  if (version < result.floor) return result;
  const auto& history = store_.history();
  auto first = history.end();
  while (first != history.begin() && std::prev(first)->version > version) --first;
  for (; first != history.end(); ++first) {
    const StoredEvent& event = *first;
    if (event.kind != path.resource->kind || (!path.ns.empty() && event.key.ns != path.ns) ||
        (!path.name.empty() && event.key.name != path.name)) {
      continue;
    }
    result.events.push_back(event);
  }
  return result;
}

}  // namespace canaryd::sandbox
