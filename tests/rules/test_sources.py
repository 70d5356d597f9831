"""The sources and what feeds them: every file of rules/sources writes the same series, and the shipped scrape jobs give
its series the namespace and revision that Kubernetes says, in a real Prometheus."""
import http.server
import json
import os
import pathlib
import re
import threading
import time
import unittest
import urllib.parse

from lab import net, promtool
from lab.procs import Process, temp_folder

RULES = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2]) / "rules"
SOURCES = sorted(RULES.glob("sources/*.yaml"))
JOBS = RULES / "scrape" / "prometheus.yaml"
MONITORS = sorted(set(RULES.glob("scrape/*.yaml")) - {JOBS})

REQUIRED = ["canary:requests:rate2m", "canary:requests:rate30s", "canary:error_ratio:rate2m",
            "canary:error_ratio:rate30s", "canary:latency_seconds:p95_2m"]
OPTIONAL = ["canary:confidence:mean2m"]


class SourceFiles(unittest.TestCase):
    def test_the_three_are_there(self):
        self.assertLessEqual({"knative-legacy", "knative-otel", "model-metrics"}, {path.stem for path in SOURCES})

    def test_each_writes_the_common_series_and_no_other_under_its_own_name(self):
        for path in SOURCES:
            with self.subTest(path.stem):
                text = path.read_text()
                group = f"canary-source-{path.stem}"
                self.assertEqual(re.findall(r"^ +(?:- )?name: (\S+)$", text, re.M), [group, f"{group}-slow"])
                self.assertEqual(re.findall(r"^ +interval: (\S+)$", text, re.M), ["5s", "15s"])
                records = re.findall(r"^ +- record: (\S+)$", text, re.M)
                self.assertEqual([name for name in records if name not in OPTIONAL], REQUIRED)
                labels = re.findall(r"^ +labels: (.+)$", text, re.M)
                self.assertEqual(labels, [f"{{source: {path.stem}}}"] * len(records))

    def test_none_reads_what_another_has_written(self):
        for path in SOURCES:
            read = re.findall(r"canary:[a-z0-9_:]+(\{[^}]*\})?", "".join(
                line for line in path.read_text().splitlines(True) if "record:" not in line and "#" not in line))
            with self.subTest(path.stem):
                self.assertTrue(read)
                self.assertEqual(set(read), {f'{{job="",source="{path.stem}"}}'})

    def test_each_says_what_it_needs_and_which_scrape_interval_it_bears(self):
        for path in SOURCES:
            header = path.read_text().split("groups:")[0]
            with self.subTest(path.stem):
                self.assertRegex(header, r"\bNeeds\b")
                self.assertIn("up to 30s", header)
                self.assertIn("up to 7.5s", header)

    def test_each_has_a_promtool_test_of_its_own(self):
        for path in SOURCES:
            test = RULES / "tests" / f"source_{path.stem}.yaml"
            with self.subTest(path.stem):
                self.assertIn(f"rule_files: [../sources/{path.name}]\n", test.read_text())


def with_discovery(text, service):
    """The jobs with `service`, a format string for http_sd_configs, in place of Kubernetes' discovery: Debian's
    Prometheus is built without it."""
    names = iter(re.findall(r"^ +- job_name: (\S+)$", text, re.M))
    return re.sub(r"kubernetes_sd_configs: .*", lambda _: "http_sd_configs: " + service.format(next(names)), text)


def relabellings(text, source, target):
    """{(from, to)} of the rules that set a label, in the words of the jobs or of the monitors."""
    return set(re.findall(source + r": \[(\w+)\](?:, |\s+)" + target + r": (\w+)", text))


