"""`canaryd doctor` against the sandbox and servers that are away, on the configuration's files, and how it is used."""
import contextlib
import os
import pathlib
import socket
import subprocess
import time
import unittest

from lab import daemon_case, doctor, net
from lab.doctor_case import RULES, DoctorCase, route
from lab.pki import Pki

setUpModule = daemon_case.set_up


@contextlib.contextmanager
def silent_server():
    """Takes connections and never answers; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


class OnTheSandbox(DoctorCase):
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


class Unreachable(DoctorCase):
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


class OnFiles(DoctorCase):
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


class Usage(DoctorCase):
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
