#pragma once

#include <string>
#include <vector>

#include "canaryd/app/config.hpp"
#include "config_section.hpp"

// The parts of the configuration, one a file: each reads its keys into its target and reports what is wrong.
namespace canaryd::app {

void read_server(Section server, web::ServerSettings& out);
void read_admin(Section admin, web::AdminSettings& out);
void read_cluster(Section cluster, kube::ClusterSettings& out);
void read_audit(Section audit, AuditSettings& out);
void read_alerts(Section& root, std::vector<alert::Mapping>& out);
void read_prometheus(Section prometheus, prometheus::Settings& out);
void read_state(Section state, StateSettings& out);
void read_breaker(Section breaker, policy::Breaker& out);
// `may_ask`: there is a Prometheus to ask, without which nothing may be promoted.
void read_policies(Section& root, bool may_ask, std::vector<policy::Policy>& out);
void read_promotion(Section section, bool may_ask, policy::Promotion& out);
void read_thresholds(Section section, policy::Thresholds& out);

// "address:port", the address an IP's, an IPv6 one in brackets. False (and unchanged) for anything else.
bool parse_listen(const std::string& text, web::ListenAddress& out);

}  // namespace canaryd::app
