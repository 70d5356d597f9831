"""canaryd's promotion suite with what the chart gives it: its roles, its admission policy and its service account's token. The
suite runs several canaryds at once, each with a ConfigMap of its own: the rights on these maps are the test's."""
import unittest

from chart import helm
from chart.installed import Installed
from contract import promotion_lab, promotion_suite

RBAC = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{helm.NAMESPACE}"
MAPS = ("state-warm", "state-young", "state-breaker")


def setUpModule():
    cluster = Installed({}, ("ml-warm", "ml-young", "ml-breaker", "ml-defaults"))
    unittest.addModuleCleanup(cluster.stop)
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "patch"], "resourceNames": list(MAPS)},
             {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]}]
    for plural, body in (
            ("roles", {"rules": rules}),
            ("rolebindings", {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "test-maps"},
                              "subjects": [{"kind": "ServiceAccount", "name": "canaryd", "namespace": helm.NAMESPACE}]})):
        answer = cluster.request("POST", f"{RBAC}/{plural}", {"metadata": {"name": "test-maps"}, **body})
        if answer.status != 201:
            raise AssertionError(f"{plural}: {answer}")
    token = cluster.service_token(7200)
    file = cluster.kubeconfig(cluster.folder / "canaryd", token)
    cluster.wait_policy(token)
    promotion_lab.start(lambda namespace: f"  kubeconfig:\n    file: {file}\n  namespaces: [{namespace}]", cluster.request)


globals().update(promotion_suite.cases(__name__))
load_tests = promotion_suite.load_tests

if __name__ == "__main__":
    unittest.main()
