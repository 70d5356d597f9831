"""Each file of ci/ is linted and rendered without a cluster; what the objects must be is looked at here."""
import re
import unittest

from chart import helm
from chart.helm import CHART, CI, PLAIN


def containers(found):
    for thing in found:
        if thing["kind"] == "StatefulSet":
            yield thing["spec"]["template"]["spec"]
        if thing["kind"] == "Pod":
            yield thing["spec"]


class Templates(unittest.TestCase):
    def test_helm_lint_has_nothing_to_say(self):
        for file in CI:
            with self.subTest(file.name):
                done = helm.run("lint", "--strict", CHART, f"--values={file}")
                self.assertNotIn("[WARNING]", done.stdout)
                self.assertNotIn("[ERROR]", done.stdout)

    def test_each_renders_the_same_twice(self):
        for file in CI:
            with self.subTest(file.name):
                self.assertEqual(helm.template(file).stdout, helm.template(file).stdout)

    def test_every_object_has_its_release_and_chart(self):
        for file in CI:
            for thing in helm.objects(file):
                if thing["metadata"]["name"] in ("canaryd-extra", "rollbacks-text"):
                    continue
                with self.subTest(f"{file.name}: {thing['kind']} {thing['metadata']['name']}"):
                    labels = thing["metadata"]["labels"]
                    self.assertEqual(labels["app.kubernetes.io/instance"], "canaryd")
                    self.assertTrue(labels["helm.sh/chart"].startswith("canaryd-"))
                    self.assertEqual(labels.get("team"), "serving" if "everything" in file.name else None)

    def test_labels_by_which_others_select_come_before_the_common_ones(self):
        changes = {"monitoring.mode": "always", "commonLabels": {"team": "a"}, "monitoring.labels": {"team": "b"}}
        text = helm.template(PLAIN, changes, "--show-only", "templates/servicemonitor.yaml").stdout
        self.assertEqual(re.findall(r"^ +team: (\w)$", text, re.M), ["b"])

    def test_pods_are_as_restricted_wants_them_and_read_only(self):
        for file in CI:
            for pod in containers(helm.objects(file)):
                with self.subTest(file.name):
                    self.assertIs(pod["securityContext"]["runAsNonRoot"], True)
                    self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                    for container in pod["containers"]:
                        self.assertEqual(container["securityContext"], {
                            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                            "capabilities": {"drop": ["ALL"]}})
                        self.assertIn("memory", container["resources"]["limits"])

    def test_nothing_that_is_reloaded_is_mounted_by_a_subpath(self):
        for file in CI:
            for pod in containers(helm.objects(file)):
                mounts = [mount for container in pod["containers"] for mount in container["volumeMounts"]]
                self.assertFalse([mount for mount in mounts if "subPath" in mount])
                volumes = {volume["name"] for volume in pod["volumes"]} | {"data"}
                self.assertLessEqual({mount["name"] for mount in mounts}, volumes)

    def test_a_budget_only_where_there_is_a_second_pod(self):
        kinds = {file.stem: [o["kind"] for o in helm.objects(file)] for file in CI}
        self.assertIn("PodDisruptionBudget", kinds["everything-values"])
        self.assertNotIn("PodDisruptionBudget", kinds["existing-secrets-values"])
        spread = helm.one(helm.objects(PLAIN, {"replicas": 2}), "StatefulSet")["spec"]["template"]["spec"]
        self.assertEqual([c["topologyKey"] for c in spread["topologySpreadConstraints"]],
                         ["kubernetes.io/hostname", "topology.kubernetes.io/zone"])

    def test_no_secret_is_rendered_without_a_cluster(self):
        for file in CI:
            self.assertNotIn("Secret", [o["kind"] for o in helm.objects(file)], file.name)

    def test_the_state_is_made_without_data(self):
        for file in CI:
            found = helm.objects(file)
            name = helm.one(found, "StatefulSet")["metadata"]["name"] + "-state"
            self.assertNotIn("data", helm.one(found, "ConfigMap", name))

    def test_a_namespaced_install_has_nothing_cluster_wide(self):
        found = helm.objects(CHART / "ci/namespaced-values.yaml")
        self.assertFalse([o["kind"] for o in found if "namespace" not in o["metadata"]])
        roles = {o["metadata"]["namespace"] for o in found if o["kind"] == "Role"}
        self.assertEqual(roles, {"ml", "team-a", "canaryd"})

    def test_the_network_policy_lets_in_nobody_else(self):
        found = helm.objects(CHART / "ci/everything-values.yaml")
        policy = helm.one(found, "NetworkPolicy")["spec"]
        alert, metrics, extra = policy["ingress"]
        self.assertEqual([port["port"] for port in alert["ports"]], ["https"])
        self.assertEqual([peer["podSelector"]["matchLabels"] for peer in alert["from"]], [
            {"app.kubernetes.io/name": "alertmanager"}, {"app": "ingress"},
            {"app.kubernetes.io/name": "canaryd-test", "app.kubernetes.io/instance": "canaryd"}])
        self.assertEqual([port["port"] for port in metrics["ports"]], ["admin"])
        self.assertEqual(len(metrics["from"]), 1)
        self.assertEqual(extra, {"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]})
        dns, api, prometheus, _ = policy["egress"]
        self.assertEqual({port["port"] for port in dns["ports"]}, {53})
        self.assertEqual(api["to"], [{"ipBlock": {"cidr": "10.0.0.1/32"}}])
        self.assertEqual([port["port"] for port in prometheus["ports"]], [9090])
        for rule in policy["ingress"]:
            self.assertTrue(rule["from"], "an empty list would let in everybody")

    def test_the_network_policy_lets_out_to_what_is_asked(self):
        def ports(changes):
            policy = helm.one(helm.objects(PLAIN, changes), "NetworkPolicy")["spec"]
            return [port["port"] for rule in policy["egress"] for port in rule["ports"]]

        self.assertEqual(ports({}), [53, 53, 443, 6443])
        self.assertEqual(ports({"config.prometheus.url": "https://prometheus:9090"}), [53, 53, 443, 6443, 9090])
        self.assertEqual(ports({"networkPolicy.doctor": True}), [53, 53, 443, 6443, 9090, 9093])

    def test_a_digest_comes_before_the_tag(self):
        pod = helm.one(helm.objects(CHART / "ci/cert-manager-values.yaml"), "StatefulSet")["spec"]["template"]["spec"]
        self.assertRegex(pod["containers"][0]["image"], r"^registry\.example\.com/canaryd@sha256:[0-9a-f]{64}$")


if __name__ == "__main__":
    unittest.main()
