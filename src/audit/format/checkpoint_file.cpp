#include "checkpoint_file.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "names.hpp"
#include "note.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t read_step = checkpoint_limit;
// Holds at least one whole note and the end of the one before it, wherever it begins.
constexpr std::uint64_t tail_length = 4 * checkpoint_limit;
// An em dash and a space begin each signature line; an empty line behind one ends the note.
constexpr std::string_view signature_begins = "\xE2\x80\x94 ";

// The length of the first note in `bytes`, without the empty line behind it; npos when it is not whole.
std::size_t note_length(std::string_view bytes) {
  int empty_lines = 0;
  for (std::size_t start = 0; start < bytes.size();) {
    const auto end = bytes.find('\n', start);
    if (end == std::string_view::npos) break;
    if (end == start && ++empty_lines == 2) return start;
    start = end + 1;
  }
  return std::string_view::npos;
}

std::uint64_t lines_in(std::string_view bytes) {
  return static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

// A window on the file that moves on note by note.
class Notes {
 public:
  Notes(Reader& file, std::uint64_t offset) : file_(file) { end_.offset = offset; }

  // nullopt at the end, or where no note of a bearable length follows. Valid until the next call.
  Result<std::optional<std::string_view>> next() {
    end_.line += lines_in(std::string_view(window_).substr(0, taken_));
    end_.offset += taken_;
    window_.erase(0, taken_);
    taken_ = 0;
    auto length = note_length(window_);
    while (length == std::string_view::npos && window_.size() <= checkpoint_limit) {
      auto more = file_.read(end_.offset + window_.size(), read_step);
      if (!more) return fail(more.error());
      if (more->empty()) break;
      window_ += *more;
      length = note_length(window_);
    }
    if (length > checkpoint_limit) return std::nullopt;  // npos too: a note without an end
    taken_ = length + 1;
    return std::string_view(window_).substr(0, length);
  }

  // Of the last note that was returned.
  std::uint64_t offset() const { return end_.offset; }
  std::uint64_t line() const { return end_.line; }

  // After nullopt, or with the last note left out.
  Result<CheckpointsEnd> end() {
    const auto size = file_.size();
    if (!size) return fail(size.error());
    end_.left = *size > end_.offset ? *size - end_.offset : 0;
    return end_;
  }

 private:
  Reader& file_;
  CheckpointsEnd end_;
  std::string window_;
  std::size_t taken_ = 0;
};

Result<CheckpointsEnd> each_from(Reader& file, std::uint64_t offset, const VisitNote& visit) {
  Notes notes(file, offset);
  for (;;) {
    auto note = notes.next();
    if (!note) return fail(note.error());
    if (!*note || !visit(notes.offset(), notes.line(), **note)) return notes.end();
  }
}

// Where a note begins in the last bytes of the file; 0 when none is seen to.
Result<std::uint64_t> start_near_the_end(Reader& file) {
  const auto size = file.size();
  if (!size) return fail(size.error());
  if (*size <= tail_length) return 0;
  const std::uint64_t from = *size - tail_length;
  const auto tail = file.read(from, tail_length);
  if (!tail) return fail(tail.error());
  for (std::size_t at = tail->find("\n\n"); at != std::string::npos; at = tail->find("\n\n", at + 1)) {
    const auto before = at == 0 ? std::string::npos : tail->rfind('\n', at - 1);
    if (before == std::string::npos) continue;
    if (std::string_view(*tail).substr(before + 1).starts_with(signature_begins)) return from + at + 2;
  }
  return 0;
}

// Of notes in their order, the one to go by.
class Choice {
 public:
  explicit Choice(const std::vector<PublicKey>& keys) : keys_(&keys) {}

  void see(std::string_view note) {
    auto checkpoint = parse_checkpoint(note);
    if (!checkpoint) {
      doubt_ = checkpoint.error().message;
      return;
    }
    const auto verdict = check_signatures(*checkpoint, *keys_);
    if (verdict.good) {
      signed_ = std::move(*checkpoint);
      doubt_.clear();
    } else {
      doubt_ = verdict.what;
      if (!names_a_key(*checkpoint)) unknown_ = std::move(*checkpoint);
    }
  }
  bool found() const { return signed_ || unknown_; }
  NewestCheckpoint take() {
    if (signed_) return {std::move(signed_), std::move(doubt_)};
    return {std::move(unknown_), std::move(doubt_)};
  }

 private:
  bool names_a_key(const Checkpoint& checkpoint) const {
    return std::any_of(checkpoint.signatures.begin(), checkpoint.signatures.end(), [&](const NoteSignature& signature) {
      return std::any_of(keys_->begin(), keys_->end(), [&](const PublicKey& key) {
        return signature.key_id == key.id(checkpoint.origin, ed25519_type) ||
               signature.key_id == key.id(checkpoint.origin, cosignature_type);
      });
    });
  }

  const std::vector<PublicKey>* keys_;
  std::optional<Checkpoint> signed_;
  std::optional<Checkpoint> unknown_;  // the newest that others signed
  std::string doubt_;                  // of the newest note, when it is not `signed_`
};

}  // namespace

Result<CheckpointsEnd> for_each_checkpoint(Reader& file, const VisitNote& visit) { return each_from(file, 0, visit); }

Result<CheckpointsEnd> each_at_the_end(Reader& file, const VisitNote& visit) {
  bool any = false;
  const auto seen = [&](std::uint64_t offset, std::uint64_t line, std::string_view note) {
    any = true;
    return visit(offset, line, note);
  };
  const auto start = start_near_the_end(file);
  if (!start) return fail(start.error());
  auto end = each_from(file, *start, seen);
  if (!end || any || *start == 0) return end;
  return each_from(file, 0, seen);
}

Result<NewestCheckpoint> newest_checkpoint(const std::string& directory, Files& files,
                                           const std::vector<PublicKey>& keys) {
  const auto names = files.list(directory);
  if (!names) return fail(names.error());
  if (std::find(names->begin(), names->end(), checkpoints_name) == names->end()) return NewestCheckpoint{};
  auto file = files.open_read(path_in(directory, checkpoints_name));
  if (!file) return fail(file.error());
  Choice choice(keys);
  const auto see = [&](std::uint64_t, std::uint64_t, std::string_view note) {
    choice.see(note);
    return true;
  };
  if (const auto read = each_at_the_end(**file, see); !read) return fail(read.error());
  if (choice.found()) return choice.take();
  // What stands at the end is in the form of notes, and none of it is one.
  choice = Choice(keys);
  if (const auto read = for_each_checkpoint(**file, see); !read) return fail(read.error());
  return choice.take();
}

}  // namespace canaryd::audit
