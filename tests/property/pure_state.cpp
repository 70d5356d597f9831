#include "pure_state.hpp"

#include "canaryd/base/time_text.hpp"

namespace canaryd::property {

namespace {

std::string entry(const World& world, const std::string& more) {
  return R"({"by":"a person","reason":"a story","since":")" + to_rfc3339(world.clock.cluster_now()) + "\"" + more + "}";
}

}  // namespace

void quarantine(World& world, const std::string& service, const std::string& revision) {
  world.cluster.edit_state("quarantine." + home.str() + "." + service + "." + revision, entry(world, ""));
}

Answered write_state(World& world, const Ask& ask) {
  const bool stop_or_start = ask.verb == Ask::Verb::stop || ask.verb == Ask::Verb::start;
  std::string key = stop_or_start ? "stop" : "hold";
  if (!stop_or_start && !ask.service.empty()) key += "." + home.str() + "." + ask.service;
  if (ask.verb == Ask::Verb::hold || ask.verb == Ask::Verb::stop) {
    const std::string until = ask.until ? R"(,"until":")" + to_rfc3339(*ask.until) + "\"" : "";
    world.cluster.edit_state(key, entry(world, until));
    return {200, "held"};
  }
  world.cluster.edit_state(key, std::nullopt);
  if (stop_or_start) return {200, "started"};
  for (const auto& [name, value] : world.cluster.state_data()) {
    const bool covered = ask.service.empty() || name.find("." + ask.service) != std::string::npos;
    if (name != "stop" && covered) world.cluster.edit_state(name, std::nullopt);
  }
  return {200, "released"};
}

}  // namespace canaryd::property
