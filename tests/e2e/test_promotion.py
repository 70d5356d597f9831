"""The demo's second and third scene, asserted: a canary that goes from 5 % to the end, one that breaks at 50 %. Real
Prometheus, real Alertmanager, TLS, the sandbox, and the daemon that asks Prometheus before each step."""
import os
import re
import unittest

from lab import net
from lab.alertmanager import shipped_route
from lab.cluster import tools
from lab.procs import temp_folder
from lab.rules import faster_route
from lab.scene_promotion import BREAKS_AT, DWELL, FASTER, HEALTHY, NAMESPACE, SICK, Promotion, Story
from lab.timeline import at


class TwoCanaries(unittest.TestCase):
    """Side by side, once; the rules' time divided by FASTER, scrapes every half second."""

    @classmethod
    def setUpClass(cls):
        with temp_folder() as folder, Promotion(os.environ["CANARYD"], tools(), folder) as demo:
            cls.story = Story(demo)
            key = f"quarantine.{NAMESPACE}.{SICK}.{cls.story.sick.canary}"
            cls.quarantine = demo.wait("canaryd", lambda: (demo.sandbox.config_map("canaryd") or {}).get(
                "data", {}).get(key), 20, "the revision that broke is in quarantine")
            cls.events = {name: [e["reason"] for e in demo.sandbox.events(NAMESPACE, name)] for name in (HEALTHY, SICK)}
            cls.rule_errors = demo.prometheus.rule_health()
            cls.failed_evaluations = demo.prometheus.failed_evaluations()
            cls.metrics = net.request("GET", f"http://{demo.canaryd.admin_address}/metrics").body.decode()
        print(f"\nFrom 5 % to promoted {cls.story.promotion_seconds():.1f} s, six dwells of {DWELL} s; "
              f"from the breach to 0 % {cls.story.rollback_seconds():.1f} s", flush=True)

    def test_end_as_the_demo_says(self):
        self.assertEqual(self.story.faults(), [])

    def test_go_forward_by_one_patch_a_stage_each_confirmed(self):
        for step in [*self.story.healthy.steps, *self.story.sick.steps]:
            with self.subTest(step.name(), of=step.canary):
                self.assertEqual(list(step.records), ["intent", "outcome", "confirmed"])
                self.assertEqual(step.records["outcome"]["api"]["result"], "applied")

    def test_go_forward_by_evidence_about_the_share_of_that_moment(self):
        for step in [*self.story.healthy.steps, *self.story.sick.steps[:-1]]:
            with self.subTest(step.name(), of=step.canary):
                labels = step.intent["alerts"][0]["labels"]
                self.assertEqual((labels["revision"], labels["percent"]), (step.canary, str(step.before)))
                self.assertEqual([guard for guard in step.intent["guards"] if not guard["passed"]], [])
                asked = {guard["guard"] for guard in step.intent["guards"]}
                self.assertLessEqual({"dwell", "gate_unknown", "gate_failed", "bad_alert_active"}, asked)

    def test_wait_for_their_dwell_and_the_record_says_so(self):
        held = {r["reason"] for r in self.story.records
                if r["kind"] == "decision" and r["action"] == "advance" and r["verdict"] == "hold"}
        self.assertIn("dwell", held)

    def test_go_back_at_once(self):
        story = self.story
        times = [story.breach, at(story.rollback.intent["alerts"][0]["starts_at"]), story.sent,
                 *(story.rollback.time(kind) for kind in ("intent", "outcome", "confirmed"))]
        self.assertEqual(times, sorted(times))
        self.assertEqual(story.rollback.before, BREAKS_AT)
        self.assertLess(story.rollback_seconds(), DWELL)

    def test_do_not_stand_in_each_other_s_way(self):
        after = [step for step in self.story.healthy.steps if step.time("intent") > self.story.rollback.time("intent")]
        self.assertEqual(after[-1].action, "promote")

    def test_are_known_afterwards(self):
        self.assertIn("by", self.quarantine)
        self.assertIn("CanaryAdvanced", self.events[HEALTHY])
        self.assertIn("CanaryRolledBack", self.events[SICK])
        for reason in ("advanced", "promoted", "rolled_back"):
            self.assertRegex(self.metrics, rf'canaryd_decisions_total\{{[^}}]*reason="{reason}"')

    def test_leave_no_rule_failed(self):
        self.assertEqual(self.rule_errors, {})
        self.assertEqual(self.failed_evaluations, 0)

    def test_can_be_told_in_words(self):
        text = "\n".join(self.story.text())
        for word in ("applied", "5 to 10 %", "75 to 100 %", "promotion", "breach", "confirmation", "guard dwell passed",
                     "audit verify"):
            self.assertIn(word, text)
        self.assertNotIn("unknown", text.split("Audit trail")[0])


class TheRendering(unittest.TestCase):
    def test_keeps_the_dwell_above_what_the_evidence_needs(self):
        shipped_least = 4 * 60 + 10
        self.assertGreaterEqual(DWELL * FASTER, shipped_least)

    def test_of_the_route_differs_in_durations_only(self):
        shipped = shipped_route("https://127.0.0.1:1/webhooks/alertmanager", "ca", "token")
        changed = faster_route(shipped, FASTER)
        self.assertNotEqual(changed, shipped)
        duration = r"(_interval: )[0-9]+(ms|s|m)\b"
        self.assertEqual(re.sub(duration, r"\1TIME", changed), re.sub(duration, r"\1TIME", shipped))


if __name__ == "__main__":
    unittest.main()
