#include "sandbox/reconcile.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace canaryd::sandbox;

// One component through its life, written as the table of transitions writes it.
class Service {
 public:
  Service& model(const std::string& name, std::optional<std::int64_t> percent, bool ready = true) {
    wish_.template_text = name;
    wish_.next = health_of(ready ? Truth::yes : Truth::no);
    return percent_is(percent);
  }
  Service& percent_is(std::optional<std::int64_t> percent) {
    wish_.percent = percent;
    return again();
  }
  Service& annotated() {
    wish_.template_text += " annotated";
    return again();
  }
  Service& ready(std::size_t revision, bool is_ready) {
    knative_.revisions.at(revision - 1).health = health_of(is_ready ? Truth::yes : Truth::no);
    return again();
  }
  Service& waits(std::size_t revision) {
    knative_.revisions.at(revision - 1).health = health_of(Truth::unknown);
    return again();
  }
  Service& deleted(std::size_t revision) {
    knative_.revisions.at(revision - 1).deleted = true;
    return again();
  }
  Service& tag_routing() {
    wish_.tag_routing = true;
    return again();
  }

  // created/ready/rolledout/previous rolledout, by their last digits
  std::string revisions() const {
    return digit(knative_.latest_created) + "/" + digit(knative_.latest_ready) + "/" + digit(rolledout_.latest) + "/" +
           digit(rolledout_.previous);
  }
  // "2:5 1:95 prev"
  std::string traffic() const {
    std::string text;
    for (const Share& share : knative_.traffic) {
      text += (text.empty() ? "" : " ") + digit(share.revision) + ":" + std::to_string(share.percent);
      if (!share.tag.empty()) text += " " + share.tag;
    }
    return text;
  }
  const std::string& route_problem() const { return knative_.route_problem; }
  bool route_failed() const { return knative_.route_failed; }
  int service_generation() const { return knative_.generation; }

 private:
  static std::string digit(const std::string& revision) {
    return revision.empty() ? "-" : revision.substr(revision.size() - 1);
  }
  Service& again() {
    reconcile(wish_, knative_, rolledout_);
    return *this;
  }

  ComponentWish wish_{"iris-predictor", "", {}, false, {}};
  KnativeService knative_;
  Rolledout rolledout_;
};

Service canary_at(std::int64_t percent) {
  Service service;
  service.model("one", {}).model("two", percent);
  return service;
}

Service promoted() {
  Service service = canary_at(5);
  service.percent_is(100).percent_is({});
  return service;
}

}  // namespace

TEST_CASE("the first model takes all traffic") {
  Service service;
  service.model("one", {});
  CHECK(service.revisions() == "1/1/1/-");
  CHECK(service.traffic() == "1:100");
}

TEST_CASE("the first model with 0 stands in the traffic twice and there is no stable one") {
  Service service;
  service.model("one", 0);
  CHECK(service.revisions() == "1/1/1/-");
  CHECK(service.traffic() == "1:0 1:100 prev");
}

TEST_CASE("a second model applied with 5 is a canary beside the stable one") {
  const Service service = canary_at(5);
  CHECK(service.revisions() == "2/2/1/-");
  CHECK(service.traffic() == "2:5 1:95 prev");
}

TEST_CASE("0 rolls a canary back and makes no new revision") {
  Service service = canary_at(5);
  service.percent_is(0);
  CHECK(service.revisions() == "2/2/1/-");
  CHECK(service.traffic() == "2:0 1:100 prev");
}

TEST_CASE("nothing stops 5 again after a rollback") {
  Service service = canary_at(5);
  service.percent_is(0).percent_is(5);
  CHECK(service.revisions() == "2/2/1/-");
  CHECK(service.traffic() == "2:5 1:95 prev");
}

TEST_CASE("100 rolls the canary out at once") {
  Service service = canary_at(5);
  service.percent_is(100);
  CHECK(service.revisions() == "2/2/2/1");
  CHECK(service.traffic() == "2:100");
}

TEST_CASE("removing the field after 100 changes nothing") {
  const Service service = promoted();
  CHECK(service.revisions() == "2/2/2/1");
  CHECK(service.traffic() == "2:100");
}

TEST_CASE("trap 1 - 0 with nothing in flight rolls the stable revision back") {
  Service service = promoted();
  service.percent_is(0);
  CHECK(service.revisions() == "2/2/1/1");
  CHECK(service.traffic() == "2:0 1:100 prev");
}

TEST_CASE("0 from stage 100 rolls the canary back to the previous revision") {
  Service service = canary_at(5);
  service.percent_is(100).percent_is(0);
  CHECK(service.revisions() == "2/2/1/1");
  CHECK(service.traffic() == "2:0 1:100 prev");
}