class ScrapeFiles(unittest.TestCase):
    def test_promtool_accepts_the_jobs(self):
        with temp_folder() as folder:
            file = folder / "prometheus.yaml"
            file.write_text(with_discovery(JOBS.read_text(), '[{{url: "http://127.0.0.1/{}"}}]'))
            code, text = promtool.run("check", "config", file)
        self.assertEqual(code, 0, text)

    def test_only_canaryd_is_believed_what_it_says_of_itself(self):
        jobs = dict(re.findall(r"^  - job_name: (\S+)\n((?:    .*\n)+)", JOBS.read_text(), re.M))
        self.assertEqual({name for name, job in jobs.items() if "honor_labels: true" in job}, {"canaryd"})
        self.assertEqual({path.name for path in MONITORS if "honorLabels: true" in path.read_text()}, {"canaryd.yaml"})

    def test_each_monitor_says_the_same_as_its_job(self):
        jobs = dict(re.findall(r"^  - job_name: (\S+)\n((?:    .*\n)+)", JOBS.read_text(), re.M))
        self.assertEqual(sorted(jobs), [path.stem for path in MONITORS])
        by_the_operator = {"namespace", "pod", "container"}
        for path in MONITORS:
            monitor, job = path.read_text(), jobs[path.stem]
            with self.subTest(path.stem):
                self.assertIn("kind: PodMonitor\n", monitor)
                wanted = {pair for pair in relabellings(job, "source_labels", "target_label")
                          if pair[1] not in by_the_operator}
                self.assertEqual(relabellings(monitor, "sourceLabels", "targetLabel"), wanted)
                self.assertEqual(re.findall(r"interval: (\w+)", monitor), re.findall(r"scrape_interval: (\w+)", job))
                self.assertEqual(re.findall(r"scrapeTimeout: (\w+)", monitor), re.findall(r"_timeout: (\w+)", job))
                kept = re.findall(r"\[__name__\][,\s]+regex: '?([^',\n]+)", job)
                self.assertEqual(re.findall(r"\[__name__\][,\s]+regex: '?([^',\n]+)", monitor), kept)


def pod(name, namespace, container, port, revision=None, phase="Running", **labels):
    """What Kubernetes' discovery says of one container port of a pod, and the path that stands for it here."""
    target = {"__meta_kubernetes_namespace": namespace, "__meta_kubernetes_pod_name": name,
              "__meta_kubernetes_pod_container_name": container, "__meta_kubernetes_pod_container_port_name": port,
              "__meta_kubernetes_pod_phase": phase, "__metrics_path__": f"/pods/{name}/{port}"}
    if revision:
        labels["serving_knative_dev_revision"] = revision
        labels["serving_kserve_io_inferenceservice"] = revision.split("-predictor")[0]
    target.update({f"__meta_kubernetes_pod_label_{key}": value for key, value in labels.items()})
    return target


LIAR = 'namespace="other",revision="other-predictor-00009"'
NAMED = 'namespace_name="other",revision_name="other-predictor-00009"'
PODS = {  # each with what it exports; {} is a counter that moves
    "canaryd-0": (pod("canaryd-0", "canaryd", "canaryd", "admin", app_kubernetes_io_name="canaryd"),
                  'canaryd_rollout_revision{namespace="ml",revision="iris-predictor-00002",role="canary"} 1\n'),
    "canaryd-https": (pod("canaryd-https", "canaryd", "canaryd", "https", app_kubernetes_io_name="canaryd"), ""),
    "impostor": (pod("impostor", "team", "canaryd", "admin", app_kubernetes_io_name="canaryd"),
                 'canaryd_rollout_revision{namespace="ml",revision="iris-predictor-00001",role="canary"} 1\n'),
    "model": (pod("model", "ml", "kserve-container", "user-port", "iris-predictor-00002"),
              "model_prediction_latency_seconds_count{%s} {}\nmodel_errors_total{%s} {}\nother_total {}\n"
              % (LIAR, LIAR)),
    "sidecar": (pod("sidecar", "ml", "queue-proxy", "http-autometric", "iris-predictor-00002"), ""),
    "ended": (pod("ended", "ml", "kserve-container", "user-port", "iris-predictor-00003", phase="Succeeded"), ""),
    "stranger": (pod("stranger", "ml", "kserve-container", "user-port"),
                 'model_prediction_latency_seconds_count{namespace="ml",revision="iris-predictor-00002"} {}\n'),
    "otel": (pod("otel", "ml", "queue-proxy", "http-usermetric", "wine-predictor-00002"),
             'http_server_request_duration_seconds_count{http_response_status_code="200"} {}\n'
             'target_info{kn_revision_name="wine-predictor-00002"} 1\n'),
    "legacy": (pod("legacy", "ml", "queue-proxy", "http-usermetric", "rose-predictor-00002"),
               'revision_request_count{%s,response_code_class="5xx"} {}\n' % NAMED),
}


