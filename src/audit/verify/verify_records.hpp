#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/format/head.hpp"
#include "audit/format/lines.hpp"
#include "chain_check.hpp"
#include "verify_findings.hpp"
#include "verify_roots.hpp"
#include "verify_rotation.hpp"
#include "verify_torn.hpp"

namespace canaryd::audit {

// Looks at a log's lines one after another: their form, their chain, and what they say of the log itself. Not
// thread-safe.
class RecordCheck {
 public:
  RecordCheck(Findings& findings, RootCheck& roots, RotationCheck& rotation, RecoveryCheck& recovery)
      : findings_(findings), roots_(roots), rotation_(rotation), recovery_(recovery), chain_(findings) {}

  // Its head, when the line has the form of a record. Errors: io.
  Result<std::optional<Head>> see(const std::string& file, const Line& line);

  ChainCheck& chain() { return chain_; }
  const std::string& log_id() const { return log_id_; }
  std::vector<std::string> open_intents() const;

 private:
  Status lifecycle(const std::string& file, const Line& line, const Head& head);
  void rotated(const LoggedAt& logged, const Head& head);
  void follow_intents(const Head& head);

  Findings& findings_;
  RootCheck& roots_;
  RotationCheck& rotation_;
  RecoveryCheck& recovery_;
  ChainCheck chain_;
  std::string log_id_;
  std::set<std::string, std::less<>> open_intents_;
  std::uint64_t more_intents_ = 0;
};

}  // namespace canaryd::audit
