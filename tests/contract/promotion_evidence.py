"""What Prometheus says at the moment of a step, and what is worth more than that: a bad alert, a rollback."""
import concurrent.futures

from contract.promotion_by_alert import ByAlert
from lab import net, notify
from lab.fake_prometheus import FAULTS

# What the gate's answer says of each fault.
WORDS = {"down": "unknown: requests: ", "hang": "unknown: requests: ", "cut": "unknown: requests: ",
         "half": "unknown: requests: ", "nonsense": "expected JSON", "not_a_vector": "expected a vector, got string",
         "error": "many-to-many matching", "unavailable": "upstream connect error", "warnings": "the result is partial",
         "nan": "not known", "empty": "not known", "two_statuses": "expected each name once, got status twice",
         "twice": "two series of one revision and source"}


class Gate(ByAlert):
    def test_a_prometheus_that_does_not_answer_well_holds_and_the_record_says_why(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        self.assertEqual(set(WORDS), set(FAULTS))
        for fault, words in WORDS.items():
            with self.subTest(fault=fault):
                self.prometheus.break_it(fault)
                record = self.hold(service, "gate_unknown", self.healthy(service, 5))
                self.assertEqual(set(self.failed(record)), {"gate_unknown"})
                self.assertIn(words, self.failed(record)["gate_unknown"])
                self.prometheus.healthy()
        self.advance(service, 5, 10)

    def test_a_signal_beyond_its_limit_holds_and_is_named(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        for measured, words in (({"errors": 300}, "failed: error ratio: 300 errors in 1000 requests"),
                                ({"latency": 0.5}, "failed: latency: p95 0.5 s"),
                                ({"confidence": 0.5}, "failed: confidence: mean 0.5")):
            with self.subTest(measured=measured):
                self.prometheus.revisions = {service.canary_name: measured}
                record = self.hold(service, "gate_failed", self.healthy(service, 5))
                self.assertIn(words, self.failed(record)["gate_failed"])
        self.prometheus.revisions = {service.canary_name: {"requests": 20, "errors": 1}}
        record = self.hold(service, "gate_unknown", self.healthy(service, 5))
        self.assertIn("20 requests of the canary revision, 50 are wanted", self.failed(record)["gate_unknown"])
        self.prometheus.revisions = {}
        self.advance(service, 5, 10)

    def test_a_bad_alert_that_only_prometheus_knows_holds(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        labels = {"inferenceservice": service.name, "revision": service.canary_name}
        for state in ("pending", "firing"):
            with self.subTest(state=state):
                self.prometheus.alerts = [{**labels, "alertname": "CanaryHighLatency", "alertstate": state}]
                record = self.hold(service, "bad_alert_active", self.healthy(service, 5))
                self.assertEqual(self.failed(record)["bad_alert_active"], "CanaryHighLatency")
        self.prometheus.alerts = [{**labels, "alertname": "CanaryHealthy", "alertstate": "firing"}]
        self.advance(service, 5, 10)


class Rollbacks(ByAlert):
    def test_a_rollback_does_not_wait_for_a_step_that_waits_for_prometheus(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        self.prometheus.hang()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            step = pool.submit(self.deliver, self.healthy(service, 5))
            net.wait_until(lambda: self.prometheus.waiting == 1, 10, "the gate is asked")
            self.told(self.deliver(self.bad(service)), "rolled_back")
            self.assertEqual((service.percent_now(), self.prometheus.waiting, step.done()), (0, 1, False))
            self.prometheus.release()  # and all is well, it says
            answer = step.result()
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(service.percent_now(), 0)
        held = self.about(service, kind="decision", action="advance")[-1]
        self.assertLessEqual({"stale_alert", "at_zero", "bad_alert_active", "quarantined"}, set(self.failed(held)))
        self.assertEqual([r["action"] for r in self.about(service, kind="intent")], ["rollback"])

    def test_a_rollback_asks_prometheus_nothing(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        asked = len(self.prometheus.queries)
        self.prometheus.down()
        self.told(self.deliver(self.bad(service)), "rolled_back")
        self.prometheus.up()
        self.assertEqual((service.percent_now(), len(self.prometheus.queries)), (0, asked))

    def test_a_bad_alert_in_the_same_notification_wins(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        answer = self.deliver(self.healthy(service, 5), self.bad(service))
        self.told(answer, "rolled_back")
        self.assertNotIn("advanced", answer.body.decode())
        self.assertEqual(service.percent_now(), 0)
        held = self.about(service, kind="decision", action="advance")[-1]
        self.assertIn("CanaryHighErrorRate", self.failed(held)["bad_alert_active"])

    def test_a_bad_alert_that_fires_holds_the_canary_that_got_its_share_back(self):
        service = self.canary(5)
        bad = self.bad(service)
        self.deliver(bad)
        service.follow()
        self.do("release", service.target)
        service.percent(5)
        service.follow()
        self.dwelt(service, 5)
        self.entry_gone(f"quarantine.{service.namespace}.{service.name}.{service.canary_name}")
        record = self.hold(service, "bad_alert_active", self.healthy(service, 5))
        self.assertEqual(set(self.failed(record)), {"bad_alert_active"})
        self.deliver({**bad, "status": "resolved", "endsAt": notify.rfc3339()})
        self.advance(service, 5, 10)

    def entry_gone(self, key):
        net.wait_until(lambda: key not in self.state(), 10, f"{key} is gone")

    def test_a_canary_that_was_rolled_back_is_raised_by_no_alert(self):
        service = self.canary(5)
        self.told(self.deliver(self.bad(service)), "rolled_back")
        service.follow()
        self.deliver(self.bad(service, status="resolved"))
        record = self.hold(service, "quarantined", self.healthy(service, 0))
        self.assertLessEqual({"quarantined", "at_zero"}, set(self.failed(record)))
        self.do("release", service.target)
        self.hold(service, "at_zero", self.healthy(service, 0))

    def test_what_was_rolled_back_and_raised_by_another_is_rolled_back_again_each_time(self):
        service = self.canary(5)
        for _ in range(3):
            self.told(self.deliver(self.bad(service)), "rolled_back")
            service.follow()
            service.percent(5, manager="argocd")
            service.follow()
            self.daemon.wait_in_flight(service.namespace, service.name)
        self.assertEqual(len(self.about(service, kind="outcome", reason="rolled_back")), 3)
