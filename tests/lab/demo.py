"""The demo: a real Prometheus raises an alert about a canary that misbehaves in the sandbox, a real Alertmanager sends
it over TLS, canaryd takes the canary's traffic away, and the proof is on disk. scripts/demo runs it, tests/e2e asserts it.

    python3 -m lab.demo --canaryd build/release/canaryd --tools FOLDER [--keep]
"""
import argparse
import contextlib
import pathlib
import signal
import sys

from lab import alertmanager, daemon, net, prometheus, timeline
from lab.pki import Pki
from lab.procs import Process, temp_folder
from lab.sandbox import Sandbox

NAMESPACE, SERVICE = "ml", "iris"
STABLE, CANARY = "iris-predictor-00001", "iris-predictor-00002"


class PartFailed(Exception):
    """Which part of the demo failed, why, and the end of its log."""

    def __init__(self, part, why, log=""):
        super().__init__(f"{part} failed: {why}" + (f"\n--- the end of its log ---\n{log}\n---" if log else ""))
        self.part = part


class Demo:
    """The four processes, for a `with`; a failure of any step is a PartFailed that names it."""

    def __init__(self, canaryd, tools, folder, interval=5, honor_labels=True):
        self._canaryd, self._tools, self._interval, self._honor_labels = canaryd, tools, interval, honor_labels
        self._folder = pathlib.Path(folder)
        self._stack = contextlib.ExitStack()
        self._processes = {}

    def __enter__(self):
        with self._stack:
            pki = self._part("certificates", lambda: Pki(self._folder / "pki"))
            self.sandbox = self._start(
                "sandbox", lambda: Sandbox(log_path=self._folder / "sandbox.log", program=self._canaryd))
            self.canaryd = self._start(
                "canaryd", lambda: daemon.Canaryd(self._canaryd, self._folder, self.sandbox.url, pki, "demo"))
            self.alertmanager = self._start("alertmanager", lambda: alertmanager.Alertmanager(
                self._tools, self._folder / "alertmanager",
                alertmanager.shipped_route(self.canaryd.webhook_url, pki.ca_file, self.canaryd.token_file)))
            self.prometheus = self._start("prometheus", lambda: prometheus.Prometheus(
                self._tools, self._folder / "prometheus",
                [prometheus.model_servers(self.sandbox.url.removeprefix("http://")),
                 prometheus.canaryd(self.canaryd.admin_address, self._honor_labels)],
                self.alertmanager.address, self._interval))
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def _part(self, name, action, log=lambda: ""):
        try:
            return action()
        except (AssertionError, OSError, ValueError, KeyError) as problem:
            raise PartFailed(name, f"{problem}", log()) from problem

    def _start(self, name, start):
        server = self._part(name, start)
        self._stack.callback(server.stop)
        self._processes[name] = server if isinstance(server, Process) else server.process
        return server

    def wait(self, part, condition, seconds, what):
        """Waits for `condition`; when it does not come, or a process ended, says so with the part's log."""

        def look():
            for name, process in self._processes.items():
                if process.returncode is not None:
                    raise PartFailed(name, f"ended with {process.returncode} before {what}", process.log_tail())
            return condition()

        return self._part(part, lambda: net.wait_until(look, seconds, what, interval=0.1),
                          self._processes[part].log_tail)

    def shares(self):
        return self.sandbox.traffic(NAMESPACE, SERVICE)

    def wait_healthy(self):
        """Until Prometheus sees the canary in flight, with enough healthy requests to judge it by."""
        self.wait("prometheus", self.prometheus.targets_up, 30, "both targets scraped")
        self.wait("sandbox", lambda: self.shares() == {STABLE: 95, CANARY: 5}, 10, "ml/iris at 95 % and 5 %")
        self.wait("prometheus", lambda: self.prometheus.query(f'canary:in_flight:info{{revision="{CANARY}"}}'), 30,
                  "the canary of ml/iris in the rules")
        enough = (f'canary:requests:increase30s{{revision="{CANARY}"}} >= 50 and '
                  f'canary:error_ratio:rate30s{{revision="{CANARY}"}} < 0.05')
        self.wait("prometheus", lambda: self.prometheus.query(enough), 60, "50 requests to the canary, healthy ones")
        if self.prometheus.alerts():
            raise PartFailed("prometheus", f"an alert before anything is wrong: {self.prometheus.alerts()}")

    def break_canary(self):
        """Every request to the canary fails from the returned moment on."""
        moment = timeline.now()
        self._part("sandbox", lambda: self.sandbox.behave(NAMESPACE, CANARY, error_ratio=1))
        return moment

    def trail(self):
        """The records of the first decision to roll ml/iris back: intent, outcome, confirmed."""
        records = self.canaryd.records()
        ids = [r["id"] for r in records if r["kind"] == "intent" and r["action"] == "rollback"]
        return [r for r in records if ids and r.get("id") == ids[0]]

    def record(self, kind):
        return next((r for r in self.trail() if r["kind"] == kind), None)


