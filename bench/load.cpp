// Posts notifications over keep-alive TLS connections, each as soon as the last was answered, and prints one line of
// JSON:
//   bench_load PORT CA-FILE TOKEN-FILE BODY-FILE CONNECTIONS SECONDS
// In the body `@FINGERPRINT@` is a new one each time and `@CONNECTION@` the connection's number of five digits.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>
#include <vector>

#include "connection.hpp"

namespace canaryd::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t connections_an_address = 16;

std::string content(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.empty()) throw Failure(std::string("nothing in ") + path);
  return text;
}

template <class Number>
std::string digits(const char* format, Number number) {
  char text[32];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

// Places of the same length, so that a request is made by overwriting.
std::string with_number(std::string text, std::size_t connection) {
  const std::string mark = "@CONNECTION@";
  const std::string number = digits("%05zu", connection);
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark)) text.replace(at, mark.size(), number);
  return text;
}

struct Lane {
  std::vector<double> milliseconds;
  std::size_t refused = 0;
  std::string problem;
};

class Sender {
 public:
  Sender(std::size_t number, const std::string& token, const std::string& body) : number_(number) {
    const std::string mark = "@FINGERPRINT@";
    std::string text = with_number(body, number);
    const auto in_body = text.find(mark);
    if (in_body == std::string::npos) throw Failure("no " + mark + " in the body");
    text.replace(in_body, mark.size(), std::string(16, '0'));
    request_ = "POST /webhooks/alertmanager HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token +
               "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n";
    place_ = request_.size() + in_body;
    request_ += text;
  }

  void run(Connection& connection, Clock::time_point until, std::uint64_t run_id, Lane& lane) {
    try {
      for (std::uint64_t sent = 0; Clock::now() < until; ++sent) {
        const std::uint64_t unique = (run_id << 48U) | (static_cast<std::uint64_t>(number_) << 32U) | sent;
        request_.replace(place_, 16, digits("%016llx", static_cast<unsigned long long>(unique)));
        const auto began = Clock::now();
        const auto response = connection.exchange(request_);
        lane.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
        if (response.status != 200) {
          ++lane.refused;
          lane.problem = std::to_string(response.status) + " " + response.body;
        }
      }
    } catch (const Failure& failure) {
      ++lane.refused;
      lane.problem = failure.what();
    }
  }

 private:
  std::size_t number_;
  std::string request_;
  std::size_t place_ = 0;
};

double quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

int run(char** arguments) {
  const int port = std::stoi(arguments[1]);
  const std::string ca = arguments[2];
  const std::string token = content(arguments[3]);
  const std::string body = content(arguments[4]);
  const std::size_t count = std::stoul(arguments[5]);
  const auto duration = std::chrono::duration<double>(std::stod(arguments[6]));

  std::vector<Connection> connections;
  connections.reserve(count);
  // canaryd gives one address a quarter of its connections at most.
  for (std::size_t i = 0; i < count; ++i) {
    connections.emplace_back("127.0.0.1", port, ca, "127.0.0." + std::to_string(1 + i / connections_an_address));
  }
  const auto run_id = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count() >> 20U);
  std::vector<Lane> lanes(count);
  const auto began = Clock::now();
  const auto until = began + std::chrono::duration_cast<Clock::duration>(duration);
  {
    std::vector<std::jthread> threads;
    threads.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([&, i] { Sender(i, token, body).run(connections[i], until, run_id, lanes[i]); });
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();

  Lane all;
  for (const auto& lane : lanes) {
    all.milliseconds.insert(all.milliseconds.end(), lane.milliseconds.begin(), lane.milliseconds.end());
    all.refused += lane.refused;
    if (!lane.problem.empty()) all.problem = lane.problem;
  }
  std::sort(all.milliseconds.begin(), all.milliseconds.end());
  std::printf(R"({"requests": %zu, "refused": %zu, "per_second": %.1f, "p50_ms": %.3f, "p99_ms": %.3f})"
              "\n",
              all.milliseconds.size(), all.refused, static_cast<double>(all.milliseconds.size()) / seconds,
              quantile(all.milliseconds, 0.5), quantile(all.milliseconds, 0.99));
  if (all.refused > 0) std::cerr << "load: " << all.problem << "\n";
  return all.refused > 0 ? 1 : 0;
}

}  // namespace

}  // namespace canaryd::bench

int main(int count, char** arguments) {
  if (count != 7) {
    std::cerr << "usage: bench_load PORT CA-FILE TOKEN-FILE BODY-FILE CONNECTIONS SECONDS\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return canaryd::bench::run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "load: " << error.what() << "\n";
    return 1;
  }
}
