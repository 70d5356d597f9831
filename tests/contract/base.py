"""What the parts of the contract suite share: one exchange, a watch, what an answer must be."""
import http.client
import json
import urllib.parse
import uuid

from lab import net

GROUP = "/apis/serving.kserve.io/v1beta1"
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
PERCENT = "/spec/predictor/canaryTrafficPercent"


class WatchLines:
    """An open watch: next(timeout) gives its next event, end() what is left until the server ends it."""

    def __init__(self, suite, path, **query):
        url = urllib.parse.urlsplit(suite.url)
        if url.scheme == "https":
            self.connection = http.client.HTTPSConnection(url.netloc, context=suite.context, timeout=20)
        else:
            self.connection = http.client.HTTPConnection(url.netloc, timeout=20)
        query = {"watch": "true", "timeoutSeconds": "10", **query}
        self.connection.request("GET", path + "?" + urllib.parse.urlencode(query), headers=suite.headers)
        self.response = self.connection.getresponse()

    @property
    def status(self):
        return self.response.status

    def next(self):
        line = self.response.readline()
        return json.loads(line) if line else None

    def end(self):
        return [json.loads(line) for line in self.response.read().splitlines()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.response.close()
        self.connection.close()
        return False


class ContractBase:
    url = None
    headers = {}
    context = None

    def make_namespace(self, name):
        """Makes sure that the namespace exists."""

    def setUp(self):
        self.in_a_new_namespace()

    def in_a_new_namespace(self):
        self.ns = "contract-" + uuid.uuid4().hex[:10]
        self.make_namespace(self.ns)
        self.collection = f"{GROUP}/namespaces/{self.ns}/inferenceservices"
        self.path = self.collection + "/iris"
        self.config_maps = f"/api/v1/namespaces/{self.ns}/configmaps"

    def request(self, method, path, body=None, headers=None):
        return net.request(method, self.url + path, body, {**self.headers, **(headers or {})}, self.context)

    def ok(self, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def service(self, name="iris", percent=5):
        predictor = {"minReplicas": 1, "model": {"modelFormat": {"name": "sklearn"}, "storageUri": "gs://models/iris/v1"}}
        if percent is not None:
            predictor["canaryTrafficPercent"] = percent
        return {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
                "metadata": {"name": name, "namespace": self.ns}, "spec": {"predictor": predictor}}

    def create(self, name="iris", percent=5):
        return self.ok(self.request("POST", self.collection + "?fieldManager=creator", self.service(name, percent)), 201)

    def get(self):
        return self.ok(self.request("GET", self.path))

    def json_patch(self, operations, query="", path=None):
        return self.request("PATCH", (path or self.path) + query, operations, JSON_PATCH)

    def merge_patch(self, patch, query="", path=None):
        return self.request("PATCH", (path or self.path) + query, patch, MERGE_PATCH)

    def refused(self, answer, code, reason):
        """A Status object with this code and reason; returns it."""
        self.assertEqual(answer.status, code, answer)
        status = answer.json()
        self.assertEqual((status["kind"], status["apiVersion"], status["status"]), ("Status", "v1", "Failure"))
        self.assertEqual((status["code"], status["reason"]), (code, reason))
        return status

    def percent_of(self, service):
        return service["spec"]["predictor"].get("canaryTrafficPercent")

    def entry_of(self, service, manager, subresource=None):
        found = [e for e in service["metadata"].get("managedFields", [])
                 if e["manager"] == manager and e.get("subresource") == subresource]
        self.assertLessEqual(len(found), 1)
        return found[0] if found else None

    def owner_of_percent(self, service):
        owners = [e["manager"] for e in service["metadata"]["managedFields"]
                  if "f:canaryTrafficPercent" in e["fieldsV1"].get("f:spec", {}).get("f:predictor", {})]
        self.assertLessEqual(len(owners), 1, owners)
        return owners[0] if owners else None
