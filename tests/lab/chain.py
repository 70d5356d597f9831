"""The whole chain on loopback: the sandbox's model servers, a real Prometheus with the shipped scrape jobs and rules, a
real Alertmanager with the shipped route, and canaryd."""
import contextlib
import pathlib

from lab import alertmanager, daemon, net, prometheus
from lab.pki import Pki
from lab.procs import Process
from lab.sandbox import Sandbox


class PartFailed(Exception):
    """Which part of the chain failed, why, and the end of its log."""

    def __init__(self, part, why, log=""):
        super().__init__(f"{part} failed: {why}" + (f"\n--- the end of its log ---\n{log}\n---" if log else ""))
        self.part = part


class Chain:
    """The four processes, for a `with`; a failure of any step is a PartFailed that names it. `interval`: seconds between
    scrapes; `rules`: the files instead of the shipped ones; `route`: changes the text of the shipped route; `scenario`:
    the sandbox's; `more`: of canaryd's configuration; `prometheus_port`: where canaryd asks, when that names it; `served`:
    the class of the daemon."""

    def __init__(self, canaryd, tools, folder, interval=5, honor_labels=True, rules=None, scenario=None, more="",
                 route=str, prometheus_port=None, served=daemon.Canaryd):
        self._canaryd, self._tools, self._folder = canaryd, tools, pathlib.Path(folder)
        self._interval, self._honor_labels, self._rules = interval, honor_labels, rules
        self._scenario, self._more = scenario, more
        self._route, self._prometheus_port, self._served = route, prometheus_port, served
        self._stack = contextlib.ExitStack()
        self._processes = {}

    def __enter__(self):
        with self._stack:
            pki = self._part("certificates", lambda: Pki(self._folder / "pki"))
            self.sandbox = self._start("sandbox", lambda: Sandbox(
                scenario=self._scenario, log_path=self._folder / "sandbox.log", program=self._canaryd))
            self.canaryd = self._start("canaryd", lambda: self._served(
                self._canaryd, self._folder, self.sandbox.url, pki, "canaryd-0", self._more))
            self.alertmanager = self._start("alertmanager", lambda: alertmanager.Alertmanager(
                self._tools, self._folder / "alertmanager", self._route(
                    alertmanager.shipped_route(self.canaryd.webhook_url, pki.ca_file, self.canaryd.token_file))))
            self.prometheus = self.start_prometheus("prometheus", self._honor_labels, self._rules,
                                                    self.alertmanager.address, self._prometheus_port)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def start_prometheus(self, name, honor_labels=True, rules=None, alertmanager_address=None, port=None):
        """One more Prometheus that scrapes the same targets; without an address its alerts go nowhere."""
        folder = self._folder / name

        def start():
            folder.mkdir()
            pods = prometheus.canaryd_pods(folder / "canaryd-pods.json", {"canaryd-0": self.canaryd.admin_address})
            scrapes = prometheus.shipped_scrapes(self.sandbox.url, pods, self._interval, honor_labels)
            return prometheus.Prometheus(self._tools, folder, scrapes, alertmanager_address, rules, port)

        return self._start(name, start)

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

    def wait_targets(self, expected):
        """Until these targets, (job, namespace, pod), and no others are scraped well."""
        self.wait("prometheus", lambda: self.prometheus.targets() == dict.fromkeys(expected, "up"), 60,
                  f"{len(expected)} targets scraped")

    def trails(self, namespace, name, actions=("rollback",)):
        """The records of each decision that became a patch of a service, in order: lists of intent, outcome, confirmed."""
        found = {}
        for record in self.canaryd.records():
            if record["kind"] == "intent" and record["action"] in actions and (
                    record["target"]["namespace"], record["target"]["name"]) == (namespace, name):
                found[record["id"]] = [record]
            elif record.get("id") in found:
                found[record["id"]].append(record)
        return list(found.values())

    def trail(self, namespace, name):
        """The first of the rollbacks; [] when there is none."""
        return next(iter(self.trails(namespace, name)), [])
