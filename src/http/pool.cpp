#include "pool.hpp"

namespace canaryd::http {

Pool::Lease Pool::borrow(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  if (!returned_.wait_until(lock, deadline, [this] { return lent_ < limit_; })) return {*this, nullptr};
  ++lent_;
  if (idle_.empty()) return {*this, std::make_unique<Connection>(endpoint_)};
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return {*this, std::move(connection)};
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    if (connection->usable()) idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

}  // namespace canaryd::http
