#include "verify_checkpoints.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

#include "audit/format/names.hpp"
#include "audit/format/note.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view dash = "\xE2\x80\x94 ";  // begins a signature line: an em dash and a space
constexpr std::size_t name_limit = 16;
constexpr std::size_t plain_length = 64;     // of an Ed25519 signature
constexpr std::size_t cosigned_length = 72;  // with its time

// The file as it was when the verification began.
class UpTo final : public Reader {
 public:
  UpTo(std::unique_ptr<Reader> file, std::uint64_t end) : file_(std::move(file)), end_(end) {}
  Result<std::uint64_t> size() override { return end_; }
  Result<std::string> read(std::uint64_t offset, std::size_t length) override {
    if (offset >= end_) return std::string();
    return file_->read(offset, static_cast<std::size_t>(std::min<std::uint64_t>(length, end_ - offset)));
  }

 private:
  std::unique_ptr<Reader> file_;
  std::uint64_t end_;
};

}  // namespace

bool OwnCheckpoints::Paragraph::signatures() const { return text.starts_with(dash); }

void OwnCheckpoints::read_from(std::unique_ptr<Reader> file, std::uint64_t end) {
  file_ = std::make_unique<UpTo>(std::move(file), end);
  lines_.emplace(*file_);
}

// The lines up to the next empty one; nullopt at the end of the file.
Result<std::optional<OwnCheckpoints::Paragraph>> OwnCheckpoints::paragraph() {
  if (ahead_) return std::exchange(ahead_, std::nullopt);
  if (!lines_) return std::optional<Paragraph>();
  std::optional<Paragraph> read;
  for (;;) {
    const auto line = lines_->next();
    if (!line) return fail(line.error());
    if (!*line) {
      if (lines_->unfinished() > 0 && !read) read = Paragraph{{}, {0, lines_->end_of_lines()}, false};
      return read;
    }
    if (!read) read = Paragraph{{}, {(*line)->number, (*line)->offset}, false};
    if ((*line)->bytes.empty()) {
      read->ended = true;
      return read;
    }
    // What is longer than a note may be is none, whatever else it says.
    if (read->text.size() <= checkpoint_limit) read->text.append((*line)->bytes.substr(0, checkpoint_limit)) += '\n';
  }
}

Result<std::optional<OwnCheckpoints::Note>> OwnCheckpoints::note() {
  constexpr std::uint64_t most_faults = 10000;  // a file of something else is not read to its end
  for (;;) {
    if (faults_ > most_faults) return std::optional<Note>();
    auto text = paragraph();
    if (!text) return fail(text.error());
    if (!*text) return std::optional<Note>();
    if (!(*text)->ended) {
      torn((*text)->place);
      return std::optional<Note>();
    }
    if ((*text)->text.empty() || (*text)->signatures()) {
      fault((*text)->place, (*text)->text.empty() ? "expected a checkpoint, got one empty line too many"
                                                  : "expected a checkpoint before these signatures");
      continue;
    }
    auto signatures = paragraph();
    if (!signatures) return fail(signatures.error());
    if (!*signatures || !(*signatures)->ended) {
      torn((*text)->place);
      return std::optional<Note>();
    }
    if (!(*signatures)->signatures()) {
      fault((*text)->place, "expected a checkpoint: a text, an empty line and its signatures");
      if (!(*signatures)->text.empty()) ahead_ = std::move(**signatures);
      continue;
    }
    auto parsed = parse_checkpoint((*text)->text + "\n" + (*signatures)->text);
    if (parsed) return Note{std::move(*parsed), (*text)->place, {true, {}, {}}};
    fault((*text)->place, parsed.error().message);
  }
}

Status OwnCheckpoints::read_ahead() {
  constexpr std::size_t batch = 256;
  while (notes_.size() < batch) {
    auto next = note();
    if (!next) return fail(next.error());
    if (!*next) break;
    notes_.push_back(std::move(**next));
  }
  if (!keys_.empty()) verify(notes_);
  return {};
}

// Two signatures a checkpoint take longer than all else about a record: they are spread over the processors.
void OwnCheckpoints::verify(std::deque<Note>& notes) const {
  constexpr std::size_t worth_a_thread = 16;
  constexpr std::size_t most_threads = 16;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (auto i = next++; i < notes.size(); i = next++) {
      notes[i].verdict = check_signatures(notes[i].checkpoint, keys_);
    }
  };
  const auto threads = std::min<std::size_t>(std::thread::hardware_concurrency(), most_threads);
  std::vector<std::jthread> helpers;
  try {
    while (helpers.size() + 1 < std::min(threads, notes.size() / worth_a_thread)) helpers.emplace_back(work);
  } catch (const std::system_error&) {
    return work();  // with those that there are
  }
  work();
}

Result<std::optional<SignedHead>> OwnCheckpoints::next() {
  for (;;) {
    if (notes_.empty()) {
      if (auto read = read_ahead(); !read) return fail(read.error());
    }
    if (notes_.empty()) return std::optional<SignedHead>();
    const auto note = std::move(notes_.front());
    notes_.pop_front();
    if (auto head = judge(note)) return head;
  }
}

std::optional<SignedHead> OwnCheckpoints::judge(const Note& note) {
  const auto& checkpoint = note.checkpoint;
  ++count_;
  remember(checkpoint.origin, note.place);
  const bool formed = well_formed(checkpoint, note.place);
  if (!well_signed(note) || !formed) return std::nullopt;
  const auto size = checkpoint.head.size;
  if (count_ > 1 && size < newest_size_) {
    fault(note.place, "expected a size of at least " + std::to_string(newest_size_) +
                          ", that of the checkpoint before, got " + std::to_string(size));
    return std::nullopt;
  }
  newest_size_ = size;
  newest_name_ = checkpoint.origin;
  return SignedHead{checkpoint.head, note.place};
}

// What a reader of notes would leave aside canaryd does not write: extensions, names and signatures of others.
bool OwnCheckpoints::well_formed(const Checkpoint& checkpoint, const Place& place) {
  bool ours = checkpoint.extensions.empty() && checkpoint.signatures.size() % 2 == 0;
  for (std::size_t i = 0; i < checkpoint.signatures.size(); ++i) {
    const auto& signature = checkpoint.signatures[i];
    ours = ours && signature.name == checkpoint.origin &&
           signature.bytes.size() == (i % 2 == 0 ? plain_length : cosigned_length);
  }
  if (!ours) fault(place, "expected three lines, and for each key a signature and a cosignature under that name");
  return ours;
}

bool OwnCheckpoints::well_signed(const Note& note) {
  if (keys_.empty()) return true;
  if (note.verdict.good) {
    newest_time_ = note.verdict.timestamp;
    return true;
  }
  fault(note.place, "the checkpoint of size " + std::to_string(note.checkpoint.head.size) + ": " + note.verdict.what);
  return false;
}

void OwnCheckpoints::torn(const Place& place) {
  findings_.note(std::string(checkpoints_name) + ", byte " + std::to_string(place.byte) +
                 ": a last checkpoint without its end: a log in use, or a crash; not counted");
}

void OwnCheckpoints::fault(const Place& place, std::string what) {
  ++faults_;
  findings_.fault({checkpoints_name, place.line, place.byte, std::move(what), Check::signatures});
}

void OwnCheckpoints::remember(const std::string& name, const Place& place) {
  const auto same = [&](const Name& known) { return known.text == name; };
  if (names_.size() < name_limit && std::none_of(names_.begin(), names_.end(), same)) names_.push_back({name, place});
}

}  // namespace canaryd::audit
