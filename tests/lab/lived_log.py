"""An audit log of the real daemon over several segments, signed: for the tests that judge logs.

    setUpModule = daemon_case.set_up
    class Case(lived_log.LivedCase): ...   # self.folder, self.key, self.daemon (stopped), self.work
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from lab import daemon_case, forged_log, net, notify
from lab.independent_audit import Check

MORE = """  rotate_size: {size}
  key_files: [{key}]
"""


class LivedCase(daemon_case.DaemonCase):
    """The log is written once a class; `copy()` gives each test its own."""

    size = "64KiB"  # the smallest that the configuration takes
    more = ""       # of the section `audit`

    @classmethod
    def setUpClass(cls):
        cls.work = pathlib.Path(tempfile.mkdtemp(dir=daemon_case.FOLDER.name))
        cls.key = forged_log.Key(cls.work)
        cls.daemon = daemon_case.Serve(daemon_case.SANDBOX.url, MORE.format(size=cls.size, key=cls.key.private) + cls.more)
        try:
            cls.daemon.ready()
            cls.live(cls())
        finally:
            cls.daemon.stop()
        cls.folder = cls.daemon.audit_folder

    def live(self):
        """Rollbacks, what is decided otherwise, and refused requests."""
        for _ in range(3):
            service = self.canary()
            alert = notify.alert(service.name, service.revision(2))
            net.wait_until(lambda service=service: self._recorded(service, "decision"), 20, "the rehearsal")
            self.assertEqual(self.daemon.deliver(alert).status, 200)
            net.wait_until(lambda service=service: self._recorded(service, "outcome"), 20, "the outcome")
            self._fill(service)
        net.wait_until(lambda: list(self.daemon.audit_folder.glob("*.zst")), 60, "a compressed segment")

    def _fill(self, service):
        """Decisions with long labels, until a segment is full."""
        for number in range(4):
            late = [notify.alert(service.name, "older", number=f"{number}-{at}", note="x" * 2000) for at in range(9)]
            self.assertEqual(self.daemon.deliver(*late).status, 200)

    def _recorded(self, service, kind):
        return [record for record in records(self.daemon.audit_folder)
                if record["kind"] == kind and record.get("target", {}).get("name") == service.name]

    def copy(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.work)) / "copy"
        shutil.copytree(self.folder, folder)
        return folder

    def verify(self, folder, *more, key=True):
        """(exit code, what it said) of canaryd's own verification."""
        known = ["--key", self.key.public] if key else []
        return canaryd("audit", "verify", folder, *known, *more)

    def check(self, folder, anchors=(), key=True):
        """The second program's."""
        return Check(folder, [self.key.public] if key else [], anchors)


def canaryd(*arguments):
    done = subprocess.run([os.environ["CANARYD"], *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def segments(folder):
    """The plain bytes of each segment whose records are there, in order, by the number of its first record."""
    found = {}
    for file in sorted(pathlib.Path(folder).glob("segment-*.jsonl*")):
        first = int(file.name[8:28])
        try:
            if file.suffix == ".jsonl":
                found[first] = file.read_bytes()
            elif file.suffix == ".zst" and first not in found:
                found[first] = subprocess.run(["zstd", "-dcq", file], check=True, capture_output=True).stdout
        except FileNotFoundError:
            return segments(folder)  # a plain segment was compressed meanwhile
    return found


def lines(folder):
    """Every whole line, without its LF."""
    return [line for _, raw in sorted(segments(folder).items()) for line in raw.split(b"\n")[:-1]]


def records(folder):
    return [json.loads(line) for line in lines(folder)]
