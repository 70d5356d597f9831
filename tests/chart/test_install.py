"""helm itself against a real kube-apiserver: what an install makes, what an upgrade keeps and renews, what an uninstall
leaves. There is no controller: no pod starts, and no volume claim is made or left behind here."""
import base64
import os
import pathlib
import subprocess
import time
import unittest

from chart import helm
from chart.helm import CHART, NAMESPACE, RELEASE
from chart.installed import Installed
from lab import crd
from lab.cluster import MERGE

SECRETS = ("canaryd-ca", "canaryd-tls", "canaryd-tokens", "canaryd-audit-key")
STATE = f"/api/v1/namespaces/{NAMESPACE}/configmaps/canaryd-state"
AUDIT_KEY = f"/api/v1/namespaces/{NAMESPACE}/secrets/canaryd-audit-key"
STATEFULSET = f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/canaryd"
OPERATOR = list(crd.monitoring())


def setUpModule():
    global cluster
    cluster = Installed(namespaces=("ml", "monitoring"))
    unittest.addModuleCleanup(cluster.stop)
    file = pathlib.Path(os.environ.get("CANARYD_CRDS") or os.devnull) / "monitoring.coreos.com_alertmanagerconfigs.yaml"
    if OPERATOR and file.exists():
        last = ("alertmanagerconfigs.monitoring.coreos.com", "application/yaml", file.read_text())
        cluster.apply_crds([*OPERATOR, last],
                           ["/apis/monitoring.coreos.com/v1alpha1/alertmanagerconfigs"])


def everything():
    """Each object of the cluster that can be listed, but for what the API server itself writes all the time."""
    found = set()
    roots = ["/api/v1"] + ["/apis/" + group["preferredVersion"]["groupVersion"]
                           for group in cluster.request("GET", "/apis").json()["groups"]]
    for root in roots:
        for resource in cluster.request("GET", root).json().get("resources", []):
            if "list" in resource["verbs"] and resource["name"] not in ("events", "leases"):
                for item in cluster.request("GET", f"{root}/{resource['name']}").json()["items"]:
                    meta = item["metadata"]
                    found.add(f"{resource['name']} {meta.get('namespace', '')}/{meta['name']}")
    return found



