#include <array>

#include "canaryd/base/time_text.hpp"
#include "steps.hpp"

// What people do: to their services, to canaryd's ConfigMap, and by canaryd's own commands.
namespace canaryd::property {

namespace {

using namespace std::chrono_literals;
using State = ModelRevision::State;

constexpr std::array<std::int64_t, 10> percents{5, 10, 25, 50, 75, 100, 0, 33, 1, 150};

void apply_model(World& w, const Step& s, const Place& place) {
  const bool keeps = s.b % 4 == 0;
  const bool sick = s.c % 5 < 2;
  const bool starts = s.c / 5 % 5 != 0;
  std::optional<std::int64_t> percent = percents[s.b / 4 % 4];
  if (s.b / 16 % 12 == 0) percent.reset();
  const std::string words = keeps ? "as it is" : percent ? std::to_string(*percent) + " %" : std::string("none");
  w.tell("a new model for " + place.component + " of " + place.service + ", percent " + words +
         (sick ? ", it is sick" : "") + (starts ? "" : ", it does not start"));
  const auto before = w.cluster.look(place.service);
  w.cluster.apply_model(place.service, place.component, percent, keeps, sick, starts);
  w.oracle.person_changed(place.service, before);
}

void change_readiness(World& w, const Step& s, const Place& place) {
  const std::array names{place.look.ready, place.look.created, place.look.rolledout, place.look.previous};
  const std::string& name = names[s.b % names.size()];
  if (name.empty()) return;
  const auto state = s.c % 2 == 0 ? State::ready : s.c % 4 == 1 ? State::failed : State::starting;
  w.tell(name + " becomes " + (state == State::ready ? "Ready" : state == State::failed ? "failed" : "unready"));
  w.cluster.set_state(place.service, place.component, name, state);
}

void delete_revision(World& w, const Step& s, const Place& place) {
  const std::string& name = s.b % 2 == 0 ? place.look.previous : place.look.rolledout;
  if (name.empty() || name == place.look.ready) return;
  w.tell(name + " is deleted");
  w.cluster.delete_revision(place.service, place.component, name);
}

void make_anew(World& w, const Place& place) {
  w.tell(place.service + " is deleted and made anew");
  w.cluster.delete_service(place.service);
  w.clock.pass(2s);
  w.cluster.create_service(place.service, w.setup.transformer && place.service == "iris");
}

void race(World& w, const Step& s) {
  w.tell("(another writes between the next decision and its patch)");
  w.cluster.race_once = [&w, s] {
    w.around.raced = true;
    Step inner = s;
    inner.act = s.c % 3 == 0 ? Act::model_applied : s.c % 3 == 1 ? Act::percent_by_hand : Act::annotated;
    change_service(w, inner);
    w.cluster.reconcile_all();
  };
}

std::vector<policy::Reason> overrides_of(const Step& s) {
  using policy::Reason;
  constexpr std::array all{Reason::held,        Reason::frozen,          Reason::breaker_open,
                           Reason::quarantined, Reason::lowered_by_hand, Reason::warming_up,
                           Reason::dwell,       Reason::gate_unknown,    Reason::gate_failed};
  std::vector<Reason> out;
  if (s.c % 3 == 0) return out;
  if (s.c % 3 == 1) return {all.begin(), all.end()};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((s.c / 3 >> i) % 2 == 1) out.push_back(all[i]);
  }
  return out;
}

}  // namespace

std::optional<Place> place_of(const World& world, const Step& step) {
  const auto names = world.cluster.names();
  if (names.empty()) return std::nullopt;
  const std::string name = names[step.a % names.size()];
  const auto looks = world.cluster.looks(name);
  const Look& look = looks[step.a / 8 % looks.size()];
  return Place{name, look.component, look};
}

void change_service(World& w, const Step& s) {
  const auto place = place_of(w, s);
  if (!place) return;
  switch (s.act) {
    case Act::percent_by_hand:
      return w.set_percent(place->service, place->component, percents[s.b % percents.size()],
                           s.c % 3 == 0 ? "argocd" : "kubectl");
    case Act::percent_removed:
      return w.set_percent(place->service, place->component, std::nullopt, "kubectl");
    case Act::model_applied:
      return apply_model(w, s, *place);
    case Act::annotated:
      w.tell(place->service + " is annotated: a new revision");
      return w.cluster.annotate(place->service);
    case Act::readiness_changes:
      return change_readiness(w, s, *place);
    case Act::revision_deleted:
      return delete_revision(w, s, *place);
    case Act::service_made_anew:
      return make_anew(w, *place);
    default:
      return race(w, s);
  }
}

void edit_state(World& w, const Step& s) {
  const auto place = place_of(w, s);
  if (!place) return;
  const std::string scope = home.str() + "." + place->service;
  const auto entry = [&](std::chrono::seconds lasts) {
    return R"({"by":"kubectl","reason":"a story","since":")" + to_rfc3339(w.clock.cluster_now()) + R"(","until":")" +
           to_rfc3339(w.clock.cluster_now() + lasts) + R"("})";
  };
  const std::array<std::pair<std::string, std::optional<std::string>>, 6> edits{{
      {"hold." + scope, entry(1h)},
      {"hold", entry(5min)},
      {"hold." + scope, std::nullopt},
      {"quarantine." + scope + "." + place->look.ready, entry(24h)},
      {"hold", std::nullopt},
      {"hold." + scope, "not what was expected"},
  }};
  const auto& [key, value] = edits[s.b % edits.size()];
  w.edit_state(key, value);
}

void ask_by_hand(World& w, const Step& s) {
  const auto place = place_of(w, s);
  if (!place) return;
  using Verb = Ask::Verb;
  Ask ask;
  ask.service = place->service;
  if (s.act == Act::held) {
    ask.verb = Verb::hold;
    if (s.b % 3 == 0) ask.service.clear();
    if (s.c % 2 == 0) ask.until = w.clock.now() + 1h;
  } else if (s.act == Act::released) {
    ask.verb = Verb::release;
    if (s.b % 2 == 0) ask.service.clear();
  } else {
    constexpr std::array verbs{Verb::advance, Verb::advance, Verb::rollback, Verb::promote,
                               Verb::advance, Verb::stop,    Verb::start,    Verb::start};
    ask.verb = verbs[s.b % verbs.size()];
    if (ask.verb == Verb::advance || ask.verb == Verb::promote) ask.overrides = overrides_of(s);
    if (ask.verb == Verb::stop || ask.verb == Verb::start) ask.service.clear();
  }
  w.ask(s.b / 8 % w.replicas.size(), ask);
}

}  // namespace canaryd::property
