#include "kube/backoff.hpp"
#include "watch_fixture.hpp"

using namespace canaryd;
using namespace canaryd::test;

namespace {

// What the sink saw of `lab`, in order, once it has seen `last`.
std::vector<std::string> seen_until(WatchLab& lab, const std::string& last) {
  CHECK(lab.saw(last));
  return lab.sink.journal.all();
}

using Seen = std::vector<std::string>;

}  // namespace

TEST_CASE("a list comes by pages and the watch goes on from it") {
  WatchLab lab(
      [](Peer& peer, const std::string& request, std::size_t) {
        peer.answer(200, request == "list" ? "page 10 second" : request == "list second" ? "page 10 third" : "page 10");
      },
      [](Peer& peer, auto&, std::size_t) {
        peer.open_stream();
        peer.chunk("event 11\nevent 12\n");
        peer.hang();
      });
  CHECK(seen_until(lab, "event  12") ==
        Seen{"began ", "page  10", "page  10", "page  10", "done ", "event  11", "event  12"});
  CHECK(lab.server.requests.all() == Seen{"list", "list second", "list third", "watch 10"});
  CHECK(lab.watch.synced());
  CHECK(lab.watch.fresh());
  CHECK(lab.watch.fresh(milliseconds(0)));
  CHECK(lab.watch.last_error().empty());
  CHECK(eventually([&] { return lab.counted("canaryd_watch_events_total 2"); }));
  CHECK(lab.counted("canaryd_watch_lists_total{result=\"ok\"} 1"));
  CHECK(lab.counted("\ncanaryd_watch_age_seconds "));
}

TEST_CASE("a watch that the server ended is opened anew from the last event or bookmark") {
  WatchLab lab(one_page, [](Peer& peer, auto&, std::size_t nth) {
    peer.open_stream();
    if (nth == 0) {
      peer.chunk("event 11\nevent 15\n");
      return peer.end_stream();
    }
    peer.hang();
  });
  CHECK(lab.was_asked("watch 15"));
  CHECK(lab.server.requests.count("list") == 1);
  CHECK(eventually([&] { return lab.counted("canaryd_watch_restarts_total{reason=\"ended\"} 1"); }));
}

TEST_CASE("a line that was cut off is not an event and the watch goes on before it") {
  WatchLab lab(one_page, [](Peer& peer, auto&, std::size_t nth) {
    peer.open_stream();
    if (nth == 0) {
      peer.chunk("event 11\nevent 1");
      return peer.close();
    }
    peer.hang();
  });
  CHECK(lab.was_asked("watch 11"));
  CHECK(lab.sink.journal.count("event") == 1);
  CHECK(eventually([&] { return lab.counted("canaryd_watch_restarts_total{reason=\"unavailable\"} 1"); }));
}

TEST_CASE("410 as the status of a watch leads to a new list") {
  WatchLab lab([](Peer& peer, auto&, std::size_t nth) { peer.answer(200, nth == 0 ? "page 10" : "page 20"); },
               [](Peer& peer, auto&, std::size_t nth) {
                 if (nth == 0) return peer.answer(410, "too old");
                 open_and_silent(peer, "", nth);
               });
  CHECK(lab.was_asked("watch 20"));
  CHECK(lab.server.requests.all() == Seen{"list", "watch 10", "list", "watch 20"});
  CHECK(lab.counted("canaryd_watch_restarts_total{reason=\"gone\"} 1"));
}

TEST_CASE("410 as an event leads to a new list") {
  WatchLab lab([](Peer& peer, auto&, std::size_t nth) { peer.answer(200, nth == 0 ? "page 10" : "page 20"); },
               [](Peer& peer, auto&, std::size_t nth) {
                 peer.open_stream();
                 peer.chunk(nth == 0 ? "event 11\nerror 410\n" : "event 21\n");
                 peer.hang();
               });
  CHECK(lab.saw("event  21"));
  CHECK(lab.server.requests.all() == Seen{"list", "watch 10", "list", "watch 20"});
}

TEST_CASE("410 in the middle of a list begins it anew") {
  WatchLab lab(
      [](Peer& peer, const std::string& request, std::size_t nth) {
        if (nth == 1) return peer.answer(410, "the continue token has expired");
        peer.answer(200, request == "list" ? "page 10 more" : "page 10");
      },
      open_and_silent);
  CHECK(lab.was_asked("watch 10"));
  CHECK(lab.sink.journal.all() == Seen{"began ", "page  10", "began ", "page  10", "page  10", "done "});
  CHECK(lab.counted("canaryd_watch_lists_total{result=\"expired\"} 1"));
}

