#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/traffic/decode.hpp"
#include "canaryd/traffic/rollout.hpp"

// Objects as an API server gives them, and what a test does to their JSON.
namespace canaryd::traffic::sample {

// ml/iris, whole as a cluster shows it: model 2 applied with 5 % over model 1.
std::string iris();

// The revision of ml/iris with this last digit, empty for 0: "iris-predictor-00002".
std::string revision(int digit);

struct Share {
  int digit = 0;
  int percent = 0;
  const char* tag = "";
};

// The state of one component: the columns of KServe's table of transitions. Revisions by their last digit, 0 is none.
struct State {
  std::optional<int> percent;
  int created = 0;
  int ready = 0;
  int rolledout = 0;
  int previous = 0;
  std::vector<Share> traffic;
};
std::string in_state(const State& state, const std::string& component = "predictor");

// The object with the JSON `value` at the JSON pointer, made where it is absent; or without what is there.
std::string with(std::string_view object, const std::string& pointer, std::string_view value);
std::string without(std::string_view object, const std::string& pointer);
// What is at the pointer, as JSON text; "absent" when nothing is.
std::string at(std::string_view object, const std::string& pointer);

// The object after the JSON Patch, as a server applies it; nullopt when one of its tests fails.
std::optional<std::string> patched(std::string_view object, std::string_view patch);
// The paths at which two documents differ.
std::vector<std::string> differences(std::string_view before, std::string_view after);

// A page of a LIST of these objects.
std::string page(const std::vector<std::string>& objects, const std::string& continue_token = "");

// The rollout of an object that is in order, and its predictor.
Rollout rollout(std::string_view object);
ComponentRollout predictor(std::string_view object);

}  // namespace canaryd::traffic::sample
