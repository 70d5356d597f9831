#include "anchors.hpp"

#include <compare>
#include <map>

#include "anchors_fields.hpp"
#include "anchors_lines.hpp"
#include "anchors_notes.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t name_limit = 1000;  // logs in one file: more are left aside
constexpr std::size_t note_limit = 20;

class AnchorReading {
 public:
  explicit AnchorReading(const std::vector<PublicKey>& keys) : keys_(keys) {}

  Status file(const std::string& path, Files& files) {
    auto file = files.open_read(path);
    if (!file) return fail(file.error());
    anchors_.files.push_back(path);
    found_ = 0;
    TextLines lines(**file);
    Unwrapper unwrapper;
    NoteFinder notes([this](const NoteFinder::Found& found) { take(found.note, found.line, found.byte); });
    for (;;) {
      const auto line = lines.next();
      if (!line) return fail(line.error());
      if (!*line) break;
      const auto text = unwrapper.line((*line)->bytes);
      if (!text) continue;
      notes.line(*text, (*line)->number, (*line)->offset);
      find_in_fields(
          *text, [&](const std::string& note) { take(note, (*line)->number, (*line)->offset); },
          [&] {
            if (!(*line)->goes_on) damaged((*line)->number);
          });
    }
    notes.end();
    if (found_ > 0) return {};
    return fail(Error::invalid(
        path + ": no checkpoint in it; expected signed notes, or log lines with a note in a field \"checkpoint\""));
  }

  Anchors all() {
    for (auto& [known, anchor] : heads_) anchors_.heads.push_back(std::move(anchor));
    return std::move(anchors_);
  }

 private:
  struct Known {  // in order of size
    std::uint64_t size = 0;
    std::uint32_t name = 0;
    Hash root{};
    auto operator<=>(const Known&) const = default;
  };

  void take(const std::string& note, std::uint64_t line, std::uint64_t byte) {
    const auto checkpoint = parse_checkpoint(note);
    if (!checkpoint) return damaged(line);
    ++found_;
    const auto name = number_of(checkpoint->origin);
    if (!name) return;
    auto& anchor = heads_[{checkpoint->head.size, *name, checkpoint->head.root}];
    const bool known = anchor.line > 0;
    if (known) ++anchor.times;
    // An idle log signs the same root again and again: one good signature is enough.
    if (known && anchor.unsigned_why.empty()) return;
    const auto verdict = keys_.empty() ? SignatureVerdict{true, {}, {}} : check_signatures(*checkpoint, keys_);
    if (known && !verdict.good) return;
    anchor.head = checkpoint->head;
    anchor.line = line;
    anchor.byte = byte;
    anchor.file = static_cast<std::uint32_t>(anchors_.files.size() - 1);
    anchor.name = *name;
    anchor.unsigned_why = verdict.good ? std::string() : verdict.what;
  }

  void damaged(std::uint64_t line) {
    if (anchors_.notes.size() >= note_limit) return;
    anchors_.notes.push_back(anchors_.files.back() + ", line " + std::to_string(line) +
                             ": looks like a checkpoint and is none: left aside");
  }

  std::optional<std::uint32_t> number_of(const std::string& name) {
    if (const auto found = names_.find(name); found != names_.end()) return found->second;
    if (names_.size() == name_limit) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(names_.size());
    names_[name] = number;
    anchors_.names.push_back(name);
    return number;
  }

  const std::vector<PublicKey>& keys_;
  Anchors anchors_;
  std::map<Known, Anchor> heads_;
  std::map<std::string, std::uint32_t> names_;
  std::uint64_t found_ = 0;  // in this file
};

}  // namespace

Result<Anchors> read_anchors(const std::vector<std::string>& paths, const std::vector<PublicKey>& keys, Files& files) {
  AnchorReading reading(keys);
  for (const auto& path : paths) {
    if (const auto read = reading.file(path, files); !read) return fail(read.error());
  }
  return reading.all();
}

}  // namespace canaryd::audit