class Cluster(http.server.ThreadingHTTPServer):
    """Discovery and all pods' /metrics on one port."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.began = time.monotonic()
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def answer(self, path):
        if path.startswith("/discovery/"):
            address = f"127.0.0.1:{self.server_address[1]}"
            return "application/json", json.dumps([{"targets": [address], "labels": p} for p, _ in PODS.values()])
        count = str(int((time.monotonic() - self.began) * 100))
        return "text/plain; version=0.0.4", PODS[path.split("/")[2]][1].replace("{}", count)

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind, body = self.server.answer(self.path)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Scraped(unittest.TestCase):
    """The shipped jobs and all sources in a real Prometheus, with 1 s in place of their 5 s."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.stop)
        cls.folder = cls.enterClassContext(temp_folder())
        jobs = with_discovery(JOBS.read_text(), '[{{url: "http://127.0.0.1:%d/discovery/{}"}}]'
                              % cls.cluster.server_address[1])
        jobs = jobs.replace("scrape_interval: 5s", "scrape_interval: 1s").replace("_timeout: 4s", "_timeout: 1s")
        file = cls.folder / "prometheus.yaml"
        file.write_text(f"rule_files: {json.dumps([str(path) for path in SOURCES])}\n{jobs}")
        port = net.free_port()
        cls.url = f"http://127.0.0.1:{port}"
        prometheus = cls.enterClassContext(Process("prometheus", [
            promtool.path().with_name("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={cls.folder}/data",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], log_path=cls.folder / "prometheus.log"))
        prometheus.wait_http(f"{cls.url}/-/ready", timeout=60)
        net.wait_until(lambda: len(cls.query("canary:error_ratio:rate30s")) == 3, 90,
                       "three ratios", interval=0.5)

    @classmethod
    def query(cls, expression):
        answer = net.request("GET", f"{cls.url}/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        return [(result["metric"], float(result["value"][1])) for result in answer.json()["data"]["result"]]

    def test_each_job_takes_its_own_pods_and_no_others(self):
        taken = {(labels["job"], labels["pod"]) for labels, _ in self.query("up == 1")}
        self.assertEqual(taken, {("canaryd", "canaryd-0"), ("model-servers", "model"), ("knative-queue-proxy", "otel"),
                                 ("knative-queue-proxy", "legacy")})
        self.assertEqual(self.query("up == 0"), [])

    def test_canaryds_series_keep_the_namespace_of_the_rollout(self):
        self.assertEqual([labels["namespace"] for labels, _ in self.query("canaryd_rollout_revision")], ["ml"])

    def test_requests_belong_to_the_pod_that_was_scraped_whatever_it_says_of_itself(self):
        found = {(labels.pop("source"), labels.pop("namespace"), labels.pop("revision"), tuple(labels))
                 for labels, _ in self.query("canary:requests:rate30s > 0")}
        self.assertEqual(found, {("model-metrics", "ml", "iris-predictor-00002", ("__name__",)),
                                 ("knative-otel", "ml", "wine-predictor-00002", ("__name__",)),
                                 ("knative-legacy", "ml", "rose-predictor-00002", ("__name__",))})

    def test_the_errors_are_found_beside_the_requests(self):
        ratios = {labels["source"]: value for labels, value in self.query("canary:error_ratio:rate30s")}
        self.assertEqual(ratios.keys(), {"model-metrics", "knative-otel", "knative-legacy"})
        self.assertEqual((ratios["model-metrics"], ratios["knative-otel"], ratios["knative-legacy"]), (1, 0, 1))

    def test_nothing_but_what_the_sources_read_is_stored(self):
        names = {labels["__name__"] for labels, _ in self.query('{job=~"model-servers|knative-queue-proxy"}')}
        self.assertEqual({name for name in names if not re.match("(up$|scrape_)", name)},
                         {"model_prediction_latency_seconds_count", "model_errors_total", "revision_request_count",
                          "http_server_request_duration_seconds_count"})


if __name__ == "__main__":
    unittest.main()
