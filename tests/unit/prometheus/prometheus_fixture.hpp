#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "canaryd/prometheus/client.hpp"
#include "http/client_fixture.hpp"

namespace canaryd::test {

// One sample, 0.5.
inline constexpr std::string_view one = R"({"status":"success","data":{"resultType":"vector","result":[)"
                                        R"({"metric":{"revision":"a"},"value":[1,"0.5"]}]}})";

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "canaryd-prometheus-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string write(const std::string& name, const std::string& text) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::trunc) << text;
    return file;
  }

 private:
  std::string path_;
};

// Answers each request by `answer`, and notes it.
inline MisbehavingServer::Script always(Journal& journal, std::function<void(Peer&, const std::string&)> answer) {
  return [&journal, answer = std::move(answer)](Peer& peer) {
    for (;;) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      journal.add(request);
      answer(peer, request);
    }
  };
}

inline std::unique_ptr<prometheus::Client> client_of(const MisbehavingServer& server,
                                                     const std::string& token_file = "") {
  prometheus::Settings settings;
  settings.url = server.url();
  settings.token_file = token_file;
  auto client = prometheus::Client::create(settings);
  REQUIRE(client.has_value());
  return std::move(*client);
}

inline Error error_of(Result<std::vector<prometheus::Sample>> answer) {
  REQUIRE_FALSE(answer.has_value());
  return answer.error();
}

inline Error refused_with(int status, const std::string& body) {
  Journal journal;
  MisbehavingServer server(always(journal, [&](Peer& peer, auto&) { peer.answer(status, body); }));
  return error_of(client_of(server)->query("up", in(seconds(10))));
}

}  // namespace canaryd::test
