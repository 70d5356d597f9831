#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "canaryd/app/config.hpp"
#include "canaryd/doctor/examine.hpp"
#include "subcommand.hpp"

namespace canaryd::app {

// `canaryd doctor`.
class DoctorCommand final : public Subcommand {
 public:
  void add_to(CLI::App& app) override;
  // Returns the exit code: 0 (warnings too), 3 when something does not work, 4 when something could not be looked at, 2
  // for options that do not go together.
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  void add_ways();
  void add_test();
  doctor::Findings findings(std::ostream& err) const;
  doctor::Settings settings(const Config& config) const;

  std::string config_file_;
  kube::ClusterSettings cluster_;  // what is said here in place of the configuration's
  std::string as_user_;
  std::string prometheus_url_;
  doctor::Service alertmanager_;
  std::vector<std::string> receivers_;
  std::vector<std::string> hosts_;
  int replicas_ = 0;
  doctor::Service canaryd_;
  bool send_test_ = false;
  std::string wait_ = "60s";
  std::string timeout_ = "2m";
  std::string output_ = "text";
};

}  // namespace canaryd::app