TEST_CASE("trap 2 - the first model is not stopped by 0 afterwards either") {
  Service service;
  service.model("one", {}).percent_is(0);
  CHECK(service.revisions() == "1/1/1/-");
  CHECK(service.traffic() == "1:0 1:100 prev");
}

TEST_CASE("a third model over a promoted second one") {
  Service service = promoted();
  service.model("three", 20);
  CHECK(service.revisions() == "3/3/2/1");
  CHECK(service.traffic() == "3:20 2:80 prev");
}

TEST_CASE("a fourth model over a rolled-back third one") {
  Service service = promoted();
  service.model("three", 20).percent_is(0).model("four", 20);
  CHECK(service.revisions() == "4/4/2/1");
  CHECK(service.traffic() == "4:20 2:80 prev");
}

TEST_CASE("trap 5 - while the new revision is not ready the old canary keeps the share") {
  Service service = promoted();
  service.model("three", 20).model("four", 20, false);
  CHECK(service.revisions() == "4/3/2/1");
  CHECK(service.traffic() == "3:20 2:80 prev");
  service.percent_is(0);
  CHECK(service.traffic() == "3:0 2:100 prev");
  service.percent_is(20).ready(4, true);
  CHECK(service.revisions() == "4/4/2/1");
  CHECK(service.traffic() == "4:20 2:80 prev");
}

TEST_CASE("trap 5 - one apply after a rollback gives its share to the bad revision until the new one is ready") {
  Service service = promoted();
  service.model("three", 20).percent_is(0).model("four", 20, false);
  CHECK(service.traffic() == "3:20 2:80 prev");
}

TEST_CASE("trap 3 - an annotation makes a new revision") {
  Service service = promoted();
  service.model("three", 20).model("four", 20).annotated();
  CHECK(service.revisions() == "5/5/2/1");
  CHECK(service.traffic() == "5:20 2:80 prev");
}

TEST_CASE("150 is refused by Knative and nothing moves") {
  Service service = canary_at(5);
  service.percent_is(150);
  CHECK(service.revisions() == "2/2/1/-");
  CHECK(service.traffic() == "2:5 1:95 prev");
  service.percent_is(-1);
  CHECK(service.traffic() == "2:5 1:95 prev");
  service.percent_is(10);
  CHECK(service.traffic() == "2:10 1:90 prev");
}

TEST_CASE("a model after a promotion without a percent goes straight to 100") {
  Service service = promoted();
  service.model("three", {});
  CHECK(service.revisions() == "3/3/3/2");
  CHECK(service.traffic() == "3:100");
}

TEST_CASE("trap 7 - nothing moves while the canary is not ready") {
  Service service = canary_at(5);
  service.ready(2, false);
  CHECK(service.route_problem() == "Revision \"iris-predictor-00002\" failed to become ready.");
  service.percent_is(0);
  CHECK(service.traffic() == "2:5 1:95 prev");
  service.ready(2, true);
  CHECK(service.traffic() == "2:0 1:100 prev");
  CHECK(service.route_problem().empty());
}

TEST_CASE("trap 7 - nothing moves while the stable one is not ready") {
  Service service = canary_at(5);
  service.ready(1, false).percent_is(0);
  CHECK(service.traffic() == "2:5 1:95 prev");
  CHECK(service.route_problem() == "Revision \"iris-predictor-00001\" failed to become ready.");
}

TEST_CASE("trap 7 - a canary that is still starting blocks as well and that is no failure") {
  Service service = canary_at(5);
  service.waits(2).percent_is(0);
  CHECK(service.traffic() == "2:5 1:95 prev");
  CHECK(service.route_problem() == "Revision \"iris-predictor-00002\" is not yet ready.");
  CHECK_FALSE(service.route_failed());
  service.ready(1, false);  // a failure is told before a wait
  CHECK(service.route_problem() == "Revision \"iris-predictor-00001\" failed to become ready.");
  CHECK(service.route_failed());
}

TEST_CASE("trap 7 - a newer ready revision moves what a broken canary blocked") {
  Service service = canary_at(50);
  service.ready(2, false).percent_is(0);
  CHECK(service.traffic() == "2:50 1:50 prev");
  service.model("one again", 0);
  CHECK(service.revisions() == "3/3/1/-");
  CHECK(service.traffic() == "3:0 1:100 prev");
}

TEST_CASE("trap 7 - ready for a moment is enough and what moved stays") {
  Service service = canary_at(5);
  service.ready(2, false).percent_is(0).ready(2, true).ready(2, false);
  CHECK(service.traffic() == "2:0 1:100 prev");
  CHECK_FALSE(service.route_problem().empty());
}

