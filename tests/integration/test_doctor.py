"""`canaryd doctor` against the sandbox, and against a Prometheus and an Alertmanager that say what a test wants."""
import contextlib
import http.server
import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import unittest

from lab import daemon_case, doctor, net
from lab.pki import Pki

setUpModule = daemon_case.set_up

RULES = "/api/v1/rules"
QUIET = {
    RULES: {"data": {"groups": []}},
    "/api/v1/targets": {"data": {"activeTargets": []}},
    "/api/v1/alertmanagers": {"data": {"activeAlertmanagers": [{"url": "http://am"}]}},
    "/api/v1/status/config": {"data": {"yaml": "scrape_configs: []\n"}},
    "/api/v1/query": {"status": "success", "data": {"resultType": "vector", "result": []}},
    "/api/v2/silences": [],
    "/api/v2/alerts": {},
    "/api/v2/alerts/groups": [],
}


def route(text):
    """The answer to /api/v2/status of an Alertmanager that runs with this configuration."""
    return {"/api/v2/status": {"versionInfo": {"version": "0.27.0"}, "config": {"original": text}}}


class Answers:
    """A server that has one JSON answer for each path; 404 for others. `asked`: (method, path) of each request;
    `bodies`: what was posted."""

    def __init__(self, answers):
        self.asked, self.bodies = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.command == "POST":
                    outer.bodies.append(content.decode())
                path = self.path.split("?")[0]
                outer.asked.append((self.command, path))
                status, body = (200, answers[path]) if path in answers else (404, {"error": "no such path"})
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@contextlib.contextmanager
def silent_server():
    """Takes connections and never answers; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


class Doctor(daemon_case.DaemonCase):
    def configured(self, address=None, more=""):
        made = daemon_case.Configured(address or daemon_case.SANDBOX.url, more)
        made.audit_folder.mkdir()
        return made

    def kubeconfig(self):
        """To the sandbox, which does not say who asks."""
        file = self.configured().folder / "kubeconfig"
        file.write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: '"
            + daemon_case.SANDBOX.url + "'}}]\nusers: [{name: a, user: {}}]\n"
            "contexts: [{name: a, context: {cluster: a, user: a}}]\n")
        return file

    def answers(self, *more):
        server = Answers({key: value for each in (QUIET, *more) for key, value in each.items()})
        self.addCleanup(server.stop)
        return server


class OnTheSandbox(Doctor):
    def test_each_service_is_told_with_the_dry_run_of_its_rollback(self):
        service = self.canary(30)
        before = service.get()
        found = doctor.run(self.configured().config_file)
        self.assertIn(("OK", f"ml/{service.name}: predictor {service.name}-predictor-00002 at 30 %; its rollback is "
                             "admitted (dry run)"), found.of("services.rollback"), found)
        self.assertEqual(service.get(), before)
        self.assertEqual(found.one("kubernetes.reachable")[0], "OK", found)

    def test_what_cannot_be_asked_is_unknown_with_why_and_stops_nothing_else(self):
        found = doctor.run(self.configured().config_file)
        self.assertEqual(found.bad(), {
            "tls.certificate": {"WARN"},  # of the lab: it ends in two days
            "kubernetes.permissions_beyond": {"WARN"},  # the sandbox lets everybody do everything
            "prometheus.reachable": {"UNKNOWN"}, "alertmanager.reachable": {"UNKNOWN"}}, found)
        self.assertEqual((found.code, found.status), (4, "UNKNOWN"), found)

    def test_every_finding_that_is_not_ok_has_a_remedy(self):
        found = doctor.run(self.configured().config_file)
        for each in found.findings:
            with self.subTest(each["check"]):
                self.assertEqual(bool(each["remedy"]), each["status"] != "OK", each)
                self.assertIn(each["status"], ("OK", "WARN", "FAIL", "UNKNOWN"))

    def test_a_stranger_is_told_to_ask_as_canaryd(self):
        service = self.canary(30)
        kubeconfig = self.kubeconfig()
        checks = ("kubernetes.permissions", "kubernetes.permissions_beyond", "services.rollback")
        found = doctor.run(self.configured().config_file, "--kubeconfig", kubeconfig)
        for check in checks:
            self.assertEqual({status for status, _ in found.of(check)}, {"UNKNOWN"}, found)
        found = doctor.run(self.configured().config_file, "--kubeconfig", kubeconfig, "--as",
                           "system:serviceaccount:canaryd:canaryd")
        self.assertEqual(found.one("kubernetes.permissions")[0], "OK", found)
        self.assertIn("OK", [status for status, text in found.of("services.rollback") if f"{service.name}:" in text],
                      found)

    def test_as_text_it_says_the_same(self):
        made = self.configured()
        done = subprocess.run([os.environ["CANARYD"], "doctor", "--config", made.config_file], capture_output=True,
                              text=True, check=False)
        lines = done.stdout.splitlines()
        self.assertTrue(lines[0].startswith("OK      config"), lines[0])
        self.assertTrue(any(line.strip().startswith("-> ") for line in lines))
        self.assertRegex(lines[-1], r"^(UNKNOWN|FAIL): \d+ FAIL, \d+ UNKNOWN, \d+ WARN, \d+ OK$")


class Unreachable(Doctor):
    def test_an_api_server_that_is_away_is_unknown(self):
        found = doctor.run(self.configured(f"http://127.0.0.1:{net.free_port()}").config_file)
        self.assertEqual(found.one("kubernetes.reachable")[0], "UNKNOWN", found)
        self.assertEqual(found.one("tls.names")[0], "OK", found)
        self.assertEqual(found.code, 4)

    def test_servers_that_never_answer_hold_it_up_for_a_few_seconds_each(self):
        with silent_server() as silent:
            made = self.configured(silent)
            start = time.monotonic()
            found = doctor.run(made.config_file, "--prometheus", silent, "--alertmanager", silent)
            took = time.monotonic() - start
        self.assertEqual({check for check, statuses in found.bad().items() if "UNKNOWN" in statuses},
                         {"kubernetes.reachable", "prometheus.reachable", "alertmanager.reachable", "tls.names"}, found)
        self.assertLess(took, 60)

    def test_who_waits_is_told_for_what(self):
        with silent_server() as silent:
            waiting = subprocess.Popen(
                [os.environ["CANARYD"], "doctor", "--config", self.configured(silent).config_file, "--timeout", "6s"],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            with waiting:
                self.assertEqual(waiting.stderr.readline(), "canaryd: looks at the cluster, for at most 3s\n")
                self.assertIsNone(waiting.poll())

    def test_the_whole_time_is_bounded(self):
        with silent_server() as silent:
            start = time.monotonic()
            doctor.run(self.configured(silent).config_file, "--prometheus", silent, "--alertmanager", silent,
                       "--timeout", "1s")
            self.assertLess(time.monotonic() - start, 12)

    def test_an_api_server_that_takes_its_time_leaves_some_for_the_rest(self):
        other = self.answers(route("route: {receiver: a}\nreceivers:\n- name: a\n"))
        with silent_server() as silent:
            found = doctor.run(self.configured(silent).config_file, "--prometheus", other.url, "--alertmanager", other.url,
                               "--timeout", "4s")
        self.assertEqual([found.one(part + ".reachable")[0] for part in ("kubernetes", "prometheus", "alertmanager")],
                         ["UNKNOWN", "OK", "OK"], found)

    def test_what_is_no_prometheus_is_told(self):
        other = self.answers({RULES: ["no rules"]})
        found = doctor.run(self.configured().config_file, "--prometheus", other.url)
        self.assertEqual(found.one("prometheus.reachable")[0], "UNKNOWN", found)


class OnFiles(Doctor):
    def test_a_configuration_with_problems_is_a_fault_for_each(self):
        made = self.configured()
        made.change("audit:", "audits:")
        found = doctor.run(made.config_file)
        self.assertEqual(found.code, 3)
        self.assertTrue(all(status == "FAIL" for status, _ in found.of("config")), found)
        self.assertEqual(found.one("chain")[0], "UNKNOWN")

    def test_a_token_file_that_is_not_there_or_empty_is_a_fault(self):
        made = self.configured()
        made.token_file.write_text("\n")
        self.assertEqual(doctor.run(made.config_file).one("config.tokens")[0], "FAIL")
        made.token_file.unlink()
        found = doctor.run(made.config_file)
        self.assertEqual(found.one("config.tokens")[0], "FAIL", found)
        self.assertEqual(found.code, 3)

    def test_from_another_machine_files_that_are_not_here_are_unknown(self):
        made = self.configured()
        made.token_file.unlink()
        found = doctor.run(made.config_file, "--kubeconfig", self.kubeconfig())
        self.assertEqual(found.one("config.tokens")[0], "UNKNOWN", found)
        self.assertEqual(found.one("kubernetes.reachable")[0], "OK", found)

    def test_a_certificate_without_the_name_is_a_fault(self):
        found = doctor.run(self.configured().config_file, "--host", "canaryd-0.canaryd.canaryd.svc")
        self.assertEqual(found.one("tls.names")[0], "FAIL", found)

    def test_a_certificate_that_is_not_of_the_ca_is_a_fault(self):
        made = self.configured()
        other = Pki(pathlib.Path(made.folder) / "other", "another CA")
        self.assertEqual(doctor.run(made.config_file, "--ca", daemon_case.PKI.ca_file).bad().get("tls.certificate"),
                         {"WARN"})  # it ends in two days
        found = doctor.run(made.config_file, "--ca", other.ca_file)
        self.assertIn("FAIL", found.bad()["tls.certificate"], found)

    def test_no_secret_is_shown(self):
        made = self.configured()
        server = self.answers(route(
            "global: {smtp_auth_password: hunter2}\nroute: {receiver: a}\nreceivers:\n- name: a\n"))
        token = made.token_file.read_text()
        found = doctor.run(made.config_file, "--alertmanager", server.url, "--alertmanager-token-file", made.token_file,
                           "--prometheus", server.url)
        for secret in (token, "hunter2", "PRIVATE KEY"):
            self.assertNotIn(secret, found.text)


HIDDEN = """route:
  receiver: people
  routes:
  - receiver: {name}
    matchers: ['alertname=~"Canary.*"']
    continue: true
    group_by: [alertname, namespace, inferenceservice, revision, percent]
    group_wait: 0s
    group_interval: 1m
    repeat_interval: 50s
  - receiver: people
