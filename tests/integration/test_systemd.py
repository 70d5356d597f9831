"""canaryd as a service of systemd: what it tells the manager, and the unit that `install` brings."""
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import unittest
from unittest import mock

from lab import daemon_case as case
from lab.daemon_case import DaemonCase

setUpModule = case.set_up


class Manager:
    """The manager's end of NOTIFY_SOCKET."""

    def __init__(self, address):
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace("@", "\0", 1))
        self.socket.settimeout(30)
        self.told = []

    def wait(self, line):
        while line not in self.told:
            self.told += self.socket.recv(65536).decode().split("\n")

    def wait_status(self, pattern):
        while not [line for line in self.told if re.match(r"STATUS=.*" + pattern, line)]:
            self.told += self.socket.recv(65536).decode().split("\n")


class Told(DaemonCase):
    def manager(self, address):
        manager = Manager(address)
        self.addCleanup(manager.socket.close)
        return manager

    def path(self):
        folder = tempfile.TemporaryDirectory(prefix="canaryd-notify-")
        self.addCleanup(folder.cleanup)
        return str(pathlib.Path(folder.name) / "notify")

    def start(self, address, api=None):
        with mock.patch.dict(os.environ, NOTIFY_SOCKET=address):
            return self.serve(api)

    def test_the_start_the_readiness_the_watchdog_and_the_stop(self):
        manager = self.manager(self.path())
        daemon = self.start(manager.address)
        manager.wait("READY=1")
        manager.wait("STATUS=ready")
        manager.told.remove("WATCHDOG=1")
        manager.wait("WATCHDOG=1")
        self.assertNotIn("STOPPING=1", manager.told)
        self.assertEqual(daemon.stop(), 0)
        manager.wait("STOPPING=1")

    def test_a_socket_of_the_abstract_namespace(self):
        manager = self.manager(f"@canaryd-test-{os.getpid()}")
        self.start(manager.address)
        manager.wait("READY=1")

    def test_a_cluster_that_is_away_is_a_status_and_no_failed_start(self):
        nobody = socket.socket()  # bound and not listening: refuses
        self.addCleanup(nobody.close)
        nobody.bind(("127.0.0.1", 0))
        manager = self.manager(self.path())
        self.start(manager.address, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        manager.wait("READY=1")
        manager.wait_status("cluster: the first list is not done: ")

    def test_a_manager_that_does_not_listen_holds_nothing_up(self):
        manager = self.manager(self.path())
        daemon = self.start(manager.address)
        until = time.monotonic() + 15  # its queue is full after about ten
        while time.monotonic() < until:
            self.assertEqual(daemon.admin("/healthz").status, 200)
            time.sleep(1)
        manager.socket.close()
        self.assertEqual(daemon.stop(), 0)

    def test_what_is_no_address_is_left_alone(self):
        for address in ("", "relative", "/" + "long" * 50):
            daemon = self.start(address).ready()
            self.assertEqual(daemon.stop(), 0)


class Unit(unittest.TestCase):
    """The installed unit, judged by systemd's own tools."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="canaryd-unit-")
        cls.addClassCleanup(folder.cleanup)
        # Its own names stand in it; only the program need be there for `verify`.
        cls.unit = pathlib.Path(folder.name) / "canaryd.service"
        cls.text = (pathlib.Path(os.environ["CANARYD_BUILD"]) / "canaryd.service").read_text()
        cls.command = re.search(r"^ExecStart=(\S+)", cls.text, re.MULTILINE).group(1)
        cls.unit.write_text(cls.text.replace(cls.command, os.environ["CANARYD"]))

    def analyze(self, *words):
        return subprocess.run(["systemd-analyze", *words, self.unit], capture_output=True, text=True, check=False)

    def test_systemd_knows_every_line_of_it(self):
        done = self.analyze("verify", "--man=no")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.unit.with_name("spoiled.service").write_text(self.unit.read_text() + "\n[Service]\nProtectHoome=yes\n")
        spoiled = subprocess.run(["systemd-analyze", "verify", "--man=no", self.unit.with_name("spoiled.service")],
                                 capture_output=True, text=True, check=False)
        self.assertIn("ProtectHoome", spoiled.stderr)

    def test_its_exposure_is_below_what_systemd_calls_ok(self):
        done = self.analyze("security", "--offline=yes", "--threshold=12")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_its_command_is_one_that_the_program_knows(self):
        words = re.search(r"^ExecStart=\S+ (.*)$", self.text, re.MULTILINE).group(1).split()
        done = subprocess.run([os.environ["CANARYD"], *words[:-1], "/nonexistent/canaryd.yaml"], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/canaryd.yaml", done.stderr)


if __name__ == "__main__":
    unittest.main()
