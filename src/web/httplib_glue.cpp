#include "httplib_glue.hpp"

#include <httplib.h>

#include <algorithm>
#include <exception>

#include "canaryd/web/settings.hpp"

// httplib.h of 0.11 has no CPPHTTPLIB_VERSION_NUM; where it is defined the newer signatures apply. Only 0.11.4 (Debian
// 12) is tried.

namespace canaryd::web {

namespace {

// What httplib is shown of a head: what it needs to frame the request, in our own spelling.
std::string canonical_head(const Head& head, const Call& call, bool close) {
  std::string text = head.method + " " + head.path + " HTTP/1.1\r\nHost: canaryd\r\n";
  if (head.method == "POST") text += "Content-Length: " + std::to_string(call.content_length) + "\r\n";
  if (head.find("expect") != nullptr) text += "Expect: 100-continue\r\n";
  if (close) text += "Connection: close\r\n";
  return text + "\r\n";
}

// The head, then exactly the body's bytes, then the end; what is written goes out in one piece.
class GuardedStream final : public httplib::Stream {
 public:
  GuardedStream(std::string head, std::size_t body, Inbox& inbox, Channel& channel, SteadyTime deadline)
      : head_(std::move(head)), body_left_(body), inbox_(inbox), channel_(channel), deadline_(deadline) {}

  ssize_t read(char* into, std::size_t size) override {
    if (failed_ != Io::ok) return -1;
    if (head_read_ < head_.size()) return take(head_, head_read_, into, size);
    if (body_left_ == 0) return 0;
    if (flush() != Io::ok) return -1;  // an interim "100 Continue"
    size = std::min(size, body_left_);
    if (!inbox_.bytes.empty()) {
      size = std::min(size, inbox_.bytes.size());
      std::copy_n(inbox_.bytes.data(), size, into);
      inbox_.bytes.erase(0, size);
    } else {
      const ReadOutcome outcome = channel_.read(into, size, deadline_);
      if (outcome.status != Io::ok) {
        failed_ = outcome.status;
        return -1;
      }
      size = outcome.bytes;
    }
    body_left_ -= size;
    return static_cast<ssize_t>(size);
  }

  ssize_t write(const char* bytes, std::size_t size) override {
    if (failed_ != Io::ok) return -1;
    out_.append(bytes, size);
    return static_cast<ssize_t>(size);
  }

  Io flush() {
    if (failed_ == Io::ok && !out_.empty()) failed_ = channel_.write(out_, deadline_);
    out_.clear();
    return failed_;
  }

  bool body_consumed() const { return body_left_ == 0; }

  // httplib compares it with FD_SETSIZE, for a select() that this stream never does.
  socket_t socket() const override { return -1; }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { none(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { none(ip, port); }
#ifdef CPPHTTPLIB_VERSION_NUM
  bool is_readable() const override { return true; }
  bool wait_readable() const override { return true; }
  bool wait_writable() const override { return true; }
  time_t duration() const override { return 0; }
#else
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
#endif

 private:
  // The peer is known from the socket; httplib has no use for it here.
  static void none(std::string& ip, int& port) {
    ip.clear();
    port = 0;
  }
  static ssize_t take(const std::string& from, std::size_t& at, char* into, std::size_t size) {
    size = std::min(size, from.size() - at);
    std::copy_n(from.data() + at, size, into);
    at += size;
    return static_cast<ssize_t>(size);
  }

  std::string head_;
  std::size_t head_read_ = 0;
  std::size_t body_left_;
  Inbox& inbox_;
  Channel& channel_;
  SteadyTime deadline_;
  std::string out_;
  Io failed_ = Io::ok;
};

}  // namespace

// Derived for the protected process_request alone: it never listens.
struct HttpProcessor::Impl final : httplib::Server {
  explicit Impl(Logger& log) : log_(log) {
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      Reply reply = call_->run(request.body);
      response.status = reply.status;
      response.set_header("Content-Type", reply.content_type);
      for (const auto& [name, value] : reply.headers) response.set_header(name, value);
      response.body = std::move(reply.body);
    };
    Get(".*", answer);
    Post(".*", answer);
    set_exception_handler([this](const auto&, httplib::Response& response, const std::exception_ptr& thrown) {
      log_.error("handler_failed", {{"error", text_of(thrown)}});
      response.status = 500;
      response.set_content("internal error\n", "text/plain; charset=utf-8");
    });
    set_payload_max_length(max_body);
    set_keep_alive_timeout(300);
    set_keep_alive_max_count(1'000'000);
    set_logger([this](const httplib::Request&, const httplib::Response& response) { status_ = response.status; });
  }

  bool run(GuardedStream& stream, const Call& call, bool close) {
    call_ = &call;
    status_ = 0;
    bool closed = false;
#ifdef CPPHTTPLIB_VERSION_NUM
    return process_request(stream, "", 0, "", 0, close, closed, nullptr);
#else
    return process_request(stream, close, closed, nullptr);
#endif
  }

  int status() const { return status_; }

 private:
  static std::string text_of(const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      return e.what();
    } catch (...) {
      return "not a std::exception";
    }
  }

  Logger& log_;
  const Call* call_ = nullptr;
  int status_ = 0;
};

HttpProcessor::HttpProcessor(Logger& log) : impl_(std::make_unique<Impl>(log)) {}
HttpProcessor::~HttpProcessor() = default;

ServedCall HttpProcessor::process(const Head& head, const Call& call, Inbox& inbox, Channel& channel,
                                  SteadyTime deadline, bool close) {
  GuardedStream stream(canonical_head(head, call, close), call.content_length, inbox, channel, deadline);
  const bool done = impl_->run(stream, call, close);
  const Io written = stream.flush();
  if (written == Io::timed_out) return {Served::too_slow, 0};
  if (written != Io::ok || !done) return {Served::broken, 0};
  return {close || !stream.body_consumed() ? Served::close : Served::keep, impl_->status()};
}

}  // namespace canaryd::web
