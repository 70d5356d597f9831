#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>

#include "canaryd/http/client.hpp"
#include "connection.hpp"

namespace canaryd::http {

// What a stream adds to an exchange.
struct Streaming {
  const std::function<bool(std::string_view)>& on_line;
  const std::function<void()>& on_open;
  std::size_t max_line;
  std::chrono::milliseconds idle;
};

// One request and its answer on one connection; made for one use.
class Exchange {
 public:
  // `streaming` is null for an answer that is collected.
  Exchange(Connection& connection, const Request& request, const Streaming* streaming);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Result<Response> run(const std::atomic<bool>* stop);

 private:
  static int on_pre_request(void* self, char*, char*, int, int);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  bool take_lines(std::string_view bytes);
  bool hand_over(std::string_view line);
  Error failure(const Connection::Ending& ending) const;
  std::string words(const Connection::Ending& ending) const;
  long bytes_written() const;

  Connection& connection_;
  const Request& request_;
  const Streaming* streaming_;
  const bool write_;

  Response response_;
  std::string partial_line_;
  std::string refused_;  // why a callback of ours ended it
  std::exception_ptr thrown_;
  std::size_t header_bytes_ = 0;
  int pre_requests_ = 0;
  bool length_known_ = false;
  bool opened_ = false;
  bool ended_by_reader_ = false;
  SteadyTime last_byte_;
};

}  // namespace canaryd::http
