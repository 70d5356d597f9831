#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"

// How the story and the report say what stands in records. Pure.
namespace canaryd::audit {

// What is longer than `limit` bytes is cut at a character's end and ends in "...".
std::string cut(std::string text, std::size_t limit);
// Text from a log, on one line and safe for a terminal; longer than `limit` bytes is cut and ends in "...".
std::string shown(std::string_view text, std::size_t limit = 4096);

// "2026-11-21 05:42:39.081" and "05:42:39.081", UTC.
std::string moment(WallTime time);
std::string time_of_day(WallTime time);
// "4ms", "2m10s", "3d4h"; what is above a minute without milliseconds. Negative ones have a minus.
std::string duration(std::chrono::microseconds duration);

// "25 %", or "no percent (all traffic)".
std::string share(int percent);
// "predictor: iris-2 from 25 % to 0 %, iris-1 from 75 % to 100 %".
std::string change_words(const Change& change);
// "the API server answered 200: applied, generation 2".
std::string answer_words(const ApiAnswer& api);

// By hand: what asked for the record was a person, not an alert.
bool is_by_hand(const Record& record);

// A value of details; empty when there is none.
std::string detail_of(const Record& record, std::string_view name);
// "ml/iris"; for what has no target its scope ("namespace ml", "all services"), else empty.
std::string about(const Record& record);

}  // namespace canaryd::audit
