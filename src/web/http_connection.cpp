#include "http_connection.hpp"

#include <array>

#include "canaryd/web/settings.hpp"
#include "httplib_glue.hpp"

namespace canaryd::web {

namespace {

SteadyTime from_now(std::chrono::milliseconds duration) { return std::chrono::steady_clock::now() + duration; }

std::string_view phrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Error";
  }
}

std::string refusal_text(const Refusal& refusal, bool head_request) {
  const std::string body = refusal.text + "\n";
  std::string text = "HTTP/1.1 " + std::to_string(refusal.status) + " " + std::string(phrase(refusal.status)) +
                     "\r\nConnection: close\r\nContent-Type: " + refusal.content_type +
                     "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& [name, value] : refusal.headers) text.append(name).append(": ").append(value).append("\r\n");
  text += "\r\n";
  return head_request ? text : text + body;
}

enum class HeadRead : std::uint8_t { ok, ended, too_slow, too_large };

class Session {
 public:
  Session(Connection& connection, ConnectionTable& table, Channel& channel, const Judge& judge,
          const ServeContext& context)
      : connection_(connection),
        table_(table),
        channel_(channel),
        judge_(judge),
        context_(context),
        processor_(context.account.log()) {}

  void serve() {
    while (wait_for_request() && serve_request()) first_ = false;
    channel_.finish();
  }

 private:
  // Until the first byte of a request; false when the connection ends here.
  bool wait_for_request() {
    if (!table_.enter(connection_, Phase::idle)) return false;
    if (inbox_.bytes.empty()) {
      const auto limit = first_ ? context_.timing.first_idle : context_.timing.idle;
      if (read_some(from_now(limit)) != Io::ok) return false;
    }
    return table_.enter(connection_, Phase::head);
  }

  bool serve_request() {
    const SteadyTime began = context_.clock.steady();
    const SteadyTime deadline = from_now(context_.timing.request);
    std::size_t length = 0;
    switch (read_head(deadline, length)) {
      case HeadRead::ok:
        break;
      case HeadRead::ended:
        return false;
      case HeadRead::too_slow:
        return refuse({408, "too_slow", "the request took too long", {}}, false);
      case HeadRead::too_large:
        return refuse({431, "too_large", "expected a head of at most 16 KiB", {}}, false);
    }
    const auto head = parse_head(std::string_view(inbox_.bytes).substr(0, length));
    inbox_.bytes.erase(0, length);
    if (!head) return refuse({400, "malformed", head.error(), {}}, false);
    const auto call = judge_(*head, began);
    if (!call) return refuse(call.error(), head->method == "HEAD");
    if (!table_.enter(connection_, Phase::working)) return false;
    return run(*head, *call, deadline);
  }

  bool run(const Head& head, const Call& call, SteadyTime deadline) {
    const ServedCall served = processor_.process(head, call, inbox_, channel_, deadline, head.wants_close());
    if (served.status != 0) context_.account.answered(served.status);
    if (served.end == Served::too_slow) context_.account.refused("too_slow", connection_.peer());
    return served.end == Served::keep;
  }

  HeadRead read_head(SteadyTime deadline, std::size_t& length) {
    std::size_t searched = 0;
    for (;;) {
      length = head_length(inbox_.bytes, searched);
      if (length != std::string::npos) return length <= max_head ? HeadRead::ok : HeadRead::too_large;
      if (inbox_.bytes.size() >= max_head) return HeadRead::too_large;
      searched = inbox_.bytes.size();
      const Io status = read_some(deadline);
      if (status == Io::timed_out) return HeadRead::too_slow;
      if (status != Io::ok) return HeadRead::ended;
    }
  }

  Io read_some(SteadyTime deadline) {
    std::array<char, 4096> chunk{};
    const ReadOutcome outcome = channel_.read(chunk.data(), chunk.size(), deadline);
    if (outcome.status == Io::ok) inbox_.bytes.append(chunk.data(), outcome.bytes);
    return outcome.status;
  }

  // Always false: a connection whose request was not read to its end cannot be read on.
  bool refuse(const Refusal& refusal, bool head_request) {
    context_.account.refused(refusal.reason, connection_.peer());
    if (!table_.enter(connection_, Phase::closing)) return false;
    const SteadyTime deadline = from_now(context_.timing.linger);
    if (channel_.write(refusal_text(refusal, head_request), deadline) != Io::ok) return false;
    context_.account.answered(refusal.status);
    channel_.finish();
    linger(connection_.fd(), deadline);
    return false;
  }

  Connection& connection_;
  ConnectionTable& table_;
  Channel& channel_;
  const Judge& judge_;
  const ServeContext& context_;
  HttpProcessor processor_;
  Inbox inbox_;
  bool first_ = true;
};

}  // namespace

void serve_requests(Connection& connection, ConnectionTable& table, Channel& channel, const Judge& judge,
                    const ServeContext& context) {
  Session(connection, table, channel, judge, context).serve();
}

}  // namespace canaryd::web
