#include "closed_segments.hpp"

#include "audit/format/names.hpp"
#include "audit/log/rotation.hpp"

namespace canaryd::audit::test {

std::uint64_t ClosedSegments::add(WallTime time, int records, std::optional<std::uint64_t> waits_in,
                                  const std::vector<Record>& more) {
  if (chain_.log_id.empty()) chain_.log_id = std::string(32, 'a');
  const std::uint64_t first = chain_.seq;
  std::string text;
  if (first_seqs_.empty()) {
    Record created = of_kind(Kind::lifecycle, "c");
    created.event = "created";
    append_line(text, chain_, time, body_of(created));
  } else {
    Tally tally(first_seqs_.back());
    for (const auto& line : split(plain_.at(first_seqs_.back()))) tally.add(line);
    append_line(text, chain_, time, body_of(rotated_record(tally, tree_, chain_.log_id, waits_in)));
  }
  for (int i = 0; i < records; ++i) append_line(text, chain_, time, body_of(decision("d" + std::to_string(i))));
  for (const auto& record : more) append_line(text, chain_, time, body_of(record));
  std::string leaves;
  for (const auto& line : split(text)) {
    const auto leaf = leaf_hash(line);
    tree_.add(leaf);
    leaves.append(reinterpret_cast<const char*>(leaf.data()), leaf.size());
  }
  files_.put(path_in(folder, segment_name(first)), text);
  files_.put(path_in(folder, leaves_name(first)), leaves);
  plain_[first] = std::move(text);
  first_seqs_.push_back(first);
  return first;
}

}  // namespace canaryd::audit::test
