#include <optional>
#include <thread>
#include <utility>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/query.hpp"
#include "canaryd/audit/query_filter.hpp"
#include "canaryd/base/random.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "parts.hpp"
#include "test_alert.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

constexpr const char* check = "whole_way";
constexpr const char* reading_remedy =
    "run it in canaryd's pod, or give --server and --token-file of a client that may view";
constexpr auto look_again = std::chrono::milliseconds(250);
constexpr auto clock_difference = std::chrono::minutes(5);  // between this machine and canaryd's
constexpr auto patience = std::chrono::seconds(5);

// Where the record of the test alert is to be found.
class Records {
 public:
  // `since`: no older record is looked for, so that a long log is not read again and again.
  static Result<Records> open(const Settings& settings, WallTime since) {
    if (settings.canaryd.url.empty()) {
      Records records(settings.files.audit_directory, std::nullopt, since);
      if (auto tried = records.have("none"); !tried) return fail(tried.error());
      return records;
    }
    auto peer = Peer::connect(settings.canaryd);
    if (!peer) return fail(peer.error());
    Records records({}, std::move(*peer), since);
    if (auto tried = records.have("none"); !tried) return fail(tried.error());
    return records;
  }

  // Whether there is one about this service.
  Result<bool> have(const std::string& service) {
    if (!api_) return have_in_folder(service);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const auto body = api_->get(
        "/api/v1/audit?limit=1&name=" + query_value(service) + "&since=" + query_value(to_rfc3339(since_)), deadline);
    return body ? has_records(*body) : fail(body.error());
  }

 private:
  Records(std::string directory, std::optional<Peer> api, WallTime since)
      : directory_(std::move(directory)), api_(std::move(api)), since_(since), files_(audit::posix_files()) {}

  Result<bool> have_in_folder(const std::string& service) {
    audit::Query query;
    query.filter.patterns[audit::FilterKey::name] = {audit::Pattern(service)};
    query.filter.since = since_;
    bool found = false;
    const auto end = audit::run_query(directory_, *files_, query, [&](const audit::Match& /*match*/) {
      found = true;
      return false;
    });
    if (!end) return fail(end.error());
    return found;
  }

  std::string directory_;
  std::optional<Peer> api_;
  WallTime since_;
  std::unique_ptr<audit::Files> files_;
};

Finding wait_for_record(const Look& look, Records& records, const std::string& service, const Namespace& ns) {
  const std::string what = "a test alert of the namespace " + escaped(ns.str());
  const auto start = std::chrono::steady_clock::now();
  Result<bool> found = false;
  while (std::chrono::steady_clock::now() - start < look.settings.test_wait) {
    found = records.have(service);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    if (found && *found) {
      return {
          check, Health::ok, what + " came through Alertmanager into canaryd's audit log within " + to_text(took), {}};
    }
    std::this_thread::sleep_for(look_again);
  }
  if (!found) {
    return {check, Health::unknown, "canaryd's audit log can no longer be read: " + said(found.error().message),
            reading_remedy};
  }
  return {check, Health::fail,
          what + ", which Alertmanager took, did not come into canaryd's audit log within " +
              to_text(look.settings.test_wait),
          "see the findings of alertmanager, and the logs of both: Alertmanager's says what canaryd answered (notify "
          "failed), canaryd's what it refused"};
}

}  // namespace

Findings send_test_alert(const Look& look, const Sight& sight) {
  const std::string id = random_id().substr(0, 8);
  const Namespace ns =
      test_namespace(sight.services, look.settings.cluster.namespaces, look.settings.state_namespace, id);
  const auto alert = test_alert(look.settings.mappings, ns, id);
  if (!alert) {
    return {{check, Health::unknown,
             "no alert of the shipped rules is mapped to a rollback: there is none to test with",
             "see `alerts` in the configuration"}};
  }
  const std::string remedy = "see alertmanager.reachable";
  auto peer = Peer::connect(look.settings.alertmanager);
  if (!peer) return {{check, Health::unknown, "no test alert was sent: " + said(peer.error().message), remedy}};
  const WallTime now = look.clock.now();
  auto records = Records::open(look.settings, now - clock_difference);
  if (!records) {
    return {{check, Health::unknown,
             "no test alert was sent, since its record could not be read: " + said(records.error().message),
             reading_remedy}};
  }
  // It ends by itself, should nobody be left to end it.
  const auto deadline = [] { return std::chrono::steady_clock::now() + patience; };
  const WallTime end = now + look.settings.test_wait + std::chrono::minutes(1);
  const auto sent = peer->post_json("/api/v2/alerts", alerts_body(*alert, now, end), deadline());
  if (!sent) return {{check, Health::unknown, "no test alert was sent: " + said(sent.error().message), remedy}};
  Findings out{wait_for_record(look, *records, alert->service, ns)};
  const auto ended = peer->post_json("/api/v2/alerts", alerts_body(*alert, now, look.clock.now()), deadline());
  if (!ended) {
    out.push_back(
        {check, Health::warn, "the test alert could not be ended, and ends by itself at " + to_rfc3339(end), remedy});
  }
  return out;
}

}  // namespace canaryd::doctor
