"""What a rollback is and is not, held against any server that speaks the API: the sandbox with its reconcile paused, and
a real kube-apiserver. KServe is played by a status writer on both, so the same states are shown to both.

A subclass gives, in setUpClass: `request(method, path, body, headers)`, `cluster` (the configuration's `cluster` block as
text) and calls `start()`; in tearDownClass: `finish()`.
"""
import concurrent.futures
import os
import pathlib
import tempfile
import time

from lab import net, notify
from lab.cluster import StatusWriter
from lab.daemon import Canaryd
from lab.misbehaving import MisbehavingApi
from lab.pki import Pki

# The evidence window of a test's length: an alert without a revision counts when it began a second after the traffic.
POLICY = "policies:\n  - name: default\n    evidence_window: 1s\n"


class RollbackSuite:
    @classmethod
    def start(cls, cluster, request, upstream, context=None, token_file=None):
        """`upstream`, `context`, `token_file`: the same server once more, for a daemon behind a proxy."""
        cls.request = staticmethod(request)
        cls._folder = tempfile.TemporaryDirectory(prefix="canaryd-rollback-")
        folder = pathlib.Path(cls._folder.name)
        cls.pki = Pki(folder / "pki")
        cls.context = cls.pki.client_context()
        cls.stop_file = folder / "stop"
        cls.daemons = []
        for name in ("a", "b"):
            cls.daemons.append(Canaryd(os.environ["CANARYD"], folder / name, cluster, cls.pki, instance="replica-" + name,
                                       more=f"stop_file: {cls.stop_file}\n" + POLICY))
        cls.proxy = MisbehavingApi(upstream, context)
        token = f"\n    token_file: {token_file}" if token_file else ""
        cls.behind_proxy = Canaryd(os.environ["CANARYD"], folder / "proxied",
                                   f"  url:\n    address: {cls.proxy.url}{token}", cls.pki, instance="proxied", more=POLICY)
        cls.daemons.append(cls.behind_proxy)
        cls.number = 0

    @classmethod
    def finish(cls):
        for daemon in cls.daemons:
            daemon.stop()
        cls.proxy.stop()
        cls._folder.cleanup()

    def setUp(self):
        type(self).number += 1
        self.name = f"case-{self.number}"
        self.service = StatusWriter(self.request, "ml", self.name)
        self.daemon = self.daemons[0]

    def tearDown(self):
        for daemon in self.daemons:
            code, text = daemon.verify()
            self.assertEqual(code, 0, text)

    def deliver(self, *alerts, daemon=None, **more):
        return notify.deliver(daemon or self.daemon, self.context, list(alerts), **more)

    def bad(self, revision=2, **more):
        name = self.service.revision(revision) if isinstance(revision, int) else revision
        return notify.alert(self.name, name, **more)

    def percent(self, component="predictor"):
        return self.service.get()["spec"][component].get("canaryTrafficPercent")

    def generation(self):
        return self.service.get()["metadata"]["generation"]

    def story(self, daemon=None):
        """'intent rolled_back, outcome rolled_back applied': the records about this test's service, rehearsals apart."""
        parts = []
        for record in (daemon or self.daemon).records():
            if record.get("target", {}).get("name") != self.name or record.get("action") == "rehearsal":
                continue
            result = record.get("api", {}).get("result", "")
            parts.append(" ".join(filter(None, [record["kind"], record["reason"], result])))
        return ", ".join(parts)

    def assert_untouched(self, answer, reason, before):
        self.assertEqual(answer.status, 200, answer)
        self.assertIn(reason, answer.body.decode())
        after = self.service.get()
        self.assertEqual(after["spec"], before["spec"])
        self.assertEqual(after["metadata"]["generation"], before["metadata"]["generation"])
        self.assertIn("decision " + reason, self.story())
        self.assertNotIn("intent", self.story())

    def test_a_bad_alert_takes_the_canary_to_0_and_is_confirmed_when_status_shows_it(self):
        self.service.canary(5)
        before = self.generation()
        answer = self.deliver(self.bad())
        self.assertEqual((answer.status, answer.body.decode().strip()), (200, f"rolled_back ml/{self.name}"))
        self.assertEqual(self.percent(), 0)
        self.assertEqual(self.generation(), before + 1)
        self.assertEqual(self.story(), "intent rolled_back, outcome rolled_back applied")
        self.service.status(2, 2, 1, None, [(2, 0, None), (1, 100, "prev")])
        net.wait_until(lambda: self.story().endswith("confirmed rolled_back"), 20, "the confirmation")

    def test_only_the_traffic_is_written_and_by_our_field_manager(self):
        self.service.canary(50)
        before = self.service.get()
        self.deliver(self.bad())
        after = self.service.get()
        before["spec"]["predictor"]["canaryTrafficPercent"] = 0
        self.assertEqual(after["spec"], before["spec"])
        self.assertEqual(after["metadata"].get("annotations"), before["metadata"].get("annotations"))
        self.assertEqual(after["metadata"].get("labels"), before["metadata"].get("labels"))
        owners = [field["manager"] for field in after["metadata"]["managedFields"]
                  if "f:canaryTrafficPercent" in str(field["fieldsV1"])]
        self.assertEqual(owners, ["canaryd/replica-a"])

    def test_a_repeated_delivery_changes_nothing(self):
        self.service.canary(5)
        alert = self.bad()
        self.deliver(alert)
        before = self.generation()
        for _ in range(3):
            self.assertEqual(self.deliver(alert).status, 200)
        self.assertEqual(self.generation(), before)
        self.assertEqual(self.story().count("intent"), 1)

    def test_a_late_alert_for_an_older_revision_leaves_the_new_canary_alone(self):
        self.service.create(20)
        self.service.status(3, 3, 1, None, [(3, 20, None), (1, 80, "prev")])
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(2)), "stale_revision", before)

    def test_an_alert_about_the_stable_revision_leaves_the_canary_alone(self):
        self.service.canary(20)
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(1)), "stale_revision", before)

    def test_a_resolved_alert_changes_nothing(self):
        self.service.canary(20)
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(status="resolved")), "resolved", before)

    def test_a_stale_firing_after_the_resolved_one_is_decided_on_the_object(self):
        self.service.canary(20)
        alert = self.bad()
        self.deliver(alert)
        self.service.status(2, 2, 1, None, [(2, 0, None), (1, 100, "prev")])
        self.deliver({**alert, "status": "resolved", "endsAt": notify.rfc3339()})
        before = self.generation()
        self.assertIn("already_rolled_back", self.deliver(alert).body.decode())
        self.assertEqual(self.generation(), before)

    def test_a_truncated_notification_is_decided_on_what_is_there_and_said(self):
        self.service.canary(20)
        answer = self.deliver(self.bad(), truncated=4)
        self.assertEqual(answer.status, 200)
        self.assertIn("truncated", answer.body.decode())
        self.assertEqual(self.percent(), 0)

    def test_no_canary_in_flight_no_patch(self):
        self.service.create(20)
        self.service.status(2, 2, 2, 1, [(2, 100, None)])
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(2)), "no_canary", before)
        self.assert_untouched(self.deliver(self.bad(None)), "no_canary", before)

    def test_a_promoted_service_without_the_field_is_left_alone(self):
        self.service.create(None)
        self.service.status(2, 2, 2, 1, [(2, 100, None)])
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(2)), "no_canary", before)

    def test_a_first_deployment_has_no_stable_revision(self):
        self.service.create(20)
        self.service.status(1, 1, None, None, [(1, 100, None)])
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(1)), "no_stable_revision", before)

    def test_a_rollback_while_a_newer_revision_is_pending(self):
        self.service.create(20)
        self.service.status(3, 2, 1, None, [(2, 20, None), (1, 80, "prev")])
        self.assertEqual(self.deliver(self.bad(2)).status, 200)
        self.assertEqual(self.percent(), 0)

    def test_an_alert_about_the_pending_revision_holds(self):
        self.service.create(20)
        self.service.status(3, 2, 1, None, [(2, 20, None), (1, 80, "prev")])
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(3)), "canary_not_ready", before)

    def test_stage_100_rolls_back_to_a_ready_previous_revision(self):
        self.service.create(100)
        self.service.create_revision(1)
        self.service.status(2, 2, 2, 1, [(2, 100, None)])
        self.assertIn("rolled_back", self.deliver(self.bad(2)).body.decode())
        self.assertEqual(self.percent(), 0)

    def test_stage_100_without_a_ready_previous_revision_is_impossible(self):
        self.service.create(100)
        self.service.create_revision(1, ready=False)
        self.service.status(2, 2, 2, 1, [(2, 100, None)])
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(2)), "rollback_impossible", before)

    def test_stage_100_with_a_newer_revision_is_impossible(self):
        self.service.create(100)
        self.service.create_revision(1)
        self.service.status(3, 2, 2, 1, [(2, 100, None)])
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(2)), "rollback_impossible", before)

    def test_an_unattributed_alert_that_may_be_about_an_older_canary_holds(self):
        self.service.canary(20)
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(None)), "stale_alert", before)

    def test_an_unattributed_alert_from_after_the_evidence_window_rolls_back(self):
        self.service.canary(20)
        time.sleep(2)
        answer = self.deliver(self.bad(None))
        self.assertIn("rolled_back", answer.body.decode())
        self.assertEqual(self.percent(), 0)

    def test_several_components_in_flight_go_to_0_in_one_patch(self):
        self.service.create(10, ("predictor", "transformer"))
        for component in ("predictor", "transformer"):
            self.service.status(2, 2, 1, None, [(2, 10, None), (1, 90, "prev")], component)
        before = self.generation()
        self.assertEqual(self.deliver(self.bad(2)).status, 200)
        self.assertEqual((self.percent(), self.percent("transformer")), (0, 0))
        self.assertEqual(self.generation(), before + 1)

    def test_two_alerts_for_one_target_are_one_patch_one_intent_one_outcome_that_list_both(self):
        self.service.canary(5)
        before = self.generation()
        self.deliver(self.bad(), self.bad(alertname="CanaryFailing"))
        self.assertEqual(self.generation(), before + 1)
        self.assertEqual(self.story(), "intent rolled_back, outcome rolled_back applied")
        for record in self.daemon.records():
            if record.get("target", {}).get("name") == self.name and record["kind"] in ("intent", "outcome"):
                self.assertEqual(len(record["alerts"]), 2)

    def test_two_replicas_with_the_same_notification_make_one_patch_and_both_answer_right(self):
        self.service.canary(5)
        before = self.generation()
        alert = self.bad()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda daemon: self.deliver(alert, daemon=daemon), self.daemons[:2]))
        self.assertEqual([answer.status for answer in answers], [200, 200], answers)
        self.assertEqual((self.percent(), self.generation()), (0, before + 1))
        applied = [self.story(daemon).count("outcome rolled_back applied") for daemon in self.daemons]
        self.assertEqual(sum(applied), 1, [self.story(daemon) for daemon in self.daemons])

    def test_a_pending_rollback_is_not_called_done_and_a_blocked_one_is_named(self):
        self.service.canary(20)
        self.deliver(self.bad())
        self.assertIn("rollback_pending", self.deliver(self.bad(alertname="CanaryFailing")).body.decode())
        self.service.status(2, 2, 1, None, [(2, 20, None), (1, 80, "prev")], route_ready=False)
        self.assertIn("rollback_blocked", self.deliver(self.bad(alertname="CanaryDown")).body.decode())
        self.assertNotIn("confirmed rolled_back", self.story())

    def test_a_service_that_does_not_exist_is_200(self):
        answer = self.deliver(self.bad("ghost-predictor-00002"))
        self.assertEqual(answer.status, 200)
        self.assertIn("not_found", answer.body.decode())

    def test_standard_mode_is_refused(self):
        self.service.create(20, annotations={"serving.kserve.io/deploymentMode": "Standard"})
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(2)), "unsupported_mode", before)

    def test_the_stop_file_holds_and_its_removal_lets_go(self):
        self.service.canary(20)
        before = self.service.get()
        self.stop_file.touch()
        try:
            self.assert_untouched(self.deliver(self.bad()), "stopped", before)
        finally:
            self.stop_file.unlink()
        self.assertIn("rolled_back", self.deliver(self.bad()).body.decode())

    def test_the_url_names_the_target_of_an_alert_without_labels(self):
        self.service.canary(20)
        time.sleep(2)
        alert = self.bad()
        for label in ("namespace", "inferenceservice", "revision"):
            del alert["labels"][label]
        answer = self.deliver(alert, query=f"?namespace=ml&inferenceservice={self.name}")
        self.assertIn("rolled_back", answer.body.decode())

    def test_a_new_canary_is_rehearsed_and_the_rehearsal_persists_nothing(self):
        self.service.canary(20)
        before = self.service.get()

        def rehearsed():
            return [r for r in self.daemon.records()
                    if r.get("action") == "rehearsal" and r["target"]["name"] == self.name]

        net.wait_until(rehearsed, 20, "the rehearsal of " + self.name)
        self.assertEqual(rehearsed()[0]["reason"], "rehearsed")
        self.assertEqual(self.service.get()["metadata"]["generation"], before["metadata"]["generation"])

    def test_a_revision_change_between_decision_and_patch_leaves_the_new_canary_alone(self):
        self.service.canary(20)
        self.wait_until_copied(self.behind_proxy)

        def new_revision():
            self.proxy.on_patch = None
            self.service.status(3, 3, 1, None, [(3, 20, None), (1, 80, "prev")])

        self.proxy.on_patch = new_revision
        answer = self.deliver(self.bad(2), daemon=self.behind_proxy)
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.percent(), 20)
        self.assertEqual(self.story(self.behind_proxy),
                         "intent rolled_back, outcome conflict not_applied, decision stale_revision")

    def test_an_alert_from_before_the_service_was_created_is_about_another_of_its_name(self):
        self.service.canary(20)
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(2, starts_at=notify.rfc3339(3600))), "stale_alert", before)

    def test_a_promoted_component_is_not_rolled_back_because_its_manager_wrote_another_field(self):
        self.service.create(100)
        self.service.create_revision(1)
        self.service.status(2, 2, 2, 1, [(2, 100, None)])
        self.restart_the_first_daemon()
        self.request("PATCH", self.service.path + "?fieldManager=python", {"spec": {"predictor": {"minReplicas": 2}}},
                     {"Content-Type": "application/merge-patch+json"})
        before = self.service.get()
        self.assert_untouched(self.deliver(self.bad(2)), "rollback_impossible", before)

    def wait_until_copied(self, daemon):
        """The watch has the canary: its rehearsal is recorded."""
        net.wait_until(lambda: any(r.get("action") == "rehearsal" and r["target"]["name"] == self.name
                                   for r in daemon.records()), 20, "the copy of " + self.name)

    def restart_the_first_daemon(self):
        old = self.daemons[0]
        old.stop()
        self.daemon = self.daemons[0] = old.again()
