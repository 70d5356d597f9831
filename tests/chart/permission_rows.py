"""What is asked of a real API server with canaryd's token: the rows of test_permissions.py."""
from chart import helm
from lab.cluster import ISVC, MERGE, REVISIONS

JSON_PATCH = {"Content-Type": "application/json-patch+json"}
IRIS = f"{ISVC}/namespaces/ml/inferenceservices/iris"
PLAIN = f"{ISVC}/namespaces/ml/inferenceservices/plain"  # has no percent
OTHER = f"{ISVC}/namespaces/other/inferenceservices/iris"
CORE = "/api/v1/namespaces"
OWN = f"{CORE}/{helm.NAMESPACE}"
STATE = f"{OWN}/configmaps/canaryd-state"
POLICY = "ValidatingAdmissionPolicy 'canaryd.canaryd'"
MAPS_POLICY = "ValidatingAdmissionPolicy 'canaryd.canaryd.maps'"
PERCENT = "/spec/predictor/canaryTrafficPercent"


def event(name):
    return {"metadata": {"name": name, "namespace": "ml"}, "reason": "RolledBack", "type": "Normal", "message": "a test",
            "involvedObject": {"kind": "InferenceService", "namespace": "ml", "name": "iris"}}


def replace(path, value):
    return [{"op": "replace", "path": path, "value": value}]


def add(path, value):
    return [{"op": "add", "path": path, "value": value}]


NEW = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "new"},
       "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "gs://m/new"}}}}

# (what, method, path, body, headers)
ALLOWED = [
    ("the percent to 0", "PATCH", IRIS, replace(PERCENT, 0), JSON_PATCH),
    ("the percent to 100", "PATCH", IRIS, replace(PERCENT, 100), JSON_PATCH),
    ("the percent, dry run", "PATCH", IRIS + "?dryRun=All&fieldValidation=Strict", replace(PERCENT, 5), JSON_PATCH),
    ("the same percent again", "PATCH", IRIS, replace(PERCENT, 100), JSON_PATCH),
    ("percents of two components at once", "PATCH", IRIS,
     replace(PERCENT, 5) + replace("/spec/transformer/canaryTrafficPercent", 5), JSON_PATCH),
    ("the percent removed", "PATCH", IRIS, [{"op": "remove", "path": PERCENT}], JSON_PATCH),
    ("a percent that moves nothing where there is none, dry run", "PATCH", PLAIN + "?dryRun=All", add(PERCENT, 100),
     JSON_PATCH),
    ("a service", "GET", IRIS, None, None),
    ("a watch", "GET", f"{ISVC}/namespaces/ml/inferenceservices?watch=1&timeoutSeconds=1", None, None),
    ("a revision", "GET", f"{REVISIONS}/namespaces/ml/revisions/iris-predictor-00001", None, None),
    ("revisions", "GET", f"{REVISIONS}/namespaces/ml/revisions", None, None),
    ("an event", "POST", f"{CORE}/ml/events", event("iris.1"), None),
    ("an event again", "PATCH", f"{CORE}/ml/events/iris.1", add("/count", 2), JSON_PATCH),
    ("its state", "GET", STATE, None, None),
    ("a hold in its state", "PATCH", STATE, add("/data", {"hold.ml": "{}"}), JSON_PATCH),
    ("another one", "PATCH", STATE, add("/data/hold.other", "{}"), JSON_PATCH),
    ("a hold taken away", "PATCH", STATE, [{"op": "remove", "path": "/data/hold.other"}], JSON_PATCH),
]

# (what, method, path, body, headers): the right to patch is there, the admission policy denies.
NOT_THE_TRAFFIC = [
    ("another field of the component", "PATCH", IRIS, replace("/spec/predictor/minReplicas", 0), JSON_PATCH),
    ("the model", "PATCH", IRIS, replace("/spec/predictor/model/storageUri", "gs://evil"), JSON_PATCH),
    ("the percent and the model", "PATCH", IRIS,
     replace("/spec/predictor/model/storageUri", "gs://evil") + add(PERCENT, 0), JSON_PATCH),
    ("a new field", "PATCH", IRIS, add("/spec/predictor/serviceAccountName", "admin"), JSON_PATCH),
    ("a field taken away", "PATCH", IRIS, [{"op": "remove", "path": "/spec/predictor/minReplicas"}], JSON_PATCH),
    ("a new component", "PATCH", IRIS, add("/spec/explainer", {"minReplicas": 1}), JSON_PATCH),
    ("a new component of a percent alone", "PATCH", IRIS, add("/spec/explainer", {"canaryTrafficPercent": 5}), JSON_PATCH),
    ("a component taken away", "PATCH", IRIS, [{"op": "remove", "path": "/spec/transformer"}], JSON_PATCH),
    ("a label", "PATCH", IRIS, {"metadata": {"labels": {"a": "b"}}}, MERGE),
    ("an annotation", "PATCH", IRIS, {"metadata": {"annotations": {"a": "b"}}}, MERGE),
    ("an annotation taken away", "PATCH", IRIS,
     {"metadata": {"annotations": {"serving.kserve.io/deploymentMode": None}}}, MERGE),
    ("a finalizer", "PATCH", IRIS, {"metadata": {"finalizers": ["a.b/c"]}}, MERGE),
    ("an owner", "PATCH", IRIS, {"metadata": {"ownerReferences": [
        {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "b"}]}}, MERGE),
    ("a percent above 100", "PATCH", IRIS, replace("/spec/transformer/canaryTrafficPercent", 101), JSON_PATCH),
    ("a percent below 0", "PATCH", IRIS, replace("/spec/transformer/canaryTrafficPercent", -1), JSON_PATCH),
    ("a percent where there is none", "PATCH", PLAIN, add(PERCENT, 50), JSON_PATCH),
    ("100 % where there is none, which a second request could lower", "PATCH", PLAIN, add(PERCENT, 100), JSON_PATCH),
    ("0 % where no canary is in flight, which takes the stable revision back", "PATCH", PLAIN, add(PERCENT, 0), JSON_PATCH),
]

