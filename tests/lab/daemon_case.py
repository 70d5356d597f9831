"""`canaryd serve` for tests of the daemon itself: one sandbox and one CA a test module, daemons as a test needs them.

    setUpModule = daemon_case.set_up    # then case.SANDBOX, case.PKI, case.CONTEXT
"""
import os
import pathlib
import re
import secrets
import socket
import subprocess
import tempfile
import unittest

from lab import audit_schema, daemon, net, notify
from lab.cluster import StatusWriter
from lab.pki import Pki
from lab.procs import Process
from lab.sandbox import Sandbox

FOLDER = SANDBOX = PKI = CONTEXT = None


def set_up():
    global FOLDER, SANDBOX, PKI, CONTEXT
    FOLDER = tempfile.TemporaryDirectory(prefix="canaryd-daemon-")
    unittest.addModuleCleanup(FOLDER.cleanup)
    SANDBOX = Sandbox()
    unittest.addModuleCleanup(SANDBOX.stop)
    SANDBOX.pause()
    PKI = Pki(pathlib.Path(FOLDER.name) / "pki")
    CONTEXT = PKI.client_context()


class Configured:
    """A folder with a configuration, and what is in it."""

    number = 0

    def __init__(self, address, more=""):
        Configured.number += 1
        self.folder = pathlib.Path(FOLDER.name) / f"daemon-{Configured.number}"
        self.folder.mkdir()
        self.audit_folder = self.folder / "audit"
        self.token_file = self.folder / "token"
        self.token_file.write_text(secrets.token_urlsafe(24))
        self.config_file = self.folder / "canaryd.yaml"
        certificate, key = PKI.issue(self.folder.name)
        self.config_file.write_text(daemon.CONFIG.format(
            instance="lab", certificate=certificate, key=key, token_file=self.token_file,
            cluster=f"  url:\n    address: {address}", audit=self.audit_folder, more=more))

    def change(self, old, new, times=1):
        text = self.config_file.read_text()
        if text.count(old) < 1:
            raise AssertionError(f"no {old!r} in the configuration")
        self.config_file.write_text(text.replace(old, new, times))

    def run(self):
        """For a start that fails: (exit code, stderr)."""
        done = subprocess.run([os.environ["CANARYD"], "serve", "--config", self.config_file], capture_output=True,
                              text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    records = daemon.Canaryd.records

    def lifecycle(self):
        return [record["event"] for record in self.records() if record["kind"] == "lifecycle"]

    def verify(self):
        return subprocess.run([os.environ["CANARYD"], "audit", "verify", self.audit_folder], capture_output=True,
                              text=True, check=False)


class Serve(Configured, Process):
    """A daemon that has started, ready or not, with either format of logs."""

    records_fit = True

    def __init__(self, address, more="", stdout=None):
        Configured.__init__(self, address, more)
        self.prepare()
        Process.__init__(self, "canaryd", [os.environ["CANARYD"], "serve", "--config", self.config_file],
                         log_path=self.folder / "canaryd.log", stdout=stdout)
        try:
            line = self.wait_line(r'^.*\bevent(=|":")started\b.*$', 60).group(0)
            self.port, self.admin_port = (int(re.search(rf'{name}\W+(\d+)', line).group(1))
                                          for name in ("webhook_port", "admin_port"))
            self.webhook_url = f"https://127.0.0.1:{self.port}/webhooks/alertmanager"
            self.admin_url = f"http://127.0.0.1:{self.admin_port}"
        except BaseException:
            self.stop()
            raise

    def prepare(self):
        """Between the configuration and the start: for those that need more around them."""

    def stop(self, timeout=30):
        """Ends it. What it has recorded fits the schema, unless a test spoiled it (`records_fit = False`)."""
        code = Process.stop(self, timeout)
        if self.records_fit:
            audit_schema.check(self.audit_folder)
        return code

    def admin(self, path):
        return net.request("GET", self.admin_url + path)

    def ready(self):
        self.wait_http(self.admin_url + "/readyz", 60)
        return self

    def metric(self, name):
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.admin("/metrics").body.decode(), re.MULTILINE)
        return float(found.group(1)) if found else None

    def deliver(self, *alerts, **more):
        return notify.deliver(self, CONTEXT, list(alerts), **more)


class DaemonCase(unittest.TestCase):
    number = 0

    def serve(self, address=None, more=""):
        started = Serve(address or SANDBOX.url, more)
        self.addCleanup(started.stop)
        return started

    def canary(self, percent=20):
        DaemonCase.number += 1
        service = StatusWriter(SANDBOX.request, "ml", f"case-{DaemonCase.number}")
        service.canary(percent)
        return service

    def assert_closed(self, port):
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()

    def assert_verifies(self, configured):
        done = configured.verify()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
