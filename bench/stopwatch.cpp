// Times single exchanges and synced appends for bench/reaction.py, whose own clockwork would be in the figures. Reads
// commands from stdin, one a line, and answers each with one line:
//   open NAME HOST PORT CA-FILE|-   ->  ok
//   send NAME BYTES\n<BYTES bytes>  ->  MICROSECONDS SENT-AT STATUS LENGTH\n<LENGTH bytes of body>
//                                       SENT-AT: microseconds since 1970, by which records are dated too
//   log PATH                        ->  ok; a new file with room reserved, as the audit log's has
//   sync BYTES                      ->  MICROSECONDS of one append of that many bytes and its fdatasync
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <sstream>

#include "connection.hpp"

namespace canaryd::bench {

namespace {

constexpr off_t reserve_step = 1 << 20;

class Timer {
 public:
  double microseconds() const {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

class Stopwatch {
 public:
  ~Stopwatch() {
    if (fd_ >= 0) ::close(fd_);
  }

  std::string answer(std::istream& command) {
    std::string verb;
    command >> verb;
    if (verb == "open") return open(command);
    if (verb == "send") return send(command);
    if (verb == "log") return log(command);
    if (verb == "sync") return sync(command);
    throw Failure("unknown command " + verb);
  }

 private:
  std::string open(std::istream& command) {
    std::string name;
    std::string host;
    std::string ca;
    int port = 0;
    command >> name >> host >> port >> ca;
    connections_.erase(name);
    connections_.emplace(name, Connection(host, port, ca == "-" ? "" : ca));
    return "ok";
  }

  std::string send(std::istream& command) {
    std::string name;
    std::size_t length = 0;
    command >> name >> length;
    std::string request(length, '\0');
    if (!std::cin.read(request.data(), static_cast<std::streamsize>(length))) throw Failure("a request cut off");
    auto& connection = connections_.at(name);
    const auto sent_at =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
    const Timer timer;
    const Response response = connection.exchange(request);
    std::ostringstream out;
    const double took = timer.microseconds();
    out << took << " " << sent_at.count() << " " << response.status << " " << response.body.size() << "\n"
        << response.body;
    return out.str();
  }

  std::string log(std::istream& command) {
    std::string path;
    command >> path;
    fd_ = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (fd_ < 0) throw Failure("cannot create " + path);
    return "ok";
  }

  std::string sync(std::istream& command) {
    std::size_t length = 0;
    command >> length;
    const std::string bytes(length, 'x');
    const auto size = static_cast<off_t>(bytes.size());
    const Timer timer;
    if (end_ + size > reserved_) {
      if (::fallocate(fd_, FALLOC_FL_KEEP_SIZE, end_, reserve_step) == 0) reserved_ = end_ + reserve_step;
    }
    if (::write(fd_, bytes.data(), bytes.size()) != size || ::fdatasync(fd_) != 0) throw Failure("write or fdatasync");
    end_ += size;
    return std::to_string(timer.microseconds());
  }

  std::map<std::string, Connection> connections_;
  int fd_ = -1;
  off_t end_ = 0;
  off_t reserved_ = 0;
};

int run() {
  Stopwatch stopwatch;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream command(line);
    std::cout << stopwatch.answer(command) << "\n" << std::flush;
  }
  return 0;
}

}  // namespace

}  // namespace canaryd::bench

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return canaryd::bench::run();
  } catch (const std::exception& error) {
    std::cerr << "stopwatch: " << error.what() << "\n";
    return 1;
  }
}
