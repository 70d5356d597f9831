#include "canaryd_scraped.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "canaryd/base/text.hpp"
#include "samples.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

using std::chrono::milliseconds;

constexpr const char* check = "prometheus.canaryd";
constexpr const char* canaryd_job = "canaryd";
constexpr double late_heartbeat = 180;  // seconds: as CanarydHeartbeatMissing has it

std::size_t believed(const CanarydScrape& scrape) {
  return static_cast<std::size_t>(std::count_if(scrape.synced.begin(), scrape.synced.end(), [](const auto& sample) {
    return label(sample, "job") == canaryd_job;
  }));
}

Finding found(Health status, std::string text, std::string remedy) {
  return {check, status, std::move(text), std::move(remedy)};
}

// nullopt: the rules have at least one canaryd to believe.
std::optional<Finding> unseen(const CanarydScrape& scrape) {
  if (scrape.synced.empty()) {
    return found(Health::fail, "canaryd is not scraped: no rule knows of any canary",
                 "canaryd rules print scrape/canaryd.yaml, applied with the labels that the Prometheus object's "
                 "podMonitorSelector asks for; without the operator the job of scrape/prometheus.yaml");
  }
  if (believed(scrape) == 0) {
    return found(Health::fail,
                 "canaryd is scraped by the job " + escaped(label(scrape.synced.front(), "job"), 80) +
                     ", and the rules believe the job canaryd alone",
                 "name the job canaryd, as the shipped monitor does by relabelling");
  }
  return std::nullopt;
}

// The living ones act for a dead one, so that it is no FAIL; but one more, and nobody does.
void tell_the_dead(const CanarydScrape& scrape, Findings& out) {
  std::size_t known = believed(scrape);
  for (const auto& target : scrape.targets) {
    if (target.job != canaryd_job || !target.down) continue;
    ++known;
    out.push_back(found(Health::warn,
                        "canaryd's target " + escaped(target.instance, 80) + " is down: " + escaped(target.error, 200),
                        "see whether this canaryd runs: its pod, and its log"));
  }
  if (known < static_cast<std::size_t>(scrape.replicas)) {
    out.push_back(found(Health::warn,
                        "Prometheus knows of " + counted(known, "canaryd") + ", and there are " +
                            std::to_string(scrape.replicas) + " (--replicas)",
                        "see whether each canaryd runs, and that its scrape takes the pods of all"));
  }
}

void tell_the_unsynced(const CanarydScrape& scrape, Findings& out) {
  for (const auto& sample : scrape.synced) {
    if (label(sample, "job") != canaryd_job || sample.value == 1) continue;
    out.push_back(found(Health::fail,
                        escaped(label(sample, "instance"), 80) + " has not read the cluster's InferenceServices",
                        "see its /readyz and its log for why"));
  }
}

void tell_how(const CanarydScrape& scrape, Findings& out) {
  bool dishonoured = scrape.renamed;
  milliseconds slowest(0);
  for (const auto& target : scrape.targets) {
    if (target.job != canaryd_job) continue;
    slowest = std::max(slowest, target.interval.value_or(milliseconds(0)));
    if (!scrape.honor_labels) continue;
    const auto known = scrape.honor_labels->find(target.pool);
    if (known != scrape.honor_labels->end()) dishonoured = dishonoured || !known->second;
  }
  if (dishonoured) {
    out.push_back(found(Health::warn,
                        "canaryd's namespace label arrives as exported_namespace: the shipped rules bear it, "
                        "dashboards and rules of your own do not",
                        "set honorLabels: true (honor_labels) on canaryd's scrape, and overrideHonorLabels: false in "
                        "the Prometheus object"));
  }
  if (slowest > milliseconds(15'000)) {
    out.push_back(found(Health::warn,
                        "canaryd is scraped every " + spoken(slowest) + ": the rules see a new canary so much later",
                        "set the interval to 5s"));
  }
}

}  // namespace

Findings check_canaryd_scraped(const CanarydScrape& scrape) {
  Findings out;
  const auto nothing = unseen(scrape);
  if (nothing) out.push_back(*nothing);
  tell_the_dead(scrape, out);
  if (nothing) return out;
  tell_the_unsynced(scrape, out);
  tell_how(scrape, out);
  if (out.empty()) {
    const std::size_t count = believed(scrape);
    out.push_back(found(Health::ok,
                        counted(count, "canaryd") + (count == 1 ? " is" : " are") + " scraped, its labels as they are",
                        {}));
  }
  return out;
}

Finding check_heartbeat(std::optional<double> age) {
  const char* const id = "alertmanager.heartbeat";
  const std::string remedy =
      "see that CanarydHeartbeat fires in Prometheus, and the findings of alertmanager.route: the heartbeat goes the "
      "way "
      "that a rollback's alert goes";
  if (!age) {
    return {id, Health::unknown, "no canaryd that is scraped says when the last heartbeat came", remedy};
  }
  const auto rounded = milliseconds(static_cast<std::int64_t>(std::clamp(*age, 0.0, 1e9)) * 1000);
  if (*age > 1e9)
    return {id, Health::fail, "no heartbeat has come to canaryd since it was started; it comes each minute", remedy};
  if (*age > late_heartbeat) {
    return {id, Health::fail, "the last heartbeat came to canaryd " + spoken(rounded) + " ago", remedy};
  }
  return {id, Health::ok, "the last heartbeat came to canaryd " + spoken(rounded) + " ago", {}};
}

}  // namespace canaryd::doctor
