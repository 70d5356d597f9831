"""What canaryd sees that nobody asked it about, what it makes of a new model, what `kubectl describe` shows of it."""
from contract.promotion_by_hand import ByHand
from lab import net


class Watched(ByHand):
    def seen(self, service, reason, revision, manager=None):
        """The record, the series and the Event of an observation."""
        record = self.wait_record(service, action="observation", reason=reason)
        details = record["details"]
        self.assertEqual((record["verdict"], details["revision"], details.get("manager", "")),
                         ("noop", revision, manager or ""))
        labels = f'namespace="{service.namespace}",inferenceservice="{service.name}",component="predictor"'
        # The record comes first.
        (sample,) = net.wait_until(lambda: [
            text for text in self.daemon.series(f"canaryd_last_observation_timestamp_seconds{{{labels}")
            if f'reason="{reason}"' in text], 20, f"the series of {reason}")
        self.assertIn(f'revision="{revision}"', sample)
        self.assertEqual(f'manager="{manager}"' in sample, manager is not None, sample)
        counted = self.daemon.series('canaryd_decisions_total{action="observation"')
        self.assertTrue([text for text in counted if f'reason="{reason}"' in text], counted)
        name = {"stable_reverted": "StableReverted", "undone": "RollbackUndone"}.get(
            reason, "Canary" + reason.title().replace("_", ""))
        self.assertEqual(service.wait_event(name)["type"], "Warning")
        self.assertEqual(len(self.about(service, action="observation", reason=reason)), 1)
        return details

    def unconfirmed(self, service, reason):
        series = f'canaryd_rollback_unconfirmed{{namespace="{service.namespace}",inferenceservice="{service.name}"'
        net.wait_until(lambda: [text for text in self.daemon.series(series) if f'reason="{reason}"' in text], 20,
                       f"{reason} in {series}")
        record = self.wait_record(service, kind="unconfirmed", reason=reason)
        self.assertIn("users may still be served by the canary", record["message"])
        self.assertEqual(service.wait_event("".join(word.title() for word in reason.split("_")))["type"], "Warning")
        self.told(self.deliver(self.bad(service, alertname="CanaryFailing")), reason)
        service.follow()
        self.wait_record(service, kind="confirmed", reason="rolled_back")
        net.wait_until(lambda: not self.daemon.series(series), 20, "no series of it")


class NewModels(ByHand):
    def test_a_new_revision_does_not_inherit_the_share(self):
        service, others = self.canary(25), self.canary(50)
        self.dwelt(service, 25)
        self.do(*self.step(service))
        service.follow()
        self.wait_record(service, kind="confirmed", reason="advanced")
        service.new_model()
        others.new_model()  # its percent is not canaryd's
        intent = self.wait_record(service, kind="intent", action="restart")
        self.wait_record(service, kind="outcome", reason="restarted")
        (change,) = intent["changes"]
        self.assertEqual((change["canary"], change["percent_before"], change["percent_after"]),
                         (service.canary_name, 50, 5))
        self.assertEqual(service.percent_now(), 5)
        service.follow()
        self.wait_record(service, kind="confirmed", reason="restarted")
        service.wait_event("CanaryRestarted")
        self.dwelt(service, 5)
        self.do(*self.step(service))
        self.assertEqual((service.percent_now(), others.percent_now()), (10, 50))


