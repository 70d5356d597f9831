#include <ostream>
#include <string>
#include <vector>

#include "canaryd/app/cli.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/web/api.hpp"
#include "commands.hpp"
#include "text_table.hpp"

namespace canaryd::app {

namespace {

constexpr const char* path = "/api/v1/rollouts";

std::string percent_text(int percent) { return std::to_string(percent) + "%"; }

// A stage; at 100 what is next is no stage.
std::string next_text(const engine::RolloutRow& row) {
  if (row.next) return percent_text(*row.next);
  return row.percent == 100 ? "promotion" : "";
}

std::vector<std::string> row_of(const engine::RolloutRow& row) {
  std::string held_by;
  for (const auto& guard : row.held_by) held_by += (held_by.empty() ? "" : ",") + escaped(guard);
  return {escaped(row.target.str()),
          escaped(row.component),
          escaped(row.stable.str()),
          escaped(row.canary.str()),
          percent_text(row.percent),
          next_text(row),
          row.dwell_left ? to_text(*row.dwell_left) : std::string(),
          held_by};
}

void print(const std::vector<engine::RolloutRow>& rollouts, std::ostream& out) {
  if (rollouts.empty()) {
    out << "no canary is in flight\n";
    return;
  }
  std::vector<std::vector<std::string>> rows{
      {"SERVICE", "COMPONENT", "STABLE", "CANARY", "PERCENT", "NEXT", "DWELL LEFT", "HELD BY"}};
  for (const auto& rollout : rollouts) rows.push_back(row_of(rollout));
  print_table(rows, out);
}

}  // namespace

int list_rollouts(const ApiConnection& connection, const RolloutsOptions& options, std::ostream& out,
                  std::ostream& err) {
  const std::string query = options.ns.empty() ? "" : "?namespace=" + options.ns;
  const auto response = ask(connection, http::Method::get, path + query, "");
  if (!response) {
    err << "canaryd: " << one_line(response.error().message) << "\n";
    return exit_failed;
  }
  if (response->status != 200) {
    err << "canaryd: " << refusal_text(*response) << "\n";
    return exit_failed;
  }
  const auto rollouts = web::read_rollouts(response->body);
  if (!rollouts) {
    err << "canaryd: the answer cannot be read: " << one_line(rollouts.error().message) << "\n";
    return exit_failed;
  }
  if (options.json) {
    out << web::rollouts_json(*rollouts) << "\n";
  } else {
    print(*rollouts, out);
  }
  return exit_done;
}

}  // namespace canaryd::app
