"""Every alert that rolls back, and CanaryHealthy: raised by a real Prometheus from canaries that really misbehave, sent
by a real Alertmanager, done by canaryd. Services side by side, one for each fault; each is healthy first.

The shipped windows take up to eight minutes. So the shipped rules run with their time divided by FASTER, scraped every
second; lab/rules.py says what that leaves as it is.
"""
import dataclasses
import os
import pathlib
import re
import subprocess
import unittest

from lab import timeline
from lab.chain import Chain
from lab.cluster import tools
from lab.procs import temp_folder
from lab.prometheus import ROLLBACK, shipped_rules
from lab.rules import faster, rendered_rules, without_exported_namespace

FASTER = 5
NAMESPACE = "ml"
PERCENT = 20

# `slow-by-nature` has an absolute bound of its own; every other service has the default policy.
POLICIES = """policies:
  - name: bounded
    match:
      names: [slow-by-nature]
    thresholds:
      latency_seconds: 0.4
  - name: default
"""


def faster_file(text):
    return faster(text, FASTER)


@dataclasses.dataclass
class Case:
    """What happens to one service, and the one alert that this must raise."""

    name: str
    alert: str | None
    canary: dict = dataclasses.field(default_factory=dict)
    stable: dict = dataclasses.field(default_factory=dict)
    one_pod: dict = dataclasses.field(default_factory=dict)  # to one of the canary's two pods only
    component: str = "predictor"  # to which; each service has a predictor

    @property
    def components(self):
        return sorted({"predictor", self.component})

    def revision(self, role, component=None):
        return f"{self.name}-{component or self.component}-0000{1 if role == 'stable' else 2}"


CASES = [
    Case("healthy", None),
    Case("failing", "CanaryFailing", {"error_ratio": 1}),
    # The stable one errs too, so that the canary is not much worse than it: more than 5 % it is.
    Case("erring", "CanaryHighErrorRate", {"error_ratio": 0.2}, {"error_ratio": 0.15}),
    Case("one-bad-pod", "CanaryHighErrorRate", {}, {"error_ratio": 0.15}, {"error_ratio": 0.4}),
    # Below 5 %, and more than 1.5 times as much as the stable.
    Case("worse", "CanaryHigherErrorRate", {"error_ratio": 0.045}, {"error_ratio": 0.02}),
    Case("slow", "CanaryHighLatency", {"latency_seconds": 0.25}),
    # As slow as the stable: only the absolute bound tells.
    Case("slow-by-nature", "CanaryHighLatency", {"latency_seconds": 0.5}, {"latency_seconds": 0.5}),
    # 1.4 times: above 1.3, below 1.5.
    Case("slower", "CanaryHigherLatency", {"latency_seconds": 0.07}),
    Case("unsure", "CanaryLowConfidence", {"confidence": 0.6}),
    Case("dead", "CanaryDown", {"dead": True}),
    # The predictor stays as good as it was, and its CanaryHealthy must end nevertheless.
    Case("two-parts", "CanaryLowConfidence", {"confidence": 0.6}, component="transformer"),
]
BAD = [case for case in CASES if case.alert]
PARTS = [(case, component) for case in CASES for component in case.components]


def scenario():
    return {"services": [{"namespace": NAMESPACE, "name": case.name, "requests_per_second": 500,
                          "components": case.components, "canary": {"percent": PERCENT, "pods": 2}} for case in CASES]}


def targets():
    yield "canaryd", "canaryd", "canaryd-0"
    for case, component in PARTS:
        yield "model-servers", NAMESPACE, f"{case.revision('stable', component)}-deployment-0"
        for number in range(2):
            yield "model-servers", NAMESPACE, f"{case.revision('canary', component)}-deployment-{number}"


