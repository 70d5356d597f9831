#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/audit/housekeeping.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/audit/redaction.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/kube/settings.hpp"
#include "canaryd/policy/breaker.hpp"
#include "canaryd/policy/policy.hpp"
#include "canaryd/prometheus/client.hpp"
#include "canaryd/web/settings.hpp"

namespace canaryd::app {

struct LogSettings {
  LogFormat format = LogFormat::logfmt;
  LogLevel level = LogLevel::info;
};

// The audit log and what is done with it besides appending.
struct AuditSettings {
  audit::Settings log;
  std::vector<std::string> key_files;  // PEM, private; each signs checkpoints; empty: there are none
  audit::KeepSettings keep;
  std::string witness;  // name of a ConfigMap in the state's namespace; empty: none
  audit::RedactionRules redaction;
};

// The ConfigMap with what has no place in an InferenceService: holds, revisions that were rolled back, the stop.
struct StateSettings {
  Namespace ns;  // empty: the pod's own, see state_namespace() in app
  std::string name = "canaryd-state";
};

// The whole configuration, checked. docs/configuration.md says each key; a test holds it against the parser.
struct Config {
  std::string instance;  // part of the fieldManager "canaryd/<instance>"; the host's name when absent; [a-z0-9.-]{1,63}
  web::ServerSettings server;
  web::AdminSettings admin;
  kube::ClusterSettings cluster;
  AuditSettings audit;
  LogSettings log;
  std::string stop_file;            // while this file exists nothing is patched; empty: no such file
  prometheus::Settings prometheus;  // for the promotion gate; no url: none
  StateSettings state;
  policy::Breaker breaker;
  std::vector<alert::Mapping> alerts;
  std::vector<policy::Policy> policies;
  std::string sha256;  // of the file's bytes, lower-case hexadecimal
};

// One thing that is wrong: `file:line:column: what, expected what`, counted from 1.
struct Problem {
  std::string file;
  int line = 0;
  int column = 0;
  std::string what;
  std::string str() const;
};

struct ConfigReading {
  Config config;                  // to be used only when there are no problems
  std::vector<Problem> problems;  // all of them, in the order of the file
};

// Reads YAML text strictly (docs/configuration.md). `file` is its name in problems. Reads no other file.
ConfigReading read_config(std::string_view text, const std::string& file);

// The commented configuration that `canaryd config default` prints: it reads without problems, and as the defaults.
std::string_view default_config();

// Names of the keys that a running process cannot change ("server.listen", ...), for those that differ.
std::vector<std::string> needs_restart(const Config& running, const Config& wanted);

}  // namespace canaryd::app
