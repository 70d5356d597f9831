#include "run.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace canaryd::property {

namespace {

constexpr std::size_t most_lines = 60;  // of a report
constexpr std::size_t last_lines = 8;

std::optional<Violation> first_of(const World& world) {
  const auto all = world.oracle.violations();
  return all.empty() ? std::nullopt : std::optional(all.front());
}

void tell(World& world, const Story& story, Run& run) {
  for (const auto& step : story.steps) {
    ++run.steps;
    perform(world, step);
    if (first_of(world)) return;
  }
  check_ending(world);
  for (const auto& replica : world.replicas) {
    const std::string fault = replica->verify();
    if (!fault.empty()) world.oracle.broken("the audit log is not intact", fault);
  }
  for (const auto& lie : world.ledger.lies()) world.oracle.broken("an outcome that is not true", lie);
}

bool breaks(const Story& story, const std::string& rule, const MakeSubject& make, int& runs) {
  ++runs;
  const auto run = play(story, make);
  return run.violation && run.violation->rule == rule;
}

// Delta debugging: halves are left out, then quarters, down to single steps.
void drop_steps(Story& story, const std::string& rule, const MakeSubject& make, int& runs, int most) {
  for (std::size_t size = std::max<std::size_t>(1, story.steps.size() / 2); size >= 1; size /= 2) {
    bool dropped = true;
    while (dropped && runs < most) {
      dropped = false;
      for (std::size_t at = 0; at + size <= story.steps.size() && runs < most;) {
        Story shorter = story;
        const auto begin = shorter.steps.begin() + static_cast<std::ptrdiff_t>(at);
        shorter.steps.erase(begin, begin + static_cast<std::ptrdiff_t>(size));
        if (breaks(shorter, rule, make, runs)) {
          story = std::move(shorter);
          dropped = true;
        } else {
          at += size;
        }
      }
    }
    if (size == 1) break;
  }
}

void try_instead(Story& story, Story plainer, const std::string& rule, const MakeSubject& make, int& runs, int most) {
  if (runs < most && breaks(plainer, rule, make, runs)) story = std::move(plainer);
}

void simplify(Story& story, const std::string& rule, const MakeSubject& make, int& runs, int most) {
  const Setup plain;
  const auto with = [&](auto&& change) {
    Story plainer = story;
    change(plainer.setup);
    try_instead(story, std::move(plainer), rule, make, runs, most);
  };
  with([&](Setup& s) { s = plain; });
  with([&](Setup& s) { s.replicas = 1; });
  with([&](Setup& s) { s.services = 1; });
  with([&](Setup& s) { s.transformer = false; });
  with([&](Setup& s) { s.freeze = false; });
  with([&](Setup& s) { s.independent = false; });
  with([&](Setup& s) { s.restarts = true; });
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    for (auto number : {&Step::a, &Step::b, &Step::c}) {
      Story plainer = story;
      if (plainer.steps[i].*number == 0) continue;
      plainer.steps[i].*number = 0;
      try_instead(story, std::move(plainer), rule, make, runs, most);
    }
  }
}

std::string code_of(const Step& step) {
  return std::string("{Act::") + name_of(step.act) + ", " + std::to_string(step.a) + ", " + std::to_string(step.b) +
         ", " + std::to_string(step.c) + "}";
}

std::string report_of(const Story& story, const Story& whole, const Run& run) {
  std::string out = "seed " + std::to_string(whole.seed) + ": " + run.violation->rule + "\n  " + run.violation->text +
                    "\n" + std::to_string(story.steps.size()) + " of " + std::to_string(whole.steps.size()) +
                    " steps are enough, with " + story.setup.text() + ":\n";
  for (std::size_t i = 0; i < run.told.size(); ++i) {
    if (i == most_lines && run.told.size() > i + last_lines) {
      out += "    ...\n";
      i = run.told.size() - last_lines;
    }
    out += "  " + run.told[i] + "\n";
  }
  out += "As a test (found_test.cpp):";
  for (const auto& step : story.steps) out += " " + code_of(step) + ",";
  return out + "\n";
}

}  // namespace

Run play(const Story& story, const MakeSubject& make) {
  World world(story, make);
  Run run;
  try {
    tell(world, story, run);
  } catch (const std::exception& e) {
    world.oracle.broken("an exception", e.what());
  }
  run.violation = first_of(world);
  run.told = std::move(world.told);
  run.rises = world.oracle.rises();
  run.rollbacks = world.oracle.rollbacks();
  run.promotions = world.oracle.promotions();
  return run;
}

Story shrink(const Story& story, const std::string& rule, const MakeSubject& make, int most_runs) {
  Story shorter = story;
  int runs = 0;
  drop_steps(shorter, rule, make, runs, most_runs);
  simplify(shorter, rule, make, runs, most_runs);
  drop_steps(shorter, rule, make, runs, most_runs);
  return shorter;
}

Campaign campaign(const MakeSubject& make, const Plan& plan) {
  constexpr int most_runs = 2000;
  const auto until = std::chrono::steady_clock::now() + plan.time;
  Campaign out;
  while (out.stories < plan.stories && std::chrono::steady_clock::now() < until) {
    Story story = make_story(plan.first_seed + out.stories++);
    std::erase_if(story.steps,
                  [&](const Step& step) { return plan.without.find(name_of(step.act)) != std::string::npos; });
    const Run run = play(story, make);
    out.sums.steps += run.steps;
    out.sums.rises += run.rises;
    out.sums.rollbacks += run.rollbacks;
    out.sums.promotions += run.promotions;
    if (!run.violation) continue;
    const Story shorter = shrink(story, run.violation->rule, make, most_runs);
    const Run again = play(shorter, make);
    out.report = report_of(again.violation ? shorter : story, story, again.violation ? again : run);
    return out;
  }
  return out;
}

}  // namespace canaryd::property
