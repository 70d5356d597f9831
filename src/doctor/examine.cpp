#include "canaryd/doctor/examine.hpp"

#include <iterator>

#include "parts.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

void append(Findings& out, Findings more) {
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Findings examine(const Settings& settings, const Clock& clock, const std::function<void(const std::string&)>& tell) {
  const Budget budget(settings.total);
  // The dry runs of thousands of services would leave nothing for the rest of the chain.
  const Budget half(settings.total / 2);
  const Look look{settings, budget, clock};
  Sight sight;
  tell("the cluster, for at most " + spoken(settings.total / 2));
  Findings cluster = look_at_cluster({settings, half, clock}, sight);
  if (!settings.prometheus.url.empty()) tell("Prometheus");
  Findings prometheus = look_at_prometheus(look, sight);
  if (!settings.alertmanager.url.empty()) tell("Alertmanager");
  Findings alertmanager = look_at_alertmanager(look, sight);
  // The names that the certificate must have are known only now; it is told first all the same.
  Findings out = look_at_files(look, sight);
  append(out, std::move(cluster));
  append(out, std::move(prometheus));
  append(out, std::move(alertmanager));
  if (settings.send_test) {
    tell("the way of a test alert, for at most " + spoken(settings.test_wait));
    append(out, send_test_alert(look, sight));
  }
  return out;
}

}  // namespace canaryd::doctor
