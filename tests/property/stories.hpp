#pragma once

#include "run.hpp"

namespace canaryd::property {

// Plays stories as the environment says: CANARYD_STORIES (how many at most), CANARYD_STORY_SECONDS (how long),
// CANARYD_STORY_SEED (the first seed; the others follow it), CANARYD_STORY_WITHOUT (acts to leave out). Prints the
// counts, and fails the test with the shrunken story of the first that breaks a rule.
void play_stories(const char* what, const MakeSubject& make);

}  // namespace canaryd::property