class Observations(Watched):
    def test_a_new_revision_that_was_rolled_out_without_a_stage(self):
        service = self.canary(None)
        service.new_model()
        self.seen(service, "bypassed", service.revision(2))

    def test_a_percent_that_moved_the_stable_revision_back(self):
        service = self.canary(None)
        service.new_model()
        self.wait_record(service, action="observation", reason="bypassed")
        service.percent(20, manager="argocd")
        service.follow()
        self.seen(service, "stable_reverted", service.revision(2), "argocd")
        entry = self.entry(f"lowered.{self.scope(service)}.predictor")
        self.assertEqual(entry["by"], "argocd")
        self.assertIn("lowered_by_hand", self.failed(self.held("lowered_by_hand", *self.step(service))))

    def test_a_newer_revision_under_our_0(self):
        service = self.canary(10)
        self.do("rollback", service.target)
        service.follow()
        self.wait_record(service, kind="confirmed", reason="rolled_back")
        service.new_model()
        self.seen(service, "dark", service.revision(3), "canaryd/young")
        self.do(*self.step(service))
        self.assertEqual(service.percent_now(), 5)

    def test_a_percent_that_another_manager_lowered(self):
        service = self.canary(50)
        service.percent(20, manager="argocd")
        service.follow()
        details = self.seen(service, "lowered_by_hand", service.canary_name, "argocd")
        self.assertEqual(details["percent_after"], "20")
        entry = self.entry(f"lowered.{self.scope(service)}.predictor")
        self.assertEqual(entry["by"], "argocd")
        self.dwelt(service, 20)
        record = self.held("lowered_by_hand", *self.step(service))
        self.assert_held_by(record, "lowered_by_hand")
        self.do("release", service.target)
        self.do(*self.step(service))
        self.assertEqual(service.percent_now(), 25)

    def test_a_rollback_that_another_manager_took_back(self):
        service = self.canary(5)
        self.told(self.deliver(self.bad(service)), "rolled_back")
        service.follow()
        self.wait_record(service, kind="confirmed", reason="rolled_back")
        service.percent(20, manager="argocd")
        service.follow()
        self.seen(service, "undone", service.canary_name, "argocd")
        undone = net.wait_until(lambda: self.daemon.series(
            f'canaryd_rollback_undone_timestamp_seconds{{namespace="{service.namespace}",'
            f'inferenceservice="{service.name}"'), 20, "the series of it")
        self.assertIn('manager="argocd"', next(iter(undone)))

    def test_a_healthy_story_has_nothing_to_see(self):
        service = self.canary(5)
        for percent in (5, 10):
            self.dwelt(service, percent)
            self.do(*self.step(service))
            service.follow()
        service.percent(50)  # a person raises it
        service.follow()
        service.percent(None)  # and promotes it
        service.follow()
        service.new_model()  # the next one goes straight to all users: that is told, so the rest was seen
        self.seen(service, "bypassed", service.revision(3))
        self.assertEqual(len(self.about(service, action="observation")), 1)


class Unfinished(Watched):
    """Rollbacks that the cluster does not carry out."""

    def test_one_that_status_does_not_show_is_pending(self):
        service = self.canary(5)
        self.told(self.deliver(self.bad(service)), "rolled_back")
        self.unconfirmed(service, "rollback_pending")

    def test_one_that_knative_does_not_carry_out_is_blocked(self):
        service = self.canary(5)
        self.told(self.deliver(self.bad(service)), "rolled_back")
        service.is_blocked()
        self.unconfirmed(service, "rollback_blocked")


class Described(ByHand):
    def test_the_events_of_a_service_tell_its_story_and_nothing_else_is_written_to_it(self):
        service = self.canary(5)
        before = service.get()
        self.dwelt(service, 5)
        self.do(*self.step(service))
        service.follow()
        self.do("hold", service.target)
        for _ in range(3):
            self.held("held", *self.step(service))
        self.told(self.deliver(self.bad(service)), "rolled_back")
        service.follow()
        self.wait_record(service, kind="confirmed", reason="rolled_back")
        rolled_back = service.wait_event("CanaryRolledBack")
        waiting = service.wait_event("CanaryHeld")
        net.wait_until(lambda: service.wait_event("CanaryHeld")["count"] == 3, 20, "three in one Event")
        self.assertEqual([event["reason"] for event in service.events()].count("CanaryHeld"), 1)
        advanced = service.wait_event("CanaryAdvanced")
        uid = before["metadata"]["uid"]
        for event in (advanced, waiting, rolled_back):
            about = event["involvedObject"]
            self.assertEqual((about["kind"], about["namespace"], about["name"], about["uid"]),
                             ("InferenceService", service.namespace, service.name, uid))
            self.assertTrue(event["message"])
        self.assertEqual((advanced["type"], waiting["type"], rolled_back["type"]), ("Normal", "Normal", "Warning"))
        self.assertIn("from 10 % to 0 %", rolled_back["message"])
        self.assertLessEqual(advanced["firstTimestamp"], rolled_back["lastTimestamp"])

        after = service.get()
        self.assert_same_but_percent(before, after, 0)
        ours = [field for field in after["metadata"]["managedFields"] if field["manager"].startswith("canaryd")]
        self.assertEqual([field["fieldsV1"] for field in ours],
                         [{"f:spec": {"f:predictor": {"f:canaryTrafficPercent": {}}}}])