receivers:
- name: people
  webhook_configs: [{{url: <secret>}}]
- name: {name}
  webhook_configs:
  - url: <secret>
    max_alerts: 0
    http_config: {{follow_redirects: false, authorization: {{type: Bearer, credentials: <secret>}}}}
"""


class OnAlertmanager(Doctor):
    def ask(self, *more, arguments=()):
        server = self.answers(*more)
        found = doctor.run(self.configured().config_file, "--alertmanager", server.url, *arguments)
        self.assertEqual({method for method, _ in server.asked}, {"GET"})
        return found

    def test_urls_that_alertmanager_hides_are_found_by_the_receivers_name(self):
        found = self.ask(route(HIDDEN.format(name="monitoring/canaryd/canaryd")))
        self.assertNotIn("FAIL", {status for status, _ in found.of("alertmanager.route")}, found)
        self.assertTrue(any("shows no URL" in text for _, text in found.of("alertmanager.route")), found)
        found = self.ask(route(HIDDEN.format(name="robots")))
        self.assertIn("FAIL", found.bad()["alertmanager.route"], found)
        found = self.ask(route(HIDDEN.format(name="robots")), arguments=("--receiver", "robots"))
        self.assertNotIn("FAIL", found.bad()["alertmanager.route"], found)

    def test_names_that_nobody_says_are_not_taken_for_good_ones(self):
        hidden = route(HIDDEN.format(name="canaryd"))
        self.assertEqual(self.ask(hidden).one("tls.names")[0], "UNKNOWN")
        self.assertEqual(self.ask(hidden, arguments=("--host", "localhost")).one("tls.names")[0], "OK")
        self.assertEqual(self.ask(hidden, arguments=("--host", "elsewhere")).one("tls.names")[0], "FAIL")

    def test_an_alert_that_is_kept_back_now_is_told(self):
        alert = {"labels": {"alertname": "CanaryDown", "namespace": "ml", "inferenceservice": "iris"},
                 "status": {"state": "suppressed", "silencedBy": [], "inhibitedBy": ["abcd"]}}
        group = {"receiver": {"name": "canaryd"}, "alerts": [alert]}
        found = self.ask(route(HIDDEN.format(name="canaryd")), {"/api/v2/alerts/groups": [group]})
        self.assertEqual(found.one("alertmanager.kept_back")[0], "FAIL", found)

    def test_an_alert_that_a_time_interval_mutes_is_told_of_canaryds_route_alone(self):
        alert = {"labels": {"alertname": "CanaryDown", "namespace": "ml", "inferenceservice": "iris"},
                 "status": {"state": "suppressed", "silencedBy": [], "inhibitedBy": [], "mutedBy": ["weekends"]}}
        for receiver, expected in (("canaryd", "FAIL"), ("people", "OK")):
            group = {"receiver": {"name": receiver}, "alerts": [alert]}
            found = self.ask(route(HIDDEN.format(name="canaryd")), {"/api/v2/alerts/groups": [group]})
            self.assertEqual(found.one("alertmanager.kept_back")[0], expected, found)

    def test_a_silence_of_everything_is_told(self):
        silence = {"id": "s-1", "status": {"state": "active"}, "createdBy": "bob", "endsAt": "2030-01-01",
                   "matchers": [{"name": "alertname", "value": ".+", "isRegex": True, "isEqual": True}]}
        found = self.ask(route(HIDDEN.format(name="canaryd")), {"/api/v2/silences": [silence]})
        self.assertEqual(found.one("alertmanager.silences")[0], "FAIL", found)
        self.assertIn("bob", found.one("alertmanager.silences")[1])


class OnPrometheus(Doctor):
    def test_a_dead_canaryd_beside_a_living_one_is_told(self):
        living = {"metric": {"__name__": "canaryd_watch_synced", "job": "canaryd", "instance": "canaryd-0"},
                  "value": [1, "1"]}
        dead = {"labels": {"job": "canaryd", "instance": "canaryd-1"}, "scrapePool": "canaryd", "health": "down",
                "lastError": "connection refused", "scrapeInterval": "5s"}
        prometheus = self.answers({
            "/api/v1/query": {"status": "success", "data": {"resultType": "vector", "result": [living]}},
            "/api/v1/targets": {"data": {"activeTargets": [dead]}}})
        found = doctor.run(self.configured().config_file, "--prometheus", prometheus.url, "--replicas", 3)
        self.assertIn(("WARN", "canaryd's target canaryd-1 is down: connection refused"), found.of("prometheus.canaryd"))
        self.assertIn(("WARN", "Prometheus knows of 2 canaryds, and there are 3 (--replicas)"),
                      found.of("prometheus.canaryd"))


class TheTestAlert(Doctor):
    def test_it_has_the_namespace_of_a_service_and_not_canaryds_own(self):
        self.canary()
        daemon = self.serve(more="state:\n  namespace: canaryd\n")
        server = self.answers(route(HIDDEN.format(name="canaryd")))
        found = doctor.run(daemon.config_file, "--alertmanager", server.url, "--send-test", "--wait", "1s")
        self.assertIn("of the namespace ml", found.one("whole_way")[1])
        self.assertEqual({alert["labels"]["namespace"] for body in server.bodies for alert in json.loads(body)}, {"ml"})

    def test_it_is_not_sent_where_its_record_could_not_be_read(self):
        made = self.configured()
        server = self.answers(route(HIDDEN.format(name="canaryd")))
        made.audit_folder.rmdir()
        found = doctor.run(made.config_file, "--alertmanager", server.url, "--send-test", "--wait", "1s")
        self.assertEqual(found.one("whole_way")[0], "UNKNOWN", found)
        self.assertNotIn(("POST", "/api/v2/alerts"), server.asked)

    def test_one_that_does_not_arrive_is_a_fault_and_is_ended(self):
        daemon = self.serve()
        server = self.answers(route(HIDDEN.format(name="canaryd")))
        found = doctor.run(daemon.config_file, "--alertmanager", server.url, "--send-test", "--wait", "1s")
        self.assertEqual(found.one("whole_way")[0], "FAIL", found)
        self.assertEqual(server.asked.count(("POST", "/api/v2/alerts")), 2)


class Usage(Doctor):
    def code(self, *arguments):
        return subprocess.run([os.environ["CANARYD"], "doctor", *map(str, arguments)], capture_output=True, text=True,
                              check=False).returncode

    def test_wrong_usage_is_2(self):
        config = self.configured().config_file
        self.assertEqual(self.code(), 2)
        self.assertEqual(self.code("--config", config, "--send-test"), 2)
        self.assertEqual(self.code("--config", config, "--prometheus", "ftp://x"), 2)
        self.assertEqual(self.code("--config", config, "--context", "a"), 2)
        self.assertEqual(self.code("--config", config, "--timeout", "soon"), 2)

    def test_a_configuration_that_is_not_there_is_a_fault(self):
        self.assertEqual(self.code("--config", "/no/such/file"), 3)


if __name__ == "__main__":
    unittest.main()
