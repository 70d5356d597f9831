#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/format/lines.hpp"
#include "canaryd/audit/checkpoint.hpp"
#include "verify_findings.hpp"

namespace canaryd::audit {

// Where something begins in a file.
struct Place {
  std::uint64_t line = 0;  // from 1
  std::uint64_t byte = 0;
};

// A root that was signed, and where its checkpoint stands.
struct SignedHead {
  TreeHead head;
  Place place;
};

// Reads a log's own checkpoints one by one in bounded memory, and says what is wrong with their form, order and
// signatures. What stands behind the first `end` bytes is left out: the log may be in use. Not thread-safe.
class OwnCheckpoints {
 public:
  struct Name {
    std::string text;
    Place place;
  };

  OwnCheckpoints(Findings& findings, const std::vector<PublicKey>& keys) : findings_(findings), keys_(keys) {}
  // To be called once, before the first next(); without it there are no checkpoints.
  void read_from(std::unique_ptr<Reader> file, std::uint64_t end);

  // The next one whose root is worth a comparison, in order of size; nullopt behind the last. Errors: io.
  Result<std::optional<SignedHead>> next();

  std::uint64_t count() const { return count_; }
  const std::string& newest_name() const { return newest_name_; }
  std::uint64_t newest_size() const { return newest_size_; }
  std::optional<std::int64_t> newest_time() const { return newest_time_; }  // seconds; of a good signature
  const std::vector<Name>& names() const { return names_; }                 // each once, the first ones

 private:
  struct Paragraph {
    std::string text;  // lines, each with its LF
    Place place;
    bool ended = false;  // by an empty line
    bool signatures() const;
  };

  struct Note {
    Checkpoint checkpoint;
    Place place;
    SignatureVerdict verdict;
  };

  Result<std::optional<Paragraph>> paragraph();
  Result<std::optional<Note>> note();
  Status read_ahead();
  void verify(std::deque<Note>& notes) const;
  std::optional<SignedHead> judge(const Note& note);
  bool well_formed(const Checkpoint& checkpoint, const Place& place);
  bool well_signed(const Note& note);
  void torn(const Place& place);
  void fault(const Place& place, std::string what);
  void remember(const std::string& name, const Place& place);

  Findings& findings_;
  const std::vector<PublicKey>& keys_;
  std::unique_ptr<Reader> file_;
  std::optional<Lines> lines_;
  std::optional<Paragraph> ahead_;  // read already
  std::deque<Note> notes_;          // the same
  std::uint64_t count_ = 0;
  std::uint64_t faults_ = 0;
  std::string newest_name_;
  std::uint64_t newest_size_ = 0;
  std::optional<std::int64_t> newest_time_;
  std::vector<Name> names_;
};

}  // namespace canaryd::audit