class Story:
    """One run of the chain from healthy to the last rollback, and what it left behind."""

    def __init__(self, chain, blind):
        chain.wait_targets(set(targets()))
        self.healthy = chain.wait("prometheus", lambda: self._all_healthy(chain), 240, "CanaryHealthy for each service")
        self.early = [r for r in chain.canaryd.records() if r["kind"] == "intent"]
        self.before = {case.name: chain.sandbox.service(NAMESPACE, case.name) for case in CASES}
        self.broken = timeline.now()
        for case in CASES:
            self._break(chain.sandbox, case)
        self.trails = {}
        chain.wait("canaryd", lambda: self._all_confirmed(chain), 300, "a confirmed rollback of each bad canary")
        self.after = {case.name: chain.sandbox.service(NAMESPACE, case.name) for case in CASES}
        self.shares = {(case.name, component): chain.sandbox.traffic(NAMESPACE, case.name, component)
                       for case, component in PARTS}
        self.records = chain.canaryd.records()
        self.verify_code, self.verdict = chain.canaryd.verify()
        self._ask(chain.prometheus)
        self.blind_series = blind.query('last_over_time(canaryd_rollout_revision{exported_namespace="ml"}[5m])')
        self.blind_requests = blind.query('last_over_time(canary:requests:rate2m{namespace="ml"}[5m])')
        self.blind_alerts = {labels["alertname"] for labels, _ in blind.query(
            f'count_over_time(ALERTS{{alertname=~"CanaryHealthy|{"|".join(ROLLBACK)}"}}[15m])')}

    @staticmethod
    def _all_healthy(chain):
        found = {(alert["labels"]["inferenceservice"], alert["labels"]["component"]): alert
                 for alert in chain.prometheus.alerts("firing", ["CanaryHealthy"])}
        return found if len(found) == len(PARTS) else None

    @staticmethod
    def _break(sandbox, case):
        for role, behaviour in (("stable", case.stable), ("canary", case.canary)):
            if behaviour:
                sandbox.behave(NAMESPACE, case.revision(role), **behaviour)
        if case.one_pod:
            sandbox.control(f"pods/{NAMESPACE}/{case.revision('canary')}-deployment-1", case.one_pod)

    def _all_confirmed(self, chain):
        for case in BAD:
            trail = {record["kind"]: record for record in chain.trail(NAMESPACE, case.name)}
            if "confirmed" in trail:
                self.trails[case.name] = trail
        return len(self.trails) == len(BAD)

    def _ask(self, prometheus):
        bad = f'alertname=~"{"|".join(ROLLBACK)}"'
        self.fired = {(labels["inferenceservice"], labels["alertname"]) for labels, _ in prometheus.query(
            f'count_over_time(ALERTS{{alertstate="firing",{bad}}}[15m])')}
        self.pending = {(labels["inferenceservice"], labels["alertname"]) for labels, _ in prometheus.query(
            f'count_over_time(ALERTS{{alertstate="pending",{bad}}}[15m])')}
        # At the moments of the group's own evaluations, where both are of the same moment.
        self.healthy_beside_bad = prometheus.query(
            'count_over_time((ALERTS{alertname="CanaryHealthy"} and on (namespace, inferenceservice) '
            f'ALERTS{{{bad}}})[15m:1s])')
        self.still_healthy = {labels["inferenceservice"] for labels, _ in prometheus.query(
            'ALERTS{alertname="CanaryHealthy",alertstate="firing"}')}
        self.down = {labels["pod"] for labels, _ in prometheus.query("max_over_time(up[10s]) == 0")}
        self.honoured = prometheus.query(
            'last_over_time(canaryd_rollout_revision{namespace="ml",pod="canaryd-0",job="canaryd"}[5m])')
        self.rule_health = prometheus.rule_health()
        self.failed_evaluations = prometheus.failed_evaluations()

    def intents(self, name):
        return [r for r in self.records if r["kind"] == "intent" and r["target"]["name"] == name]

    def delays(self):
        """Lines for a person: from the moment of the breach to the intent."""
        for case in BAD:
            intent = self.trails[case.name]["intent"]
            seconds = (timeline.at(intent["time"]) - self.broken).total_seconds()
            yield f"{case.name:<15} {case.alert:<22} {seconds:6.1f} s"


