"""`canaryd serve` seen from outside: how it starts, refuses to start and stops, and its health."""
import concurrent.futures
import http.client
import os
import resource
import signal
import socket
import threading
import time
import unittest
import urllib.parse

from lab import daemon_case as case
from lab import net
from lab import notify
from lab.misbehaving import MisbehavingApi
from lab.procs import Process
from lab.daemon_case import Configured, DaemonCase

setUpModule = case.set_up


class RefusedStarts(DaemonCase):
    def refused(self, configured, *words):
        code, text = configured.run()
        self.assertEqual(code, 1, text)
        for word in words:
            self.assertIn(word, text)
        self.assertNotIn("Sanitizer", text)
        self.assertNotIn("start", configured.lifecycle())

    def busy_port(self):
        """A port that another program listens on."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        return listener.getsockname()[1]

    def test_a_bad_configuration_says_each_place(self):
        configured = Configured(case.SANDBOX.url)
        configured.change("admin:\n", "admin:\n  lisen: 1\n")
        configured.change("role: alert", "role: alrt")
        self.refused(configured, "canaryd.yaml:", "lisen", "alrt")

    def test_a_configuration_that_is_not_there(self):
        configured = Configured(case.SANDBOX.url)
        configured.config_file.unlink()
        self.refused(configured, "canaryd.yaml")

    def test_a_missing_certificate(self):
        configured = Configured(case.SANDBOX.url)
        configured.change(".crt", ".absent")
        self.refused(configured, ".absent")

    def test_a_key_of_another_certificate(self):
        configured = Configured(case.SANDBOX.url)
        case.PKI.issue("another")
        configured.change(f"{configured.folder.name}.key", "another.key")
        self.refused(configured, "another.key", "private key")

    def test_the_only_token_file_is_missing_or_too_short(self):
        configured = Configured(case.SANDBOX.url)
        configured.token_file.write_text("short")
        self.refused(configured, str(configured.token_file), "16")
        configured.token_file.unlink()
        self.refused(configured, str(configured.token_file))

    def test_a_busy_port_of_either_listener(self):
        for section in ("server", "admin"):
            with self.subTest(section):
                configured = Configured(case.SANDBOX.url)
                port = self.busy_port()
                configured.change(f'{section}:\n  listen: "127.0.0.1:0"', f'{section}:\n  listen: "127.0.0.1:{port}"')
                self.refused(configured, "127.0.0.1", str(port), "in use")

    def test_an_audit_folder_that_cannot_be_made(self):
        configured = Configured(case.SANDBOX.url)
        configured.change(str(configured.audit_folder), str(configured.token_file / "audit"))
        self.refused(configured, str(configured.token_file / "audit"))

    def test_a_second_process_on_the_audit_folder_ends_before_it_listens(self):
        first = self.serve().ready()
        second = Configured(case.SANDBOX.url)
        second.change(str(second.audit_folder), str(first.audit_folder))
        # Had it come to listen, it would complain of these ports.
        ports = [self.busy_port(), self.busy_port()]
        for port in ports:
            second.change('listen: "127.0.0.1:0"', f'listen: "127.0.0.1:{port}"')
        code, text = second.run()
        self.assertEqual(code, 1, text)
        self.assertIn(str(first.audit_folder), text)
        for port in ports:
            self.assertNotIn(str(port), text)
        self.assertEqual(first.admin("/readyz").status, 200)
        self.assertEqual(first.lifecycle(), ["created", "start"])
        self.assert_verifies(first)


class StartsAndStops(DaemonCase):
    def test_the_records_of_a_start_and_a_stop(self):
        started = self.serve().ready()
        self.assertEqual(started.stop(), 0)
        records = started.records()
        self.assertEqual(started.lifecycle(), ["created", "start", "stop"])
        self.assertEqual([r["seq"] for r in records], list(range(len(records))))
        self.assertRegex(records[1]["config_sha256"], "^[0-9a-f]{64}$")
        self.assert_verifies(started)

    def test_a_stop_of_an_idle_one_is_quick_and_closes_the_ports(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                started = self.serve().ready()
                idle = http.client.HTTPSConnection("127.0.0.1", started.port, context=case.CONTEXT, timeout=10)
                idle.connect()
                self.addCleanup(idle.close)
                began = time.monotonic()
                started.popen.send_signal(number)
                self.assertEqual(started.wait_exit(20), 0)
                self.assertLess(time.monotonic() - began, 5)
                self.assert_closed(started.port)
                self.assert_closed(started.admin_port)
                self.assertEqual(started.records()[-1]["event"], "stop")

    def test_a_patch_on_its_way_is_finished_and_answered_before_the_end(self):
        api = MisbehavingApi(case.SANDBOX.url)
        self.addCleanup(api.stop)
        service = self.canary()
        started = self.serve(api.url).ready()
        api.on_patch = ("slow", 3)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            delivery = pool.submit(started.deliver, notify.alert(service.name, service.revision(2)))
            net.wait_until(lambda: api.patches, 10, "the patch is on its way")
            started.popen.send_signal(signal.SIGTERM)
            answer = delivery.result(20)
        self.assertEqual((answer.status, answer.body.decode().strip()), (200, f"rolled_back ml/{service.name}"))
        self.assertEqual(started.wait_exit(20), 0)
        self.assertEqual(api.patches, 1)
        self.assertEqual(service.get()["spec"]["predictor"]["canaryTrafficPercent"], 0)
        kinds = [r.get("event") or r["kind"] for r in started.records() if r.get("action") != "rehearsal"]
        self.assertEqual(kinds[-3:], ["intent", "outcome", "stop"])
        self.assert_closed(started.port)
        self.assert_verifies(started)

    def test_a_new_connection_is_not_taken_while_it_stops(self):
        api = MisbehavingApi(case.SANDBOX.url)
        self.addCleanup(api.stop)
        service = self.canary()
        started = self.serve(api.url).ready()
        api.on_patch = ("slow", 5)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            delivery = pool.submit(started.deliver, notify.alert(service.name, service.revision(2)))
            net.wait_until(lambda: api.patches, 10, "the patch is on its way")
            started.popen.send_signal(signal.SIGTERM)

            def refused():
                try:
                    socket.create_connection(("127.0.0.1", started.port), timeout=1).close()
                except OSError:
                    return True
                return False

            net.wait_until(refused, 4, "the port is closed")
            self.assertIsNone(started.returncode, "it still waits for its patch")
            self.assertEqual(delivery.result(20).status, 200)
        self.assertEqual(started.wait_exit(20), 0)

    def test_a_restart_continues_the_log(self):
        started = self.serve().ready()
        self.assertEqual(started.stop(), 0)
        again = Process("canaryd", [os.environ["CANARYD"], "serve", "--config", started.config_file])
        self.addCleanup(again.stop)
        again.wait_line("event=started")
        again.stop()
        self.assertEqual(started.lifecycle(), ["created", "start", "stop", "start", "stop"])
        self.assert_verifies(started)

    def test_a_stop_while_the_api_server_never_answers_is_quick(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        started = self.serve(f"http://127.0.0.1:{silent.getsockname()[1]}")
        self.assertEqual(started.admin("/readyz").status, 503)
        began = time.monotonic()
        self.assertEqual(started.stop(), 0)
        self.assertLess(time.monotonic() - began, 10)


class Gate:
    """The way to an API server, on one port, closed at first. Closed, it refuses connections and cuts the open ones."""

    def __init__(self, upstream):
        self._upstream = urllib.parse.urlsplit(upstream)
        self._port = net.free_port()
        self._listener = None
        self._sockets = []
        self.url = f"http://127.0.0.1:{self._port}"

    def open(self):
        self._listener = socket.create_server(("127.0.0.1", self._port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                near = listener.accept()[0]
            except OSError:
                return
            far = socket.create_connection((self._upstream.hostname, self._upstream.port))
            self._sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        for open_socket in filter(None, [self._listener, *self._sockets]):
            try:
                open_socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            open_socket.close()
        self._listener, self._sockets = None, []


class Health(DaemonCase):
    def test_an_api_server_that_is_away_comes_and_comes_again(self):
        gate = Gate(case.SANDBOX.url)
        self.addCleanup(gate.close)
        first, second = self.canary(20), self.canary(30)

        def bad(service):
            return notify.alert(service.name, service.revision(2))

        def share(service):
            return started.metric(f'canaryd_rollout_traffic_percent{{namespace="ml",inferenceservice="{service.name}",'
                                  f'component="predictor",revision="{service.revision(2)}",role="canary"}}')

        started = self.serve(gate.url)
        with self.subTest("away at the start"):
            answer = started.admin("/readyz")
            self.assertEqual(answer.status, 503)
            self.assertIn("cluster: the first list is not done", answer.body.decode())
            self.assertNotIn("audit", answer.body.decode())
            self.assertEqual(started.admin("/healthz").status, 200)
            self.assertEqual(started.metric("canaryd_watch_synced"), 0)
            answer = started.deliver(bad(first))
            self.assertEqual(answer.status, 503, answer)
            self.assertIn("cluster_unavailable", answer.body.decode())
        gate.open()
        with self.subTest("there"):
            started.ready()
            self.assertEqual(started.metric("canaryd_watch_synced"), 1)
            self.assertEqual(share(second), 30)
            self.assertIn("rolled_back", started.deliver(bad(first)).body.decode())
        gate.close()
        with self.subTest("away again"):
            self.assertEqual(started.deliver(bad(second)).status, 503)
            self.assertEqual(started.admin("/healthz").status, 200)
            born_meanwhile = self.canary(40)
            second.percent(35)
            self.assertEqual(share(second), 30)
        gate.open()
        with self.subTest("there again"):
            net.wait_until(lambda: share(second) == 35 and share(born_meanwhile) == 40, 60, "the watch caught up")
            self.assertEqual(started.metric("canaryd_watch_synced"), 1)
            for service in (second, born_meanwhile):
                self.assertIn("rolled_back", started.deliver(bad(service)).body.decode())
                self.assertEqual(service.get()["spec"]["predictor"]["canaryTrafficPercent"], 0)
        self.assertEqual(started.log().count("event=started"), 1)
        started.stop()
        self.assert_verifies(started)

    def test_an_audit_log_that_cannot_be_written_is_a_reason_not_to_be_ready(self):
        started = self.serve().ready()
        service = self.canary()
        alert = notify.alert(service.name, service.revision(2))
        # No file of this process may grow: what a full disk is to a write.
        _, most = resource.prlimit(started.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(started.pid, resource.RLIMIT_FSIZE, (1, most))
        answer = started.deliver(alert)
        self.assertEqual(answer.status, 503, answer)
        self.assertIn("audit_unavailable", answer.body.decode())
        self.assertEqual(service.get()["spec"]["predictor"]["canaryTrafficPercent"], 20)
        ready = started.admin("/readyz")
        self.assertEqual(ready.status, 503)
        self.assertIn("audit log", ready.body.decode())
        self.assertEqual(started.metric("canaryd_audit_writable"), 0)
        self.assertEqual(started.admin("/healthz").status, 200)
        resource.prlimit(started.pid, resource.RLIMIT_FSIZE, (most, most))
        started.ready()
        # The rollback was kept open: it may be done before it is asked for again.
        self.assertEqual(started.deliver(alert).status, 200)
        self.assertEqual(service.get()["spec"]["predictor"]["canaryTrafficPercent"], 0)
        self.assertEqual(started.metric("canaryd_audit_writable"), 1)
        started.stop()
        self.assert_verifies(started)


if __name__ == "__main__":
    unittest.main()