# The same for its own map: Grafana's sidecar loads maps by a label, helm and the garbage collector go by the others.
NOT_THE_DATA = [
    (what, "PATCH", STATE, body, MERGE) for what, body in [
        ("a label, beside the data", {"metadata": {"labels": {"grafana_dashboard": "1"}}, "data": {"evil.json": "{}"}}),
        ("all labels taken away", {"metadata": {"labels": None}}),
        ("a map's annotation", {"metadata": {"annotations": {"helm.sh/resource-policy": "keep"}}}),
        ("a map's finalizer", {"metadata": {"finalizers": ["a.b/c"]}}),
        ("a map's owner", {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "b"}]}}),
        ("a map that nobody can change again", {"immutable": True}),
        ("binary data", {"binaryData": {"x": "AAAA"}}),
    ]
]

# Not even asked of the admission: no role gives it.
NO_RIGHT = [
    ("create a service", "POST", f"{ISVC}/namespaces/ml/inferenceservices", NEW, None),
    ("replace a service", "PUT", IRIS, {**NEW, "metadata": {"name": "iris"}}, None),
    ("delete a service", "DELETE", IRIS, None, None),
    ("delete all services", "DELETE", f"{ISVC}/namespaces/ml/inferenceservices", None, None),
    ("a service's status", "PATCH", IRIS + "/status", {"status": {"url": "http://evil"}}, MERGE),
    ("create a service by server-side apply", "PATCH", f"{ISVC}/namespaces/ml/inferenceservices/new?fieldManager=a", NEW,
     {"Content-Type": "application/apply-patch+yaml"}),
    ("change a revision", "PATCH", f"{REVISIONS}/namespaces/ml/revisions/iris-predictor-00001", {"metadata": {}}, MERGE),
    ("another map of its namespace", "GET", f"{OWN}/configmaps/canaryd-config", None, None),
    ("its own configuration", "PATCH", f"{OWN}/configmaps/canaryd-config", {"data": {"canaryd.yaml": ""}}, MERGE),
    ("all maps", "GET", f"{OWN}/configmaps", None, None),
    ("create a map", "POST", f"{OWN}/configmaps", {"metadata": {"name": "new"}}, None),
    ("delete its state", "DELETE", STATE, None, None),
    ("a map of another namespace", "GET", f"{CORE}/kube-system/configmaps/canaryd-state", None, None),
    ("its tokens", "GET", f"{OWN}/secrets/canaryd-tokens", None, None),
    ("all secrets", "GET", f"{OWN}/secrets", None, None),
    ("all secrets of the cluster", "GET", "/api/v1/secrets", None, None),
    ("read events", "GET", f"{CORE}/ml/events", None, None),
    ("delete an event", "DELETE", f"{CORE}/ml/events/iris.1", None, None),
    ("pods", "GET", f"{CORE}/ml/pods", None, None),
    ("create a pod", "POST", f"{CORE}/ml/pods", {"metadata": {"name": "a"}, "spec": {"containers": []}}, None),
    ("namespaces", "GET", "/api/v1/namespaces", None, None),
    ("nodes", "GET", "/api/v1/nodes", None, None),
    ("a token of its own account", "POST", f"{OWN}/serviceaccounts/canaryd/token",
     {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}, None),
    ("give itself a role", "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
     {"metadata": {"name": "evil"}, "roleRef": {"kind": "ClusterRole", "name": "cluster-admin",
                                                "apiGroup": "rbac.authorization.k8s.io"}}, None),
    ("its own admission policy", "DELETE",
     "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/canaryd.canaryd", None, None),
]