class EveryAlert(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with temp_folder() as folder:
            rules = rendered_rules(folder / "rules", faster_file)
            with Chain(os.environ["CANARYD"], tools(), folder, interval=1, rules=rules,
                       scenario=scenario(), more=POLICIES) as chain:
                cls.story = Story(chain, chain.start_prometheus("blind", honor_labels=False, rules=rendered_rules(
                    folder / "blind-rules", without_exported_namespace, faster_file)))
        print(f"\nBreach to decision, all durations of the rules divided by {FASTER}:",
              *cls.story.delays(), sep="\n  ", flush=True)

    def test_of_a_bad_canary_rolls_it_back_and_the_record_names_it(self):
        for case in BAD:
            with self.subTest(case.name):
                trail = self.story.trails[case.name]
                alerts = trail["intent"]["alerts"]
                self.assertEqual({alert["name"] for alert in alerts}, {case.alert})
                self.assertEqual(trail["outcome"]["api"]["result"], "applied")
                self.assertTrue(alerts[0]["value"], "the alert says no value")

    def test_of_a_bad_canary_leaves_0_percent_by_one_write(self):
        for case in BAD:
            with self.subTest(case.name):
                before, after = self.story.before[case.name], self.story.after[case.name]
                self.assertEqual(after["metadata"]["generation"], before["metadata"]["generation"] + 1)
                for component in case.components:
                    self.assertEqual(after["spec"][component]["canaryTrafficPercent"], 0)
                    self.assertEqual(self.story.shares[case.name, component],
                                     {case.revision("canary", component): 0, case.revision("stable", component): 100})
                self.assertEqual(len(self.story.intents(case.name)), 1)

    def test_fires_for_its_own_fault_and_no_other(self):
        self.assertEqual(self.story.fired, {(case.name, case.alert) for case in BAD})

    def test_waits_out_its_for(self):
        waiting = {(case.name, case.alert) for case in BAD if case.alert != "CanaryFailing"}
        self.assertEqual(waiting - self.story.pending, set())

    def test_is_covered_here(self):
        self.assertEqual({case.alert for case in BAD}, set(ROLLBACK))

    def test_of_health_names_revision_and_percent(self):
        for case, component in PARTS:
            with self.subTest(case.name, component=component):
                labels = self.story.healthy[case.name, component]["labels"]
                self.assertEqual((labels["namespace"], labels["revision"], labels["percent"]),
                                 (NAMESPACE, case.revision("canary", component), str(PERCENT)))

    def test_of_health_never_stands_beside_a_bad_one(self):
        self.assertEqual(self.story.healthy_beside_bad, [])
        self.assertEqual(self.story.still_healthy, {"healthy"})

    def test_leaves_the_healthy_one_alone(self):
        self.assertEqual(self.story.early, [], "something was rolled back before anything was wrong")
        self.assertEqual(self.story.after["healthy"]["metadata"]["generation"],
                         self.story.before["healthy"]["metadata"]["generation"])
        self.assertEqual(self.story.shares["healthy", "predictor"],
                         {"healthy-predictor-00001": 80, "healthy-predictor-00002": 20})
        self.assertEqual(self.story.intents("healthy"), [])

    def test_comes_through_targets_with_labels_of_their_own(self):
        self.assertTrue(self.story.honoured)
        self.assertEqual(self.story.down, {"dead-predictor-00002-deployment-0", "dead-predictor-00002-deployment-1"})

    def test_is_lost_without_honor_labels_where_the_rules_do_not_look_for_the_renamed_label(self):
        self.assertTrue(self.story.blind_series, "the label was not renamed: this test shows nothing")
        self.assertTrue(self.story.blind_requests, "the model servers were not scraped: this test shows nothing")
        self.assertEqual(self.story.blind_alerts, set())

    def test_is_of_rules_none_of_which_ever_failed(self):
        self.assertEqual(self.story.rule_health, {})
        self.assertEqual(self.story.failed_evaluations, 0)

    def test_is_in_a_log_that_verifies(self):
        self.assertEqual(self.story.verify_code, 0, self.story.verdict)


class TheFasterRules(unittest.TestCase):
    def test_differ_from_the_shipped_ones_in_durations_only(self):
        duration = r"(?<![\w:])[0-9]+(ms|s|m|h|d|w|y)\b"
        for file in shipped_rules():
            with self.subTest(file.name):
                shipped = file.read_text()
                changed = faster_file(shipped)
                self.assertNotEqual(changed, shipped)
                self.assertEqual(re.sub(duration, "TIME", changed), re.sub(duration, "TIME", shipped))

    def test_divide_each_duration_of_a_rule(self):
        self.assertEqual(faster("    interval: 5s\n    for: 2m\n  - expr: rate(a:rate2m[2m] offset 1m30s)\n", 5),
                         "    interval: 1000ms\n    for: 24000ms\n  - expr: rate(a:rate2m[24000ms] offset 18000ms)\n")
        with self.assertRaises(AssertionError):
            faster("    for: two minutes\n", 5)

    def test_are_rules_to_promtool(self):
        with temp_folder() as folder:
            files = rendered_rules(folder / "rules", faster_file)
            done = subprocess.run([pathlib.Path(tools()) / "promtool", "check", "rules", *files], capture_output=True,
                                  text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
