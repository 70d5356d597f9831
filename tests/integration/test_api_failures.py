"""canaryd against an API server that is slow, refuses, cuts the connection, or answers nonsense: the right answer to
Alertmanager, a record, and recovery without a restart."""
import os
import pathlib
import tempfile
import time
import unittest

from lab import net, notify
from lab.cluster import StatusWriter
from lab.daemon import Canaryd
from lab.misbehaving import MisbehavingApi
from lab.pki import Pki
from lab.sandbox import Sandbox


class ApiFailures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="canaryd-failures-")
        cls.addClassCleanup(cls._folder.cleanup)
        folder = pathlib.Path(cls._folder.name)
        cls.sandbox = Sandbox()
        cls.addClassCleanup(cls.sandbox.stop)
        cls.sandbox.pause()
        cls.api = MisbehavingApi(cls.sandbox.url)
        cls.addClassCleanup(cls.api.stop)
        pki = Pki(folder / "pki")
        cls.context = pki.client_context()
        cls.daemon = Canaryd(os.environ["CANARYD"], folder / "daemon", cls.api.url, pki)
        cls.addClassCleanup(cls.daemon.stop)
        cls.number = 0

    def setUp(self):
        type(self).number += 1
        self.name = f"case-{self.number}"
        self.service = StatusWriter(self.sandbox.request, "ml", self.name)
        self.service.canary(20)
        self.before = self.service.get()["metadata"]["generation"]
        # Its copy from the watch is then what the alert is decided on, and no GET comes before the PATCH.
        self.daemon.wait_in_flight("ml", self.name)
        self.alert = notify.alert(self.name, self.service.revision(2))

    def tearDown(self):
        self.api.on_patch = self.api.on_get = None
        code, text = self.daemon.verify()
        self.assertEqual(code, 0, text)

    def records(self):
        return [r for r in self.daemon.records()
                if r.get("target", {}).get("name") == self.name and r.get("action") != "rehearsal"]

    def results(self):
        return [r["api"]["result"] for r in self.records() if r["kind"] == "outcome"]

    def deliver(self):
        began = time.monotonic()
        answer = notify.deliver(self.daemon, self.context, [self.alert])
        self.assertLess(time.monotonic() - began, 10, "Alertmanager waits 10 s")
        return answer

    def percent(self):
        return self.service.get()["spec"]["predictor"]["canaryTrafficPercent"]

    def recovers(self):
        """The retry, with the API server well again: at 0, by one write."""
        self.api.on_patch = self.api.on_get = None
        self.assertEqual(self.deliver().status, 200)
        self.assertEqual(self.percent(), 0)
        self.assertEqual(self.service.get()["metadata"]["generation"], self.before + 1)

    def refused(self, status, reason, headers=None):
        self.api.on_patch = (status, headers or {})
        answer = self.deliver()
        self.assertEqual(answer.status, 503, answer)
        self.assertIn(reason, answer.body.decode())
        self.assertEqual(self.percent(), 20)
        self.assertTrue(self.records())
        self.recovers()

    def test_401_is_503_forbidden(self):
        self.refused(401, "forbidden")

    def test_403_is_503_forbidden(self):
        self.refused(403, "forbidden")
        self.assertIn("not_applied", self.results())

    def test_409_is_503_after_three_tries(self):
        patches = self.api.patches
        self.refused(409, "conflict")
        self.assertEqual(self.api.patches - patches, 3 + 1)

    def test_422_although_a_fresh_read_satisfies_every_test_is_503_patch_rejected(self):
        self.refused(422, "patch_rejected")

    def test_429_is_503(self):
        self.refused(429, "cluster_unavailable", {"Retry-After": "1"})

    def test_500_is_an_unknown_outcome_until_it_is_settled(self):
        self.refused(500, "outcome_unknown")

    def test_503_is_an_unknown_outcome_until_it_is_settled(self):
        self.refused(503, "outcome_unknown")

    def test_a_connection_cut_before_the_patch_was_taken(self):
        self.api.on_patch = "cut_before"
        answer = self.deliver()
        self.assertEqual(answer.status, 503, answer)
        self.assertEqual(self.percent(), 20)
        self.recovers()

    def test_a_connection_cut_after_the_patch_was_applied_is_settled_by_reading(self):
        patches = self.api.patches
        self.api.on_patch = "cut_after"
        answer = self.deliver()
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.api.patches - patches, 1, "on the wire at most once")
        self.assertEqual(self.percent(), 0)
        self.assertEqual(self.results(), ["applied"])
        self.assertEqual(self.service.get()["metadata"]["generation"], self.before + 1)

    def test_half_an_answer_is_settled_by_reading(self):
        self.api.on_patch = "half_after"
        self.assertEqual(self.deliver().status, 200)
        self.assertEqual(self.results(), ["applied"])

    def test_an_applied_patch_that_cannot_be_read_back_is_503_and_then_found_done(self):
        self.api.on_patch, self.api.on_get = "cut_after", "cut_before"
        self.assertEqual(self.deliver().status, 503)
        self.assertEqual(self.percent(), 0)
        self.api.on_patch = self.api.on_get = None
        self.assertEqual(self.deliver().status, 200)
        self.assertEqual(self.service.get()["metadata"]["generation"], self.before + 1)
        net.wait_until(lambda: self.results() == ["applied"], 20, "the settlement")

    def test_nonsense_for_an_answer_claims_nothing(self):
        for nonsense in ("nonsense", "wrong_object"):
            self.api.on_patch = nonsense
            self.assertEqual(self.deliver().status, 503)
            self.assertEqual(self.percent(), 20)
            self.assertNotIn("applied", self.results())
        self.recovers()

    def test_a_slow_patch_ends_by_its_deadline_and_a_late_one_is_recognised(self):
        self.api.on_patch = ("slow", 9)
        self.assertEqual(self.deliver().status, 503)
        net.wait_until(lambda: self.percent() == 0, 30, "the late patch was applied")
        self.api.on_patch = None
        self.assertEqual(self.deliver().status, 200)
        self.assertEqual(self.service.get()["metadata"]["generation"], self.before + 1)
        net.wait_until(lambda: self.results() == ["applied"], 30, "the settlement")

    def test_reads_that_fail_are_503_and_nothing_is_done(self):
        alert = notify.alert("unseen", "unseen-predictor-00002")
        for fault in ((500, {}), (403, {}), (401, {}), (429, {}), "cut_before", "nonsense", "wrong_object"):
            self.api.on_get = fault
            answer = notify.deliver(self.daemon, self.context, [alert])
            self.assertEqual(answer.status, 503, f"{fault}: {answer}")
        self.api.on_get = None
        self.assertEqual(notify.deliver(self.daemon, self.context, [alert]).status, 200)


if __name__ == "__main__":
    unittest.main()
