#include "torn.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "audit/format/lines.hpp"
#include "audit/format/names.hpp"
#include "canaryd/base/random.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t step = 256U << 10U;

// True for a file that is empty or holds the same bytes already.
Result<bool> is_ours(File& torn, Reader& segment, std::uint64_t offset) {
  const auto size = torn.size();
  const auto end = segment.size();
  if (!size) return fail(size.error());
  if (!end) return fail(end.error());
  if (*size == 0) return true;
  if (*size != *end - offset) return false;
  const auto theirs = measure(torn, 0);
  const auto tail = measure(segment, offset);
  if (!theirs) return fail(theirs.error());
  if (!tail) return fail(tail.error());
  return theirs->sha256 == tail->sha256;
}

Status copy(Reader& from, std::uint64_t offset, File& to) {
  for (;;) {
    const auto bytes = from.read(offset, step);
    if (!bytes) return fail(bytes.error());
    if (bytes->empty()) return to.sync();
    if (auto done = to.append(*bytes); !done) return done;
    offset += bytes->size();
  }
}

// The seq in the name of a torn file.
std::uint64_t seq_of(std::string_view name) {
  std::uint64_t seq = 0;
  const auto begin = name.find_first_of("0123456789");
  if (begin != std::string_view::npos) std::from_chars(name.data() + begin, name.data() + name.size(), seq);
  return seq;
}

// How many lines of it look like records: lines that were valid once are not lost in silence.
Result<std::uint64_t> count_records(Reader& torn) {
  Lines lines(torn);
  std::uint64_t count = 0;
  for (;;) {
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (!*line) return count;
    if ((*line)->bytes.starts_with("{\"seq\":")) ++count;
  }
}

}  // namespace

Result<std::string> keep_torn(Files& files, const std::string& directory, Reader& segment, std::uint64_t offset,
                              std::uint64_t seq) {
  for (unsigned attempt = 1;; ++attempt) {
    auto name = torn_name(seq, attempt);
    auto torn = files.open_append(path_in(directory, name));
    if (!torn) return fail(torn.error());
    const auto ours = is_ours(**torn, segment, offset);
    if (!ours) return fail(ours.error());
    if (!*ours) continue;
    const auto size = (*torn)->size();
    if (!size) return fail(size.error());
    if (auto copied = copy(segment, offset + *size, **torn); !copied) return fail(copied.error());
    if (auto synced = files.sync_directory(directory); !synced) return fail(synced.error());
    return name;
  }
}

Result<std::vector<Record>> unrecorded_torn(Files& files, const std::string& directory, std::uint64_t from,
                                            const std::set<std::string>& recorded, const std::string& misfit) {
  const auto names = files.list(directory);
  if (!names) return fail(names.error());
  std::vector<Record> records;
  for (const auto& name : *names) {
    if (!is_torn(name) || seq_of(name) < from || recorded.contains(name)) continue;
    auto torn = files.open_read(path_in(directory, name));
    if (!torn) return fail(torn.error());
    const auto cut = measure(**torn, 0);
    if (!cut) return fail(cut.error());
    const auto lines = count_records(**torn);
    if (!lines) return fail(lines.error());
    Pairs details{{"file", name}, {"records", std::to_string(*lines)}};
    if (!misfit.empty()) details.emplace_back("why", misfit);
    records.push_back(recovered_record(*cut, std::move(details),
                                       std::string("An end that was not whole was cut: ")
                                           .append(std::to_string(cut->bytes))
                                           .append(" bytes, kept in ")
                                           .append(name)
                                           .append(".")));
  }
  return records;
}

Record recovered_record(const Cut& cut, Pairs details, const std::string& message) {
  Pairs all{{"bytes", std::to_string(cut.bytes)}, {"sha256", cut.sha256}};
  for (auto& detail : details) all.push_back(std::move(detail));
  return recovered_record(std::move(all), message);
}

Record recovered_record(Pairs details, const std::string& message) {
  Record record;
  record.kind = Kind::lifecycle;
  record.id = random_id();
  record.event = "recovered";
  record.details = std::move(details);
  record.message = message;
  return record;
}

}  // namespace canaryd::audit
