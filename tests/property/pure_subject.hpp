#pragma once

#include <memory>

#include "subject.hpp"
#include "world.hpp"

namespace canaryd::property {

// The bare decisions, with the least shell that can be put around them: each is made on a fresh read, and its patch is
// sent at once. What the engine adds (copies, records, retries) is tried with the engine.
std::unique_ptr<Subject> make_pure_subject(World& world, std::size_t replica);

}  // namespace canaryd::property
