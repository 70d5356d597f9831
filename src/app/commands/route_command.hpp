#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "subcommand.hpp"

namespace canaryd::app {

// `canaryd route print` and `canaryd route check`.
class RouteCommand final : public Subcommand {
 public:
  void add_to(CLI::App& app) override;

  bool given() const override;
  // Returns the exit code. print: 0. check: 0 when nothing keeps an alert from arriving, 1 when something does or the
  // file cannot be read. 2 for an option that cannot be understood.
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  void add_print(CLI::App& route);
  void add_check(CLI::App& route);
  int print(std::ostream& out, std::ostream& err) const;
  int check(std::ostream& out, std::ostream& err) const;

  CLI::App* print_ = nullptr;
  CLI::App* check_ = nullptr;
  std::string config_file_;
  std::vector<std::string> urls_;
  std::string version_ = "0.25";
  std::string alertmanager_file_;
  std::vector<std::string> receivers_;
  std::vector<std::string> alerts_;
  std::vector<std::string> labels_;
  int replicas_ = 0;
  std::string output_ = "text";
};

}  // namespace canaryd::app
