#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "anchors.hpp"
#include "verify_checkpoints.hpp"
#include "verify_findings.hpp"

namespace canaryd::audit {

// Grows the tree of a log record by record and compares its root wherever a signed one says what it has to be: the
// log's own checkpoints and those from elsewhere, all in one pass. Not thread-safe.
class RootCheck {
 public:
  // Among the anchors there may be those of other logs: whose they are is known at the end.
  RootCheck(Findings& findings, OwnCheckpoints& own, const Anchors& anchors);

  Status begin();  // before the first leaf. Errors of these three: io
  Status add(const Hash& leaf);
  // After the last leaf. Tells what is wrong with those anchors whose name is this log's (by Anchors::names).
  Status finish(const std::vector<bool>& is_ours);

  // From here on leaves are missing: no root can be computed any more.
  void lose(std::string why);
  bool lost() const { return lost_.has_value(); }
  std::uint64_t size() const { return tree_.size(); }
  TreeHead head() const { return tree_.head(); }

 private:
  enum class Fit : std::uint8_t { not_met, agrees, differs };
  struct Met {
    Fit fit = Fit::not_met;
    std::uint64_t agreed = 0;  // the largest size before, whose signed root is the log's
  };

  Status compare();
  void compare_own(const Hash& root);
  void doubt_ends(bool later_agreed);
  Status rest_of_own();
  void judge(const Anchor& anchor, const Met& met);
  static std::string window(std::uint64_t agreed, std::uint64_t size);

  Findings& findings_;
  OwnCheckpoints& own_;
  const Anchors& anchors_;
  Tree tree_;
  std::optional<std::string> lost_;
  std::optional<SignedHead> next_own_;
  std::size_t next_anchor_ = 0;
  std::vector<Met> met_;             // by anchor
  std::uint64_t agreed_ = 0;         // the largest size so far, whose signed root is the log's
  std::optional<SignedHead> doubt_;  // the first one since then that is not
};

}  // namespace canaryd::audit
