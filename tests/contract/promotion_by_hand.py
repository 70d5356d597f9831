"""What a person does, what stays of it in the ConfigMap, and what a damaged one, a stop or a restart changes."""
from contract.promotion_lab import PromotionCase
from lab import net


class ByHand(PromotionCase):
    name = "young"

    def scope(self, service):
        return f"{service.namespace}.{service.name}"

    def restart(self):
        self.daemon.stop()
        self.daemon.again()

    def rolled_back(self, service):
        net.wait_until(lambda: service.percent_now() == 0, 30, f"{service.name} is rolled back", 0.1)


class Commands(ByHand):
    def test_a_person_takes_a_canary_forward_holds_it_stops_all_and_takes_it_back(self):
        service = self.canary(5)
        self.dwelt(service, 5)

        _, record = self.do("hold", service.target, "--for", "2h")
        entry = self.entry("hold." + self.scope(service))
        self.assertEqual(set(entry), {"by", "since", "reason", "until", "record"})
        self.assertEqual((entry["by"], entry["reason"], entry["record"]),
                         ("token:alice", "a test of mine", record["id"]))
        self.assertLess(entry["since"], entry["until"])
        self.assert_held_by(self.held("held", *self.step(service)), "held")
        self.assertIn("held", self.daemon.row(service.namespace, service.name)["held_by"])
        self.assertEqual(len(self.daemon.series(f'canaryd_hold_since_timestamp_seconds{{scope="{service.target}"')), 1)
        self.do("release", service.target)
        self.assertNotIn("hold." + self.scope(service), self.state())

        before = service.get()
        intent, outcome, *_ = self.do(*self.step(service))
        self.assertEqual((intent["kind"], outcome["api"]["result"], outcome["because"]),
                         ("intent", "applied", "a test of mine"))
        self.assert_same_but_percent(before, service.get(), 10)
        service.follow()

        self.do("stop")
        self.addCleanup(self.daemon.command, "start", "--reason", "the end of a test")
        self.assertEqual(self.entry("stop")["by"], "token:alice")
        self.held("stopped", "rollback", service.target)
        self.held("stopped", *self.step(service))
        self.assertEqual(service.percent_now(), 10)
        self.do("start")
        self.assertNotIn("stop", self.state())

        rollback, *_ = self.do("rollback", service.target)
        self.assertEqual(service.percent_now(), 0)
        service.follow()
        entry = self.entry(f"quarantine.{self.scope(service)}.{service.canary_name}")
        self.assertEqual((entry["by"], entry["record"]), ("token:alice", rollback["id"]))

        self.held("quarantined", *self.step(service))
        self.do("release", service.target)
        self.assertEqual(self.state(), {})
        self.do(*self.step(service))
        self.assertEqual(service.percent_now(), 5)

    def test_a_promotion_by_hand_is_for_the_last_stage_and_removes_the_field(self):
        service = self.canary(75)
        self.held("not_last_stage", "promote", service.target, "--override", "warming_up")
        self.dwelt(service, 75)
        self.do(*self.step(service))
        service.follow()
        self.dwelt(service, 100)
        before = service.get()
        _, outcome, *_ = self.do("promote", service.target, "--override", "warming_up")
        self.assertEqual((outcome["action"], outcome["api"]["result"]), ("promote", "applied"))
        self.assert_same_but_percent(before, service.get(), None)

    def test_the_gate_is_asked_for_a_person_too(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        self.prometheus.fault = "warnings"
        record = self.held("gate_unknown", *self.step(service))
        self.assert_held_by(record, "gate_unknown")
        intent, *_ = self.do(*self.step(service, "gate_unknown"))
        overridden = {guard["guard"]: guard["passed"] for guard in intent["guards"] if guard.get("overridden")}
        self.assertIs(overridden["gate_unknown"], False)
        self.assertLessEqual(set(overridden), {"gate_unknown", "warming_up"})
        self.assertEqual(service.percent_now(), 10)

    def test_what_protects_the_stable_revision_cannot_be_passed_over(self):
        service = self.canary(5)
        for guard in ("bad_alert_active", "stopped", "newer_revision_pending", "state_unknown"):
            code, _, err = self.daemon.command("advance", service.target, "--reason", "x", "--override", guard)
            self.assertEqual(code, 2, err)
        service.new_model(ready=False)
        record = self.held("newer_revision_pending", *self.step(service, "dwell", "gate_unknown"))
        self.assertIn("newer_revision_pending", self.failed(record))
        self.assertEqual(service.percent_now(), 5)


class Damaged(ByHand):
    def readable(self):
        return self.daemon.series("canaryd_state_readable ")["canaryd_state_readable"]

    def test_a_damaged_map_holds_promotions_and_no_rollback(self):
        service, sick, other = self.canary(5), self.canary(5), self.canary(5)
        self.dwelt(service, 5)
        mine = "hold." + self.scope(service)
        self.edit_state(**{mine: "not JSON"})
        self.addCleanup(self.edit_state, **{mine: None, "hold": None})
        record = self.held("state_unknown", *self.step(service))
        self.assert_held_by(record, "state_unknown")
        self.assertEqual(self.readable(), 0)
        self.dwelt(other, 5)
        self.do(*self.step(other))  # of another service it says nothing
        other.follow()

        self.edit_state(hold="{")
        self.dwelt(other, 10)
        self.held("state_unknown", *self.step(other))
        self.told(self.deliver(self.bad(sick)), "rolled_back")
        self.assertEqual(sick.percent_now(), 0)
        self.entry(f"quarantine.{self.scope(sick)}.{sick.canary_name}")
        self.assertEqual((self.state()[mine], self.state()["hold"]), ("not JSON", "{"))

        code, out, err = self.daemon.command("release", service.target, "--reason", "x")
        self.assertEqual((code, out), (1, ""))
        self.assertIn(mine, err)
        self.edit_state(**{mine: None, "hold": None})
        self.do(*self.step(service))
        self.assertEqual((service.percent_now(), self.readable()), (10, 1))

    def test_a_hold_that_a_person_wrote_with_kubectl_holds(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        key = "hold." + service.namespace
        self.edit_state(**{key: '{"by":"bob","since":"2026-08-01T12:00:00Z","reason":"a move"}'})
        self.addCleanup(self.edit_state, **{key: None})
        record = self.held("held", *self.step(service))
        self.assertIn("bob: a move", self.failed(record)["held"])
        self.do("release", "--namespace", service.namespace)
        self.do(*self.step(service))
        self.assertEqual(service.percent_now(), 10)


class Restarts(ByHand):
    def test_a_quarantine_outlives_the_daemon(self):
        service = self.canary(5)
        self.told(self.deliver(self.bad(service)), "rolled_back")
        service.follow()
        self.entry(f"quarantine.{self.scope(service)}.{service.canary_name}")
        self.restart()
        service.percent(5, manager="argocd")
        service.follow()
        self.dwelt(service, 5)
        record = self.held("quarantined", *self.step(service))
        self.assert_held_by(record, "quarantined")
        self.do("release", service.target)
        self.do(*self.step(service))
        self.assertEqual(service.percent_now(), 10)

    def test_a_hold_and_a_stop_outlive_the_daemon(self):
        service = self.canary(5)
        self.do("hold", service.target)
        self.do("stop")
        self.addCleanup(self.daemon.command, "start", "--reason", "the end of a test")
        self.restart()
        self.told(self.deliver(self.bad(service)), "stopped")
        self.assertEqual(service.percent_now(), 5)
        self.do("start")
        self.rolled_back(service)
        self.assertIn("hold." + self.scope(service), self.state())
        self.do("release", service.target)

    def test_nothing_goes_forward_just_after_a_start(self):
        service = self.canary(5)
        self.restart()
        self.dwelt(service, 5)
        self.told(self.deliver(self.healthy(service, 5)), "warming_up")
        record = self.about(service, kind="decision", action="advance")[-1]
        self.assertEqual(set(self.failed(record)), {"warming_up"})
        self.assertEqual(service.percent_now(), 5)


class OpenRollbacks(ByHand):
    """A rollback that could not be done is decided again when its reason ends, without a new delivery."""

    def setUp(self):
        super().setUp()
        net.wait_until(lambda: self.open() == 0, 60, "no rollback is open", 0.2)

    def open(self):
        return self.daemon.series("canaryd_rollbacks_open ")["canaryd_rollbacks_open"]

    def kept(self, service, reason, alert=None):
        percent = service.percent_now()
        self.told(self.deliver(alert or self.bad(service)), reason)
        self.assertEqual((service.percent_now(), self.open()), (percent, 1))

    def done(self, service):
        self.rolled_back(service)
        self.wait_record(service, kind="outcome", reason="rolled_back")
        self.assertEqual(self.about(service, kind="outcome")[-1]["actor"], "token:alertmanager")
        net.wait_until(lambda: self.open() == 0, 20, "no rollback is open")

    def test_by_a_person_who_starts_canaryd_again(self):
        service = self.canary(5)
        self.do("stop")
        self.addCleanup(self.daemon.command, "start", "--reason", "the end of a test")
        self.kept(service, "stopped")
        self.do("start")
        self.done(service)

    def test_by_the_stop_file_that_is_removed(self):
        service = self.canary(5)
        stop_file = self.lab.stop_file
        stop_file.touch()
        self.addCleanup(stop_file.unlink, missing_ok=True)
        self.kept(service, "stopped")
        stop_file.unlink()
        self.done(service)

    def test_by_a_previous_revision_that_is_ready_again(self):
        service = self.canary(75)
        service.percent(100)
        service.follow()
        service.revision_ready(1, False)
        self.kept(service, "rollback_impossible", self.bad(service))
        service.wait_event("RollbackImpossible")
        service.revision_ready(1, True)
        self.done(service)

    def test_an_alert_that_is_resolved_meanwhile_is_not(self):
        service = self.canary(5)
        alert = self.bad(service)
        self.do("stop")
        self.addCleanup(self.daemon.command, "start", "--reason", "the end of a test")
        self.kept(service, "stopped", alert)
        self.deliver({**alert, "status": "resolved", "endsAt": "2026-08-01T12:00:00Z"})
        self.assertEqual(self.open(), 0)
        self.do("start")
        other = self.canary(5)
        self.told(self.deliver(self.bad(other)), "rolled_back")
        self.assertEqual(service.percent_now(), 5)
