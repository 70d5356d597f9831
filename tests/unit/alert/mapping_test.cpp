#include "canaryd/alert/mapping.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace canaryd;
using namespace canaryd::alert;

namespace {

Mapping mapping(const std::vector<std::string>& matchers, Action action, TargetLabels labels = {}) {
  Mapping result;
  for (const std::string& matcher : matchers) result.matchers.push_back(Matcher::parse(matcher).value());
  result.action = action;
  result.labels = std::move(labels);
  return result;
}

Alert with_labels(Labels labels) {
  Alert result;
  result.labels = std::move(labels);
  result.fingerprint = "a1b2c3d4e5f60718";
  return result;
}

const std::vector<Mapping>& rollback_for_all() {
  static const std::vector<Mapping> mappings = {mapping({}, Action::rollback)};
  return mappings;
}

}  // namespace

TEST_CASE("the first mapping that matches says what an alert asks for") {
  const std::vector<Mapping> mappings = {
      mapping({"alertname=CanaryNoData"}, Action::hold),
      mapping({"alertname=~\"Canary.*\"", "severity!=info"}, Action::rollback),
      mapping({"alertname=~\".*Heartbeat\""}, Action::heartbeat),
  };
  const auto action = [&](const char* name, const char* severity) {
    return classify(with_labels({{"alertname", name}, {"severity", severity}}), mappings, {}).action;
  };
  CHECK(action("CanaryNoData", "critical") == Action::hold);
  CHECK(action("CanaryFailing", "critical") == Action::rollback);
  CHECK(action("CanaryFailing", "info") == Action::ignore);
  CHECK(action("CanarydHeartbeat", "info") == Action::heartbeat);
  CHECK(action("Watchdog", "none") == Action::ignore);
  CHECK(classify(with_labels({}), {}, {}).action == Action::ignore);
}

TEST_CASE("the target is read from the labels and the alert comes along") {
  const Signal signal =
      classify(with_labels({{"namespace", "ml"}, {"inferenceservice", "iris"}, {"revision", "iris-predictor-00002"}}),
               rollback_for_all(), {});
  REQUIRE(signal.target.has_value());
  CHECK(signal.target->str() == "ml/iris");
  CHECK(signal.revision == Revision("iris-predictor-00002"));
  CHECK(signal.problem.empty());
  CHECK(signal.alert.fingerprint == "a1b2c3d4e5f60718");
}

TEST_CASE("other labels may carry the target") {
  const std::vector<Mapping> mappings = {
      mapping({}, Action::rollback, {"exported_namespace", "service", "model_revision"})};
  const Signal signal = classify(with_labels({{"exported_namespace", "ml"},
                                              {"service", "iris"},
                                              {"model_revision", "iris-predictor-00002"},
                                              {"namespace", "monitoring"},
                                              {"inferenceservice", "other"},
                                              {"revision", "other"}}),
                                 mappings, {});
  REQUIRE(signal.target.has_value());
  CHECK(signal.target->str() == "ml/iris");
  CHECK(signal.revision == Revision("iris-predictor-00002"));
}

TEST_CASE("the URL stands in for absent and empty labels and labels win over it") {
  const UrlTarget url{Namespace("web"), ServiceName("lily")};
  const auto target = [&](Labels labels, const UrlTarget& by) {
    const Signal signal = classify(with_labels(std::move(labels)), rollback_for_all(), by);
    return signal.target ? signal.target->str() : "absent";
  };
  CHECK(target({}, url) == "web/lily");
  CHECK(target({{"namespace", ""}, {"inferenceservice", ""}}, url) == "web/lily");
  CHECK(target({{"namespace", "ml"}}, url) == "ml/lily");
  CHECK(target({{"inferenceservice", "iris"}}, url) == "web/iris");
  CHECK(target({{"namespace", "ml"}, {"inferenceservice", "iris"}}, url) == "ml/iris");
  CHECK(target({}, {}) == "absent");
  CHECK(target({{"namespace", "ml"}}, {}) == "absent");
  CHECK(target({{"inferenceservice", "iris"}}, {}) == "absent");
  CHECK(target({{"inferenceservice", "iris"}}, {Namespace("web"), std::nullopt}) == "web/iris");
}

TEST_CASE("an alert without a revision is unattributed") {
  CHECK_FALSE(classify(with_labels({{"revision", ""}}), rollback_for_all(), {}).revision.has_value());
  CHECK_FALSE(classify(with_labels({}), rollback_for_all(), {}).revision.has_value());
}

TEST_CASE("a label that is no valid name is a problem and never a target") {
  const UrlTarget url{Namespace("web"), ServiceName("lily")};
  const auto problem = [&](const char* label, const std::string& value) {
    Labels labels = {{"namespace", "ml"}, {"inferenceservice", "iris"}, {"revision", "iris-predictor-00002"}};
    labels[label] = value;
    const Signal signal = classify(with_labels(std::move(labels)), rollback_for_all(), url);
    CHECK(signal.target.has_value() == signal.problem.empty());
    return signal.problem;
  };
  CHECK(problem("namespace", "ml").empty());
  CHECK(problem("namespace", "../kube-system") ==
        "label namespace: expected a namespace's name, got \"../kube-system\"");
  CHECK(problem("namespace", "ML") == "label namespace: expected a namespace's name, got \"ML\"");
  CHECK(problem("inferenceservice", "a/b?x=1") ==
        "label inferenceservice: expected an InferenceService's name, got \"a/b?x=1\"");
  CHECK(problem("inferenceservice", "iris\n") ==
        "label inferenceservice: expected an InferenceService's name, got \"iris\\n\"");
  CHECK(problem("inferenceservice", std::string(64, 'a')).find("expected an InferenceService's name") !=
        std::string::npos);
  CHECK(problem("revision", "-") == "label revision: expected a Revision's name, got \"-\"");
  CHECK(problem("revision", std::string(50000, 'a')).size() < 200);
}

TEST_CASE("actions have names") {
  CHECK(name_of(Action::rollback) == std::string("rollback"));
  CHECK(name_of(Action::hold) == std::string("hold"));
  CHECK(name_of(Action::heartbeat) == std::string("heartbeat"));
  CHECK(name_of(Action::ignore) == std::string("ignore"));
}
