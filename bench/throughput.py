"""Webhook throughput at 64 keep-alive TLS connections, each decision durable before its answer, against the same guarded
server whose handler only makes one record of the same size durable (bench_guarded_server). In turns."""
import json
import subprocess

import figures
from lab import notify, pki
from lab.daemon import Canaryd
from lab.sandbox import Sandbox

CONNECTIONS = 64
ROUNDS = 5
SECONDS = 3


def body(folder, name, service):
    """A notification about a revision that is no longer the canary: decided, recorded, nothing patched."""
    alert = notify.alert(service, service + "-predictor-00001-old", namespace="bench")
    alert["fingerprint"] = "@FINGERPRINT@"
    path = folder / name
    path.write_text(json.dumps(notify.notification([alert])))
    return path


def load(port, ca_file, token_file, body_file, seconds=SECONDS):
    done = subprocess.run([figures.program("load"), str(port), ca_file, token_file, body_file, str(CONNECTIONS),
                           str(seconds)], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


class Baseline:
    def __init__(self, folder, authority, token_file, record_bytes):
        certificate, key = authority.issue("baseline")
        self.process = subprocess.Popen(
            [figures.program("guarded_server"), certificate, key, token_file, folder / "baseline", str(record_bytes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().strip().removeprefix("port="))

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


def record_size(daemon):
    sizes = [len(line) + 1 for file in daemon.audit_folder.glob("*.jsonl") for line in file.read_bytes().split(b"\n")
             if b'"reason":"stale_revision"' in line]
    if not sizes:
        raise AssertionError("no decision stale_revision was recorded")
    return int(figures.median(sizes)), len(sizes)


def compare(daemon, baseline, authority, bodies):
    """{what: (requests a second over the rounds, their answers' milliseconds)}"""
    port = int(daemon.webhook_url.split(":")[2].split("/")[0])
    rates = {name: [] for name in ("baseline", *bodies)}
    latencies = {name: [] for name in rates}
    for _ in range(ROUNDS):
        for name in rates:
            at = baseline.port if name == "baseline" else port
            file = next(iter(bodies.values())) if name == "baseline" else bodies[name]
            result = load(at, authority.ca_file, daemon.token_file, file)
            rates[name].append(result["per_second"])
            latencies[name].append(result["p50_ms"])
    return rates, latencies


def run():
    with figures.disk_folder() as folder, Sandbox(services=CONNECTIONS, program=figures.CANARYD) as sandbox:
        authority = pki.Pki(folder / "pki")
        daemon = Canaryd(figures.CANARYD, folder / "daemon", sandbox.url, authority, instance="bench")
        baseline = None
        try:
            bodies = {"a service each": body(folder, "many.json", "svc-@CONNECTION@"),
                      "one service": body(folder, "one.json", "svc-00000")}
            port = int(daemon.webhook_url.split(":")[2].split("/")[0])
            warm = sum(load(port, authority.ca_file, daemon.token_file, file, 0.5)["requests"] for file in bodies.values())
            size, count = record_size(daemon)
            if count != warm:
                raise AssertionError(f"{warm} requests were answered, {count} decisions recorded")
            baseline = Baseline(folder, authority, daemon.token_file, size)
            rates, latencies = compare(daemon, baseline, authority, bodies)
        finally:
            if baseline:
                baseline.stop()
            daemon.stop()
        code, text = daemon.verify()
        if code != 0:
            raise AssertionError(text)
    base = figures.median(rates["baseline"])
    yield figures.Figure(f"Guarded server, one record of {size} bytes a request, {CONNECTIONS} connections",
                         f"{base:.0f}/s (median answer {figures.median(latencies['baseline']):.1f} ms)")
    for name in bodies:
        rate = figures.median(rates[name])
        share = figures.median([mine / theirs for mine, theirs in zip(rates[name], rates["baseline"])])
        yield figures.Figure(
            f"Webhooks, {CONNECTIONS} connections, alerts about {name}",
            f"{share:.0%} ({rate:.0f}/s, median answer {figures.median(latencies[name]):.1f} ms)", ">= 80 %", share >= 0.8)
