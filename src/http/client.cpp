#include "canaryd/http/client.hpp"

#include "exchange.hpp"
#include "pool.hpp"

namespace canaryd::http {
namespace {

constexpr std::size_t max_connections = 32;

Error out_of_time() { return Error::unavailable("the deadline passed before the request could be sent"); }

bool is_past(SteadyTime deadline) { return std::chrono::steady_clock::now() >= deadline; }

}  // namespace

struct Client::Impl {
  explicit Impl(Endpoint given) : endpoint(std::move(given)), pool(endpoint, max_connections) {}
  const Endpoint endpoint;
  Pool pool;
};

Client::Client(Endpoint endpoint) {
  initialise_curl();
  impl_ = std::make_unique<Impl>(std::move(endpoint));
}

Client::~Client() = default;

Result<Response> Client::send(const Request& request) {
  const Pool::Lease lease = impl_->pool.borrow(request.deadline);
  if (lease.get() == nullptr || is_past(request.deadline)) return fail(out_of_time());
  if (!lease.get()->usable()) return fail(Error::unavailable("no memory for a connection"));
  Exchange exchange(*lease.get(), request, nullptr);
  // A write is not cut off by a stop: what became of it would be unknown.
  return exchange.run(request.method == Method::get ? request.stop : nullptr);
}

Result<Response> Client::stream(const Request& request, std::chrono::milliseconds idle, const std::atomic<bool>& stop,
                                const std::function<bool(std::string_view line)>& on_line, std::size_t max_line,
                                const std::function<void()>& on_open) {
  if (request.method != Method::get) return fail(Error::invalid("only a GET can be streamed"));
  if (is_past(request.deadline)) return fail(out_of_time());
  Connection connection(impl_->endpoint);
  if (!connection.usable()) return fail(Error::unavailable("no memory for a connection"));
  const Streaming streaming{on_line, on_open, max_line, idle};
  Exchange exchange(connection, request, &streaming);
  return exchange.run(&stop);
}

}  // namespace canaryd::http
