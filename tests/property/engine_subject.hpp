#pragma once

#include <memory>

#include "subject.hpp"
#include "world.hpp"

namespace canaryd::property {

// The whole engine over an audit log on a disk in memory. Its threads do not run: the story gives them their turns, so
// that a seed plays the same story each time.
std::unique_ptr<Subject> make_engine_subject(World& world, std::size_t replica);

}  // namespace canaryd::property
