"""A mutating webhook that does on update what KServe's defaulter does: it writes into the object what its author left out,
whoever updates it. HTTPS on loopback, in a thread of the test."""
import base64
import http.server
import json
import ssl
import threading

NAME = "defaulter.kserve.test"
_CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


def _patch(service):
    """What KServe adds where it is absent: the mode's annotation, the token's mounting, the model's resources."""
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


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        patch = base64.b64encode(json.dumps(_patch(review["request"]["object"])).encode()).decode()
        body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": {
            "uid": review["request"]["uid"], "allowed": True, "patchType": "JSONPatch", "patch": patch}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Defaulter:
    """`begin()` registers it with a lab.cluster.Cluster, `end()` takes it out again."""

    def __init__(self, cluster, pki):
        self._cluster = cluster
        certificate, key = pki.issue("defaulter")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._ca = base64.b64encode(pki.ca_file.read_bytes()).decode()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def begin(self):
        answer = self._cluster.request("POST", _CONFIGURATIONS, {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": NAME},
            "webhooks": [{"name": NAME, "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
                          "clientConfig": {"url": f"https://127.0.0.1:{self._server.server_port}/", "caBundle": self._ca},
                          "rules": [{"apiGroups": ["serving.kserve.io"], "apiVersions": ["v1beta1"],
                                     "resources": ["inferenceservices"], "operations": ["CREATE", "UPDATE"]}]}]})
        if answer.status != 201:
            raise AssertionError(f"the webhook: {answer}")

    def end(self):
        self._cluster.request("DELETE", f"{_CONFIGURATIONS}/{NAME}")

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