class Install(unittest.TestCase):
    def setUp(self):
        self.before = everything()
        self.addCleanup(self.uninstall)

    def uninstall(self):
        cluster.by_helm("uninstall", RELEASE, check=False)
        cluster.request("DELETE", AUDIT_KEY)
        left = everything() - self.before
        self.assertEqual(left, set(), "left behind by the uninstall")

    def secrets(self):
        return {name: cluster.secret(name) for name in SECRETS}

    def template_hash(self):
        return cluster.request("GET", STATEFULSET).json()["spec"]["template"]

    def note(self, secret, **annotations):
        path = f"/api/v1/namespaces/{NAMESPACE}/secrets/{secret}"
        answer = cluster.request("PATCH", path, {"metadata": {"annotations": {
            f"canaryd/{key.replace('_', '-')}": value for key, value in annotations.items()}}}, MERGE)
        self.assertEqual(answer.status, 200, answer)

    def in_days(self, days):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * 86400))

    def files(self, secret):
        folder = cluster.folder / secret
        folder.mkdir(exist_ok=True)
        for key, value in cluster.secret(secret).items():
            (folder / key).write_bytes(base64.b64decode(value))
            (folder / key).chmod(0o600)
        return folder

    def assert_certificate(self, *hosts):
        folder = self.files("canaryd-tls")
        for host in hosts:
            done = subprocess.run(["openssl", "verify", "-CAfile", folder / "ca.crt", "-purpose", "sslserver",
                                   "-verify_hostname", host, folder / "tls.crt"], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        certificate = subprocess.run(["openssl", "x509", "-in", folder / "tls.crt", "-noout", "-pubkey"],
                                     capture_output=True, check=True)
        key = subprocess.run(["openssl", "pkey", "-in", folder / "tls.key", "-pubout"], capture_output=True, check=True)
        self.assertEqual(certificate.stdout, key.stdout)

    def test_an_install_makes_secrets_that_canaryd_can_use(self):
        notes = cluster.install().stdout
        self.assert_certificate("canaryd-0.canaryd.canaryd.svc", "canaryd-7.canaryd.canaryd.svc",
                                "canaryd-api.canaryd.svc.cluster.local", "localhost")
        self.assertNotIn("ca.key", cluster.secret("canaryd-tls"))
        tokens = cluster.secret("canaryd-tokens")
        self.assertEqual(set(tokens), {"alertmanager", "view"})
        for token in tokens.values():
            self.assertRegex(base64.b64decode(token).decode(), r"^[A-Za-z0-9]{43}$")
        key = self.files("canaryd-audit-key") / "key.pem"
        public = subprocess.run([os.environ["CANARYD"], "audit", "key", "public", key], capture_output=True, text=True,
                                check=False)
        self.assertEqual(public.returncode, 0, public.stderr)
        self.assertIn("BEGIN PUBLIC KEY", public.stdout)
        self.assertIn("lets it change canaryTrafficPercent and nothing else", notes)
        self.assertIn("secret canaryd-tokens -o jsonpath='{.data.alertmanager}'", notes)

    def test_an_upgrade_keeps_every_secret_and_what_canaryd_wrote(self):
        cluster.install()
        before, template = self.secrets(), self.template_hash()
        self.assertNotIn(None, before.values())
        hold = {"data": {"hold.ml": "{}"}}
        self.assertEqual(cluster.request("PATCH", STATE, hold, MERGE).status, 200)
        cluster.upgrade()
        cluster.upgrade({"config.policies": [{"name": "default", "mode": "observe"}], "replicas": 2})
        self.assertEqual(self.secrets(), before)
        self.assertEqual(cluster.request("GET", STATE).json()["data"], hold["data"])
        self.assertEqual(self.template_hash()["metadata"], template["metadata"], "a policy is reloaded, no pod is restarted")
        cluster.upgrade({"config.log": {"format": "json"}, "replicas": 2})
        self.assertNotEqual(self.template_hash()["metadata"], template["metadata"], "log.format is not reloaded")

    def test_a_new_token_leaves_the_others_alone(self):
        cluster.install()
        before = cluster.secret("canaryd-tokens")
        cluster.upgrade({"clients.tokens": [{"name": "alertmanager", "role": "alert"},
                                            {"name": "oncall", "role": "operate"}]})
        after = cluster.secret("canaryd-tokens")
        self.assertEqual(after["alertmanager"], before["alertmanager"])
        self.assertEqual(set(after), {"alertmanager", "oncall"})

    def test_a_new_signing_key_comes_beside_the_old_one(self):
        cluster.install()
        before = cluster.secret("canaryd-audit-key")
        cluster.upgrade({"audit.signing.keys": ["next.pem", "key.pem"]})
        after = cluster.secret("canaryd-audit-key")
        self.assertEqual(after["key.pem"], before["key.pem"])
        self.assertNotEqual(after["next.pem"], after["key.pem"])

    def test_an_uninstall_leaves_the_signing_key_and_an_install_goes_on_with_it(self):
        cluster.install()
        before = self.secrets()
        done = cluster.by_helm("uninstall", RELEASE)
        self.assertEqual(everything() - self.before, {f"secrets {NAMESPACE}/canaryd-audit-key"})
        self.assertIn("canaryd-audit-key", done.stdout)
        cluster.install()
        after = self.secrets()
        self.assertEqual(after.pop("canaryd-audit-key"), before["canaryd-audit-key"])
        for name, secret in after.items():
            self.assertNotEqual(secret, before[name])
        cluster.upgrade()
        self.assertEqual(cluster.secret("canaryd-audit-key"), before["canaryd-audit-key"])

    def test_where_no_volume_stays_no_key_does(self):
        cluster.install({"audit.persistence.enabled": False})
        cluster.by_helm("uninstall", RELEASE)
        self.assertEqual(everything(), self.before)

    def test_a_rollback_of_the_release_brings_the_secrets_of_then(self):
        cluster.install()
        before = cluster.secret("canaryd-tokens")
        tokens = f"/api/v1/namespaces/{NAMESPACE}/secrets/canaryd-tokens"
        self.assertEqual(cluster.request("PATCH", tokens, {"data": {"alertmanager": None}}, MERGE).status, 200)
        cluster.upgrade({"audit.signing.keys": ["next.pem", "key.pem"]})
        self.assertNotEqual(cluster.secret("canaryd-tokens")["alertmanager"], before["alertmanager"])
        cluster.by_helm("rollback", RELEASE, "1")
        self.assertEqual(cluster.secret("canaryd-tokens"), before)
        self.assertEqual(set(cluster.secret("canaryd-audit-key")), {"key.pem"})

    def test_a_certificate_is_renewed_in_time_by_the_same_ca(self):
        cluster.install()
        before = self.secrets()
        self.note("canaryd-tls", not_after=self.in_days(366))
        cluster.upgrade()
        self.assertEqual(self.secrets(), before, "366 days are left, and 365 are asked for")
        self.note("canaryd-tls", not_after=self.in_days(364))
        cluster.upgrade()
        after = self.secrets()
        self.assertNotEqual(after["canaryd-tls"]["tls.crt"], before["canaryd-tls"]["tls.crt"])
        for name in ("canaryd-ca", "canaryd-tokens", "canaryd-audit-key"):
            self.assertEqual(after[name], before[name])
        self.assert_certificate("canaryd-0.canaryd.canaryd.svc")
        cluster.upgrade()
        self.assertEqual(self.secrets(), after)

    def test_other_names_are_another_certificate(self):
        cluster.install()
        before = self.secrets()
        cluster.upgrade({"tls.extraNames": ["canaryd.example.com"]})
        self.assertEqual(cluster.secret("canaryd-ca"), before["canaryd-ca"])
        self.assert_certificate("canaryd.example.com", "canaryd-0.canaryd.canaryd.svc")

    def test_a_ca_is_renewed_before_it_ends_under_a_certificate(self):
        cluster.install()
        before = self.secrets()
        self.note("canaryd-ca", not_after=self.in_days(729))
        cluster.upgrade()
        after = self.secrets()
        self.assertNotEqual(after["canaryd-ca"]["ca.crt"], before["canaryd-ca"]["ca.crt"])
        self.assertEqual(after["canaryd-tls"]["ca.crt"], after["canaryd-ca"]["ca.crt"])
        self.assert_certificate("canaryd-0.canaryd.canaryd.svc")

    def test_a_dry_run_that_sees_no_cluster_fails_and_says_what_to_do(self):
        done = cluster.install({}, "--dry-run=client", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cert-manager", done.stderr)
        self.assertIn("existingSecret", done.stderr)
        cluster.install({}, "--dry-run=server")

    def test_the_namespace_may_be_made_by_helm(self):
        self.addCleanup(cluster.request, "DELETE", "/api/v1/namespaces/fresh")
        helm.run("install", "fresh", CHART, "--namespace", "fresh", "--create-namespace",
                 *helm.values({"image.repository": "registry.example.com/canaryd"}), kubeconfig=cluster.admin)
        self.assertIsNotNone(cluster.secret("fresh-canaryd-tokens", "fresh"))
        helm.run("uninstall", "fresh", "--namespace", "fresh", kubeconfig=cluster.admin)
        self.before |= {"namespaces /fresh", "secrets fresh/fresh-canaryd-audit-key"}

    def test_who_administers_two_namespaces_alone_can_install_it_for_them(self):
        rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces"
        token = cluster.service_account_token("ml", "team-admin")
        for namespace in (NAMESPACE, "ml"):
            for plural, body in (
                    ("roles", {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}),
                    ("rolebindings", {
                        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "team-admin"},
                        "subjects": [{"kind": "ServiceAccount", "name": "team-admin", "namespace": "ml"}]})):
                body = {"metadata": {"name": "team-admin"}, **body}
                answer = cluster.request("POST", f"{rbac}/{namespace}/{plural}", body)
                self.assertEqual(answer.status, 201, answer)
        self.before = everything()
        mine = cluster.kubeconfig(cluster.folder / "team-admin", token)
        refused = cluster.install({}, kubeconfig=mine, check=False)
        self.assertNotEqual(refused.returncode, 0)
        cluster.by_helm("uninstall", RELEASE, check=False)
        done = cluster.install({"namespaces": ["ml"]}, kubeconfig=mine)
        self.assertIn("NO admission policy holds it to the percent", done.stdout)
        self.assertIn("bound to namespaces", done.stdout)

    @unittest.skipUnless(OPERATOR, "CANARYD_CRDS names no folder with prometheus-operator's CRDs")
    def test_where_the_operator_is_its_objects_are_made(self):
        done = cluster.install({"alertmanagerConfig.namespace": "monitoring"})
        paths = ["monitoring.coreos.com/v1/namespaces/canaryd/prometheusrules/canaryd",
                 "monitoring.coreos.com/v1/namespaces/canaryd/servicemonitors/canaryd",
                 "monitoring.coreos.com/v1alpha1/namespaces/monitoring/alertmanagerconfigs/canaryd"]
        found = [cluster.request("GET", "/apis/" + path) for path in paths]
        self.assertEqual([answer.status for answer in found], [200, 200, 200], found)
        hook = found[2].json()["spec"]["receivers"][1]["webhookConfigs"][0]["httpConfig"]
        copies = cluster.secret("canaryd.canaryd", "monitoring")
        self.assertEqual(hook["authorization"]["credentials"], {"name": "canaryd.canaryd", "key": "token"})
        self.assertEqual(copies, {"token": cluster.secret("canaryd-tokens")["alertmanager"],
                                  "ca.crt": cluster.secret("canaryd-ca")["ca.crt"]})
        self.assertIn('adds a matcher namespace="monitoring"', done.stdout)

    def test_two_releases_live_side_by_side(self):
        cluster.install()
        helm.run("install", "second", CHART, "--namespace", "ml",
                 *helm.values({"image.repository": "registry.example.com/canaryd"}), kubeconfig=cluster.admin)
        helm.run("uninstall", "second", "--namespace", "ml", kubeconfig=cluster.admin)
        cluster.request("DELETE", "/api/v1/namespaces/ml/secrets/second-canaryd-audit-key")


if __name__ == "__main__":
    unittest.main()
