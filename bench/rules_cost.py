"""What the shipped rules cost a real Prometheus: 1,000 services with two revisions each, 20 of them with a canary in
flight, scraped every 5 s. Beside it a second Prometheus scrapes the same without any rules: the difference is ours."""
import http.server
import json
import re
import threading
import time

import figures
from lab import net, promtool
from lab.prometheus import Prometheus
from lab.rule_simulation import LATENCY_BOUNDS, THRESHOLDS

SERVICES, CANARIES, PODS = 1000, 20, 10  # PODS: targets, with SERVICES / PODS services each
INTERVAL = 5
WARM_UP, MEASURED = 140, 90  # seconds; windows of 2 minutes must be full


def _model_lines(pod):
    """(series, its increase a second) of the services that one target exports."""
    for number in range(pod, SERVICES, PODS):
        for revision, rate in ((1, 95.0), (2, 5.0)):
            labels = (f'namespace="ns{number % 50}",revision="svc-{number}-predictor-0000{revision}",'
                      f'model_version="v{revision}"')
            for position, bound in enumerate((*LATENCY_BOUNDS, "+Inf"), 1):
                share = position / (len(LATENCY_BOUNDS) + 1)
                yield f'model_prediction_latency_seconds_bucket{{{labels},le="{bound}"}}', rate * share
            yield f"model_prediction_latency_seconds_count{{{labels}}}", rate
            yield f"model_prediction_latency_seconds_sum{{{labels}}}", rate * 0.1
            yield f"model_prediction_confidence_count{{{labels}}}", rate
            yield f"model_prediction_confidence_sum{{{labels}}}", rate * 0.9
            yield f'model_predictions_total{{{labels},status="success"}}', rate * 0.99
            yield f'model_predictions_total{{{labels},status="error"}}', rate * 0.01
            yield f'model_errors_total{{{labels},error_type="timeout"}}', rate * 0.01


def _canaryd_text():
    lines = ["canaryd_watch_synced 1"]
    for number in range(CANARIES):
        service = f'namespace="ns{number % 50}",inferenceservice="svc-{number}",component="predictor"'
        for revision, role, percent in ((2, "canary", 5), (1, "stable", 95)):
            about = f'{service},revision="svc-{number}-predictor-0000{revision}"'
            lines.append(f'canaryd_rollout_revision{{{about},role="{role}"}} 1')
            lines.append(f'canaryd_rollout_traffic_percent{{{about},role="{role}"}} {percent}')
        for signal, value in THRESHOLDS.items():
            lines.append(f'canaryd_threshold{{{service},revision="svc-{number}-predictor-00002",signal="{signal}"}} {value}')
    return "\n".join(lines) + "\n"


class Exporter:
    """/0 to /9 are the model servers, /canaryd is canaryd. Counters grow with the clock."""

    def __init__(self):
        began = time.monotonic()
        pods = [list(_model_lines(pod)) for pod in range(PODS)]
        canaryd = _canaryd_text()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.strip("/")
                if name == "canaryd":
                    text = canaryd
                else:
                    passed = time.monotonic() - began
                    text = "".join(f"{series} {rate * passed:.3f}\n" for series, rate in pods[int(name)])
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def scrapes(self):
        """The text of a Prometheus' scrape_configs: a job for each path."""
        paths = {f"model-{pod}": f"/{pod}" for pod in range(PODS)} | {"canaryd-0": "/canaryd"}
        return "scrape_configs: " + json.dumps([
            {"job_name": pod, "scrape_interval": f"{INTERVAL}s", "scrape_timeout": f"{INTERVAL}s", "honor_labels": True,
             "metrics_path": path, "static_configs": [{"targets": [self.address], "labels": {"pod": pod}}]}
            for pod, path in paths.items()]) + "\n"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def _own_metrics(prometheus):
    """({group: seconds of its last evaluation}, CPU seconds so far) as Prometheus says of itself."""
    text = net.request("GET", f"{prometheus.url}/metrics").body.decode()
    groups = re.findall(r'^prometheus_rule_group_last_duration_seconds\{rule_group=".*?;([^"]+)"\} (\S+)$', text, re.M)
    cpu = re.search(r"^process_cpu_seconds_total (\S+)$", text, re.M)
    return {group: float(value) for group, value in groups}, float(cpu[1])


def _watch(ours, bare):
    """({group: [seconds]}, our CPU seconds, the bare one's) over MEASURED seconds."""
    durations = {}
    begun = [_own_metrics(p)[1] for p in (ours, bare)]
    end = time.monotonic() + MEASURED
    while time.monotonic() < end:
        time.sleep(INTERVAL)
        for group, value in _own_metrics(ours)[0].items():
            durations.setdefault(group, []).append(value)
    spent = [_own_metrics(p)[1] - before for p, before in zip((ours, bare), begun)]
    return durations, *spent


def _count(prometheus, selector):
    found = prometheus.query(f"count({selector})")
    return int(found[0][1]) if found else 0


def _rows(ours, bare):
    durations, cpu, bare_cpu = _watch(ours, bare)
    if health := ours.rule_health():
        raise AssertionError(f"rules failed: {health}")
    scraped = _count(ours, '{__name__=~"model_.+|canaryd_.+"}')
    added = _count(ours, '{__name__=~"canary:.+|ALERTS.*"}')
    by_source = _count(ours, '{__name__=~"canary:.+",source!="",inferenceservice=""}')
    if added == 0 or _count(ours, "canary:in_flight:info") != CANARIES:
        raise AssertionError(f"the rules saw {_count(ours, 'canary:in_flight:info')} canaries, expected {CANARIES}")
    yield figures.Figure(f"Series scraped: {SERVICES:,} services, 2 revisions each, {CANARIES} canaries in flight",
                         f"{scraped:,}")
    yield figures.Figure("- added by the rules (of these the common series, all services)",
                         f"{added:,} ({by_source:,}): {added / scraped:.1%} of the scraped")
    for group, values in sorted(durations.items()):
        middle = figures.median(values)
        interval = 3 * INTERVAL if group.endswith("-slow") else INTERVAL
        yield figures.Figure(f"Evaluation of group {group} (median, longest)",
                             f"{middle * 1000:.1f} ms, {max(values) * 1000:.1f} ms: {middle / interval:.2%} of its interval")
    yield figures.Figure("CPU of Prometheus with the rules, without any",
                         f"{cpu / MEASURED:.1%}, {bare_cpu / MEASURED:.1%} of a core: {cpu / bare_cpu:.2f}x")


def run():
    folder_of_tools = promtool.path().parent
    rules = figures.SOURCE / "rules"
    files = [*sorted(rules.glob("*.yaml")), rules / "sources" / "model-metrics.yaml"]
    exporter = Exporter()
    try:
        with figures.disk_folder() as folder:
            running = []
            try:
                running.append(Prometheus(folder_of_tools, folder / "ours", exporter.scrapes(), rules=files))
                empty = folder / "none.yaml"
                empty.write_text("groups: []\n")
                running.append(Prometheus(folder_of_tools, folder / "bare", exporter.scrapes(), rules=[empty]))
                time.sleep(WARM_UP)
                yield from _rows(*running)
            finally:
                for prometheus in running:
                    prometheus.stop()
    finally:
        exporter.stop()
