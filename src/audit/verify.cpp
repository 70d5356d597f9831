#include "canaryd/audit/verify.hpp"

#include <set>

#include "canaryd/audit/files.hpp"
#include "canaryd/base/text.hpp"
#include "chain_check.hpp"
#include "names.hpp"
#include "parse.hpp"
#include "segment.hpp"
#include "unfinished.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t note_limit = 100;

class Verification {
 public:
  Verification(std::string directory, Files& files) : directory_(std::move(directory)), files_(files) {}

  Result<Verdict> run() {
    const auto names = files_.list(directory_);
    if (!names) return fail(names.error());
    std::string last;
    for (const auto& name : *names) {
      if (!is_segment(name)) continue;
      if (const auto done = segment(name); !done) return fail(done.error());
      last = name;
    }
    if (last.empty()) return fail(Error::not_found(directory_ + ": no audit log, expected " + segment_name(0)));
    chain_.finish(verdict_);
    if (verdict_.records > 0) verdict_.head = chain_.head();
    for (const auto& [id, place] : unfinished_.intents()) verdict_.open_intents.push_back(id);
    verdict_.intact = verdict_.faults.empty();
    return std::move(verdict_);
  }

 private:
  Status segment(const std::string& name) {
    if (unfinished_line_) {
      verdict_.faults.push_back(*unfinished_line_);
      unfinished_line_.reset();
    }
    auto file = files_.open_read(path_in(directory_, name));
    if (!file) return fail(file.error());
    if (name != segment_name(verdict_.records)) {
      verdict_.faults.push_back({name, 1, 0, "expected " + segment_name(verdict_.records) + " as the next segment"});
    }
    Lines lines(**file);
    for (;;) {
      const auto line = lines.next();
      if (!line) return fail(line.error());
      if (!*line) break;
      if (const auto done = take(name, **line); !done) return done;
      last_line_ = (*line)->number;
    }
    at_end(name, lines);
    return {};
  }

  Status take(const std::string& name, const Line& line) {
    ++verdict_.records;
    const auto head = read_head(line.bytes);
    if (!head) {
      chain_.form_fault(name, line, head.error(), verdict_);
      return {};
    }
    if (const auto misfit = not_json(line.bytes)) {
      chain_.form_fault(name, line, *misfit, verdict_);
      return {};
    }
    if (line.number == 1 && head->seq == 0) verdict_.log_id = std::string(head->log_id);
    chain_.see(name, line, *head, verdict_);
    unfinished_.see(*head, line);
    return recovered(name, line, *head);
  }

  // A torn file that is there must be what its record says; one that is not there was not copied along.
  Status recovered(const std::string& name, const Line& line, const Head& head) {
    if (head.kind != Kind::lifecycle || line.bytes.find("\"event\":\"recovered\"") == std::string_view::npos) return {};
    const auto record = parse_line(line.bytes);
    if (!record) return {};
    std::string file;
    std::string sha256;
    std::string bytes;
    for (const auto& [key, value] : record->details) {
      if (key == "file") file = value;
      if (key == "sha256") sha256 = value;
      if (key == "bytes") bytes = value;
    }
    std::string note = name + ", line " + std::to_string(line.number) + ": recovered, " + bytes + " bytes were cut";
    if (is_torn(file) && file.find('/') == std::string::npos) {
      note += " and kept in " + file;
      if (const auto checked = torn(file, sha256, note); !checked) return checked;
    }
    if (verdict_.notes.size() < note_limit) verdict_.notes.push_back(std::move(note));
    return {};
  }

  Status torn(const std::string& file, const std::string& sha256, std::string& note) {
    auto reader = files_.open_read(path_in(directory_, file));
    if (!reader) {
      note += ", which is not here";
      return {};
    }
    const auto measured = measure(**reader, 0);
    if (!measured) return fail(measured.error());
    if (measured->sha256 == sha256) return {};
    verdict_.faults.push_back(
        {file, 1, 0, "expected the SHA-256 " + sha256 + ", which the log recorded, got " + measured->sha256});
    return {};
  }

  void at_end(const std::string& name, const Lines& lines) {
    const Fault end{name, last_line_ + 1, lines.end_of_lines(), {}};
    if (last_line_ == 0 && !lines.too_long()) verdict_.faults.push_back({name, 1, 0, "expected a first record"});
    last_line_ = 0;
    if (lines.unfinished() == 0) return;
    Fault fault = end;
    if (lines.too_long()) {
      fault.what = "expected a line of at most " + std::to_string(line_limit) + " bytes";
      verdict_.faults.push_back(std::move(fault));
      return;
    }
    verdict_.notes.push_back(name + ", line " + std::to_string(end.line) + ", byte " + std::to_string(end.byte) + ": " +
                             std::to_string(lines.unfinished()) +
                             " bytes of a last line without its end: a log in use, or a crash; not counted");
    fault.what = "expected the end of a line before the next segment";
    unfinished_line_ = std::move(fault);
  }

  std::string directory_;
  Files& files_;
  Verdict verdict_;
  ChainCheck chain_;
  Unfinished unfinished_;
  std::uint64_t last_line_ = 0;
  std::optional<Fault> unfinished_line_;
};

}  // namespace

Result<Verdict> verify(const std::string& directory) {
  const auto files = posix_files();
  return verify(directory, *files);
}

Result<Verdict> verify(const std::string& directory, Files& files) { return Verification(directory, files).run(); }

}  // namespace canaryd::audit
