"""The chart, installed by helm on a real API server, and the token of the service account that it made."""
from chart import helm
from lab import net
from lab.cluster import ISVC, MERGE, Cluster


class Installed(Cluster):
    """A Cluster with the chart in it. `changes` as for helm.values; `namespaces` are made first."""

    def __init__(self, changes=None, namespaces=("ml",), crds=True):
        super().__init__(crds)
        try:
            self.admin = self.kubeconfig(self.folder / "admin")
            for name in (helm.NAMESPACE, *namespaces):
                self.create_namespace(name)
            if changes is not None:
                self.install(changes)
        except BaseException:
            self.stop()
            raise

    def by_helm(self, *arguments, check=True, kubeconfig=None):
        return helm.run("--namespace", helm.NAMESPACE, *arguments, kubeconfig=kubeconfig or self.admin, check=check)

    def install(self, changes=None, *arguments, command="install", check=True, kubeconfig=None):
        changes = {"image.repository": "registry.example.com/canaryd", **(changes or {})}
        return self.by_helm(command, helm.RELEASE, helm.CHART, *helm.values(changes), *arguments, check=check,
                         kubeconfig=kubeconfig)

    def upgrade(self, changes=None, *arguments, check=True):
        return self.install(changes, *arguments, command="upgrade", check=check)

    def service_token(self, seconds=3600):
        """A token of the chart's service account, as the kubelet would mount it."""
        accounts = f"/api/v1/namespaces/{helm.NAMESPACE}/serviceaccounts/{helm.RELEASE}/token"
        answer = self.request("POST", accounts, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                                                 "spec": {"expirationSeconds": seconds}})
        if answer.status != 201:
            raise AssertionError(f"token: {answer}")
        return answer.json()["status"]["token"]

    def as_canaryd(self, token):
        """request(method, path, body, headers) with the service account's token and, where the path names none, a field
        manager as canaryd's."""
        bearer = {"Authorization": "Bearer " + token}

        def ask(method, path, body=None, headers=None):
            if method in ("PATCH", "PUT") and "fieldManager=" not in path:
                path += ("&" if "?" in path else "?") + "fieldManager=canaryd/lab"
            return self.request(method, path, body, {**bearer, **(headers or {})})

        return ask

    def wait_policy(self, token, namespace="ml-probe"):
        """Until the admission policies are in force: the API server learns of them a moment after their creation."""
        self.create_namespace(namespace)
        collection = f"{ISVC}/namespaces/{namespace}/inferenceservices"
        self.request("POST", collection, {
            "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "probe"},
            "spec": {"predictor": {"minReplicas": 1}}})
        ask = self.as_canaryd(token)
        label = {"metadata": {"labels": {"a": "b"}}}
        state = f"/api/v1/namespaces/{helm.NAMESPACE}/configmaps/{helm.RELEASE}-state"
        for path in (collection + "/probe", state):
            net.wait_until(lambda path=path: ask("PATCH", path + "?dryRun=All", label, MERGE).status == 422, 20,
                           "the admission policy of " + path, 0.1)
        self.request("DELETE", collection + "/probe")

    def secret(self, name, namespace=helm.NAMESPACE):
        answer = self.request("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")
        return answer.json().get("data", {}) if answer.status == 200 else None
