#include "readback.hpp"

#include "head.hpp"
#include "lines.hpp"
#include "parse.hpp"
#include "unfinished.hpp"

namespace canaryd::audit {

namespace {

void note_torn_file(std::string_view line, std::set<std::string>& names) {
  if (line.find("\"event\":\"recovered\"") == std::string_view::npos) return;
  const auto record = parse_line(line);
  if (!record) return;
  for (const auto& [key, value] : record->details) {
    if (key == "file") names.insert(value);
  }
}

std::string misfit_at(const Line& line, const Misfit& misfit) {
  return "line " + std::to_string(line.number) + ", byte " + std::to_string(line.offset + misfit.at) + ": " +
         misfit.what;
}

// One line at a time; false where the chain ends.
class Reading {
 public:
  Reading(ReadBack& result, Unfinished& unfinished) : result_(result), unfinished_(unfinished) {}

  bool take(const Line& line) {
    const auto head = read_head(line.bytes);
    if (!head) return stop(line, head.error());
    if (const auto placed = continues(result_.chain, *head); !placed) return stop(line, placed.error());
    follow(result_.chain, *head, line.bytes);
    unfinished_.see(*head, line);
    if (head->kind == Kind::lifecycle) note_torn_file(line.bytes, result_.torn_files);
    result_.end = line.offset + line.bytes.size() + 1;
    result_.last_length = line.bytes.size();
    return true;
  }

 private:
  bool stop(const Line& line, const Misfit& misfit) {
    result_.misfit = misfit_at(line, misfit);
    return false;
  }

  ReadBack& result_;
  Unfinished& unfinished_;
};

struct Pass {
  ReadBack result;
  Unfinished unfinished;
};

// Reads whole, chained lines that start before `limit`.
Result<Pass> read_until(Reader& file, std::uint64_t limit) {
  Pass pass;
  Reading reading(pass.result, pass.unfinished);
  Lines lines(file);
  for (;;) {
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (!*line) {
      if (lines.too_long()) {
        pass.result.misfit = "a line longer than any record";
      } else if (lines.unfinished() > 0) {
        pass.result.misfit = "a last line without its end";
      }
      return pass;
    }
    if ((*line)->offset >= limit || !reading.take(**line)) return pass;
  }
}

Result<bool> last_is_json(Reader& file, const ReadBack& result) {
  if (result.end == 0) return true;
  const auto last = file.read(result.end - result.last_length - 1, result.last_length);
  if (!last) return fail(last.error());
  return !not_json(*last);
}

}  // namespace

// The hash in each next line holds the content of the one before it; only the last line must be read as JSON.
Result<ReadBack> read_back(Reader& file) {
  auto pass = read_until(file, UINT64_MAX);
  if (!pass) return fail(pass.error());
  const auto json = last_is_json(file, pass->result);
  if (!json) return fail(json.error());
  if (!*json) {
    const std::uint64_t last_start = pass->result.end - pass->result.last_length - 1;
    pass = read_until(file, last_start);
    if (!pass) return fail(pass.error());
    pass->result.misfit = "the line at byte " + std::to_string(last_start) + ": not JSON";
  }
  auto unfinished = pass->unfinished.records(file);
  if (!unfinished) return fail(unfinished.error());
  pass->result.unfinished = std::move(*unfinished);
  return std::move(pass->result);
}

}  // namespace canaryd::audit
