#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "canaryd/kube/api.hpp"
#include "http/misbehaving_server.hpp"

namespace canaryd::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline SteadyTime in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

inline Target iris() { return {Namespace("ml"), ServiceName("iris")}; }

// A folder that goes away with its files.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "canaryd-kube-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::trunc | std::ios::binary) << text;
    return path(name);
  }

 private:
  std::string path_;
};

inline kube::ClusterSettings settings_of(const MisbehavingServer& server) {
  kube::ClusterSettings settings;
  settings.access = kube::Access::url;
  settings.url = server.url();
  return settings;
}

inline std::unique_ptr<kube::KubeApi> connect_to(const MisbehavingServer& server) {
  auto api = kube::connect(settings_of(server));
  REQUIRE(api.has_value());
  return std::move(*api);
}

// Answers every request on a connection by `answer`, and notes it.
inline MisbehavingServer::Script keep_answering(Journal& journal,
                                                std::function<void(Peer&, const std::string&)> answer) {
  return [&journal, answer = std::move(answer)](Peer& peer) {
    for (;;) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      journal.add(request);
      answer(peer, request);
    }
  };
}

}  // namespace canaryd::test