TEST_CASE("an error event of a busy server keeps the place and one of another kind does not") {
  WatchLab busy(one_page, [](Peer& peer, auto&, std::size_t nth) {
    peer.open_stream();
    peer.chunk(nth == 0 ? "event 11\nerror 500\n" : "event 12\n");
    peer.hang();
  });
  CHECK(busy.was_asked("watch 11"));
  CHECK(busy.server.requests.count("list") == 1);
  WatchLab other(one_page, [](Peer& peer, auto&, std::size_t nth) {
    peer.open_stream();
    peer.chunk(nth == 0 ? "event 11\nerror 400\n" : "event 12\n");
    peer.hang();
  });
  CHECK(other.was_asked("list", 2));
}

TEST_CASE("an event that cannot be read leads to a new list") {
  WatchLab lab(one_page, [](Peer& peer, auto&, std::size_t nth) {
    peer.open_stream();
    peer.chunk(nth == 0 ? "\x01\x02 nonsense\n" : "event 11\n");
    peer.hang();
  });
  CHECK(lab.saw("event  11"));
  CHECK(lab.server.requests.count("list") == 2);
  CHECK(lab.counted("canaryd_watch_restarts_total{reason=\"unreadable\"} 1"));
}

TEST_CASE("a page that cannot be read or names no version leads to a new list") {
  WatchLab lab(
      [](Peer& peer, auto&, std::size_t nth) {
        peer.answer(200, nth == 0 ? "<html>a proxy's login page</html>" : nth == 1 ? "page" : "page 10");
      },
      open_and_silent);
  CHECK(lab.was_asked("watch 10"));
  CHECK(lab.server.requests.count("list") == 3);
  CHECK(lab.counted("canaryd_watch_lists_total{result=\"unreadable\"} 2"));
}

TEST_CASE("a page that continues with itself does not list for ever") {
  WatchLab lab([](Peer& peer, auto&, std::size_t nth) { peer.answer(200, nth < 2 ? "page 10 same" : "page 10"); },
               open_and_silent);
  CHECK(lab.was_asked("watch 10"));
  CHECK(lab.counted("canaryd_watch_lists_total{result=\"unreadable\"} 1"));
}

TEST_CASE("while the server fails nothing is synced and the reason is told and it recovers by itself") {
  std::atomic<bool> healthy{false};
  WatchLab lab(
      [&](Peer& peer, auto&, std::size_t) {
        if (healthy) return peer.answer(200, "page 10");
        peer.answer(403, "inferenceservices is forbidden");
      },
      open_and_silent);
  CHECK(eventually([&] { return !lab.watch.last_error().empty(); }));
  CHECK(lab.watch.last_error() == "list of all namespaces: inferenceservices is forbidden");
  CHECK_FALSE(lab.watch.synced());
  CHECK_FALSE(lab.watch.fresh());
  healthy = true;
  CHECK(eventually([&] { return lab.watch.fresh(milliseconds(0)); }));
  CHECK(lab.watch.last_error().empty());
}

TEST_CASE("a lost watch is fresh for the grace only") {
  WatchLab lab(one_page, [](Peer& peer, auto&, std::size_t nth) {
    if (nth > 0) return peer.answer(503, "down");
    peer.open_stream();
    peer.chunk("event 11\n");
    peer.close();
  });
  CHECK(lab.saw("event  11"));
  CHECK(eventually([&] { return !lab.watch.last_error().empty(); }));
  CHECK(lab.watch.synced());
  CHECK(lab.watch.fresh(seconds(60)));
  CHECK(eventually([&] { return !lab.watch.fresh(milliseconds(50)); }));
}

TEST_CASE("a watch whose answer has not begun is not an open one") {
  WatchLab lab(one_page, [](Peer& peer, auto&, std::size_t) { peer.hang(); });
  CHECK(lab.was_asked("watch 10"));
  CHECK(lab.watch.fresh(seconds(60)));  // the list is that young
  CHECK_FALSE(lab.watch.fresh(milliseconds(0)));
}

