#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// A record with its place in the log.
struct Dated {
  std::uint64_t seq = 0;
  WallTime time;
  Record record;
};

// The records of one id, and what the log holds around them that belongs to the story.
struct Case {
  std::string id;
  std::vector<Dated> records;        // in order, never empty, 100 at most
  std::optional<Dated> first_heard;  // an earlier record about one of its alerts: when canaryd first heard of it
  std::vector<Dated> later;          // what happened to the same service, hold or stop afterwards, 8 at most
  std::uint64_t more_later = 0;      // beyond them
};

// By its id, or by the first digits of one, 6 at least, when no other id begins with them. Reads the log once for the
// id and once for what is around it, in bounded memory. Errors: `io`, `not_found` (no log, or no such id), `invalid`
// (no id, or the beginning of several).
Result<Case> find_case(const std::string& directory, Files& files, const std::string& id);

// What the codes in records mean, which another room knows. Empty for a code that is not known.
struct Glossary {
  std::function<std::string(std::string_view)> reason;  // a sentence
  std::function<std::string(std::string_view)> guard;   // when it passes
};

// The case as a story in plain English, several lines, each ended by LF. What comes from the log is escaped. Pure.
std::string tell(const Case& found, const Glossary& glossary);

}  // namespace canaryd::audit
