#include <algorithm>
#include <charconv>

#include "api.hpp"

namespace canaryd::sandbox {

namespace {

constexpr std::chrono::seconds bookmark_interval{60};
constexpr std::chrono::seconds default_length{1800};

const char* name_of(EventType type) {
  switch (type) {
    case EventType::added:
      return "ADDED";
    case EventType::modified:
      return "MODIFIED";
    case EventType::deleted:
      return "DELETED";
  }
  return "";
}

std::string line_of(const char* type, const std::string& object) {
  return std::string("{\"type\":\"") + type + "\",\"object\":" + object + "}\n";
}

std::uint64_t number_of(const std::map<std::string, std::string>& query, const char* name) {
  const auto found = query.find(name);
  std::uint64_t value = 0;
  if (found == query.end()) return value;
  (void)std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

}  // namespace

WatchStream::WatchStream(const Objects& objects, const Clock& clock, const ApiPath& path,
                         const std::map<std::string, std::string>& query)
    : objects_(objects), clock_(clock), path_(path), version_(number_of(query, "resourceVersion")) {
  began_ = version_;
  from_now_ = version_ == 0;
  const auto bookmarks = query.find("allowWatchBookmarks");
  bookmarks_ = bookmarks != query.end() && (bookmarks->second == "true" || bookmarks->second == "1");
  const std::uint64_t seconds = number_of(query, "timeoutSeconds");
  const auto length = seconds == 0 ? default_length : std::chrono::seconds(std::min<std::uint64_t>(seconds, 86400));
  end_ = clock_.steady() + length;
  // kube-apiserver sends one a minute and a last one one to two seconds before the end, and none when there is nothing
  // newer than where the watch began.
  next_bookmark_ = std::min(clock_.steady() + bookmark_interval, end_ - std::chrono::seconds(2));
}

std::string WatchStream::bookmark() const {
  return line_of("BOOKMARK", "{\"apiVersion\":\"" + path_.resource->api_version() + "\",\"kind\":\"" +
                                 std::string(path_.resource->singular) + "\",\"metadata\":{\"resourceVersion\":\"" +
                                 std::to_string(version_) + "\"}}");
}

std::string WatchStream::next(std::chrono::milliseconds wait) {
  if (ended_) return {};
  std::string lines;
  if (from_now_) {
    from_now_ = false;
    const Objects::Snapshot snapshot = objects_.snapshot(path_);
    version_ = snapshot.version;
    began_ = version_;
    for (const std::string& text : snapshot.texts) lines += line_of("ADDED", text);
    return lines;
  }
  const Objects::Changes changes = objects_.changes_after(version_, path_, wait);
  if (version_ < changes.floor) {
    ended_ = true;
    return line_of("ERROR", Failure::expired("too old resource version: " + std::to_string(version_) + " (" +
                                             std::to_string(changes.floor) + ")")
                                .body());
  }
  for (const StoredEvent& event : changes.events) lines += line_of(name_of(event.type), event.text);
  version_ = changes.version;
  const SteadyTime now = clock_.steady();
  if (bookmarks_ && now >= next_bookmark_) {
    if (version_ > began_) lines += bookmark();
    next_bookmark_ = now + bookmark_interval;
  }
  ended_ = now >= end_;
  return lines;
}

}  // namespace canaryd::sandbox
