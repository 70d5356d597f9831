"""A real Prometheus (Debian's 2.42) with the shipped rules, on loopback."""
import json
import os
import pathlib
import re
import urllib.parse

from lab import net
from lab.procs import Process


def source_folder():
    return pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2])


# The shipped alerts that mean: roll this canary back.
ROLLBACK = ("CanaryHighErrorRate", "CanaryFailing", "CanaryHigherErrorRate", "CanaryHighLatency", "CanaryHigherLatency",
            "CanaryLowConfidence", "CanaryDown")


def shipped_rules():
    """All of the shipped rule files."""
    rules = source_folder() / "rules"
    return sorted(rules.glob("*.yaml")) + sorted(rules.glob("sources/*.yaml"))


def canaryd_pods(file, addresses):
    """Writes to `file` what kubernetes_sd_configs finds of canaryd's pods, for file_sd_configs; `addresses` are
    {pod: host:port}. Returns `file`."""
    meta = "__meta_kubernetes_"
    pathlib.Path(file).write_text(json.dumps([
        {"targets": [address],
         "labels": {f"{meta}namespace": "canaryd", f"{meta}pod_name": pod, f"{meta}pod_phase": "Running",
                    f"{meta}pod_label_app_kubernetes_io_name": "canaryd", f"{meta}pod_container_name": "canaryd",
                    f"{meta}pod_container_port_name": "admin"}} for pod, address in addresses.items()]))
    return file


def shipped_scrapes(sandbox_url, canaryds, interval=5, honor_labels=True):
    """The shipped scrape jobs, rules/scrape/prometheus.yaml, as text. Only where Kubernetes is asked for pods the sandbox
    is asked instead, and for those of canaryd the file `canaryds`: both answer as Kubernetes would, and the jobs' own
    relabelling does the rest. The interval, and to show what goes wrong honor_labels, may be another."""
    pods = f"http_sd_configs: [{{url: '{sandbox_url}/sandbox/v1/targets', refresh_interval: 1s}}]"
    text = (source_folder() / "rules" / "scrape" / "prometheus.yaml").read_text()
    head, *jobs = re.split(r"(?m)^(?=  - job_name: )", text)
    for number, job in enumerate(jobs):
        own = job.startswith("  - job_name: canaryd\n")
        changes = {r"kubernetes_sd_configs: \[.*\]": f"file_sd_configs: [{{files: ['{canaryds}']}}]" if own else pods,
                   "scrape_interval: .*": f"scrape_interval: {round(interval * 1000)}ms",
                   "scrape_timeout: .*": f"scrape_timeout: {round(min(interval, 4) * 1000)}ms"}
        if own:
            changes["honor_labels: true"] = f"honor_labels: {json.dumps(honor_labels)}"
        for what, instead in changes.items():
            job, found = re.subn(rf"(?m)^(    ){what}$", lambda m, new=instead: m.group(1) + new, job)
            if found != 1:
                raise AssertionError(f"{found} lines {what!r} in a shipped scrape job, expected one:\n{job}")
        jobs[number] = job
    return head + "".join(jobs)


class Prometheus:
    """Started by the constructor, ready when it returns. `scrapes` is the text of its scrape_configs; the rules are the
    shipped ones, with their own evaluation interval, or the files given."""

    def __init__(self, tools, folder, scrapes, alertmanager=None, rules=None, port=None):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port or net.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = {"rule_files": [str(path) for path in (rules or shipped_rules())]}
        if alertmanager:
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
        file = folder / "prometheus.yaml"  # a value in JSON is one in YAML
        file.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in config.items()) + scrapes)
        self.process = Process("prometheus", [
            pathlib.Path(tools) / "prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}", "--storage.tsdb.retention.time=2h", "--log.level=warn",
        ], log_path=folder / "prometheus.log")
        try:
            self.process.wait_http(f"{self.url}/-/ready", timeout=30)
        except BaseException:
            self.stop()
            raise

    def _get(self, path, **query):
        answer = net.request("GET", f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}")
        if answer.status != 200:
            raise AssertionError(f"prometheus answered {answer} to {path} {query}")
        return answer.json()["data"]

    def query(self, expression):
        """[(labels, value)] of an instant query."""
        return [(r["metric"], float(r["value"][1])) for r in self._get("query", query=expression)["result"]]

    def query_range(self, expression, start, end, step):
        """[(labels, [(time, value)])] of a range query; Unix times and seconds."""
        found = self._get("query_range", query=expression, start=start, end=end, step=step)["result"]
        return [(r["metric"], [(moment, float(value)) for moment, value in r["values"]]) for r in found]

    def label_values(self, label, selector, start, end):
        return self._get(f"label/{label}/values", **{"match[]": selector, "start": start, "end": end})

    def alerts(self, state=None, names=None):
        """The active alerts (labels, annotations, state, activeAt, value); `state`: "pending" or "firing"; `names`: only
        those."""
        return [a for a in self._get("alerts")["alerts"]
                if state in (None, a["state"]) and (names is None or a["labels"]["alertname"] in names)]

    def rule_health(self):
        """{rule name: last error} of the rules that failed their last evaluation."""
        return {rule["name"]: rule.get("lastError", rule["health"])
                for group in self._get("rules")["groups"] for rule in group["rules"]
                if rule["health"] not in ("ok", "unknown")}

    def failed_evaluations(self):
        """How many evaluations of a rule failed since it was started."""
        text = net.request("GET", f"{self.url}/metrics").body.decode()
        failures = re.findall(r"(?m)^prometheus_rule_evaluation_failures_total\{.*\} (\S+)$", text)
        if not failures:
            raise AssertionError("prometheus says nothing of failed evaluations")
        return sum(map(float, failures))

    def targets(self):
        """{(job, namespace, pod): health} of the targets that are scraped."""
        return {(t["labels"]["job"], t["labels"]["namespace"], t["labels"]["pod"]): t["health"]
                for t in self._get("targets")["activeTargets"]}

    def stop(self):
        self.process.stop()
