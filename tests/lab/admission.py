"""Admission on a real API server: a mutating webhook on loopback, and policies."""
import base64
import http.server
import json
import ssl
import threading

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
INFERENCE_SERVICES = {"apiGroups": ["serving.kserve.io"], "apiVersions": ["*"], "operations": ["UPDATE"],
                      "resources": ["inferenceservices"]}


def kserve_defaults(service):
    """What KServe's defaulter adds where it is absent: the mode's annotation, the token's mounting, the model's resources."""
    operations = []
    metadata, predictor = service["metadata"], service["spec"]["predictor"]
    if "annotations" not in metadata:
        operations.append({"op": "add", "path": "/metadata/annotations", "value": {}})
    if "serving.kserve.io/deploymentMode" not in metadata.get("annotations", {}):
        operations.append({"op": "add", "path": "/metadata/annotations/serving.kserve.io~1deploymentMode",
                           "value": "Knative"})
    if "automountServiceAccountToken" not in predictor:
        operations.append({"op": "add", "path": "/spec/predictor/automountServiceAccountToken", "value": False})
    if "resources" not in predictor.get("model", {}):
        operations.append({"op": "add", "path": "/spec/predictor/model/resources",
                           "value": {"requests": {"cpu": "1", "memory": "2Gi"}}})
    return operations


class MutatingWebhook:
    """Does to each InferenceService that is updated, by whomever, what KServe's own webhook does: it writes into it what its
    author left out. `cluster`: lab.cluster.Cluster. For a `with`; it counts a moment later."""

    def __init__(self, cluster, pki, name="defaulter"):
        self._cluster, self._name = cluster, name
        certificate, key = pki.issue("webhook-" + name)
        self._ca = base64.b64encode(pki.ca_file.read_bytes()).decode()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
                patch = json.dumps(kserve_defaults(request["object"])).encode()
                body = json.dumps({
                    "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                    "response": {"uid": request["uid"], "allowed": True, "patchType": "JSONPatch",
                                 "patch": base64.b64encode(patch).decode()},
                }).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self._thread.start()
        create(self._cluster, "mutatingwebhookconfigurations", {
            "metadata": {"name": self._name},
            "webhooks": [{"name": self._name + ".kserve.test", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                          "failurePolicy": "Fail", "rules": [INFERENCE_SERVICES],
                          "clientConfig": {"url": f"https://127.0.0.1:{self._server.server_address[1]}/mutate",
                                           "caBundle": self._ca}}]})
        return self

    def __exit__(self, *_):
        remove(self._cluster, "mutatingwebhookconfigurations", self._name)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class Policy:
    """A ValidatingAdmissionPolicy for InferenceServices, bound everywhere, for a `with`. It counts a moment later."""

    def __init__(self, cluster, name, expression, message):
        self._cluster, self._name = cluster, name
        self._validation = {"expression": expression, "message": message}

    def __enter__(self):
        create(self._cluster, "validatingadmissionpolicies", {
            "metadata": {"name": self._name},
            "spec": {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [INFERENCE_SERVICES]},
                     "validations": [self._validation]}})
        create(self._cluster, "validatingadmissionpolicybindings", {
            "metadata": {"name": self._name}, "spec": {"policyName": self._name, "validationActions": ["Deny"]}})
        return self

    def __exit__(self, *_):
        remove(self._cluster, "validatingadmissionpolicybindings", self._name)
        remove(self._cluster, "validatingadmissionpolicies", self._name)


# What lets an update of InferenceServices change nothing but canaryTrafficPercent (facts of a policy for canaryd alone:
# this one is for everybody).
TRAFFIC_ONLY = (
    "object.spec.all(k, k in ['predictor'] || (k in oldObject.spec && object.spec[k] == oldObject.spec[k])) && "
    "object.spec.predictor.all(k, k == 'canaryTrafficPercent' || "
    "(k in oldObject.spec.predictor && object.spec.predictor[k] == oldObject.spec.predictor[k]))")


def create(cluster, plural, thing):
    answer = cluster.request("POST", f"{ADMISSION}/{plural}", thing)
    if answer.status != 201:
        raise AssertionError(f"{plural}: {answer}")


def remove(cluster, plural, name):
    cluster.request("DELETE", f"{ADMISSION}/{plural}/{name}")
