#pragma once

#include <string>
#include <vector>

#include "anchors.hpp"
#include "verify_checkpoints.hpp"
#include "verify_findings.hpp"
#include "verify_records.hpp"
#include "verify_roots.hpp"
#include "verify_rotation.hpp"

namespace canaryd::audit {

// Everything that was looked at, at the end.
struct Looked {
  const VerifyOptions& options;
  RecordCheck& records;
  const RootCheck& roots;
  const RotationCheck& rotation;
  const OwnCheckpoints& own;
  const Anchors& anchors;
  const std::vector<bool>& is_ours;  // by Anchors::names
};

// The log's id: as its records say it, else as all its checkpoints do; empty when neither says it.
std::string log_id_by(const RecordCheck& records, const OwnCheckpoints& own);
// Whether each name among the anchors is that of a log of this id.
std::vector<bool> names_of_log(const Anchors& anchors, const std::string& log_id);
// Finds what only the whole shows, and says each verdict.
void conclude(const Looked& looked, Findings& findings, Verdict& verdict);

}  // namespace canaryd::audit
