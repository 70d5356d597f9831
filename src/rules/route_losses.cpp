#include <algorithm>
#include <iterator>

#include "canaryd/base/text.hpp"
#include "route_checks.hpp"
#include "route_matchers.hpp"
#include "route_walk.hpp"

namespace canaryd::rules::route {
namespace {

std::string on_line(const Place& place) { return "on line " + std::to_string(place.line); }

std::string interval_names(const std::vector<Named>& intervals) {
  std::string out;
  for (const auto& each : intervals) out += (out.empty() ? "" : ", ") + quoted(each.name);
  return out;
}

// What of a set does not arrive, in words.
class Losses {
 public:
  Losses(const Scene& scene, const WantedSet& set, Findings& findings)
      : scene_(scene), set_(set), findings_(findings) {}

  void tell(const Walk& walk, bool sure) {
    sure_ = sure;
    for (const auto& loss : walk.losses) {
      if (loss.kind == Loss::Kind::swallowed) swallowed(loss);
      if (loss.kind == Loss::Kind::taken_below) taken_below(loss);
      if (loss.kind == Loss::Kind::muted) muted(*loss.at, loss.only);
      if (loss.kind == Loss::Kind::left_over) left_over(walk);
    }
  }

 private:
  void swallowed(const Loss& loss) {
    add(Severity::error, "swallowed", loss.at->place,
        "this route takes " + those(loss.only) + " and has no `continue: true`, before canaryd's route " +
            on_line(loss.target->place) + " is asked; put canaryd's route above it");
  }

  void taken_below(const Loss& loss) {
    add(Severity::error, "taken_by_child", loss.at->place,
        "this route below canaryd's " + on_line(loss.target->place) + " takes " + those(loss.only) +
            "; move it out of canaryd's route");
  }

  void muted(const Route& route, const std::vector<alert::Matcher>& only) {
    const bool rollback = set_.action == alert::Action::rollback;
    const Severity severity = rollback ? Severity::error : Severity::warning;
    const std::string which = only.empty() ? "" : those(only) + ": ";
    if (!route.mute_time_intervals.empty()) {
      add(severity, "muted", route.mute_time_intervals.front().place,
          which + "not during the time interval " + interval_names(route.mute_time_intervals) +
              "; give canaryd's route no mute_time_intervals");
    }
    if (!route.active_time_intervals.empty()) {
      add(severity, "muted", route.active_time_intervals.front().place,
          which + "not outside of the time interval " + interval_names(route.active_time_intervals) +
              "; give canaryd's route no active_time_intervals");
    }
  }

  // Where no route takes any of them, the example has been explained.
  void left_over(const Walk& walk) {
    std::string takes;
    for (const auto& part : walk.parts) {
      if (findings_.said(set_.examples, "not_matched", part.route->place)) return;
      takes +=
          (takes.empty() ? "" : " or ") + those(part.only) + " (line " + std::to_string(part.route->place.line) + ")";
    }
    if (!walk.parts.empty()) {
      add(Severity::error, "not_matched", walk.parts.front().route->place,
          "canaryd's routes take only " + takes + "; the others go elsewhere");
    } else if (set_.examples.empty()) {
      add(Severity::error, "not_matched", scene_.config.root.place, "no route of canaryd's takes them");
    }
  }

  // What rests on labels that nobody has told is a warning.
  void add(Severity severity, const char* code, Place place, const std::string& why) {
    if (findings_.said(set_.examples, code, place)) return;
    if (!sure_) {
      findings_.add(set_, Severity::warning, "depends_on_label", place,
                    "may not arrive, if Prometheus or its rule gives them such a label: " + why +
                        "; tell by --label what Prometheus adds, by --alert what an alert of your own has");
    } else {
      findings_.add(set_, severity, code, place, "not all arrive: " + why);
    }
  }

  const Scene& scene_;
  const WantedSet& set_;
  Findings& findings_;
  bool sure_ = true;
};

bool same(const Loss& a, const Loss& b) { return a.kind == b.kind && a.at == b.at; }

}  // namespace

void check_set(const Scene& scene, const WantedSet& set, Findings& findings) {
  const Walk known = walk(scene.config.root, set.alerts, scene.receivers);
  Losses losses(scene, set, findings);
  losses.tell(known, true);
  for (const auto index : set.examples) check_timing(scene, index, known.visited, findings);
  if (set.all_labels_known) return;
  AlertSet more = set.alerts;
  more.more_labels(true);
  Walk unknown = walk(scene.config.root, more, scene.receivers);
  std::erase_if(unknown.losses, [&](const Loss& loss) {
    return std::any_of(known.losses.begin(), known.losses.end(), [&](const Loss& other) { return same(loss, other); });
  });
  losses.tell(unknown, false);
}

}  // namespace canaryd::rules::route
