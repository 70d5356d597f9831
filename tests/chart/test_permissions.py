"""What canaryd may do with the chart's roles and admission policy on a real kube-apiserver, with a real token of its service
account: what is let through, and everything else (permission_rows.py). SECURITY.md has the same in words."""
import json
import os
import subprocess
import unittest

from chart import helm
from chart.installed import Installed
from chart.permission_rows import (
    ALLOWED, CORE, IRIS, JSON_PATCH, MAPS_POLICY, NO_RIGHT, NOT_THE_DATA, NOT_THE_TRAFFIC, OTHER, PERCENT, PLAIN, POLICY, add,
    event, replace)
from lab import admission, net
from lab.cluster import ISVC, MERGE, REVISIONS, StatusWriter
from lab.pki import Pki


def setUpModule():
    global cluster
    cluster = Installed(namespaces=("ml", "other"))
    unittest.addModuleCleanup(cluster.stop)
    for namespace in ("ml", "other"):
        iris = StatusWriter(cluster.request, namespace, "iris")
        iris.create(5, ("predictor", "transformer"))
        iris.create_revision(1)
    StatusWriter(cluster.request, "ml", "plain").create()


class _Case(unittest.TestCase):
    @classmethod
    def begin(cls, changes):
        cluster.install(changes)
        cls.addClassCleanup(cluster.by_helm, "uninstall", helm.RELEASE)
        cls.token = cluster.service_token()
        cls.ask = staticmethod(cluster.as_canaryd(cls.token))
        if "namespaces" not in changes:
            cluster.wait_policy(cls.token)

    def setUp(self):
        # What one row changed is not the next one's.
        for path in (IRIS, OTHER):
            answer = cluster.request("PATCH", path, {"spec": {"predictor": {"canaryTrafficPercent": 5}}}, MERGE)
            self.assertEqual(answer.status, 200, answer)
        cluster.request("DELETE", f"{CORE}/ml/events/iris.1")

    def doctor_says(self, *checks):
        """(check, status, text) of `canaryd doctor` with the release's own configuration, asked by its own token."""
        manifest = helm.read_yaml(cluster.by_helm("get", "manifest", helm.RELEASE).stdout)
        file = cluster.folder / "canaryd.yaml"
        file.write_text(helm.configuration(manifest))
        kubeconfig = cluster.kubeconfig(cluster.folder / "canaryd", self.token)
        done = subprocess.run([os.environ["CANARYD"], "doctor", "--config", file, "--kubeconfig", kubeconfig,
                               "--output", "json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        findings = json.loads(done.stdout)["findings"]
        return [(found["check"], found["status"], found["text"]) for found in findings if found["check"] in checks]

    def assert_doctor_is_content_with_its_rights(self):
        said = self.doctor_says("kubernetes.permissions", "kubernetes.permissions_beyond")
        self.assertEqual([part[:2] for part in said],
                         [("kubernetes.permissions", "OK"), ("kubernetes.permissions_beyond", "OK")], said)

    def let_through(self, rows):
        for what, *request in rows:
            with self.subTest(what):
                answer = self.ask(*request)
                self.assertIn(answer.status, (200, 201), answer)

    def denied(self, rows, *words, status=403):
        for what, *request in rows:
            with self.subTest(what):
                answer = self.ask(*request)
                self.assertEqual(answer.status, status, answer)
                message = answer.json()["message"]
                for word in words:
                    self.assertIn(word, message)


class OfAllNamespaces(_Case):
    @classmethod
    def setUpClass(cls):
        cls.begin({})

    def test_what_canaryd_does_is_let_through(self):
        self.let_through(ALLOWED)
        self.let_through([("services of all namespaces", "GET", f"{ISVC}/inferenceservices", None, None),
                          ("another namespace", "PATCH", OTHER, replace(PERCENT, 0), JSON_PATCH)])

    def test_a_patch_of_anything_but_the_percent_is_denied_by_the_policy(self):
        self.denied(NOT_THE_TRAFFIC, POLICY, status=422)

    def test_a_patch_of_anything_but_the_data_of_its_map_is_denied_by_the_policy(self):
        self.denied(NOT_THE_DATA, MAPS_POLICY, status=422)

    def test_a_denial_names_every_field(self):
        answer = self.ask("PATCH", IRIS, {"metadata": {"labels": {"a": "b"}}, "spec": {
            "predictor": {"minReplicas": 7, "canaryTrafficPercent": 0}, "transformer": {"minReplicas": 7}}}, MERGE)
        self.assertIn("this would change metadata.labels, spec.predictor.minReplicas, spec.transformer.minReplicas",
                      answer.json()["message"])

    def test_everything_else_is_no_right_of_it(self):
        self.denied(NO_RIGHT, 'User "system:serviceaccount:canaryd:canaryd" cannot')

    def test_doctor_finds_all_that_canaryd_needs_and_no_more(self):
        self.assert_doctor_is_content_with_its_rights()

    def test_doctors_own_dry_run_of_a_service_without_a_percent_is_admitted(self):
        plain = [part for part in self.doctor_says("services.rollback") if "ml/plain:" in part[2]]
        self.assertEqual([part[1] for part in plain], ["OK"], plain)

    def test_other_people_are_held_to_neither(self):
        for what, *request in NOT_THE_TRAFFIC + NOT_THE_DATA:
            with self.subTest(what):
                method, path, body, headers = request
                answer = cluster.request(method, path + "?dryRun=All", body, headers)
                self.assertEqual(answer.status, 200, answer)

    def test_with_all_rights_given_by_mistake_it_still_can_change_no_more_of_a_service(self):
        bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
        answer = cluster.request("POST", bindings, {
            "metadata": {"name": "mistake"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "canaryd", "namespace": "canaryd"}]})
        self.assertEqual(answer.status, 201, answer)
        self.addCleanup(cluster.request, "DELETE", bindings + "/mistake")
        net.wait_until(lambda: self.ask("GET", "/api/v1/nodes").status == 200, 20, "the mistake is in force", 0.1)
        self.denied(NOT_THE_TRAFFIC, POLICY, status=422)
        whole = cluster.request("GET", IRIS).json()
        whole["spec"]["predictor"]["minReplicas"] = 0
        self.denied([("replace a service", "PUT", IRIS, whole, None)], POLICY, status=422)
        self.denied([row for row in NO_RIGHT if row[0].split()[-1] in ("service", "services", "status") and row[1] != "PUT"],
                    POLICY, "neither create nor delete them or write their status", status=422)


class BehindKservesDefaulter(_Case):
    """KServe's mutating webhook writes its defaults into an old object at the first update, canaryd's too."""

    @classmethod
    def setUpClass(cls):
        cls.begin({})
        cls.pki = Pki(cluster.folder / "pki")

    def setUp(self):
        self.old = StatusWriter(cluster.request, "ml", "old")
        service = self.old.create(5)
        self.addCleanup(cluster.request, "DELETE", self.old.path)
        self.assertNotIn("automountServiceAccountToken", service["spec"]["predictor"])
        self.enterContext(admission.MutatingWebhook(cluster, self.pki))
        self.rehearse = lambda: self.ask("PATCH", self.old.path + "?dryRun=All", replace(PERCENT, 0), JSON_PATCH)
        net.wait_until(lambda: "automountServiceAccountToken" in cluster.request(
            "PATCH", self.old.path + "?dryRun=All", {}, MERGE).json()["spec"]["predictor"], 20, "the webhook is in force", 0.1)

    def test_the_rehearsal_is_denied_and_names_what_the_webhook_would_change(self):
        answer = self.rehearse()
        self.assertEqual(answer.status, 422, answer)
        named = answer.json()["message"].rsplit("this would change ", 1)[1]
        self.assertEqual(sorted(named.split(", ")), ["spec.predictor.automountServiceAccountToken", "spec.predictor.model"])
        self.assertEqual(self.old.get()["spec"]["predictor"]["canaryTrafficPercent"], 5)

    def test_doctor_names_it(self):
        old = [part for part in self.doctor_says("services.rollback") if "ml/old:" in part[2]]
        self.assertEqual([part[1] for part in old], ["FAIL"], old)
        self.assertIn("spec.predictor.automountServiceAccountToken", old[0][2])

    def test_after_an_empty_update_by_somebody_else_the_percent_may_be_changed(self):
        answer = cluster.request("PATCH", self.old.path, {}, MERGE)
        self.assertEqual(answer.status, 200, answer)
        self.assertIn("automountServiceAccountToken", self.old.get()["spec"]["predictor"])
        answer = self.rehearse()
        self.assertEqual(answer.status, 200, answer)


class OfNamedNamespaces(_Case):
    @classmethod
    def setUpClass(cls):
        cls.begin({"namespaces": ["ml"], "config.audit.witness": {"configmap": "canaryd-checkpoints"}})

    def test_what_canaryd_does_is_let_through(self):
        self.let_through(ALLOWED)
        self.let_through([("services of the namespace", "GET", f"{ISVC}/namespaces/ml/inferenceservices", None, None)])

    def test_everything_else_is_no_right_of_it(self):
        self.denied(NO_RIGHT, 'User "system:serviceaccount:canaryd:canaryd" cannot')

    def test_doctor_finds_all_that_canaryd_needs_and_no_more(self):
        self.assert_doctor_is_content_with_its_rights()

    def test_other_namespaces_are_no_right_of_it(self):
        self.denied([
            ("services of all namespaces", "GET", f"{ISVC}/inferenceservices", None, None),
            ("a service", "GET", OTHER, None, None),
            ("the percent", "PATCH", OTHER, replace(PERCENT, 0), JSON_PATCH),
            ("a revision", "GET", f"{REVISIONS}/namespaces/other/revisions/iris-predictor-00001", None, None),
            ("an event", "POST", f"{CORE}/other/events", {**event("iris.2"), "metadata": {"name": "iris.2"}}, None),
        ], "cannot")

    def test_an_administrator_can_add_the_policy(self):
        """As docs/installing.md says: the one template, rendered by itself."""
        root = "/apis/admissionregistration.k8s.io/v1/"
        plurals = {"ValidatingAdmissionPolicy": "validatingadmissionpolicies",
                   "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings"}
        made = helm.objects(helm.PLAIN, {"admissionPolicy.mode": "always"}, "--show-only", "templates/admissionpolicy.yaml")
        self.assertEqual({one["kind"] for one in made}, set(plurals))
        for one in made:
            path = root + plurals[one["kind"]]
            self.assertEqual(cluster.request("POST", path, one).status, 201)
            self.addCleanup(cluster.request, "DELETE", f"{path}/{one['metadata']['name']}")
        cluster.wait_policy(self.token, "ml")
        self.denied(NOT_THE_TRAFFIC, POLICY, status=422)
        witness = f"{CORE}/{helm.NAMESPACE}/configmaps/canaryd-checkpoints"
        self.denied(NOT_THE_DATA + [("the witness's label", "PATCH", witness, {"metadata": {"labels": {"a": "b"}}}, MERGE)],
                    MAPS_POLICY, status=422)

    def test_no_object_is_cluster_wide(self):
        kinds = {o["kind"] for o in helm.read_yaml(cluster.by_helm("get", "manifest", helm.RELEASE).stdout)}
        self.assertFalse({kind for kind in kinds if kind.startswith(("Cluster", "ValidatingAdmission"))}, kinds)


if __name__ == "__main__":
    unittest.main()
