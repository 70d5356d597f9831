#include "http_server.hpp"

#include <httplib.h>

#include <memory>
#include <thread>

namespace canaryd::sandbox {

namespace {

constexpr std::size_t threads = 192;  // one for each open connection: keep-alive clients and watches

Request request_of(const httplib::Request& from) {
  Request request;
  request.method = from.method;
  request.path = from.path;
  for (const auto& [name, value] : from.params) request.query[name] = value;
  const std::string type = from.get_header_value("Content-Type");
  request.content_type = type.substr(0, type.find(';'));
  request.user_agent = from.get_header_value("User-Agent");
  request.body = from.body;
  request.host = from.get_header_value("Host");
  return request;
}

void stream(std::shared_ptr<WatchStream> watch, const std::atomic<bool>& stop, httplib::Response& response) {
  response.set_chunked_content_provider("application/json",
                                        [watch = std::move(watch), &stop](std::size_t, httplib::DataSink& sink) {
                                          const std::string lines = watch->next(std::chrono::milliseconds(100));
                                          if (!lines.empty() && !sink.write(lines.data(), lines.size())) return false;
                                          if (watch->ended() || stop.load()) sink.done();
                                          return sink.is_writable();
                                        });
}

}  // namespace

Status serve(Api& api, const Address& address, const std::atomic<bool>& stop, const std::function<void(int)>& ready) {
  httplib::Server server;
  std::atomic<bool> stopping{false};
  server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1'000'000'000);
  server.set_keep_alive_timeout(300);
  server.set_payload_max_length(16U << 20U);
  const auto handler = [&](const httplib::Request& from, httplib::Response& to) {
    const Request request = request_of(from);
    if (auto watch = api.watch(request)) {
      stream(std::make_shared<WatchStream>(std::move(*watch)), stopping, to);
      return;
    }
    const Response response = api.handle(request);
    to.status = response.status;
    to.set_content(response.body, response.content_type);
  };
  server.Get(".*", handler).Post(".*", handler).Put(".*", handler).Patch(".*", handler).Delete(".*", handler);
  server.set_exception_handler([](const httplib::Request&, httplib::Response& to, const std::exception_ptr&) {
    to.status = 500;
    to.set_content("the sandbox failed at this request\n", "text/plain");
  });

  int port = address.port;
  const bool bound =
      port == 0 ? (port = server.bind_to_any_port(address.host)) > 0 : server.bind_to_port(address.host, port);
  if (!bound) return fail(Error::io("cannot listen on " + address.url_host() + ":" + std::to_string(address.port)));
  std::atomic<bool> ended{false};
  std::thread listener([&] {
    server.listen_after_bind();
    ended = true;
  });
  // A stop() before the listener runs is lost, and the join would wait for ever.
  while (!server.is_running() && !ended.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ready(port);
  while (!stop.load()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  stopping = true;
  server.stop();
  listener.join();
  return {};
}

}  // namespace canaryd::sandbox
