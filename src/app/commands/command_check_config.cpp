#include <ostream>

#include "canaryd/app/cli.hpp"
#include "canaryd/app/config.hpp"
#include "canaryd/base/file.hpp"
#include "commands.hpp"
#include "failed.hpp"

namespace canaryd::app {

int check_config(const std::string& file, std::ostream& out, std::ostream& err) {
  const auto text = read_file(file);
  if (!text) return failed(text.error(), err);
  const ConfigReading reading = read_config(*text, file);
  for (const auto& problem : reading.problems) err << problem.str() << "\n";
  const auto count = reading.problems.size();
  if (count > 0) {
    err << "canaryd: " << file << " has " << count << (count == 1 ? " problem\n" : " problems\n");
    return exit_failed;
  }
  out << file << " is good: clients " << reading.config.server.tokens.size() + reading.config.server.certificates.size()
      << ", alerts " << reading.config.alerts.size() << ", policies " << reading.config.policies.size() << ", sha256 "
      << reading.config.sha256 << "; the files it names were not looked at\n";
  return exit_done;
}

}  // namespace canaryd::app
