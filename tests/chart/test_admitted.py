"""Every object that the chart renders is accepted by a real kube-apiserver with the real CRDs, with nothing unknown in
it; its Pods pass Pod Security's `restricted`, and one that was spoiled does not."""
import copy
import os
import pathlib
import unittest

from chart import helm
from chart.helm import CHART, CI, PLAIN
from lab import crd
from lab.cluster import Cluster

STRICT = "?dryRun=All&fieldValidation=Strict"
THEIRS = [("certificates.cert-manager.io", "cert-manager.io_certificates.yaml", "/apis/cert-manager.io/v1/certificates"),
          *((f"{plural}.monitoring.coreos.com", f"monitoring.coreos.com_{plural}.yaml",
             f"/apis/monitoring.coreos.com/{version}/{plural}")
            for plural, version in (("prometheusrules", "v1"), ("servicemonitors", "v1"), ("podmonitors", "v1"),
                                    ("alertmanagerconfigs", "v1alpha1")))]
NAMESPACES = ("canaryd", "monitoring", "ml", "team-a", "restricted")
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def setUpModule():
    folder = os.environ.get("CANARYD_CRDS")
    if not folder:
        raise AssertionError("CANARYD_CRDS must name the folder of the real CRDs: ones of our own would prove nothing")
    global cluster
    cluster = Cluster(crds=False)
    unittest.addModuleCleanup(cluster.stop)
    cluster.apply_crds([(name, "application/yaml", crd._without_conversion((pathlib.Path(folder) / file).read_text()))
                        for name, file, _ in THEIRS], [path for _, _, path in THEIRS])
    for namespace in NAMESPACES:
        labels = RESTRICTED if namespace == "restricted" else {}
        answer = cluster.request("POST", "/api/v1/namespaces", {"metadata": {"name": namespace, "labels": labels}})
        assert answer.status == 201, answer


def pod(found):
    """The Pod that the StatefulSet's controller would make."""
    template = helm.one(found, "StatefulSet")["spec"]["template"]
    spec = copy.deepcopy(template["spec"])
    if not any(volume["name"] == "data" for volume in spec["volumes"]):
        spec["volumes"].append({"name": "data", "persistentVolumeClaim": {"claimName": "data-canaryd-0"}})
    # Found by a controller, of which there is none here.
    spec.pop("priorityClassName", None)
    return {"apiVersion": "v1", "kind": "Pod", "spec": spec,
            "metadata": {**template["metadata"], "name": "canaryd-0", "namespace": "restricted"}}


class Admitted(unittest.TestCase):
    def create(self, thing):
        return cluster.request("POST", cluster.collection(thing, "canaryd") + STRICT, thing)

    def test_every_object_of_every_file(self):
        kinds = set()
        for file in CI:
            for thing in helm.objects(file):
                kinds.add(thing["kind"])
                with self.subTest(f"{file.name}: {thing['kind']} {thing['metadata']['name']}"):
                    answer = self.create(thing)
                    self.assertEqual(answer.status, 201, answer)
                    self.assertNotIn("Warning", answer.headers)
        rendered = {"StatefulSet", "Service", "ServiceAccount", "ConfigMap", "Role", "ClusterRole", "Certificate", "Pod",
                    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "NetworkPolicy",
                    "PodDisruptionBudget", "ServiceMonitor", "PodMonitor", "PrometheusRule", "AlertmanagerConfig"}
        self.assertLessEqual(rendered, kinds)

    def test_an_unknown_field_would_be_refused(self):
        for kind in ("StatefulSet", "ServiceMonitor", "AlertmanagerConfig", "Certificate", "NetworkPolicy"):
            thing = helm.one(helm.objects(CHART / "ci/cert-manager-values.yaml"), kind)
            thing["spec"]["unknownField"] = True
            answer = self.create(thing)
            self.assertEqual(answer.status, 400, f"{kind}: {answer}")
            self.assertIn("unknownField", answer.json()["message"])

    def pods(self):
        for file in CI:
            found = helm.objects(file)
            yield file.name, pod(found)
            for thing in found:
                if thing["kind"] == "Pod":
                    yield file.name + " helm test", {**thing, "metadata": {**thing["metadata"], "namespace": "restricted"}}

    def test_its_pods_pass_the_restricted_standard(self):
        for what, one in self.pods():
            with self.subTest(what):
                answer = self.create(one)
                self.assertEqual(answer.status, 201, answer)

    def test_a_spoiled_pod_is_refused(self):
        whole = pod(helm.objects(PLAIN))
        container = whole["spec"]["containers"][0]["securityContext"]
        for where, key, value in ((container, "allowPrivilegeEscalation", True), (container, "capabilities", {}),
                                  (whole["spec"]["securityContext"], "runAsNonRoot", False),
                                  (whole["spec"]["securityContext"], "seccompProfile", None),
                                  (whole["spec"], "hostNetwork", True)):
            before = where.get(key)
            where[key] = value
            with self.subTest(key):
                answer = self.create(whole)
                self.assertEqual(answer.status, 403, answer)
                self.assertIn('violates PodSecurity "restricted', answer.json()["message"])
            if before is None:
                del where[key]
            else:
                where[key] = before


if __name__ == "__main__":
    unittest.main()
