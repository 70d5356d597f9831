#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "connection.hpp"

namespace canaryd::http {

// A bounded set of connections. The one used last is lent first: it is the likeliest to be alive still. Safe from any
// thread; outlives what it lent.
class Pool {
 public:
  Pool(const Endpoint& endpoint, std::size_t limit) : endpoint_(endpoint), limit_(limit) {}

  // A connection lent until this goes out of scope; null when all were in use until the deadline.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_(pool), connection_(std::move(connection)) {}
    ~Lease() {
      if (connection_) pool_.give_back(std::move(connection_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection* get() const { return connection_.get(); }

   private:
    Pool& pool_;
    std::unique_ptr<Connection> connection_;
  };
  Lease borrow(SteadyTime deadline);

 private:
  void give_back(std::unique_ptr<Connection> connection);

  const Endpoint& endpoint_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t lent_ = 0;
};

}  // namespace canaryd::http
