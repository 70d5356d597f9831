#include "verify_roots.hpp"

#include "audit/format/names.hpp"
#include "audit/format/tree_hash.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::audit {

namespace {

std::string records(std::uint64_t from, std::uint64_t to) {
  return from == to ? "the record " + std::to_string(from)
                    : "one of the records " + std::to_string(from) + " to " + std::to_string(to);
}

}  // namespace

RootCheck::RootCheck(Findings& findings, OwnCheckpoints& own, const Anchors& anchors)
    : findings_(findings), own_(own), anchors_(anchors), met_(anchors.heads.size()) {}

Status RootCheck::begin() {
  auto first = own_.next();
  if (!first) return fail(first.error());
  next_own_ = *first;
  return compare();
}

Status RootCheck::add(const Hash& leaf) {
  if (lost_) return {};
  tree_.add(leaf);
  return compare();
}

void RootCheck::lose(std::string why) {
  if (!lost_) lost_ = std::move(why);
}

Status RootCheck::compare() {
  const auto size = tree_.size();
  const auto anchored = [&] { return next_anchor_ < met_.size() && anchors_.heads[next_anchor_].head.size == size; };
  const bool own = next_own_ && next_own_->head.size == size;
  if (!own && !anchored()) return {};
  const auto root = tree_.root();
  const auto agreed = agreed_;
  for (; anchored(); ++next_anchor_) {
    const bool agrees = anchors_.heads[next_anchor_].head.root == root;
    met_[next_anchor_] = {agrees ? Fit::agrees : Fit::differs, agreed};
    if (agrees) agreed_ = size;
  }
  while (next_own_ && next_own_->head.size == size) {
    compare_own(root);
    auto next = own_.next();
    if (!next) return fail(next.error());
    next_own_ = *next;
  }
  return {};
}

void RootCheck::compare_own(const Hash& root) {
  if (next_own_->head.root == root) {
    doubt_ends(true);
    agreed_ = tree_.size();
  } else if (!doubt_) {
    doubt_ = next_own_;  // what comes next tells whether the record or this checkpoint was changed
  }
}

void RootCheck::doubt_ends(bool later_agreed) {
  if (!doubt_) return;
  const auto& place = doubt_->place;
  const auto what = "the signed root of size " + std::to_string(doubt_->head.size) + " is " +
                    hex_of(doubt_->head.root) + ", which is not the log's: ";
  findings_.fault({checkpoints_name, place.line, place.byte,
                   what + (later_agreed ? "the signed roots behind it are, so this checkpoint was changed"
                                        : window(agreed_, doubt_->head.size)),
                   Check::integrity});
  doubt_.reset();
}

std::string RootCheck::window(std::uint64_t agreed, std::uint64_t size) {
  if (size == 0) return "no log begins with another";
  return records(agreed < size ? agreed : 0, size - 1) + " is not what was signed";
}

Status RootCheck::rest_of_own() {
  bool told = false;
  while (next_own_) {
    if (!lost_ && !told) {
      findings_.fault({checkpoints_name, next_own_->place.line, next_own_->place.byte,
                       "a checkpoint of " + std::to_string(next_own_->head.size) + " records, but the log has " +
                           std::to_string(tree_.size()) + ": its end is missing",
                       Check::completeness});
      told = true;
    }
    auto next = own_.next();
    if (!next) return fail(next.error());
    next_own_ = *next;
  }
  return {};
}

Status RootCheck::finish(const std::vector<bool>& is_ours) {
  doubt_ends(false);
  if (auto read = rest_of_own(); !read) return read;
  for (std::size_t i = 0; i < met_.size(); ++i) {
    if (is_ours[anchors_.heads[i].name]) judge(anchors_.heads[i], met_[i]);
  }
  return {};
}

void RootCheck::judge(const Anchor& anchor, const Met& met) {
  const auto size = anchor.head.size;
  std::string what = "the checkpoint of size " + std::to_string(size) + ": ";
  if (!anchor.unsigned_why.empty()) {
    what += anchor.unsigned_why;
  } else if (met.fit == Fit::differs) {
    what += "its root " + hex_of(anchor.head.root) + " is not the log's: " + window(met.agreed, size);
  } else if (met.fit == Fit::not_met && lost_) {
    what += "its root cannot be compared, as " + *lost_;
  } else if (met.fit == Fit::not_met) {
    what += "the log has " + std::to_string(tree_.size()) + " records: its end is missing";
  } else {
    return;
  }
  findings_.fault({anchors_.files[anchor.file], anchor.line, anchor.byte, std::move(what), Check::anchoring});
}

}  // namespace canaryd::audit
