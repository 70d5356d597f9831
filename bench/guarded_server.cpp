// What canaryd's webhook is compared with: the same guarded server, whose handler decides nothing and makes one record
// of a given size durable for each request, by the same group commit.
//   bench_guarded_server CERTIFICATE KEY TOKEN-FILE AUDIT-FOLDER RECORD-BYTES
// Prints `port=N` and serves until its stdin ends.
#include <csignal>
#include <filesystem>
#include <iostream>
#include <string>

#include "canaryd/audit/log.hpp"
#include "canaryd/base/random.hpp"
#include "canaryd/web/server.hpp"

namespace canaryd::bench {

namespace {

audit::Record record_of(std::string message) {
  audit::Record record;
  record.kind = audit::Kind::decision;
  record.id = random_id();
  record.message = std::move(message);
  return record;
}

std::uint64_t bytes_in(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) bytes += entry.file_size();
  return bytes;
}

// What makes a record's line `size` bytes long: the rest of a line is measured on one with a message of one byte.
std::string filler_for(audit::AuditLog& log, const std::string& folder, std::size_t size) {
  const auto before = bytes_in(folder);
  if (!log.append(record_of("x"))) throw std::runtime_error("the first record could not be written");
  const auto rest = static_cast<std::size_t>(bytes_in(folder) - before) - 1;
  return std::string(size > rest ? size - rest : 1, 'x');
}

int run(char** arguments) {
  const SystemClock clock;
  Logger logger(LogFormat::logfmt, LogLevel::warn);
  Metrics metrics;
  const auto files = audit::posix_files();
  auto log = audit::AuditLog::open({arguments[4]}, *files, clock, logger, metrics);
  if (!log) throw std::runtime_error(log.error().message);
  const std::string filler = filler_for(**log, arguments[4], std::stoul(arguments[5]));

  web::WebHooks hooks;
  hooks.on_notification = [&](const alert::Notification&, const engine::Delivery&) -> engine::Answer {
    return (*log)->append(record_of(filler)) ? engine::Answer{200, "recorded"} : engine::Answer{503, "not recorded"};
  };
  hooks.on_refused = [](const std::string&, const std::string&) {};

  web::ServerSettings settings;
  settings.listen = {"127.0.0.1", 0};
  settings.tls.certificate = arguments[1];
  settings.tls.key = arguments[2];
  settings.tokens = {{"bench", web::Role::alert, arguments[3], {}}};
  auto server = web::Server::create(settings, std::move(hooks), clock, logger, metrics);
  if (!server) throw std::runtime_error(server.error().message);
  (*server)->start();
  std::cout << "port=" << (*server)->port() << '\n' << std::flush;
  while (std::cin.get() != std::char_traits<char>::eof()) {
  }
  (*server)->stop(std::chrono::seconds(5));
  return 0;
}

}  // namespace

}  // namespace canaryd::bench

int main(int count, char** arguments) {
  if (count != 6) {
    std::cerr << "usage: bench_guarded_server CERTIFICATE KEY TOKEN-FILE AUDIT-FOLDER RECORD-BYTES\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return canaryd::bench::run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "guarded_server: " << error.what() << "\n";
    return 1;
  }
}
