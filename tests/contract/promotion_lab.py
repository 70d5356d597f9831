"""What the parts of the promotion story share: the daemons, a Prometheus of the test's own, KServe played by the test.

A module that runs the story calls start() in its setUpModule. Each daemon has a namespace, a ConfigMap and an audit log
of its own:

    warm        for what needs alerts: it runs from the start, and is used when its warm-up is over
    twin        a replica of it: the same namespace, the same ConfigMap
    young       for what a person does: it is restarted, stopped, held, and its ConfigMap damaged
    forbidden   may neither read nor write its ConfigMap (where there is authorisation)
    breaker     as shipped, three rollbacks in ten minutes
    defaults    without policies, without Prometheus: as shipped
"""
import json
import os
import pathlib
import tempfile
import time
import unittest

from lab import net, notify
from lab.fake_prometheus import FakePrometheus
from lab.kserve import Kserve
from lab.operated import Operated
from lab.pki import Pki

WARM_UP = 121  # seconds; canaryd's own are 120
ENABLED = "enabled: true, dwell: 1s, short_dwell: true"
PROMOTION = f"    promotion: {{{ENABLED}}}\n    rollback: {{confirm_within: 2s}}\n"


def freeze(begin, end):
    """A freeze window on every day from `begin` to `end` hours from now, by clocks that are 5:30 ahead of UTC's."""
    at, until = (time.strftime("%H:%M", time.gmtime(time.time() + (5.5 + hours) * 3600)) for hours in (begin, end))
    return f'[{{days: [mon, tue, wed, thu, fri, sat, sun], from: "{at}", until: "{until}", time_zone: Asia/Kolkata}}]'


POLICIES = f"""policies:
  - name: frozen
    match: {{names: ["frozen-*"]}}
    promotion: {{{ENABLED}, freeze: {freeze(-1, 2)}}}
  - name: thawed
    match: {{names: ["thawed-*"]}}
    promotion: {{{ENABLED}, freeze: {freeze(3, 5)}}}
  - name: observed
    match: {{names: ["observed-*"]}}
    mode: observe
{PROMOTION}  - name: patient
    match: {{names: ["patient-*"]}}
    promotion: {{enabled: true, dwell: 1h}}
  - name: default
{PROMOTION}"""
DAEMONS = ("warm", "twin", "breaker", "defaults", "young")
LAB = None


class Lab:
    """`cluster(namespace)`: the lines of a daemon's `cluster`, about this namespace. `request` as in lab.cluster. `state`:
    the ConfigMap's name."""

    def __init__(self, cluster, request, names=DAEMONS, state="state-{share}"):
        self.cluster, self.request, self._state = cluster, request, state
        self._folder = tempfile.TemporaryDirectory(prefix="canaryd-promotion-")
        self.folder = pathlib.Path(self._folder.name)
        self.pki = Pki(self.folder / "pki")
        self.context = self.pki.client_context()
        self.stop_file = self.folder / "stop"
        self.daemons, self.prometheus, self._began = {}, {}, {}
        many = "breaker: {max_rollbacks: 1000}\n"
        more = {"breaker": "", "defaults": None, "young": many + f"stop_file: {self.stop_file}\n"}
        try:
            for name in names:
                self._add(name, "warm" if name == "twin" else name, more.get(name, many))
        except BaseException:
            self.stop()
            raise

    def _add(self, name, share, more):
        self.prometheus[name] = FakePrometheus(self.share)
        if more is not None:
            more = (f"{POLICIES}{more}prometheus: {{url: {self.prometheus[name].url}}}\n"
                    f"state: {{namespace: canaryd, name: {self.state_map(share)}}}\n")
        self._began[name] = time.monotonic()
        self.daemons[name] = Operated(os.environ["CANARYD"], self.folder / name, self.cluster("ml-" + share), self.pki,
                                      instance=name, more=more or "")

    def state_map(self, share):
        return self._state.format(share=share)

    def share(self, namespace, name, component):
        """What Prometheus knows of canaryd's series: {canary: percent}."""
        answer = self.request("GET", f"/apis/serving.kserve.io/v1beta1/namespaces/{namespace}/inferenceservices/{name}")
        found = answer.json()
        return {found["status"]["components"][component]["latestReadyRevision"]:
                found["spec"][component].get("canaryTrafficPercent", 100)}

    def wait_warm(self, name):
        time.sleep(max(0, self._began[name] + WARM_UP - time.monotonic()))

    def stop(self):
        for one in self.prometheus.values():
            one.stop()
        for one in self.daemons.values():
            one.stop()
        self._folder.cleanup()


def start(cluster, request, **more):
    global LAB
    LAB = Lab(cluster, request, **more)
    unittest.addModuleCleanup(LAB.stop)


