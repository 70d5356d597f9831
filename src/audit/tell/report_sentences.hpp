#pragma once

#include <string>
#include <vector>

#include "canaryd/audit/report.hpp"

// One item of a report as a sentence. What comes from the log is not escaped. Pure.
namespace canaryd::audit {

std::string rollout_sentence(const ReportRollout& rollout);
std::string step_sentence(const ReportStep& step);
std::string rollback_sentence(const ReportRollback& rollback);
std::string command_sentence(const ReportCommand& command);
std::string hold_sentence(const ReportHold& hold);
std::string gap_sentence(const ReportGap& gap);

std::string verdict_sentence(const Verdict& verdict);
std::vector<std::string> verdict_lines(const Verdict& verdict);  // each check, faults and notes

}  // namespace canaryd::audit
