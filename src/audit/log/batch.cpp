#include "batch.hpp"

#include <algorithm>

#include "audit/format/line.hpp"

namespace canaryd::audit {

namespace {

constexpr std::uint64_t head_limit = 256;  // seq, time, prev, format and log, punctuation
// An outcome repeats what its intent says and adds the answer of the API server, which its caller bounds.
constexpr std::uint64_t answer_limit = 16U << 10U;

bool is_beginning(Kind kind) { return kind == Kind::intent || kind == Kind::decision || kind == Kind::received; }

}  // namespace

Status fill(Request& request, const Record* records, std::size_t count) {
  if (count == 0) return fail(Error::invalid("an append without records"));
  request.settles = true;
  request.entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    Pending entry{records[i].kind, records[i].id, body_of(records[i])};
    if (entry.body.size() + head_limit > line_limit) {
      return fail(Error::invalid("an audit record of " + std::to_string(entry.body.size()) +
                                 " bytes, expected less than " + std::to_string(line_limit - head_limit)));
    }
    request.bytes += entry.body.size() + head_limit;
    request.settles = request.settles && entry.kind == Kind::outcome;
    request.begins = request.begins || is_beginning(entry.kind);
    request.entries.push_back(std::move(entry));
  }
  return {};
}

std::uint64_t OutcomeRoom::of(const Pending& intent) { return intent.body.size() + head_limit + answer_limit; }

void OutcomeRoom::keep(const std::string& id, std::uint64_t bytes) {
  kept_.push_back({id, bytes});
  total_ += bytes;
}

void OutcomeRoom::release(const std::string& id) {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.id == id; });
  if (found == kept_.end()) return;
  total_ -= found->bytes;
  kept_.erase(found);
}

}  // namespace canaryd::audit
