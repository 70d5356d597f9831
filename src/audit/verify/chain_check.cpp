#include "chain_check.hpp"

#include "canaryd/base/digest.hpp"

namespace canaryd::audit {

namespace {
constexpr std::size_t seq_at = 7;  // offset of seq's value in a line
}

void ChainCheck::form_fault(const std::string& file, const Line& line, const Misfit& misfit) {
  if (suspicion_) findings_.fault(suspicion_->older);
  suspicion_.reset();
  findings_.fault({file, line.number, line.offset + misfit.at, misfit.what});
  before_ = {file, line.number, line.offset, {}};
  prev_ = sha256_hex(line.bytes);
  faulty_before_ = true;
  first_ = jumped_ = false;
  ++expected_;
  after_fault_ = expected_;
}

void ChainCheck::see(const std::string& file, const Line& line, const Head& head) {
  bool faulty = false;
  if (may_be_next(head.seq)) {
    check_prev(file, line, head);
  } else {
    if (suspicion_) findings_.fault(suspicion_->older);
    suspicion_.reset();
    findings_.fault({file, line.number, line.offset + seq_at,
                     "expected seq " + std::to_string(expected_) + ", got " + std::to_string(head.seq) +
                         (head.prev == prev_ || jumped_ ? "" : "; prev is not the hash of the line before either")});
    faulty = true;
  }
  after_fault_ = expected_ + 1;
  expected_ = head.seq + 1;
  before_ = {file, line.number, line.offset, {}};
  prev_ = sha256_hex(line.bytes);
  faulty_before_ = faulty;
  first_ = jumped_ = false;
}

void ChainCheck::check_prev(const std::string& file, const Line& line, const Head& head) {
  if (jumped_) return;
  const bool matches = head.prev == prev_;
  if (suspicion_) {
    findings_.fault(matches ? suspicion_->older : suspicion_->newer);
    const bool newer = !matches;
    suspicion_.reset();
    if (newer) return;  // that the changed line's hash is another one is only what follows
  }
  if (matches || faulty_before_) return;
  if (first_) {
    findings_.fault({file, line.number, line.offset + head.prev_at, "expected 64 zeros as prev of the first record"});
    return;
  }
  Suspicion suspicion;
  suspicion.older = before_;
  suspicion.older.what =
      "its SHA-256 is " + prev_ + ", but the next line was written after one of " + std::string(head.prev);
  suspicion.newer = {file, line.number, line.offset + head.prev_at,
                     "expected prev " + prev_ + ", the SHA-256 of the line before, got " + std::string(head.prev)};
  suspicion_ = std::move(suspicion);
}

void ChainCheck::jump(std::uint64_t seq) {
  finish();
  expected_ = after_fault_ = seq;
  faulty_before_ = false;
  first_ = false;
  jumped_ = true;
}

// The last line's own hash is in no other: which of the last two was changed cannot be told.
void ChainCheck::finish() {
  if (!suspicion_) return;
  suspicion_->newer.what += "; this line or the one before was changed";
  findings_.fault(suspicion_->newer);
  suspicion_.reset();
}

}  // namespace canaryd::audit
