#include "config_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "canaryd/app/config.hpp"
#include "canaryd/base/digest.hpp"
#include "config_parts.hpp"

namespace canaryd::app {
namespace {

bool is_instance_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

bool is_instance(const std::string& text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), is_instance_character);
}

std::string host_instance() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return instance_from("");
  return instance_from(name.data());
}

void read_log(Section log, LogSettings& out) {
  static const std::vector<std::pair<std::string, LogFormat>> formats{{"logfmt", LogFormat::logfmt},
                                                                      {"json", LogFormat::json}};
  static const std::vector<std::pair<std::string, LogLevel>> levels{
      {"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}};
  log.choice("format", formats, out.format);
  log.choice("level", levels, out.level);
  log.done();
}

void check_listeners(Section& root, const Config& config) {
  const auto& web = config.server.listen;
  const auto& admin = config.admin.listen;
  const auto takes_all = [](const std::string& host) { return host == "0.0.0.0" || host == "::"; };
  const bool meet = web.host == admin.host || takes_all(web.host) || takes_all(admin.host);
  if (web.port == 0 || web.port != admin.port || !meet) return;
  root.problem(root.has("admin") ? "admin" : "server",
               "admin.listen and server.listen have the same port, expected two");
}

void read_root(Reading& reading, const YamlNode* node, Config& out) {
  Section root(reading, node, "", "");
  out.instance = host_instance();
  root.text("instance", {"a name of 1 to 63 characters of a-z, 0-9, - and .", is_instance}, out.instance);
  read_server(root.section("server", true, "a map with tls and clients"), out.server);
  read_admin(root.section("admin", false, "a map with listen"), out.admin);
  read_cluster(root.section("cluster"), out.cluster);
  read_audit(root.section("audit", false, "a map with directory"), out.audit);
  read_log(root.section("log"), out.log);
  root.path("stop_file", {"the path of a file"}, out.stop_file);
  read_prometheus(root.section("prometheus", false, "a map with url"), out.prometheus);
  read_state(root.section("state", false, "a map with namespace or name"), out.state);
  read_breaker(root.section("breaker", false, "a map with max_rollbacks, window or rollbacks"), out.breaker);
  read_alerts(root, out.alerts);
  // What is wrong with the section itself has been told.
  read_policies(root, root.has("prometheus"), out.policies);
  if (root.present()) check_listeners(root, out);
  root.done();
}

std::string directory_of(const std::string& file) {
  const auto slash = file.rfind('/');
  if (slash == std::string::npos) return {};
  return file.substr(0, slash + 1);
}

}  // namespace

std::string Problem::str() const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + what;
}

std::string instance_from(std::string_view host_name) {
  std::string out;
  for (const char c : host_name.substr(0, 63)) {
    const auto lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out += is_instance_character(lower) ? lower : '-';
  }
  return out.empty() ? "canaryd" : out;
}

std::set<std::string> known_keys() {
  Reading reading;
  reading.describe = true;
  Config unused;
  read_root(reading, nullptr, unused);
  return reading.keys;
}

ConfigReading read_config(std::string_view text, const std::string& file) {
  ConfigReading out;
  out.config.sha256 = sha256_hex(text);
  YamlReading yaml = read_yaml(text);
  Reading reading;
  reading.directory = directory_of(file);
  reading.issues = std::move(yaml.issues);
  if (yaml.root && yaml.root->kind == YamlNode::Kind::map) {
    read_root(reading, &*yaml.root, out.config);
  } else if (yaml.root && yaml.root->kind != YamlNode::Kind::null) {
    // Its text is not shown: a file with a token, given by mistake, reads as one.
    const bool scalar = yaml.root->kind == YamlNode::Kind::scalar;
    reading.issues.push_back(
        {yaml.root->place, "got " + (scalar ? "a text" : shown(*yaml.root)) + ", expected a map with the key server"});
  } else if (reading.issues.empty()) {
    reading.issues.push_back({{}, "got nothing, expected a map with the key server"});
  }
  std::stable_sort(reading.issues.begin(), reading.issues.end(),
                   [](const Issue& a, const Issue& b) { return a.place < b.place; });
  for (auto& [place, what] : reading.issues) out.problems.push_back({file, place.line, place.column, std::move(what)});
  return out;
}

}  // namespace canaryd::app
