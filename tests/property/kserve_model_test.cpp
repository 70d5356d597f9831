#include <doctest/doctest.h>

#include "model_cluster.hpp"

// The model against the transitions that were observed on KServe's own reconciler: the oracle must be right first.

using namespace canaryd;
using namespace canaryd::property;

namespace {

struct Story {
  ManualClock clock;
  ModelCluster cluster{clock};

  Story() {
    cluster.create_service("iris", false);
    settle();
  }
  void settle() {
    for (int i = 0; i < 4; ++i) {
      clock.pass(std::chrono::seconds(1));
      cluster.reconcile_all();
    }
  }
  void apply(std::optional<std::int64_t> percent, bool starts = true) {
    cluster.apply_model("iris", "predictor", percent, false, false, starts);
    settle();
  }
  void set(std::optional<std::int64_t> percent) {
    cluster.set_percent("iris", "predictor", percent, "kubectl");
    settle();
  }
  void make(int digit, ModelRevision::State state) {
    cluster.set_state("iris", "predictor", "iris-predictor-0000" + std::to_string(digit), state);
    settle();
  }
  // "2/2/1/- 2:5 1:95": created, ready, rolledout and previous by their last digit, then the traffic.
  Look look() const { return cluster.look("iris").components[0]; }
  std::string row() const {
    const Look now = look();
    const auto digit = [](const std::string& name) {
      return name.empty() ? std::string("-") : name.substr(name.size() - 1);
    };
    std::string text =
        digit(now.created) + "/" + digit(now.ready) + "/" + digit(now.rolledout) + "/" + digit(now.previous);
    for (const auto& [revision, percent] : now.traffic) text += " " + digit(revision) + ":" + std::to_string(percent);
    return text;
  }
};

}  // namespace

TEST_CASE("the model of KServe takes the transitions that were observed") {
  Story story;
  CHECK(story.row() == "1/1/1/- 1:100");
  story.apply(5);
  CHECK(story.row() == "2/2/1/- 2:5 1:95");
  story.set(0);
  CHECK(story.row() == "2/2/1/- 2:0 1:100");
  story.set(5);
  CHECK(story.row() == "2/2/1/- 2:5 1:95");
  story.set(100);
  CHECK(story.row() == "2/2/2/1 2:100");
  story.set(std::nullopt);
  CHECK(story.row() == "2/2/2/1 2:100");
  story.apply(20);
  CHECK(story.row() == "3/3/2/1 3:20 2:80");
  story.set(0);
  story.apply(20);
  CHECK(story.row() == "4/4/2/1 4:20 2:80");
  story.cluster.annotate("iris");
  story.settle();
  CHECK(story.row() == "5/5/2/1 5:20 2:80");
}

TEST_CASE("in the model a first deployment at 0 has the same revision twice") {
  Story story;
  story.set(0);
  CHECK(story.row() == "1/1/1/- 1:0 1:100");
}

TEST_CASE("in the model trap 1 rolls a promoted revision back") {
  Story story;
  story.apply(100);
  story.set(std::nullopt);
  REQUIRE(story.row() == "2/2/2/1 2:100");
  story.set(0);
  CHECK(story.row() == "2/2/1/1 2:0 1:100");
}

TEST_CASE("in the model the old canary keeps the share while a newer revision is not ready") {
  Story story;
  story.apply(100);
  story.apply(20);
  story.set(0);
  story.apply(20, false);
  CHECK(story.row() == "4/3/2/1 3:20 2:80");
}

TEST_CASE("in the model nothing moves while a target is not ready") {
  Story story;
  story.apply(20);
  story.make(2, ModelRevision::State::failed);
  story.set(0);
  CHECK(story.row() == "2/2/1/- 2:20 1:80");
  CHECK_FALSE(story.look().route_ready);
  story.make(2, ModelRevision::State::ready);
  CHECK(story.row() == "2/2/1/- 2:0 1:100");
  CHECK(story.look().route_ready);
}

TEST_CASE("in the model 150 is refused whole and nothing moves") {
  Story story;
  story.apply(20);
  story.set(150);
  CHECK(story.row() == "2/2/1/- 2:20 1:80");
}

TEST_CASE("in the model 0 from stage 100 has no effect while a newer revision is pending") {
  Story story;
  story.apply(100);
  story.apply(100, false);
  CHECK(story.row() == "3/2/2/1 2:100");
  story.set(0);
  CHECK(story.row() == "3/2/2/1 2:0 2:100");
}

TEST_CASE("in the model the percent belongs to who changed its value last and to nobody once it is removed") {
  Story story;
  story.apply(5);
  CHECK(story.look().owner == "kubectl");
  story.cluster.set_percent("iris", "predictor", 10, "canaryd/pod-0");
  CHECK(story.look().owner == "canaryd/pod-0");
  story.cluster.set_percent("iris", "predictor", 10, "argocd");
  CHECK(story.look().owner == "canaryd/pod-0");
  story.set(std::nullopt);
  CHECK(story.look().owner.empty());
}