class PromotionCase:
    """One daemon, services as a test needs them; its audit log verifies after each test."""

    name = "young"
    number = 0
    service_class = Kserve

    @property
    def lab(self):
        return LAB

    def setUp(self):
        self.daemon, self.prometheus = self.lab.daemons[self.name], self.lab.prometheus[self.name]
        self.prometheus.healthy()
        self.addCleanup(self.prometheus.healthy)
        self.addCleanup(self.assert_verifies)

    def assert_verifies(self):
        code, text = self.daemon.verify()
        self.assertEqual(code, 0, text)

    def canary(self, percent=5, kind="case"):
        """A service with a canary in flight (None: without one) that canaryd knows."""
        PromotionCase.number += 1
        service = self.service_class(self.lab.request, "ml-" + self.name, f"{kind}-{PromotionCase.number}")
        service.begin(percent)
        service.target = f"{service.namespace}/{service.name}"
        if percent is not None:
            self.daemon.wait_in_flight(service.namespace, service.name)
        else:
            self.wait_copied()
        return service

    def wait_copied(self):
        """Without a canary there is no series of its own: its place in the number of all."""
        path = f"/apis/serving.kserve.io/v1beta1/namespaces/ml-{self.name}/inferenceservices"
        mine = len(self.lab.request("GET", path).json()["items"])
        net.wait_until(lambda: self.daemon.series("canaryd_inferenceservices")["canaryd_inferenceservices"] == mine, 20,
                       "the watch's copy")
        time.sleep(0.5)  # its status follows as an event of its own

    def dwelt(self, service, percent):
        self.daemon.wait_dwelt(service.namespace, service.name, percent)

    # What Alertmanager does.

    def healthy(self, service, percent, **more):
        labels = {"alertname": "CanaryHealthy", "severity": "none", "percent": str(percent), **more}
        revision = labels.pop("revision", service.canary_name)
        return notify.alert(service.name, revision, namespace=service.namespace, **labels)

    def bad(self, service, **more):
        revision = more.pop("revision", service.canary_name)
        return notify.alert(service.name, revision, namespace=service.namespace, **more)

    def deliver(self, *alerts):
        return notify.deliver(self.daemon, self.lab.context, list(alerts), timeout=30)

    def told(self, answer, reason):
        """The delivery was accepted with this reason."""
        self.assertEqual(answer.status, 200, answer)
        self.assertIn(reason + " ", answer.body.decode())

    # What a person does.

    def do(self, *words):
        code, out, err = self.daemon.command(*words, "--reason", "a test of mine")
        self.assertEqual((code, err), (0, ""), out)
        return self.records_of(out.splitlines()[-1].removeprefix("record "))

    def held(self, reason, *words):
        """A command that is held or refused; its record."""
        code, out, err = self.daemon.command(*words, "--reason", "a test of mine")
        self.assertEqual((code, out), (1, ""), err)
        self.assertIn(f"({reason}, record ", err)
        return self.records_of(err.split(", record ")[-1].strip().rstrip(")"))[-1]

    def step(self, service, *overrides):
        """The words of a step by hand; the daemon has just been started."""
        return ["advance", service.target,
                *(word for guard in ("warming_up", *overrides) for word in ("--override", guard))]

    @property
    def state_path(self):
        return f"/api/v1/namespaces/canaryd/configmaps/{self.lab.state_map(self.name)}"

    def state(self):
        """Keys and texts of the ConfigMap."""
        answer = self.lab.request("GET", self.state_path)
        return answer.json().get("data", {}) if answer.status == 200 else {}

    def entry(self, key):
        return net.wait_until(lambda: json.loads(self.state().get(key, "null")), 20, f"{key} in the ConfigMap", 0.1)

    def edit_state(self, **data):
        """By another than canaryd; None removes a key."""
        answer = self.lab.request("PATCH", self.state_path + "?fieldManager=kubectl", {"data": data},
                                  {"Content-Type": "application/merge-patch+json"})
        self.assertEqual(answer.status, 200, answer)

    # What canaryd wrote down.

    def records_of(self, number):
        found = [record for record in self.daemon.records() if record["id"] == number]
        self.assertTrue(found, f"no record {number}")
        return found

    def about(self, service, **wanted):
        """The records about a service, rehearsals apart, with these fields."""
        return [record for record in self.daemon.records()
                if record.get("target", {}).get("name") == service.name and record.get("action") != "rehearsal"
                and wanted.items() <= record.items()]

    def wait_record(self, service, **wanted):
        net.wait_until(lambda: self.about(service, **wanted), 30, f"a record {wanted} about {service.name}; there are "
                       f"{[(r['kind'], r['action'], r['reason']) for r in self.about(service)]}", 0.1)
        return self.about(service, **wanted)[-1]

    @staticmethod
    def failed(record):
        """{guard: what it saw} of those that did not pass."""
        return {guard["guard"]: guard.get("detail", "") for guard in record["guards"] if not guard["passed"]}

    def assert_held_by(self, record, *guards):
        """By these and no others; whether the daemon is warm by now depends on the machine."""
        self.assertEqual(set(self.failed(record)) - {"warming_up"}, set(guards))

    def assert_same_but_percent(self, before, after, percent):
        """Nothing but the percent was written into the InferenceService."""
        for part in ("annotations", "labels", "finalizers", "ownerReferences"):
            self.assertEqual(after["metadata"].get(part), before["metadata"].get(part))
        spec = json.loads(json.dumps(before["spec"]))
        spec["predictor"].pop("canaryTrafficPercent", None)
        if percent is not None:
            spec["predictor"]["canaryTrafficPercent"] = percent
        self.assertEqual(after["spec"], spec)
