#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/alert/matcher.hpp"
#include "route_yaml.hpp"

// What of Alertmanager's configuration decides whether an alert arrives, and when.
namespace canaryd::rules::route {

// A value and where it was written: absent, it is Alertmanager's default.
template <class T>
struct Setting {
  T value;
  std::optional<Place> place;
};

struct Named {
  std::string name;
  Place place;
};

// A route with what it inherits from its parents already in it. The defaults are those of Alertmanager's root route
// (dispatch.DefaultRouteOpts).
struct Route {
  Place place;
  std::string receiver;
  std::vector<alert::Matcher> matchers;
  bool continues = false;
  Setting<std::vector<std::string>> group_by{{}, std::nullopt};
  bool group_by_all = false;  // group_by: ['...']
  Setting<std::chrono::milliseconds> group_wait{std::chrono::seconds(30), std::nullopt};
  Setting<std::chrono::milliseconds> group_interval{std::chrono::minutes(5), std::nullopt};
  Setting<std::chrono::milliseconds> repeat_interval{std::chrono::hours(4), std::nullopt};
  std::vector<Named> mute_time_intervals;  // these two are not inherited
  std::vector<Named> active_time_intervals;
  std::vector<Route> routes;
};

// The way a webhook is authorized, as far as canaryd can take it.
enum class Authorization : std::uint8_t { none, bearer, other };

struct HttpConfig {
  Place place;
  bool follow_redirects = true;
  Authorization authorization = Authorization::none;
  bool client_certificate = false;
  bool insecure_skip_verify = false;
};

// One entry of webhook_configs.
struct Webhook {
  Place place;
  std::string url;             // empty: in a file (url_file), or hidden
  bool url_is_hidden = false;  // Alertmanager shows what it runs with without it
  bool send_resolved = true;
  long long max_alerts = 0;
  std::optional<std::chrono::milliseconds> timeout;
  HttpConfig http;  // of the webhook, else of `global`
};

struct Receiver {
  std::string name;
  Place place;
  std::vector<Webhook> webhooks;
  bool tells_someone = false;  // has any integration; without one it is a null receiver
};

struct InhibitRule {
  Place place;
  std::vector<alert::Matcher> source;
  std::vector<alert::Matcher> target;
  std::vector<std::string> equal;
};

struct AlertmanagerConfig {
  Route root;
  std::vector<Receiver> receivers;
  std::vector<InhibitRule> inhibit_rules;

  const Receiver* receiver(const std::string& name) const;  // nullptr: none of that name
};

// Reads the file's text. Unknown keys are passed over; what cannot be read, or what Alertmanager itself would refuse in
// the parts above, is an issue. With issues the result is not to be used. Pure.
AlertmanagerConfig read_config(std::string_view text, std::vector<Issue>& issues);

}  // namespace canaryd::rules::route