TEST_CASE("trap 7 - nothing moves while the stable one is missing") {
  Service service = canary_at(5);
  service.deleted(1).percent_is(0);
  CHECK(service.traffic() == "2:5 1:95 prev");
  CHECK(service.route_problem() == "Revision \"iris-predictor-00001\" referenced in traffic not found.");
  CHECK(service.route_failed());
  service.percent_is(100);  // the one way: nothing else is referenced any more
  CHECK(service.traffic() == "2:100");
}

TEST_CASE("from stage 100 with the previous revision deleted 0 moves nothing") {
  Service service = canary_at(100);
  service.deleted(1).percent_is(0);
  CHECK(service.revisions() == "2/2/1/1");
  CHECK(service.traffic() == "2:0 2:100 prev");
  CHECK(service.route_problem() == "Revision \"iris-predictor-00001\" referenced in traffic not found.");
}

TEST_CASE("from stage 100 with the previous revision not ready 0 moves nothing") {
  Service service = canary_at(100);
  service.ready(1, false).percent_is(0);
  CHECK(service.traffic() == "2:0 2:100 prev");
  CHECK_FALSE(service.route_problem().empty());
}

TEST_CASE("the newest revision is made again when it is deleted and its number is not given twice") {
  Service service = canary_at(5);
  service.deleted(2);
  CHECK(service.revisions() == "2/2/1/-");
  CHECK(service.traffic() == "2:5 1:95 prev");
  service.model("three", 5, false).deleted(2);
  CHECK(service.revisions() == "3/1/1/-");
  service.ready(3, true);
  CHECK(service.revisions() == "3/3/1/-");
}

TEST_CASE("after a rollback the field removed or 100 gives the bad revision everything") {
  for (const std::optional<std::int64_t> percent : {std::optional<std::int64_t>(), std::optional<std::int64_t>(100)}) {
    Service service = canary_at(50);
    service.percent_is(0).percent_is(percent);
    CHECK(service.revisions() == "2/2/2/1");
    CHECK(service.traffic() == "2:100");
  }
}

TEST_CASE("after a rollback a new model with the field left at 0 is dark") {
  Service service = canary_at(50);
  service.percent_is(0).model("three", 0);
  CHECK(service.revisions() == "3/3/1/-");
  CHECK(service.traffic() == "3:0 1:100 prev");
}

TEST_CASE("a healthy canary goes through all stages and is promoted") {
  Service service = canary_at(5);
  for (const std::int64_t percent : {10, 25, 50, 75}) {
    service.percent_is(percent);
    CHECK(service.revisions() == "2/2/1/-");
    CHECK(service.traffic() == "2:" + std::to_string(percent) + " 1:" + std::to_string(100 - percent) + " prev");
  }
  service.percent_is(100);
  CHECK(service.revisions() == "2/2/2/1");
  service.percent_is({});
  CHECK(service.revisions() == "2/2/2/1");
  CHECK(service.traffic() == "2:100");
}

TEST_CASE("trap 8 - from stage 100 with a newer revision pending 0 has no effect") {
  Service service = canary_at(100);
  service.model("three", 100, false).percent_is(0);
  CHECK(service.revisions() == "3/2/2/1");
  CHECK(service.traffic() == "2:0 2:100 prev");
}

TEST_CASE("a first revision that is not ready has no traffic") {
  Service service;
  service.model("one", 5, false);
  CHECK(service.revisions() == "1/-/-/-");
  CHECK(service.traffic().empty());
  CHECK(service.route_problem() == "Configuration \"iris-predictor\" does not have any ready Revision.");
  service.waits(1);
  CHECK(service.route_problem() == "Configuration \"iris-predictor\" is waiting for a Revision to become ready.");
  CHECK_FALSE(service.route_failed());
}

TEST_CASE("with tag routing the latest revision has a tag too") {
  Service service = canary_at(5);
  service.tag_routing();
  CHECK(service.traffic() == "2:5 latest 1:95 prev");
}

TEST_CASE("every percent splits the traffic exactly") {
  for (std::int64_t percent = 0; percent < 100; ++percent) {
    const Service service = canary_at(percent);
    CHECK(service.traffic() == "2:" + std::to_string(percent) + " 1:" + std::to_string(100 - percent) + " prev");
  }
}

TEST_CASE("the Knative Service has a generation of its own") {
  Service service;
  service.model("one", {});
  CHECK(service.service_generation() == 1);
  service.percent_is(100);
  CHECK(service.service_generation() == 1);
  service.model("two", 5);
  CHECK(service.service_generation() == 2);
}
