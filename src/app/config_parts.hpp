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
void read_alerts(Section& root, std::vector<alert::Mapping>& out);
void read_policies(Section& root, std::vector<policy::Policy>& out);
void read_thresholds(Section section, policy::Thresholds& out);

// "address:port", the address an IP's, an IPv6 one in brackets. False (and unchanged) for anything else.
bool parse_listen(const std::string& text, web::ListenAddress& out);

// An https URL, or a plain http one of a loopback address.
bool is_cluster_url(const std::string& text);

}  // namespace canaryd::app
