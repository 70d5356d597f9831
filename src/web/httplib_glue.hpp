#pragma once

#include <memory>
#include <string>

#include "canaryd/base/log.hpp"
#include "channel.hpp"
#include "exchange.hpp"

namespace canaryd::web {

// Bytes that were read from the connection together with a head and are not consumed yet.
struct Inbox {
  std::string bytes;
};

enum class Served : std::uint8_t {
  keep,      // answered whole; the next request may be read
  close,     // answered whole; the connection ends
  too_slow,  // the deadline passed in the body or the answer
  broken,    // the peer went away or sent less than it said
};

struct ServedCall {
  Served end = Served::broken;
  int status = 0;  // of the answer; 0 when none was written
};

// The one place that knows cpp-httplib: runs a request whose head is checked and admitted. One a connection; one
// thread.
class HttpProcessor {
 public:
  explicit HttpProcessor(Logger& log);
  ~HttpProcessor();
  HttpProcessor(const HttpProcessor&) = delete;
  HttpProcessor& operator=(const HttpProcessor&) = delete;

  ServedCall process(const Head& head, const Call& call, Inbox& inbox, Channel& channel, SteadyTime deadline,
                     bool close);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace canaryd::web
