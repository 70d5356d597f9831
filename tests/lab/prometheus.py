"""A real Prometheus (Debian's 2.42) with the shipped rules, on loopback."""
import json
import os
import pathlib
import urllib.parse

from lab import net
from lab.procs import Process


def source_folder():
    return pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2])


def shipped_rules():
    """canary.yaml and the one source whose metrics the sandbox exports."""
    rules = source_folder() / "rules"
    return [rules / "canary.yaml", rules / "sources" / "model-metrics.yaml"]


class Target:
    """What is scraped. `labels` are the target's own, as service discovery would attach them (namespace, pod): they
    collide on purpose with labels that the series carry. `address` is host:port."""

    def __init__(self, job, address, labels, honor_labels=True):
        self.job = job
        self.address = address
        self.labels = labels
        self.honor_labels = honor_labels

    def scrape_config(self):
        return {"job_name": self.job, "honor_labels": self.honor_labels, "metrics_path": "/metrics",
                "static_configs": [{"targets": [self.address], "labels": self.labels}]}


def model_servers(address):
    """The sandbox's /metrics stands for all model pods: their labels are in its series and are kept."""
    return Target("model-servers", address, {"namespace": "sandbox", "pod": "sandbox-0"})


def canaryd(address, honor_labels=True, pod="canaryd-0"):
    return Target("canaryd", address, {"namespace": "canaryd", "pod": pod}, honor_labels)


class Prometheus:
    """Started by the constructor, ready when it returns. `interval` is the scrape interval in seconds; the shipped
    groups bring their own evaluation interval."""

    def __init__(self, tools, folder, targets, alertmanager=None, interval=5, rules=None):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.port = net.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = {
            "global": {"scrape_interval": f"{interval}s", "scrape_timeout": f"{min(interval, 4)}s",
                       "evaluation_interval": "5s"},
            "rule_files": [str(path) for path in (rules or shipped_rules())],
            "scrape_configs": [target.scrape_config() for target in targets],
        }
        if alertmanager:
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
        file = folder / "prometheus.json"  # JSON is YAML
        file.write_text(json.dumps(config, indent=2))
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

    def alerts(self, state=None):
        """The active alerts (labels, annotations, state, activeAt, value); `state`: "pending" or "firing"."""
        return [a for a in self._get("alerts")["alerts"] if state in (None, a["state"])]

    def rule_health(self):
        """{rule name: last error} of the rules that failed their last evaluation."""
        return {rule["name"]: rule.get("lastError", rule["health"])
                for group in self._get("rules")["groups"] for rule in group["rules"]
                if rule["health"] not in ("ok", "unknown")}

    def targets_up(self):
        """Whether every target has been scraped well at least once."""
        active = self._get("targets")["activeTargets"]
        return bool(active) and all(t["health"] == "up" for t in active)

    def stop(self):
        self.process.stop()
