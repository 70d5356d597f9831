"""`canaryd sandbox` for tests: the embedded cluster on a free port, and its control."""
import json
import os
import tempfile

from lab import net, procs


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
        """error_ratio, latency_seconds, confidence, dead, ready."""
        return self.control(f"revisions/{namespace}/{revision}", behaviour)

    def apply(self, namespace, name, model, percent=None, **more):
        """A new model, as kubectl applies it: makes a new revision."""
        body = {"namespace": namespace, "name": name, "model": model, **more}
        if percent is not None:
            body["percent"] = percent
        return self.control("apply", body)

    def pause(self, paused=True):
        """Stops the controllers: objects stay as written."""
        self.control("reconcile", {"paused": paused})

    def service(self, namespace, name):
        answer = self.request("GET", f"/apis/serving.kserve.io/v1beta1/namespaces/{namespace}/inferenceservices/{name}")
        if answer.status != 200:
            raise AssertionError(f"{namespace}/{name}: {answer}")
        return answer.json()

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