TEST_CASE("a version that the server only ever refuses is given up") {
  WatchLab lab([](Peer& peer, auto&, std::size_t nth) { peer.answer(200, nth == 0 ? "page 900" : "page 10"); },
               [](Peer& peer, const std::string& request, std::size_t nth) {
                 if (request == "watch 900") return peer.answer(504, "Too large resource version");
                 open_and_silent(peer, request, nth);
               });
  CHECK(eventually([&] { return lab.server.requests.count("watch 10") > 0; }, seconds(60)));
  CHECK(lab.server.requests.count("watch 900") == 5);
}

TEST_CASE("Retry-After delays the next attempt") {
  WatchLab lab(
      [](Peer& peer, auto&, std::size_t nth) {
        if (nth == 0) return peer.answer(429, "slow down", "Retry-After: 1\r\n");
        peer.answer(200, "page 10");
      },
      open_and_silent);
  CHECK(lab.was_asked("list"));
  const auto began = std::chrono::steady_clock::now();
  CHECK(lab.was_asked("watch 10"));
  CHECK(std::chrono::steady_clock::now() - began > milliseconds(900));
}

TEST_CASE("each scope has a list and a watch of its own") {
  WatchLab lab(one_page,
               [](Peer& peer, const std::string& request, std::size_t) {
                 peer.open_stream();
                 peer.chunk(request == "watch ml 10" ? "event 11\n" : "event 12\n");
                 peer.hang();
               },
               {Namespace("ml"), Namespace("vision")});
  CHECK(lab.saw("event ml 11"));
  CHECK(lab.saw("event vision 12"));
  CHECK(lab.watch.synced());
}

TEST_CASE("one scope that is refused keeps the whole from being synced") {
  WatchLab lab(
      [](Peer& peer, const std::string& request, std::size_t) {
        if (request == "list ml") return peer.answer(200, "page 10");
        peer.answer(403, "forbidden");
      },
      open_and_silent, {Namespace("ml"), Namespace("vision")});
  CHECK(lab.was_asked("watch ml 10"));
  CHECK_FALSE(lab.watch.synced());
  CHECK(eventually([&] { return lab.watch.last_error() == "list of vision: forbidden"; }));
}

TEST_CASE("stop returns soon whatever the server is doing") {
  const auto stops_soon = [](WatchLab& lab) {
    const auto began = std::chrono::steady_clock::now();
    lab.watch.stop();
    return std::chrono::steady_clock::now() - began < seconds(1);
  };
  SUBCASE("a list that is not answered") {
    WatchLab lab([](Peer& peer, auto&, std::size_t) { peer.hang(); }, open_and_silent);
    CHECK(lab.was_asked("list"));
    CHECK(stops_soon(lab));
  }
  SUBCASE("a watch that is silent") {
    WatchLab lab(one_page, open_and_silent);
    CHECK(lab.was_asked("watch"));
    CHECK(stops_soon(lab));
  }
  SUBCASE("a wait for the next attempt") {
    WatchLab lab([](Peer& peer, auto&, std::size_t) { peer.answer(429, "", "Retry-After: 60\r\n"); }, open_and_silent);
    CHECK(eventually([&] { return !lab.watch.last_error().empty(); }));
    CHECK(stops_soon(lab));
  }
  SUBCASE("a server that drips") {
    WatchLab lab(one_page, [](Peer& peer, auto&, std::size_t) {
      peer.open_stream();
      for (int i = 0; i < 1000; ++i) {
        peer.chunk("e");
        peer.pause(milliseconds(10));
      }
    });
    CHECK(lab.was_asked("watch"));
    CHECK(stops_soon(lab));
  }
}

TEST_CASE("a scrape after the watch is gone finds no age") {
  Metrics metrics;
  {
    NotingSink sink;
    SystemClock clock;
    Logger log(LogFormat::logfmt, LogLevel::error);
    MisbehavingServer server([](Peer& peer) { peer.hang(); });
    const auto api = connect_to(server);
    const kube::Watch watch(*api, {}, sink, clock, log, metrics);
    CHECK(metrics.text().find("\ncanaryd_watch_age_seconds ") != std::string::npos);
  }
  CHECK(metrics.text().find("canaryd_watch_age_seconds") == std::string::npos);
}

TEST_CASE("delays grow with each failure up to a bound and begin anew after a success") {
  kube::Backoff backoff;
  milliseconds longest{0};
  for (int i = 0; i < 200; ++i) longest = std::max(longest, backoff.next());
  CHECK(longest > seconds(10));
  CHECK(longest <= seconds(30));
  backoff.reset();
  CHECK(backoff.next() <= milliseconds(200));
  CHECK(backoff.next() <= milliseconds(400));
}
