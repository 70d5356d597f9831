"""By alerts: each delivery of a firing CanaryHealthy is one stage at most, and what it says is not believed."""
import concurrent.futures

from contract.promotion_lab import PromotionCase
from lab import notify


class ByAlert(PromotionCase):
    name = "warm"

    def setUp(self):
        self.lab.wait_warm(self.name)
        super().setUp()

    def advance(self, service, percent, to):
        """One delivery, one stage."""
        self.dwelt(service, percent)
        before = service.get()
        self.told(self.deliver(self.healthy(service, percent)), "promoted" if to is None else "advanced")
        after = service.get()
        self.assertEqual(after["metadata"]["generation"], before["metadata"]["generation"] + 1)
        self.assert_same_but_percent(before, after, to)
        service.follow()

    def hold(self, service, reason, *alerts):
        """A delivery that changes nothing; its record."""
        before = service.get()
        self.told(self.deliver(*alerts), reason)
        after = service.get()
        self.assertEqual(after["metadata"]["generation"], before["metadata"]["generation"])
        self.assert_same_but_percent(before, after, service.percent_now())
        return self.about(service, kind="decision", action="advance")[-1]


class Stages(ByAlert):
    def test_a_healthy_canary_goes_stage_by_stage_to_the_end(self):
        service = self.canary(5)
        stages = [5, 10, 25, 50, 75, 100, None]
        for percent, to in zip(stages, stages[1:]):
            self.advance(service, percent, to)
        outcomes = self.about(service, kind="outcome")
        self.assertEqual([record["action"] for record in outcomes], ["advance"] * 5 + ["promote"])
        changes = [change for record in outcomes for change in record["changes"]]
        self.assertEqual([(change["percent_before"], change.get("percent_after")) for change in changes],
                         list(zip(stages, stages[1:])))
        self.wait_record(service, kind="confirmed", reason="promoted")
        self.assertEqual(len(self.about(service, kind="confirmed", reason="advanced")), 5)
        (sample,) = self.daemon.series(f'canaryd_last_promotion_timestamp_seconds{{namespace="{service.namespace}",'
                                       f'inferenceservice="{service.name}"')
        self.assertIn(f'record="{outcomes[-1]["id"]}"', sample)
        self.told(self.deliver(self.healthy(service, 100)), "no_canary")
        self.assertIsNone(service.percent_now())

    def test_all_guards_and_the_gates_answers_are_in_the_record(self):
        service = self.canary(5)
        self.advance(service, 5, 10)
        intent = self.about(service, kind="intent")[-1]
        guards = {guard["guard"]: guard["passed"] for guard in intent["guards"]}
        self.assertEqual({guard for guard, passed in guards.items() if not passed}, set())
        self.assertLessEqual({"promotion_off", "stale_alert", "not_converged", "state_unknown", "held", "quarantined",
                              "warming_up", "bad_alert_active", "dwell", "gate_unknown", "gate_failed"}, set(guards))
        self.assertEqual(intent["alerts"][0]["name"], "CanaryHealthy")

    def test_the_same_notification_from_four_alertmanagers_is_one_stage(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        alert = self.healthy(service, 5)
        before = service.get()["metadata"]["generation"]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(self.deliver, [alert] * 4))
        self.assertEqual([answer.status for answer in answers], [200] * 4, answers)
        self.assertEqual((service.percent_now(), service.get()["metadata"]["generation"]), (10, before + 1))

    def test_a_dwell_that_is_not_served_holds(self):
        service = self.canary(5, "patient")
        record = self.hold(service, "dwell", self.healthy(service, 5))
        self.assertEqual(set(self.failed(record)), {"dwell"})

    def test_a_share_that_status_does_not_show_holds(self):
        service = self.canary(5)
        self.advance(service, 5, 10)
        service.percent(25)
        record = self.hold(service, "not_converged", self.healthy(service, 25))
        self.assertIn("status shows 10 %, wanted are 25 %", self.failed(record)["not_converged"])


class Forged(ByAlert):
    def test_no_alert_promotes_by_what_it_says(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        for reason, alert in (
                ("stale_revision", self.healthy(service, 5, revision=service.stable_name)),
                ("stale_revision", self.healthy(service, 5, revision=service.revision(9))),
                ("stale_revision", self.healthy(service, 5, revision="")),
                ("stale_alert", self.healthy(service, 10)),
                ("stale_alert", self.healthy(service, "")),
                ("stale_alert", self.healthy(service, 5, starts_at=notify.rfc3339(3600))),
                ("stale_alert", self.healthy(service, 5, starts_at=notify.rfc3339(-3600))),
                ("resolved", self.healthy(service, 5, status="resolved"))):
            with self.subTest(reason=reason, labels=alert["labels"], starts_at=alert["startsAt"]):
                self.hold(service, reason, alert)
        self.assertEqual(self.about(service, kind="intent"), [])
        self.advance(service, 5, 10)  # so nothing else was in the way

    def test_an_alert_that_is_not_understood_promotes_nothing(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        for percent in ("5.0", "-5", "5 ", "five", "0x5"):
            with self.subTest(percent=percent):
                self.told(self.deliver(self.healthy(service, percent)), "no_target")
        self.assertEqual((service.percent_now(), self.about(service)), (5, []))

    def test_an_alert_of_another_name_or_service_promotes_nothing(self):
        service, other = self.canary(5), self.canary(5)
        self.dwelt(service, 5)
        self.deliver(self.healthy(service, 5, alertname="CanaryHealthyEnough"))
        self.hold(other, "stale_revision", self.healthy(other, 5, revision=service.canary_name))
        self.assertEqual((service.percent_now(), other.percent_now()), (5, 5))
        self.assertEqual(self.about(service), [])

    def test_a_replayed_alert_promotes_once(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        alert = self.healthy(service, 5)
        self.told(self.deliver(alert), "advanced")
        service.follow()
        self.dwelt(service, 10)
        for _ in range(3):
            self.hold(service, "stale_alert", alert)
        self.advance(service, 10, 25)

    def test_an_alert_that_is_right_in_all_it_says_promotes_nothing_that_prometheus_does_not_confirm(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        share = self.prometheus.share
        self.addCleanup(setattr, self.prometheus, "share", share)
        self.prometheus.share = lambda *_: {service.canary_name: 10}
        record = self.hold(service, "gate_unknown", self.healthy(service, 5))
        self.assertIn("Prometheus knows the canary at 10 %, it is at 5 %", self.failed(record)["gate_unknown"])
        self.prometheus.share = share
        self.advance(service, 5, 10)
