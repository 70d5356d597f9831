#pragma once

#include <functional>
#include <sstream>

#include "canaryd/kube/watch.hpp"
#include "kube_fixture.hpp"

namespace canaryd::test {

// A sink for a made-up wire format: a page is "page RV [CONTINUE]", an event "event RV" or "error CODE".
class NotingSink final : public kube::ObjectSink {
 public:
  Journal journal;

  void list_began(const Namespace& scope) override { journal.add("began " + scope.str()); }
  Result<kube::PageMark> page(const Namespace& scope, std::string_view body) override {
    std::istringstream words{std::string(body)};
    std::string kind;
    kube::PageMark mark;
    words >> kind >> mark.resource_version >> mark.continue_token;
    if (kind != "page") return fail(Error::invalid("no page"));
    journal.add("page " + scope.str() + " " + mark.resource_version);
    return mark;
  }
  void list_done(const Namespace& scope) override { journal.add("done " + scope.str()); }
  Result<kube::EventMark> event(const Namespace& scope, std::string_view line) override {
    std::istringstream words{std::string(line)};
    std::string kind;
    std::string value;
    words >> kind >> value;
    kube::EventMark mark;
    if (kind == "error") {
      mark.error_code = std::stoi(value);
    } else if (kind == "event") {
      mark.resource_version = value;
    } else {
      return fail(Error::invalid("no event"));
    }
    journal.add("event " + scope.str() + " " + value);
    return mark;
  }
};

inline bool eventually(const std::function<bool()>& holds, milliseconds limit = seconds(20)) {
  const auto end = in(limit);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

// Requests as "list [scope] [continue]" and "watch [scope] RV", in the order of arrival, and the part of the API
// server.
class ListWatchServer {
 public:
  // Given the peer, the request's short form, and how many of its kind came before.
  using Act = std::function<void(Peer&, const std::string& request, std::size_t nth)>;

  ListWatchServer(Act on_list, Act on_watch)
      : server_(keep_answering(raw_, [this, list = std::move(on_list), watch = std::move(on_watch)](
                                         Peer& peer, const std::string& request) {
          const bool watching = request.find("watch=1") != std::string::npos;
          const std::string what = short_form(request, watching);
          const std::size_t nth = watching ? watches_++ : lists_++;
          requests.add(what);
          (watching ? watch : list)(peer, what, nth);
        })) {}

  Journal requests;
  const MisbehavingServer& server() const { return server_; }

 private:
  static std::string value_of(const std::string& request, const std::string& key) {
    const auto at = request.find(key);
    if (at == std::string::npos) return {};
    const auto begin = at + key.size();
    return " " + request.substr(begin, request.find_first_of("& /", begin) - begin);
  }
  static std::string short_form(const std::string& request, bool watching) {
    return std::string(watching ? "watch" : "list") + value_of(request, "/namespaces/") +
           value_of(request, watching ? "resourceVersion=" : "continue=");
  }

  Journal raw_;
  std::atomic<std::size_t> lists_{0};
  std::atomic<std::size_t> watches_{0};
  MisbehavingServer server_;
};

// A watch on such a server, with what it needs.
struct WatchLab {
  ListWatchServer server;
  std::unique_ptr<kube::KubeApi> api;
  NotingSink sink;
  SystemClock clock;
  Logger log{LogFormat::logfmt, LogLevel::error};
  Metrics metrics;
  kube::Watch watch;

  WatchLab(ListWatchServer::Act on_list, ListWatchServer::Act on_watch, std::vector<Namespace> scopes = {})
      : server(std::move(on_list), std::move(on_watch)),
        api(connect_to(server.server())),
        watch(*api, std::move(scopes), sink, clock, log, metrics) {
    watch.start();
  }
  bool saw(const std::string& entry) {
    return eventually([&] { return sink.journal.count(entry) > 0; });
  }
  bool was_asked(const std::string& request, std::size_t times = 1) {
    return eventually([&] { return server.requests.count(request) >= times; });
  }
  bool counted(const std::string& series) { return metrics.text().find(series) != std::string::npos; }
};

// The usual parts: a list of one page at 10, a watch that stays open and silent.
inline void one_page(Peer& peer, const std::string&, std::size_t) { peer.answer(200, "page 10"); }
inline void open_and_silent(Peer& peer, const std::string&, std::size_t) {
  peer.open_stream();
  peer.hang();
}

}  // namespace canaryd::test
