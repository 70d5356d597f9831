"""The way forward on a real kube-apiserver with KServe's CRD: KServe is played by the test, and canaryd may do what its
documentation says it needs, no more. What it would write beside that is refused."""
import unittest

from contract import promotion_lab, promotion_suite
from lab.cluster import Cluster

RBAC = "/apis/rbac.authorization.k8s.io/v1"
RULES = [
    {"apiGroups": ["serving.kserve.io"], "resources": ["inferenceservices"],
     "verbs": ["get", "list", "watch", "patch"]},
    {"apiGroups": ["serving.knative.dev"], "resources": ["revisions"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]}]
STATE = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]},
         {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "patch"],
          "resourceNames": ["canaryd-state", "state-warm", "state-young", "state-breaker"]}]


def _create(cluster, path, body):
    answer = cluster.request("POST", RBAC + path, body)
    if answer.status != 201:
        raise AssertionError(f"{path}: {answer}")


def _allow(cluster):
    """The service account's kubeconfig."""
    subject = [{"kind": "ServiceAccount", "namespace": "canaryd", "name": "canaryd"}]
    token = cluster.service_account_token("canaryd", "canaryd")
    for kind, where, rules in (("ClusterRole", "", RULES), ("Role", "/namespaces/canaryd", STATE)):
        _create(cluster, f"{where}/{kind.lower()}s", {"metadata": {"name": "canaryd"}, "rules": rules})
        _create(cluster, f"{where}/{kind.lower()}bindings", {
            "metadata": {"name": "canaryd"}, "subjects": subject,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "canaryd"}})
    return cluster.kubeconfig(cluster.folder / "kubeconfig", token)


def setUpModule():
    cluster = Cluster()
    unittest.addModuleCleanup(cluster.stop)
    for namespace in ("canaryd", "ml-warm", "ml-young", "ml-breaker", "ml-defaults", "ml-forbidden"):
        cluster.create_namespace(namespace)
    file = _allow(cluster)
    promotion_lab.start(lambda ns: f"  kubeconfig:\n    file: {file}\n  namespaces: [{ns}]", cluster.request,
                        names=(*promotion_lab.DAEMONS, "forbidden"))


class Forbidden(promotion_lab.PromotionCase, unittest.TestCase):
    """Without the rights on the ConfigMap."""

    name = "forbidden"

    def test_nothing_goes_forward_and_rollbacks_go_on(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        self.assert_held_by(self.held("state_unknown", *self.step(service)), "state_unknown")
        self.held("forbidden", "hold", service.target)
        self.told(self.deliver(self.bad(service)), "rolled_back")
        service.follow()
        self.wait_record(service, kind="confirmed", reason="rolled_back")
        self.assertEqual(self.daemon.series("canaryd_state_readable ")["canaryd_state_readable"], 0)
        self.assertEqual(self.state(), {})


globals().update(promotion_suite.cases(__name__))
load_tests = promotion_suite.load_tests

if __name__ == "__main__":
    unittest.main()
