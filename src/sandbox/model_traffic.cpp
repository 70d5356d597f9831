#include "model_traffic.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace canaryd::sandbox {

namespace {

// A real pod's name ends in two random parts; a number makes it one that a person can foresee.
constexpr std::string_view infix = "-deployment-";

// The image's version: "v2" of iris-predictor-00002.
std::string version_of(const std::string& revision) {
  const std::size_t dash = revision.rfind('-');
  const std::size_t digit = revision.find_first_not_of('0', dash == std::string::npos ? 0 : dash + 1);
  return "v" + (digit == std::string::npos ? std::string("0") : revision.substr(digit));
}

std::vector<ModelServer> servers_of(const Deployment& deployment) {
  std::vector<ModelServer> servers(static_cast<std::size_t>(deployment.pods));
  for (ModelServer& server : servers) server.set_behaviour(deployment.behaviour);
  return servers;
}

}  // namespace

void ModelTraffic::serve(const Key& revision, double requests) {
  std::vector<ModelServer>& servers = revisions_[revision].servers;
  // A pod that is not ready is no endpoint: the others get its requests.
  const auto live = std::count_if(servers.begin(), servers.end(), [](const auto& s) { return !s.behaviour().dead; });
  if (live == 0) return;
  for (ModelServer& server : servers) server.serve(requests / static_cast<double>(live));
}

// Called with the lock held, before anything that the requests depend on changes.
void ModelTraffic::advance() {
  const SteadyTime now = clock_.steady();
  const double seconds = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  for (const auto& [key, service] : services_) {
    if (service.requests_per_second <= 0) continue;
    for (const auto& [component, shares] : service.splits) {
      for (const Share& share : shares) {
        const double requests = service.requests_per_second * seconds * static_cast<double>(share.percent) / 100;
        serve({key.ns, share.revision}, requests);
      }
    }
  }
}

void ModelTraffic::set_rate(const Key& service, double requests_per_second) {
  const std::lock_guard lock(mutex_);
  advance();
  services_[service].requests_per_second = requests_per_second;
}

void ModelTraffic::set_split(const Key& service, const std::string& component, const std::vector<Share>& traffic) {
  const std::lock_guard lock(mutex_);
  const auto known = services_.find(service);
  if (known == services_.end()) return;  // without a rate nothing is simulated
  advance();
  std::vector<Share> before = std::exchange(known->second.splits[component], traffic);
  if (traffic.empty()) known->second.splits.erase(component);
  for (const Share& share : traffic) {
    revisions_[{service.ns, share.revision}].pod = Pod{service, component, share.revision, "", true};
  }
  // What is in no traffic block any more is scaled down: its pods go, and new ones come when it is back.
  for (const Share& share : before) {
    const auto same = [&](const Share& other) { return other.revision == share.revision; };
    if (std::any_of(traffic.begin(), traffic.end(), same)) continue;
    Revision& gone = revisions_[{service.ns, share.revision}];
    gone.pod.reset();
    gone.servers = servers_of(gone.deployment);
  }
}

void ModelTraffic::set_deployment(const Key& revision, const Deployment& deployment) {
  const std::lock_guard lock(mutex_);
  advance();
  Revision& state = revisions_[revision];
  state.deployment = deployment;
  state.servers.resize(static_cast<std::size_t>(deployment.pods));
  for (ModelServer& server : state.servers) server.set_behaviour(deployment.behaviour);
}

Deployment ModelTraffic::deployment(const Key& revision) const {
  const std::lock_guard lock(mutex_);
  const auto known = revisions_.find(revision);
  return known == revisions_.end() ? Deployment{} : known->second.deployment;
}

std::vector<Pod> ModelTraffic::pods() const {
  const std::lock_guard lock(mutex_);
  std::vector<Pod> result;
  for (const auto& [key, revision] : revisions_) {
    if (!revision.pod) continue;
    for (std::size_t number = 0; number < revision.servers.size(); ++number) {
      Pod& pod = result.emplace_back(*revision.pod);
      pod.name = pod.revision + std::string(infix) + std::to_string(number);
      pod.ready = !revision.servers[number].behaviour().dead;
    }
  }
  return result;
}

std::optional<ModelTraffic::Place> ModelTraffic::find(const Key& pod) const {
  const std::size_t at = pod.name.rfind(infix);
  if (at == std::string::npos) return std::nullopt;
  const auto revision = revisions_.find({pod.ns, pod.name.substr(0, at)});
  if (revision == revisions_.end() || !revision->second.pod) return std::nullopt;
  const std::string digits = pod.name.substr(at + infix.size());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  // Compared as text, so that "00" is no second name of the first pod.
  if (error != std::errc() || std::to_string(number) != digits) return std::nullopt;
  if (number >= revision->second.servers.size()) return std::nullopt;
  return Place{revision->first, number};
}

std::optional<Behaviour> ModelTraffic::behaviour(const Key& pod) const {
  const std::lock_guard lock(mutex_);
  const auto place = find(pod);
  if (!place) return std::nullopt;
  return revisions_.at(place->revision).servers[place->number].behaviour();
}

bool ModelTraffic::set_behaviour(const Key& pod, const Behaviour& behaviour) {
  const std::lock_guard lock(mutex_);
  const auto place = find(pod);
  if (!place) return false;
  advance();
  revisions_.at(place->revision).servers[place->number].set_behaviour(behaviour);
  return true;
}

std::optional<std::string> ModelTraffic::metrics(const Key& pod) {
  const std::lock_guard lock(mutex_);
  const auto place = find(pod);
  if (!place) return std::nullopt;
  advance();
  const Revision& revision = revisions_.at(place->revision);
  return revision.servers[place->number].metrics(revision.pod->service.name, version_of(place->revision.name));
}

}  // namespace canaryd::sandbox
