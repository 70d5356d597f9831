#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/doctor/finding.hpp"
#include "canaryd/kube/settings.hpp"
#include "canaryd/policy/policy.hpp"

namespace canaryd::doctor {

// How to reach Prometheus or Alertmanager; no url: not looked at.
struct Service {
  std::string url;
  std::string ca_file;      // PEM; empty: the system's store
  std::string token_file;   // empty: no token
  std::string certificate;  // PEM; empty: none
  std::string key;
  bool allow_http = false;  // a token may be sent over plain http
};

// The files that the configuration names.
struct Files {
  bool expected = true;  // this is the machine that canaryd runs on; else a file that is not here is no fault
  std::string certificate;
  std::string key;
  std::string client_ca;            // empty: none
  std::vector<std::string> tokens;  // of clients that have one
  std::string audit_directory;
  std::string ca;                       // of the certificate, where it is known: --ca
  std::vector<std::string> host_names;  // by which Alertmanager calls canaryd, beside those that its configuration has
};

struct Settings {
  Files files;
  kube::ClusterSettings cluster;
  bool own_credentials = true;  // the way to the cluster is canaryd's own, by its configuration
  std::string as_user;          // Impersonate-User; empty: who the credentials are
  std::string instance;         // fieldManager "canaryd/<instance>"
  Namespace own_namespace;      // canaryd's, where the configuration tells it; else empty
  Namespace state_namespace;
  std::vector<std::string> own_maps;  // in that namespace: the state's, and the witness's where there is one
  std::vector<policy::Policy> policies;
  std::vector<alert::Mapping> mappings;
  bool takes_tokens = true;
  bool wants_certificate = false;
  Service prometheus;
  Service alertmanager;
  std::vector<std::string> receivers;  // canaryd's, by name; empty: found
  int replicas = 0;                    // 0: not said
  bool send_test = false;              // raise a test alert and wait for its record
  Service canaryd;                     // the API to read the record by; no url: it is read in files.audit_directory
  std::chrono::milliseconds test_wait = std::chrono::seconds(60);
  std::chrono::milliseconds total = std::chrono::seconds(120);  // without the test alert's; half of it for the cluster
};

// Looks at the whole chain. Writes nothing but the test alert: reviews and dry runs are questions. Each part that
// cannot be reached is `unknown` and does not stop the others; each question has a few seconds, all together `total`.
// `tell` is called before each part that others may be slow to answer, with what it looks at and for how long.
Findings examine(const Settings& settings, const Clock& clock, const std::function<void(const std::string&)>& tell);

}  // namespace canaryd::doctor
