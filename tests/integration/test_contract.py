"""The contract suite on the sandbox, with its controllers paused (then it is a bare API server), and what is the sandbox's
own: reconcile, traffic and metrics, control, refusals."""
import os
import re
import subprocess
import unittest

from contract.base import JSON_PATCH, WatchLines
from contract.suite import ContractSuite
from lab import net
from lab.sandbox import Sandbox, condition

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
        self.wait_route("False", "RevisionMissing")
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

    def route(self):
        return condition(self.sandbox.service("ml", "iris"), "PredictorRouteReady")

    def wait_route(self, status, reason=None):
        net.wait_until(lambda: (self.route()["status"], self.route().get("reason")) == (status, reason), 20,
                       f"the route is {status} {reason}")

    def test_a_newer_ready_revision_lifts_what_a_broken_canary_blocks(self):
        self.sandbox.behave("ml", CANARY, ready=False, reason="ImagePullBackOff", message="no such image")
        self.wait_route("False", "RevisionMissing")
        self.assertEqual(condition(self.sandbox.revision("ml", CANARY), "Ready")["reason"], "ImagePullBackOff")
        self.set_percent(0)
        self.sandbox.apply("ml", "iris", "v1", percent=0)
        self.sandbox.wait_traffic("ml", "iris", {"iris-predictor-00003": 0, STABLE: 100})
        self.wait_route("True")

    def test_a_new_revision_turns_ready_by_itself(self):
        self.sandbox.apply("ml", "iris", "v3", percent=20, ready_after_seconds=1.5)
        net.wait_until(lambda: self.sandbox.revision("ml", "iris-predictor-00003"), 20, "the third revision")
        self.sandbox.wait_traffic("ml", "iris", {CANARY: 20, STABLE: 80})
        self.sandbox.wait_traffic("ml", "iris", {"iris-predictor-00003": 20, STABLE: 80})
        revision = self.sandbox.revision("ml", "iris-predictor-00003")
        self.assertGreater(condition(revision, "Ready")["lastTransitionTime"], revision["metadata"]["creationTimestamp"])

    def test_the_route_is_ready_some_time_after_status_shows_the_traffic(self):
        self.sandbox.reconcile(ingress_delay_seconds=1.5)
        self.set_percent(0)
        self.sandbox.wait_traffic("ml", "iris", {CANARY: 0, STABLE: 100})
        self.wait_route("Unknown", "Uninitialized")
        self.wait_route("True")

    def test_a_deleted_previous_revision_makes_the_way_back_impossible(self):
        self.set_percent(100)
        self.sandbox.wait_traffic("ml", "iris", {CANARY: 100})
        self.sandbox.delete_revision("ml", STABLE)
        self.set_percent(0)
        self.wait_route("False", "RevisionMissing")
        self.assertIsNone(self.sandbox.revision("ml", STABLE))
        self.assertEqual(self.sandbox.traffic("ml", "iris"), {CANARY: 100})

    def test_a_deleted_stable_revision_is_noticed_without_a_write(self):
        self.sandbox.delete_revision("ml", STABLE)
        self.wait_route("False", "RevisionMissing")

    def test_another_manager_sets_and_removes_the_percent(self):
        self.sandbox.percent("ml", "iris", 50, manager="argocd-controller")
        self.sandbox.wait_traffic("ml", "iris", {CANARY: 50, STABLE: 50})
        managers = [entry["manager"] for entry in self.sandbox.service("ml", "iris")["metadata"]["managedFields"]
                    if "f:canaryTrafficPercent" in str(entry["fieldsV1"])]
        self.assertEqual(managers, ["argocd-controller"])
        self.sandbox.percent("ml", "iris", None)
        self.sandbox.wait_traffic("ml", "iris", {CANARY: 100})
        self.sandbox.annotate("ml", "iris")
        self.sandbox.wait_traffic("ml", "iris", {"iris-predictor-00003": 100})

    def test_a_state_map_is_edited_by_a_person(self):
        self.assertIsNone(self.sandbox.config_map("canaryd"))
        self.sandbox.request("POST", "/api/v1/namespaces/canaryd/configmaps", {"metadata": {"name": "canaryd-state"}})
        self.sandbox.edit_config_map("canaryd", {"hold.ml": "{}", "stop": "{}"})
        self.sandbox.edit_config_map("canaryd", {"stop": None})
        self.assertEqual(self.sandbox.config_map("canaryd")["data"], {"hold.ml": "{}"})

    def test_the_events_of_a_service_are_told_in_order(self):
        for name, service, at in (("b", "iris", "12:05"), ("a", "iris", "12:00"), ("c", "wine", "12:01")):
            body = {"metadata": {"name": name}, "reason": "CanaryHeld", "firstTimestamp": f"2026-08-01T{at}:00Z",
                    "involvedObject": {"kind": "InferenceService", "namespace": "ml", "name": service}}
            self.assertEqual(self.sandbox.request("POST", "/api/v1/namespaces/ml/events", body).status, 201)
        self.assertEqual([event["metadata"]["name"] for event in self.sandbox.events("ml", "iris")], ["a", "b"])

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
