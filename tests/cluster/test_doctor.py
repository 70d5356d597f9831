"""`canaryd doctor` on a real kube-apiserver: access reviews of a real service account, dry runs through admission."""
import os
import pathlib
import secrets
import unittest

from lab import admission, alertmanager, daemon, doctor, net, prometheus
from lab.cluster import Cluster, StatusWriter, tools
from lab.pki import Pki
from lab.procs import temp_folder
from lab.sandbox import Sandbox

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ACCOUNT = "system:serviceaccount:canaryd:canaryd"
# What canaryd needs, as the table in SECURITY.md has it.
EVERYWHERE = [
    {"apiGroups": ["serving.kserve.io"], "resources": ["inferenceservices"],
     "verbs": ["get", "list", "watch", "patch"]},
    {"apiGroups": ["serving.knative.dev"], "resources": ["revisions"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
]
STATE = [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["canaryd-state"],
          "verbs": ["get", "patch"]}]


def must(answer, *statuses):
    if answer.status not in (statuses or (200, 201)):
        raise AssertionError(f"{answer}")
    return answer


class LastingPki(Pki):
    """Its certificates end later than the doctor warns of."""

    def issue(self, file, san="IP:127.0.0.1,DNS:localhost", name=None, days=30):
        return super().issue(file, san, name, days)


def bind(name, rules, namespace=None):
    """A role and its binding to canaryd's service account; cluster-wide without a namespace."""
    kind, scope = ("Role", f"/namespaces/{namespace}") if namespace else ("ClusterRole", "")
    plural = f"{RBAC}{scope}/{kind.lower()}"
    must(cluster.request("POST", plural + "s", {"metadata": {"name": name}, "rules": rules}))
    must(cluster.request("POST", plural + "bindings", {
        "metadata": {"name": name}, "roleRef": {"apiGroup": RBAC.split("/")[2], "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "namespace": "canaryd", "name": "canaryd"}]}))


def setUpModule():
    """A cluster with canaryd's service account and its least roles, and a canary of 20 %."""
    global cluster, pki, as_canaryd, iris
    cluster = Cluster()
    unittest.addModuleCleanup(cluster.stop)
    for name in ("ml", "canaryd"):
        cluster.create_namespace(name)
    must(cluster.request("POST", "/api/v1/namespaces/canaryd/configmaps", {"metadata": {"name": "canaryd-state"}}))
    pki = LastingPki(cluster.folder / "pki")
    bind("canaryd", EVERYWHERE)
    bind("canaryd-state", STATE, "canaryd")
    as_canaryd = cluster.kubeconfig(cluster.folder / "canaryd.kubeconfig",
                                    cluster.service_account_token("canaryd", "canaryd"))
    iris = StatusWriter(cluster.request, "ml", "iris")
    iris.canary(20)


class Questions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.config = cls.configure("canaryd", as_canaryd)
        cls.as_admin = cluster.kubeconfig(cluster.folder / "admin.kubeconfig")

    @staticmethod
    def configure(name, kubeconfig, more=""):
        folder = pathlib.Path(cluster.folder) / f"config-{name}"
        folder.mkdir()
        (folder / "audit").mkdir()
        (folder / "token").write_text(secrets.token_urlsafe(24))
        certificate, key = pki.issue(name)
        (folder / "canaryd.yaml").write_text(daemon.CONFIG.format(
            instance=name, certificate=certificate, key=key, token_file=folder / "token",
            cluster=f"  kubeconfig:\n    file: {kubeconfig}", audit=folder / "audit",
            more=f"state:\n  namespace: canaryd\n{more}"))
        return folder / "canaryd.yaml"

    def doctor(self, *arguments, config=None):
        return doctor.run(config or self.config, *arguments)

    def wait_rollback(self, status, words):
        """Until the dry run of the rollback is told so: admission counts a moment after it was written."""

        def look():
            found = self.doctor().of("services.rollback")
            return found and found[0][0] == status and words in found[0][1]

        net.wait_until(look, 60, f"services.rollback {status} {words}", 0.2)

    def test_the_least_role_is_enough_and_has_nothing_beyond(self):
        found = self.doctor()
        self.assertEqual(found.one("kubernetes.permissions")[0], "OK", found)
        self.assertEqual(found.one("kubernetes.permissions_beyond")[0], "OK", found)
        self.assertIn(ACCOUNT, found.one("kubernetes.reachable")[1])
        self.assertEqual(found.one("kserve.served")[0], "OK", found)
        not_named = {"prometheus.reachable": {"UNKNOWN"}, "alertmanager.reachable": {"UNKNOWN"}}
        self.assertEqual(found.bad(), not_named, found)
        self.assertEqual(found.code, 4)

    def test_the_rollback_is_tried_and_nothing_is_written(self):
        before = iris.get()
        found = self.doctor()
        self.assertEqual(found.one("services.rollback"),
                         ("OK", "ml/iris: predictor iris-predictor-00002 at 20 %; its rollback is admitted (dry run)"))
        self.assertEqual(iris.get(), before)

    def test_a_verb_that_is_missing_is_named(self):
        role = f"{RBAC}/clusterroles/canaryd"
        without = [{**rule, "verbs": [verb for verb in rule["verbs"] if verb != "patch"]} for rule in EVERYWHERE]
        self.change_rules(role, without)
        self.addCleanup(self.change_rules, role, EVERYWHERE)
        missing = "canaryd may not patch inferenceservices.serving.kserve.io in all namespaces"
        found = self.until(lambda: self.doctor(), lambda found: ("FAIL", missing) in found.of("kubernetes.permissions"))
        self.assertEqual(found.one("services.rollback")[0], "FAIL", found)
        self.assertEqual(found.code, 3)

    def test_verbs_beyond_its_work_are_named(self):
        role = f"{RBAC}/clusterroles/canaryd"
        more = EVERYWHERE + [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}]
        self.change_rules(role, more)
        self.addCleanup(self.change_rules, role, EVERYWHERE)
        found = self.until(lambda: self.doctor(),
                           lambda found: found.one("kubernetes.permissions_beyond")[0] == "WARN")
        self.assertIn("list secrets in all namespaces", found.one("kubernetes.permissions_beyond")[1])

    def test_an_administrator_is_told_to_ask_as_canaryd(self):
        found = self.doctor("--kubeconfig", self.as_admin)
        for check in ("kubernetes.permissions", "kubernetes.permissions_beyond", "services.rollback"):
            self.assertEqual(found.one(check)[0], "UNKNOWN", found)
            self.assertIn("asked as admin, who is not canaryd", found.one(check)[1])
        found = self.doctor("--kubeconfig", self.as_admin, "--as", ACCOUNT)
        for check in ("kubernetes.permissions", "kubernetes.permissions_beyond", "services.rollback"):
            self.assertEqual(found.one(check)[0], "OK", found)
        self.assertIn(ACCOUNT, found.one("kubernetes.reachable")[1])

    def test_a_policy_that_denies_the_rollback_is_found_before_it_matters(self):
        with admission.Policy(cluster, "nothing-moves", "false", "no change on weekends"):
            self.wait_rollback("FAIL", "no change on weekends")
        self.wait_rollback("OK", "admitted")

    def test_a_webhook_that_changes_more_is_named(self):
        before = iris.get()
        with admission.MutatingWebhook(cluster, pki):
            self.wait_rollback("WARN", "/spec/predictor/automountServiceAccountToken")
        self.wait_rollback("OK", "admitted")
        self.assertEqual(iris.get(), before)

    def test_what_a_webhook_adds_is_denied_by_the_policy_for_traffic_alone(self):
        with admission.Policy(cluster, "traffic-only", admission.TRAFFIC_ONLY, "only the traffic may change"):
            self.wait_rollback("OK", "admitted")
            with admission.MutatingWebhook(cluster, pki, "second"):
                self.wait_rollback("FAIL", "only the traffic may change")

    def test_without_a_canary_a_change_of_traffic_is_tried(self):
        config = self.configure("quiet", self.as_admin, "")
        cluster.create_namespace("quiet")
        rose = StatusWriter(cluster.request, "quiet", "rose")
        rose.create()
        rose.create_revision(1)
        rose.status(1, 1, 1, None, [(1, 100, None)])
        self.addCleanup(cluster.request, "DELETE", rose.path)
        before = rose.get()
        text = config.read_text().replace("cluster:\n", "cluster:\n  namespaces: [quiet]\n")
        config.write_text(text)
        found = self.doctor(config=config)
        self.assertEqual(found.one("services.rollback"),
                         ("OK", "quiet/rose: no canary in flight; a change of its traffic is admitted (dry run)"))
        with admission.Policy(cluster, "quiet-too", "false", "not today"):
            self.until(lambda: self.doctor(config=config),
                       lambda found: found.one("services.rollback")[0] == "FAIL")
        self.assertEqual(rose.get(), before)

    def test_a_revision_that_is_not_ready_blocks_a_rollback(self):
        iris.revision_ready(2, False)
        self.addCleanup(iris.revision_ready, 2, True)
        found = self.doctor()
        self.assertEqual(found.one("services.route")[0], "FAIL", found)
        self.assertIn("ExitCode137", found.one("services.route")[1])

    def test_a_percent_that_a_gitops_tool_owns_is_told(self):
        iris.percent(21, manager="argocd-controller")
        self.addCleanup(iris.percent, 20)
        found = self.doctor()
        self.assertEqual(found.one("services.owner")[0], "WARN", found)
        self.assertIn("Argo CD owns canaryTrafficPercent", found.one("services.owner")[1])

    def test_a_percent_that_canaryd_took_over_from_a_gitops_tool_is_told(self):
        def tracked(application):
            must(cluster.request("PATCH", iris.path + "?fieldManager=argocd-controller", {"metadata": {"annotations": {
                "argocd.argoproj.io/tracking-id": application}}}, {"Content-Type": "application/merge-patch+json"}))

        tracked("iris:serving.kserve.io/InferenceService:ml/iris")
        self.addCleanup(tracked, None)
        iris.percent(21, manager="argocd-controller")
        iris.percent(10, manager="canaryd/canaryd-0")
        self.addCleanup(iris.percent, 20)
        found = self.doctor()
        self.assertEqual(found.one("services.owner")[0], "WARN", found)
        self.assertIn("applied by Argo CD (iris), and canaryd/canaryd-0 has changed canaryTrafficPercent since",
                      found.one("services.owner")[1])

    def test_a_token_that_is_not_taken_is_a_fault(self):
        config = self.configure("stranger", cluster.kubeconfig(cluster.folder / "stranger", "not-a-token"))
        found = self.doctor(config=config)
        self.assertEqual(found.one("kubernetes.reachable")[0], "FAIL", found)
        self.assertNotIn("not-a-token", found.text)

    def change_rules(self, path, rules):
        must(cluster.request("PATCH", path, {"rules": rules}, {"Content-Type": "application/merge-patch+json"}))

    def until(self, ask, good):
        found = []

        def look():
            found[:] = [ask()]
            return good(found[0])

        net.wait_until(look, 60, "the change is told", 0.2)
        return found[0]


class TheWholeChain(unittest.TestCase):
    """With a real Prometheus and a real Alertmanager. The model servers are the sandbox's, whose services have the same
    names."""

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(temp_folder())
        cls.sandbox = cls.started(Sandbox(log_path=folder / "sandbox.log"))
        cls.canaryd = cls.started(daemon.Canaryd(
            os.environ["CANARYD"], folder, f"  kubeconfig:\n    file: {as_canaryd}", pki, "canaryd-0",
            "state:\n  namespace: canaryd\n"))
        cls.alertmanager = cls.started(alertmanager.Alertmanager(
            tools(), folder / "alertmanager",
            doctor.with_people(alertmanager.shipped_route(cls.canaryd.webhook_url, pki.ca_file,
                                                          cls.canaryd.token_file))))
        pods = prometheus.canaryd_pods(folder / "pods.json", {"canaryd-0": cls.canaryd.admin_address})
        scrapes = prometheus.shipped_scrapes(cls.sandbox.url, pods)
        cls.prometheus = cls.started(prometheus.Prometheus(
            tools(), folder / "prometheus", scrapes, cls.alertmanager.address))
        for what in ('canary:requests:rate2m{job=""}', 'canaryd_heartbeat_timestamp_seconds{job="canaryd"} > 0'):
            net.wait_until(lambda what=what: cls.prometheus.query(what), 180, what, 0.5)

    @classmethod
    def started(cls, part):
        cls.addClassCleanup(part.stop)
        return part

    def test_all_is_ok(self):
        found = doctor.run(self.canaryd.config_file, "--prometheus", self.prometheus.url, "--alertmanager",
                           self.alertmanager.url, "--replicas", 1, "--ca", pki.ca_file, "--send-test")
        self.assertEqual((found.bad(), found.status, found.code), ({}, "OK", 0), found)
        print(f"\n{found}", flush=True)


if __name__ == "__main__":
    unittest.main()