class Story:
    """One run from healthy to confirmed, and what it left behind."""

    def __init__(self, demo):
        demo.wait_healthy()
        self.generation_before = demo.sandbox.service(NAMESPACE, SERVICE)["metadata"]["generation"]
        self.breach = demo.break_canary()
        firing = demo.wait("prometheus", lambda: demo.prometheus.alerts("firing"), 60, "an alert is firing")
        self.alert = firing[0]
        self.alertname = self.alert["labels"]["alertname"]
        self.fired = timeline.at(self.alert["activeAt"])
        self.sent = demo.wait("alertmanager", lambda: demo.alertmanager.sent_at(self.alertname), 30,
                              "the alert is sent to canaryd")
        self.intent = demo.wait("canaryd", lambda: demo.record("intent"), 30, "a decision to roll back is recorded")
        self.outcome = demo.wait("canaryd", lambda: demo.record("outcome"), 30, "the outcome is recorded")
        self.confirmed = demo.wait("canaryd", lambda: demo.record("confirmed"), 60, "the rollback is confirmed")
        self.trail = demo.trail()
        self.shares = demo.shares()
        self.service = demo.sandbox.service(NAMESPACE, SERVICE)
        self.verify_code, self.verdict = demo.canaryd.verify()

    def faults(self):
        """What is not as it must be; empty when all is."""
        change = (self.intent.get("changes") or [{}])[0]
        checks = {
            f"the canary has no traffic in status, it has {self.shares}":
                self.shares.get(CANARY, 0) == 0 and self.shares.get(STABLE) == 100,
            "canaryTrafficPercent is 0": self.service["spec"]["predictor"].get("canaryTrafficPercent") == 0,
            f"the intent takes {CANARY} from 5 to 0":
                (change.get("canary"), change.get("percent_before"), change.get("percent_after")) == (CANARY, 5, 0),
            f"the intent names the alert {self.alertname}":
                self.alertname in [alert["name"] for alert in self.intent["alerts"]],
            "generation rose by one":
                self.service["metadata"]["generation"] == self.generation_before + 1,
            "the outcome says applied": self.outcome.get("api", {}).get("result") == "applied",
            "the audit log verifies": self.verify_code == 0,
        }
        return [f"expected: {what}" for what, holds in checks.items() if not holds]

    def timeline(self):
        labels = self.alert["labels"]
        line = timeline.Timeline("breach", self.breach, f"every request to {CANARY} fails from now on")
        line.add("rule firing", self.fired, f"{self.alertname} in Prometheus, for {labels['namespace']}/"
                 f"{labels['inferenceservice']} revision {labels['revision']} at {labels['percent']} %")
        line.add("notification", self.sent, "Alertmanager sends it to canaryd over TLS")
        line.add("decision", timeline.at(self.intent["time"]), f"{self.intent['verdict']}, on disk before the patch")
        line.add("patch", timeline.at(self.outcome["time"]), f"{self.outcome['api']['result']}, outcome on disk")
        line.add("confirmation", timeline.at(self.confirmed["time"]), "the cluster's status shows the canary at 0 %")
        return line

    def text(self):
        yield "Timeline (UTC):"
        yield from self.timeline().lines()
        yield ""
        yield f"Audit trail of decision {self.intent['id']}:"
        yield from timeline.trail(self.trail)
        yield ""
        yield "canaryd audit verify:"
        yield from (f"  {line}" for line in self.verdict.splitlines())
        yield ""
        yield "Traffic of ml/iris now: " + ", ".join(f"{r} {p} %" for r, p in sorted(self.shares.items()))


def keep(demo):
    print("\nLeft running until Ctrl-C:")
    for name, url in (("sandbox", demo.sandbox.url), ("canaryd", f"http://{demo.canaryd.admin_address}/metrics"),
                      ("webhook", demo.canaryd.webhook_url), ("prometheus", f"{demo.prometheus.url}/alerts"),
                      ("alertmanager", f"{demo.alertmanager.url}/api/v2/alerts"),
                      ("audit log", demo.canaryd.audit_folder)):
        print(f"  {name:<13} {url}")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def main():
    arguments = argparse.ArgumentParser(description="A canary breaks, an alert fires, canaryd rolls it back.")
    arguments.add_argument("--canaryd", required=True, type=pathlib.Path, help="the binary")
    arguments.add_argument("--tools", required=True, type=pathlib.Path, help="folder of prometheus and alertmanager")
    arguments.add_argument("--interval", default=5, type=int, help="seconds between scrapes (default: %(default)s)")
    arguments.add_argument("--keep", action="store_true", help="leave it running and print the addresses")
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the children are stopped
    try:
        with temp_folder("canaryd-demo-") as folder, Demo(options.canaryd, options.tools, folder,
                                                          options.interval) as demo:
            print(f"ml/iris: stable {STABLE} with 95 %, canary {CANARY} with 5 %, both healthy.\n"
                  "Waiting until Prometheus has seen enough requests to judge the canary by.\n", flush=True)
            story = Story(demo)
            print("\n".join(story.text()) + "\n", flush=True)
            faults = story.faults()
            print("\n".join(faults) or "The canary was rolled back, and the log proves it.", flush=True)
            if options.keep:
                keep(demo)
            return 1 if faults else 0
    except PartFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; everything is stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
