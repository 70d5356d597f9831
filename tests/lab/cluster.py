"""A real cluster's API for tests: etcd and kube-apiserver on free loopback ports, with the CRDs, one a test process.

    cluster = Cluster()            # in setUpModule; seconds
    cluster.stop()                 # in tearDownModule

There is no controller: objects stay as written, and `StatusWriter` plays KServe. `CANARYD_TOOLS` may name the folder of
Debian's etcd; otherwise scripts/lab unpacks it under $CANARYD_BUILD/lab. scripts/lab/kube-apiserver finds or builds the
API server.
"""
import base64
import os
import pathlib
import ssl
import subprocess
import tempfile
import time

from lab import crd, net, procs

SOURCE = pathlib.Path(os.environ.get("CANARYD_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
ISVC = "/apis/serving.kserve.io/v1beta1"
REVISIONS = "/apis/serving.knative.dev/v1"
MERGE = {"Content-Type": "application/merge-patch+json"}
TOKEN = "admin-of-a-test-cluster"


def _script(name, *arguments):
    done = subprocess.run([SOURCE / "scripts/lab" / name, *arguments], stdout=subprocess.PIPE, check=True, text=True)
    return pathlib.Path(done.stdout.strip().splitlines()[-1])


def tools():
    """The folder with Debian's etcd, prometheus, alertmanager."""
    if os.environ.get("CANARYD_TOOLS"):
        return pathlib.Path(os.environ["CANARYD_TOOLS"])
    build = pathlib.Path(os.environ.get("CANARYD_BUILD", SOURCE / "build"))
    return _script("debian-tools", build / "lab")


class Cluster:
    """`url`, `ca_file`, `token` (cluster admin; `token_file` holds it too), `headers`, `context` for lab.net.request."""

    def __init__(self, crds=True):
        self._folder = tempfile.TemporaryDirectory(prefix="canaryd-cluster-")
        self.folder = pathlib.Path(self._folder.name)
        self._processes = []
        self._resources = {}
        try:
            self._start()
            if crds:
                self._apply_crds()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        folder = self.folder
        apiserver = _script("kube-apiserver")
        client, peer, port = net.free_port(), net.free_port(), net.free_port()
        etcd_url = f"http://127.0.0.1:{client}"
        etcd = procs.Process("etcd", [
            tools() / "etcd", "--data-dir", folder / "etcd", "--listen-client-urls", etcd_url,
            "--advertise-client-urls", etcd_url, "--listen-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-cluster", f"default=http://127.0.0.1:{peer}"], log_path=folder / "etcd.log")
        self._processes.append(etcd)
        key = folder / "service-account.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, stderr=subprocess.DEVNULL)
        (folder / "tokens.csv").write_text(f'{TOKEN},admin,admin,"system:masters"\n')
        self.token = TOKEN
        self.token_file = folder / "token"
        self.token_file.write_text(TOKEN)
        self.headers = {"Authorization": "Bearer " + TOKEN}
        etcd.wait_http(etcd_url + "/health", 30)
        server = procs.Process("kube-apiserver", [
            apiserver, f"--etcd-servers={etcd_url}", "--bind-address=127.0.0.1", f"--secure-port={port}",
            f"--cert-dir={folder / 'certs'}", f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}", "--service-account-issuer=https://kubernetes.test",
            f"--token-auth-file={folder / 'tokens.csv'}", "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount"],
            log_path=folder / "kube-apiserver.log")
        self._processes.append(server)
        self.apiserver = server
        self.url = f"https://127.0.0.1:{port}"
        self.ca_file = folder / "certs/apiserver.crt"
        net.wait_until(lambda: server.returncode is not None or self.ca_file.exists(), 60, "the API server's certificate")
        if server.returncode is not None:
            raise AssertionError(f"kube-apiserver ended with {server.returncode}:\n{server.log_tail()}")
        net.wait_until(lambda: "END CERTIFICATE" in self.ca_file.read_text(), 10, "a whole certificate")
        self.context = ssl.create_default_context(cafile=str(self.ca_file))
        server.wait_http(self.url + "/readyz", 90, context=self.context, headers=self.headers)

    def _apply_crds(self):
        self.apply_crds(crd.definitions(), (ISVC + "/inferenceservices", REVISIONS + "/revisions"))

    def apply_crds(self, definitions, served):
        """Creates `definitions` (as lab.crd gives them) and waits until the paths in `served` answer."""
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for name, content_type, body in definitions:
            answer = self.request("POST", path, body, {"Content-Type": content_type}, timeout=60)
            if answer.status != 201:
                raise AssertionError(f"CRD {name}: {answer}")
        for one in served:
            net.wait_until(lambda one=one: self.request("GET", one).status == 200, 60, one + " is served", 0.1)

    def request(self, method, path, body=None, headers=None, timeout=30):
        return net.request(method, self.url + path, body, {**self.headers, **(headers or {})}, self.context, timeout)

    def collection(self, thing, namespace="default"):
        """The path that an object is POSTed to, by the API server's own discovery; `namespace` where it names none."""
        version = thing["apiVersion"]
        root = "/api/v1" if version == "v1" else f"/apis/{version}"
        if version not in self._resources:
            found = self.request("GET", root).json()["resources"]
            self._resources[version] = {r["kind"]: r for r in found if "/" not in r["name"]}
        resource = self._resources[version][thing["kind"]]
        if not resource["namespaced"]:
            return f"{root}/{resource['name']}"
        return f"{root}/namespaces/{thing['metadata'].get('namespace', namespace)}/{resource['name']}"

    def create_namespace(self, name):
        answer = self.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        if answer.status not in (201, 409):
            raise AssertionError(f"namespace {name}: {answer}")

    def service_account_token(self, namespace, name, seconds=3600):
        """Creates the service account if it is not there; returns a real, bound token."""
        accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        self.request("POST", accounts, {"metadata": {"name": name}})
        answer = self.request("POST", f"{accounts}/{name}/token", {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": seconds}})
        if answer.status != 201:
            raise AssertionError(f"token for {namespace}/{name}: {answer}")
        return answer.json()["status"]["token"]

    def kubeconfig(self, path, token=None):
        """Writes a kubeconfig for this cluster; returns its path."""
        ca = base64.b64encode(self.ca_file.read_bytes()).decode()
        pathlib.Path(path).write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\n"
            f"clusters:\n- name: test\n  cluster:\n    server: {self.url}\n    certificate-authority-data: {ca}\n"
            f"users:\n- name: test\n  user:\n    token: {token or self.token}\n"
            "contexts:\n- name: test\n  context:\n    cluster: test\n    user: test\n")
        return path

    def stop(self):
        for process in reversed(self._processes):
            process.stop(10)
        self._processes.clear()
        self._folder.cleanup()


def _must(answer, what):
    if answer.status not in (200, 201):
        raise AssertionError(f"{what}: {answer}")
    return answer.json()


class StatusWriter:
    """Plays KServe and Knative for one InferenceService on an API server without controllers. `request(method, path, body,
    headers)` is Cluster.request, or a like of it for the sandbox with its reconcile paused."""

    def __init__(self, request, namespace, name):
        self.request = request
        self.namespace = namespace
        self.name = name
        self.collection = f"{ISVC}/namespaces/{namespace}/inferenceservices"
        self.path = f"{self.collection}/{name}"

    def revision(self, number, component="predictor"):
        return f"{self.name}-{component}-{number:05}"

    def create(self, percent=None, components=("predictor",), annotations=None):
        """The InferenceService itself, Knative mode."""
        spec = {}
        for component in components:
            spec[component] = {"minReplicas": 1}
            if component == "predictor":
                spec[component]["model"] = {"modelFormat": {"name": "sklearn"}, "storageUri": f"gs://models/{self.name}/v1"}
            else:
                spec[component]["containers"] = [{"name": "kserve-container", "image": "example.com/" + component}]
            if percent is not None:
                spec[component]["canaryTrafficPercent"] = percent
        return _must(self.request("POST", self.collection, {
            "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
            "metadata": {"name": self.name, "namespace": self.namespace,
                         "annotations": {"serving.kserve.io/deploymentMode": "Knative", **(annotations or {})}},
            "spec": spec}), f"create {self.path}")

    def get(self):
        return _must(self.request("GET", self.path), f"get {self.path}")

    def percent(self, value, component="predictor", manager="kubectl"):
        """A person's change of canaryTrafficPercent; None removes it."""
        return _must(self.request("PATCH", f"{self.path}?fieldManager={manager}",
                                  {"spec": {component: {"canaryTrafficPercent": value}}}, MERGE), f"percent {value}")

    def status(self, created, ready, rolledout, previous, traffic, component="predictor", route_ready=True, deployed=True,
               observed_generation=1):
        """Revisions by number (None: absent); `traffic` as [(number, percent, tag)], the latest first."""
        fields = {}
        for field, number in (("latestCreatedRevision", created), ("latestReadyRevision", ready),
                              ("latestRolledoutRevision", rolledout), ("previousRolledoutRevision", previous)):
            fields[field] = None if number is None else self.revision(number, component)
        fields["traffic"] = [
            {"revisionName": self.revision(number, component), "percent": percent, "latestRevision": index == 0,
             **({"tag": tag} if tag else {})} for index, (number, percent, tag) in enumerate(traffic)]
        name = component.capitalize()
        route = name + ("RoutesReady" if component == "explainer" else "RouteReady")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

        def condition(kind, ready_now, reason):
            entry = {"type": kind, "status": "True" if ready_now else "False", "lastTransitionTime": now}
            return entry if ready_now else {**entry, "reason": reason, "message": reason}

        conditions = [condition(name + "ConfigurationReady", deployed, "RevisionFailed"),
                      condition(name + "Ready", deployed and route_ready, "RevisionMissing"),
                      condition(route, route_ready, "RevisionMissing"),
                      condition("Ready", deployed and route_ready, "RevisionMissing")]
        mine = {c["type"] for c in conditions}
        others = [c for c in self.get().get("status", {}).get("conditions", []) if c["type"] not in mine]
        return _must(self.request("PATCH", f"{self.path}/status?fieldManager=manager", {"status": {
            "deploymentMode": "Knative", "observedGeneration": observed_generation, "conditions": others + conditions,
            "components": {component: fields}}}, MERGE), f"status of {self.path}")

    def create_revision(self, number, ready=True, component="predictor"):
        """The Knative Revision with its Ready condition."""
        revisions = f"{REVISIONS}/namespaces/{self.namespace}/revisions"
        name = self.revision(number, component)
        _must(self.request("POST", revisions, {
            "apiVersion": "serving.knative.dev/v1", "kind": "Revision",
            "metadata": {"name": name, "namespace": self.namespace,
                         "labels": {"serving.kserve.io/inferenceservice": self.name}},
            "spec": {"containers": [{"name": "kserve-container", "image": "example.com/model"}]}}), f"create {name}")
        return self.revision_ready(number, ready, component)

    def revision_ready(self, number, ready, component="predictor"):
        name = self.revision(number, component)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": now}
        if not ready:
            condition.update(reason="ExitCode137", message="Container failed with: OOMKilled")
        return _must(self.request("PATCH", f"{REVISIONS}/namespaces/{self.namespace}/revisions/{name}/status",
                                  {"status": {"conditions": [condition]}}, MERGE), f"status of {name}")

    def canary(self, percent=5, component="predictor"):
        """All at once: stable revision 1, ready canary 2 at `percent`, as KServe leaves it."""
        self.create(percent, (component,) if component == "predictor" else ("predictor", component))
        for number in (1, 2):
            self.create_revision(number, True, component)
        return self.status(2, 2, 1, None, [(2, percent, None), (1, 100 - percent, "prev")], component)
