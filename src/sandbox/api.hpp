#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "canaryd/base/clock.hpp"
#include "controller.hpp"
#include "model_traffic.hpp"
#include "objects.hpp"

namespace canaryd::sandbox {

struct Request {
  std::string method;
  std::string path;
  std::map<std::string, std::string> query;
  std::string content_type;  // without parameters
  std::string user_agent;
  std::string body;
  std::string host;  // as the client wrote it: how it reaches this server
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

// A watch that is open. Used by one thread.
class WatchStream {
 public:
  WatchStream(const Objects& objects, const Clock& clock, const ApiPath& path,
              const std::map<std::string, std::string>& query);

  // The lines that are due, waiting a moment for the first; empty when there is none yet. `ended()` after the last.
  std::string next(std::chrono::milliseconds wait);
  bool ended() const { return ended_; }

 private:
  std::string bookmark() const;

  const Objects& objects_;
  const Clock& clock_;
  ApiPath path_;
  std::uint64_t version_ = 0;
  std::uint64_t began_ = 0;
  bool from_now_ = false;  // no resourceVersion was given: what exists comes first
  bool bookmarks_ = false;
  bool ended_ = false;
  SteadyTime end_;
  SteadyTime next_bookmark_;
};

// What is asked of the embedded cluster over HTTP, but for the transport. Safe from any thread.
class Api {
 public:
  Api(Objects& objects, Controller& controller, ModelTraffic& traffic, const Clock& clock)
      : objects_(objects), controller_(controller), traffic_(traffic), clock_(clock) {}

  // Everything but a watch.
  Response handle(const Request& request);
  // The watch that is asked for, if one is.
  std::optional<WatchStream> watch(const Request& request) const;

 private:
  Response resource(const Request& request, const ApiPath& path);
  // scrape.cpp: what Prometheus asks for
  Response targets(const Request& request) const;
  Response pod_metrics(const Request& request);
  // control.cpp: /sandbox/v1
  Response control(const Request& request);
  Response control_pod(const Request& request, const Key& pod);
  Response control_revision(const Request& request, const Key& revision);
  Response control_apply(const Request& request);
  Response control_reconcile(const Request& request);
  Response control_service(const Request& request, const Key& service);

  Objects& objects_;
  Controller& controller_;
  ModelTraffic& traffic_;
  const Clock& clock_;
};

}  // namespace canaryd::sandbox
