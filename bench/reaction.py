"""Reaction: a webhook sent, to the patch acknowledged and to the webhook's 2xx (when that was recorded too), against the
same JSON Patch sent barely over a keep-alive connection to the same server. In turns, so that a drift of the machine
meets both."""
import dataclasses
import datetime
import json
import subprocess
import time
import urllib.parse

import figures
from lab import notify, pki
from lab.cluster import Cluster, StatusWriter
from lab.daemon import Canaryd
from lab.sandbox import Sandbox

ROUNDS = 60
WARM_UP = 5
NAMESPACE, SERVICE = "ml", "iris"


class Stopwatch:
    """bench_stopwatch: the clock and the connections are its own."""

    def __init__(self, log):
        self.process = subprocess.Popen([figures.program("stopwatch")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._command(f"log {log}")

    def _command(self, line, payload=b""):
        self.process.stdin.write(line.encode() + b"\n" + payload)
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode().strip()
        if not answer:
            raise AssertionError(f"stopwatch ended at {line!r}")
        return answer

    def open(self, name, url, ca_file=None):
        address = urllib.parse.urlsplit(url)
        self._command(f"open {name} {address.hostname} {address.port} {ca_file or '-'}")

    def send(self, name, method, path, body, headers):
        """(milliseconds, seconds since 1970 when it was sent, status, body)"""
        body = json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        request = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        took, sent_at, status, length = self._command(f"send {name} {len(request)}", request).split()
        answer = self.process.stdout.read(int(length) + 1)
        return float(took) / 1000, int(sent_at) / 1e6, int(status), answer

    def sync(self, length):
        """Milliseconds of an append of `length` bytes and its fdatasync."""
        return float(self._command(f"sync {length}")) / 1000

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class Bench:
    def __init__(self, folder, url, request, cluster, ca_file=None, headers=None):
        self.url, self.ca_file, self.headers = url, ca_file, headers or {}
        self.service = StatusWriter(request, NAMESPACE, SERVICE)
        self.service.canary(5)
        authority = pki.Pki(folder / "pki")
        self.daemon = Canaryd(figures.CANARYD, folder / "daemon", cluster, authority, instance="bench")
        self.stopwatch = Stopwatch(folder / "sync.log")
        self.stopwatch.open("webhook", self.daemon.webhook_url, authority.ca_file)
        self.stopwatch.open("server", url, ca_file)
        self.token = self.daemon.token_file.read_text().strip()
        self.patch = None
        self.sizes = []
        self.sent_at = []
        self.generation = 0

    def stop(self):
        self.stopwatch.close()
        self.daemon.stop()

    def reset(self):
        """The canary is in flight at 5 % again, and the watch has seen it. The last thing before either measurement is a GET:
        a server that has slept answers the next request later."""
        self.service.status(2, 2, 1, None, [(2, 0, None), (1, 100, "prev")])
        self.service.percent(5)
        self.service.status(2, 2, 1, None, [(2, 5, None), (1, 95, "prev")])
        time.sleep(0.05)
        syncs = sum(self.stopwatch.sync(size) for size in self.sizes)
        self.generation = self.service.get()["metadata"]["generation"]
        return syncs

    def must_be_rolled_back(self):
        percent = self.service.get()["spec"]["predictor"]["canaryTrafficPercent"]
        if percent != 0:
            raise AssertionError(f"percent is {percent}, expected 0")

    def webhook(self):
        starts_at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        body = notify.notification([notify.alert(SERVICE, self.service.revision(2), starts_at=starts_at)])
        took, sent_at, status, answer = self.stopwatch.send(
            "webhook", "POST", "/webhooks/alertmanager", body,
            {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        if status != 200 or b"rolled_back" not in answer:
            raise AssertionError(f"webhook: {status} {answer!r}")
        self.sent_at.append(sent_at)
        return took

    def learn(self):
        """The patch that canaryd sends and the size of its two records: what it is compared with must be the same."""
        records = [r for r in self.daemon.records() if r.get("action") == "rollback" and r["kind"] in ("intent", "outcome")]
        self.patch = json.loads([r for r in records if r["kind"] == "intent"][-1]["patch"])
        lines = [line for file in self.daemon.audit_folder.glob("*.jsonl") for line in file.read_bytes().split(b"\n")]
        ids = [r["id"] for r in records[-1:]]
        self.sizes = [len(line) + 1 for line in lines if any(i.encode() in line for i in ids)
                      and (b'"kind":"intent"' in line or b'"kind":"outcome"' in line)]
        if len(self.sizes) != 2:
            raise AssertionError(f"expected an intent and an outcome, got {len(self.sizes)} records")

    def bare(self):
        for operation in self.patch:
            if operation["path"] == "/metadata/generation":
                operation["value"] = self.generation
        took, _, status, answer = self.stopwatch.send(
            "server", "PATCH", self.service.path + "?timeout=5s&fieldManager=bench", self.patch,
            {**self.headers, "Content-Type": "application/json-patch+json", "Accept": "application/json"})
        if status != 200:
            raise AssertionError(f"bare patch: {status} {answer!r}")
        return took

    def run(self):
        for _ in range(WARM_UP):
            self.reset()
            self.webhook()
        self.learn()
        webhooks, bares, syncs = [], [], []
        for _ in range(ROUNDS):
            for measure, into in ((self.webhook, webhooks), (self.bare, bares)):
                syncs.append(self.reset())
                into.append(measure())
                self.must_be_rolled_back()
        code, text = self.daemon.verify()
        if code != 0:
            raise AssertionError(text)
        return Times(webhooks, bares, syncs, *self.stages())

    def stages(self):
        """Milliseconds of each webhook until its intent was written, and until its patch was acknowledged: by the times of
        the records, which are taken before their fdatasync."""
        moments = {"intent": [], "outcome": []}
        for record in self.daemon.records():
            if record["kind"] in moments and record.get("action") == "rollback":
                moments[record["kind"]].append(datetime.datetime.fromisoformat(record["time"]).timestamp())
        for kind, times in moments.items():
            if len(times) != len(self.sent_at):
                raise AssertionError(f"{len(self.sent_at)} webhooks, {len(times)} records of kind {kind}: some were decided "
                                     "twice, on a copy that the watch had not brought up to date")
        return ([(moment - sent) * 1000 for moment, sent in zip(moments[kind], self.sent_at)][WARM_UP:]
                for kind in ("intent", "outcome"))


@dataclasses.dataclass
class Times:
    """Milliseconds, one of each a round."""

    webhooks: list
    bares: list
    syncs: list  # two each
    decided: list
    acknowledged: list


def report(where, has_goal, times):
    webhook, bare, sync, decided, acknowledged = (
        figures.median(getattr(times, field.name)) for field in dataclasses.fields(Times))
    goal = "<= 1.10x" if has_goal else "-"

    def ratio(to, took):
        met = took / bare <= 1.1 if has_goal else None
        return figures.Figure(f"Reaction on {where}: {to}, against a bare patch",
                              f"{took / bare:.2f}x ({took:.2f} ms / {bare:.2f} ms)", goal, met)

    yield ratio("webhook sent to patch acknowledged", acknowledged)
    yield ratio("webhook sent to its 2xx", webhook)
    own = webhook - bare - sync
    yield figures.Figure(f"- own cost (the 2xx, less the patch and two fdatasyncs of {sync:.2f} ms together)",
                         f"{own:.2f} ms", "< 1 ms", own < 1)
    yield figures.Figure("- sent to intent written / intent's fdatasync and patch / outcome's fdatasync and answer",
                         f"{decided:.2f} / {acknowledged - decided:.2f} / {webhook - acknowledged:.2f} ms")
    yield figures.Figure("- 95th percentile of the 2xx, of the bare patch",
                         f"{figures.quantile(times.webhooks, 0.95):.2f} ms, {figures.quantile(times.bares, 0.95):.2f} ms")


def on_sandbox():
    with figures.disk_folder() as folder, Sandbox({"services": []}, program=figures.CANARYD) as sandbox:
        sandbox.pause()
        bench = Bench(folder, sandbox.url, sandbox.request, sandbox.url)
        try:
            yield from report("the sandbox", False, bench.run())
        finally:
            bench.stop()


def on_cluster():
    cluster = Cluster()
    try:
        with figures.disk_folder() as folder:
            cluster.create_namespace(NAMESPACE)
            kubeconfig = cluster.kubeconfig(folder / "kubeconfig")
            bench = Bench(folder, cluster.url, cluster.request, f"  kubeconfig:\n    file: {kubeconfig}",
                          cluster.ca_file, cluster.headers)
            try:
                yield from report("kube-apiserver", True, bench.run())
            finally:
                bench.stop()
    finally:
        cluster.stop()
