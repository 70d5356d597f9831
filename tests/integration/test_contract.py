"""The contract suite on the sandbox, with its controllers paused (then it is a bare API server), and what is the sandbox's
own: reconcile, traffic and metrics, control, refusals."""
import os
import re
import subprocess
import unittest

from contract.base import JSON_PATCH, WatchLines
from contract.suite import ContractSuite
from lab import net
from lab.sandbox import Sandbox

CANARY, STABLE = "iris-predictor-00002", "iris-predictor-00001"
SERVICE = "/apis/serving.kserve.io/v1beta1/namespaces/ml/inferenceservices/iris"
PERCENT = "/spec/predictor/canaryTrafficPercent"


class ContractOfTheSandbox(ContractSuite, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox()
        cls.addClassCleanup(cls.sandbox.stop)
        cls.sandbox.pause()
        cls.url = cls.sandbox.url

    def test_a_watch_that_has_missed_events_is_told_410(self):
        version = self.create()["metadata"]["resourceVersion"]
        self.create("another")
        self.sandbox.control("compact", {})
        with WatchLines(self, self.collection, resourceVersion=version) as watch:
            self.assertEqual(watch.next()["object"]["code"], 410)

    def test_a_continue_token_that_has_missed_events_is_told_410(self):
        for name in ("a", "b", "c"):
            self.create(name)
        token = self.ok(self.request("GET", self.collection + "?limit=1"))["metadata"]["continue"]
        self.create("d")
        self.sandbox.control("compact", {})
        self.refused(self.request("GET", f"{self.collection}?limit=1&continue={token}"), 410, "Expired")


class TheSandbox(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.stop)

    def set_percent(self, value):
        answer = self.sandbox.request("PATCH", SERVICE, [{"op": "add", "path": PERCENT, "value": value}], JSON_PATCH)
        self.assertEqual(answer.status, 200, answer)

    def requests_of(self, revision, status):
        text = self.sandbox.request("GET", f"/pods/ml/{revision}-deployment-0/metrics").body.decode()
        found = re.search(r'model_predictions_total\{[^}]*status="%s"\} (\d+)' % status, text)
        return int(found.group(1)) if found else None

    def test_a_rollback_is_reconciled_and_promotion_rolls_out(self):
        self.assertEqual(self.sandbox.traffic("ml", "iris"), {CANARY: 5, STABLE: 95})
        self.set_percent(0)
        self.sandbox.wait_traffic("ml", "iris", {CANARY: 0, STABLE: 100})
        self.set_percent(100)
        self.sandbox.wait_traffic("ml", "iris", {CANARY: 100})
        status = self.sandbox.service("ml", "iris")["status"]["components"]["predictor"]
        self.assertEqual((status["latestRolledoutRevision"], status["previousRolledoutRevision"]), (CANARY, STABLE))

    def test_an_annotation_makes_a_revision_without_a_generation(self):
        before = self.sandbox.service("ml", "iris")["metadata"]["generation"]
        answer = self.sandbox.request("PATCH", SERVICE, {"metadata": {"annotations": {"note": "x"}}},
                                      {"Content-Type": "application/merge-patch+json"})
        self.assertEqual(answer.status, 200)
        self.sandbox.wait_traffic("ml", "iris", {"iris-predictor-00003": 5, STABLE: 95})
        self.assertEqual(self.sandbox.service("ml", "iris")["metadata"]["generation"], before)

    def test_a_canary_that_is_not_ready_blocks_its_own_rollback(self):
        self.sandbox.behave("ml", CANARY, ready=False)

        def route_is(expected):
            conditions = self.sandbox.service("ml", "iris")["status"]["conditions"]
            return [c["status"] for c in conditions if c["type"] == "PredictorRouteReady"] == [expected]

        net.wait_until(lambda: route_is("False"), 20, "the route is not ready")
        generation = self.sandbox.service("ml", "iris")["status"]["observedGeneration"]
        self.set_percent(0)
        net.wait_until(lambda: self.sandbox.service("ml", "iris")["status"]["observedGeneration"] > generation, 20,
                       "the rollback was reconciled")
        self.assertEqual(self.sandbox.traffic("ml", "iris"), {CANARY: 5, STABLE: 95})
        self.sandbox.behave("ml", CANARY, ready=True)
        self.sandbox.wait_traffic("ml", "iris", {CANARY: 0, STABLE: 100})

    def test_a_broken_canary_shows_in_its_metrics(self):
        self.sandbox.control("services/ml/iris", {"requests_per_second": 10000})
        self.sandbox.behave("ml", CANARY, error_ratio=0.5)
        net.wait_until(lambda: self.requests_of(CANARY, "error") > 100, 30, "a hundred errors")
        self.assertGreater(self.requests_of(STABLE, "success"), 1000)
        self.sandbox.behave("ml", CANARY, dead=True)
        self.assertIsNone(self.requests_of(CANARY, "error"))

    def test_a_new_model_is_a_new_canary(self):
        self.sandbox.apply("ml", "iris", "v3", percent=20, error_ratio=0.9)
        self.sandbox.wait_traffic("ml", "iris", {"iris-predictor-00003": 20, STABLE: 80})
        revision = self.sandbox.request(
            "GET", "/apis/serving.knative.dev/v1/namespaces/ml/revisions/iris-predictor-00003").json()
        self.assertEqual([c["status"] for c in revision["status"]["conditions"] if c["type"] == "Ready"], ["True"])

    def test_a_stop_ends_it_with_a_watch_open(self):
        url = self.sandbox.url

        class Suite:
            headers, context = {}, None

        Suite.url = url
        with WatchLines(Suite, "/apis/serving.kserve.io/v1beta1/inferenceservices", timeoutSeconds="600") as watch:
            self.assertEqual(watch.next()["type"], "ADDED")
            self.assertEqual(self.sandbox.stop(20), 0)


class RefusedStarts(unittest.TestCase):
    def start(self, *arguments):
        return subprocess.run([os.environ["CANARYD"], "sandbox", *arguments], capture_output=True, text=True, timeout=60)

    def test_an_address_that_is_not_loopback(self):
        done = self.start("--listen", "0.0.0.0:0")
        self.assertIn(done.returncode, (1, 2))
        self.assertIn("loopback only", done.stderr)

    def test_a_scenario_that_is_not_there(self):
        done = self.start("--listen", "127.0.0.1:0", "--scenario", "/nonexistent.json")
        self.assertIn(done.returncode, (1, 2))
        self.assertIn("/nonexistent.json", done.stderr)


class GeneratedServices(unittest.TestCase):
    def test_a_thousand_are_listed_by_pages(self):
        with Sandbox(services=1000) as sandbox:
            seen, token = [], ""
            while True:
                page = sandbox.request("GET", "/apis/serving.kserve.io/v1beta1/inferenceservices?limit=50" + token)
                page = page.json()
                seen += [item["metadata"]["uid"] for item in page["items"]]
                if "continue" not in page["metadata"]:
                    break
                token = "&continue=" + page["metadata"]["continue"]
            self.assertEqual(len(set(seen)), 1000)


if __name__ == "__main__":
    unittest.main()
