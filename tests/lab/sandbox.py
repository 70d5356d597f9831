"""`canaryd sandbox` for tests: the embedded cluster on a free port, and its control."""
import json
import os
import tempfile
import urllib.parse

from lab import net, procs

ISVC = "/apis/serving.kserve.io/v1beta1/namespaces/{}/inferenceservices/{}"
REVISION = "/apis/serving.knative.dev/v1/namespaces/{}/revisions/{}"
CONFIG_MAP = "/api/v1/namespaces/{}/configmaps/{}"
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


def condition(thing, kind):
    """The condition of this type in an object's status; {} when it has none."""
    return next((c for c in thing.get("status", {}).get("conditions", []) if c["type"] == kind), {})


class Sandbox(procs.Process):
    """`url`; the program is $CANARYD. `scenario`: a dict as docs/sandbox.md describes it."""

    def __init__(self, scenario=None, services=0, arguments=(), log_path=None, program=None):
        argv = [program or os.environ["CANARYD"], "sandbox", "--listen", "127.0.0.1:0", *arguments]
        self._scenario = None
        if scenario is None and services:
            scenario = {"generated": {"count": services}}
        if scenario is not None:
            self._scenario = tempfile.NamedTemporaryFile("w", prefix="canaryd-scenario-", suffix=".json")
            json.dump(scenario, self._scenario)
            self._scenario.flush()
            argv += ["--scenario", self._scenario.name]
        super().__init__("sandbox", argv, log_path=log_path)
        try:
            self.url = self.wait_line(r"^sandbox: listening on (http://\S+)$", 60).group(1)
        except BaseException:
            self.stop()
            raise

    def request(self, method, path, body=None, headers=None, timeout=30):
        return net.request(method, self.url + path, body, headers, timeout=timeout)

    def control(self, path, body):
        """POST /sandbox/v1/PATH; returns the answer's JSON."""
        answer = self.request("POST", "/sandbox/v1/" + path, body)
        if answer.status != 200:
            raise AssertionError(f"sandbox control {path}: {answer}")
        return answer.json()

    def behave(self, namespace, revision, **behaviour):
        """pods, error_ratio, latency_seconds, confidence, dead; ready (True, False or "unknown") with reason, message."""
        return self.control(f"revisions/{namespace}/{revision}", behaviour)

    def apply(self, namespace, name, model, percent=None, **more):
        """A new model, as kubectl applies it: makes a new revision. Without a percent the field is removed, with
        keep_percent=True left alone. `more`: docs/sandbox.md."""
        body = {"namespace": namespace, "name": name, "model": model, **more}
        if percent is not None:
            body["percent"] = percent
        return self.control("apply", body)

    def percent(self, namespace, name, value, component="predictor", manager="kubectl"):
        """Another manager's write of canaryTrafficPercent; None removes the field."""
        return self._edit(ISVC.format(namespace, name), {"spec": {component: {"canaryTrafficPercent": value}}}, manager)

    def annotate(self, namespace, name, key="note", value="x", manager="kubectl"):
        """Makes a new revision; metadata.generation does not move."""
        return self._edit(ISVC.format(namespace, name), {"metadata": {"annotations": {key: value}}}, manager)

    def delete_revision(self, namespace, revision):
        """As kubectl or Knative's garbage collection: missing from then on, unless it is the newest."""
        return self._must("DELETE", REVISION.format(namespace, revision))

    def pause(self, paused=True):
        """Stops the controllers: objects stay as written."""
        self.control("reconcile", {"paused": paused})

    def reconcile(self, **settings):
        """paused, delay_seconds, ingress_delay_seconds."""
        self.control("reconcile", settings)

    def service(self, namespace, name):
        return self._must("GET", ISVC.format(namespace, name))

    def revision(self, namespace, name):
        """The Knative Revision; None when there is none."""
        return self._found(REVISION.format(namespace, name))

    def config_map(self, namespace, name="canaryd-state"):
        """The ConfigMap; None when there is none."""
        return self._found(CONFIG_MAP.format(namespace, name))

    def edit_config_map(self, namespace, data, name="canaryd-state", manager="kubectl"):
        """As a person edits it: {key: text, or None to remove}."""
        return self._edit(CONFIG_MAP.format(namespace, name), {"data": data}, manager)

    def events(self, namespace, name, kind="InferenceService"):
        """What `kubectl describe` shows of an object: its Events, by when they began."""
        selector = f"involvedObject.name={name},involvedObject.namespace={namespace},involvedObject.kind={kind}"
        path = f"/api/v1/namespaces/{namespace}/events?limit=500&fieldSelector={urllib.parse.quote(selector)}"
        return sorted(self._must("GET", path)["items"], key=lambda event: event["firstTimestamp"] or "")

    def _must(self, method, path, body=None, headers=None):
        answer = self.request(method, path, body, headers)
        if answer.status not in (200, 201):
            raise AssertionError(f"{method} {path}: {answer}")
        return answer.json()

    def _edit(self, path, patch, manager):
        return self._must("PATCH", f"{path}?fieldManager={urllib.parse.quote(manager, safe='')}", patch, MERGE_PATCH)

    def _found(self, path):
        answer = self.request("GET", path)
        if answer.status not in (200, 404):
            raise AssertionError(f"GET {path}: {answer}")
        return answer.json() if answer.status == 200 else None

    def traffic(self, namespace, name, component="predictor"):
        """What status shows: {revision: percent}, summed."""
        shares = {}
        status = self.service(namespace, name).get("status", {})
        for share in status.get("components", {}).get(component, {}).get("traffic", []):
            shares[share["revisionName"]] = shares.get(share["revisionName"], 0) + share["percent"]
        return shares

    def wait_traffic(self, namespace, name, expected, component="predictor", timeout=20):
        """Waits until status shows these shares."""
        net.wait_until(lambda: self.traffic(namespace, name, component) == expected, timeout,
                       f"traffic of {namespace}/{name} is {expected}")

    def stop(self, timeout=30):
        result = super().stop(timeout)
        if self._scenario:
            self._scenario.close()
            self._scenario = None
        return result
