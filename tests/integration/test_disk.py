"""The audit log's disk is full, read-only or broken: 503 and no patch, said by /readyz, and over without a restart once
the disk is well again."""
import contextlib
import errno
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

from lab import net, notify
from lab.cluster import StatusWriter
from lab.daemon import Canaryd
from lab.misbehaving import MisbehavingApi
from lab.pki import Pki
from lab.procs import Process
from lab.sandbox import Sandbox
from lab.shim import Shim


# Limits for a volume of a few hundred kB: the steps before a full one are another test's.
SMALL = "  space: {warn: 3KiB, make_room: 2KiB, stop: 1KiB}\n"


@contextlib.contextmanager
def small_disk(folder, size="256k"):
    """A file system of its own, so that it can be filled without harm; skips where one cannot be mounted."""
    folder.mkdir(parents=True)
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "canaryd-test", folder],
                           capture_output=True, text=True, check=False)
    if mount.returncode != 0:
        raise unittest.SkipTest(f"no file system of its own can be mounted here: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


class Disk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="canaryd-disk-")
        cls.addClassCleanup(cls._folder.cleanup)
        cls.folder = pathlib.Path(cls._folder.name)
        cls.sandbox = Sandbox()
        cls.addClassCleanup(cls.sandbox.stop)
        cls.sandbox.pause()
        cls.api = MisbehavingApi(cls.sandbox.url)
        cls.addClassCleanup(cls.api.stop)
        cls.pki = Pki(cls.folder / "pki")
        cls.context = cls.pki.client_context()
        cls.number = 0

    def setUp(self):
        type(self).number += 1
        self.name = f"case-{self.number}"
        self.service = StatusWriter(self.sandbox.request, "ml", self.name)
        self.service.canary(20)
        self.generation = self.service.get()["metadata"]["generation"]
        self.alert = notify.alert(self.name, self.service.revision(2))
        self.own = self.folder / self.name
        self.shim = Shim(self.own, os.environ["CANARYD"])
        self.api.on_patch = None

    def start(self, folder=None, more=""):
        self.daemon = Canaryd(self.shim.program, folder or self.own, self.api.url, self.pki, more=more)
        self.addCleanup(self.daemon.stop)
        net.wait_until(lambda: self.records("decision"), 20, "the rehearsal")
        self.patches = self.api.patches

    def records(self, kind):
        return [r for r in self.daemon.records() if r["kind"] == kind and r.get("target", {}).get("name") == self.name]

    def deliver(self):
        return notify.deliver(self.daemon, self.context, [self.alert])

    def ready(self):
        return net.request("GET", f"http://{self.daemon.admin_address}/readyz")

    def assert_refused(self):
        for _ in range(3):
            answer = self.deliver()
            self.assertEqual(answer.status, 503, answer)
            self.assertIn("audit_unavailable", answer.body.decode())
        ready = self.ready()
        self.assertEqual(ready.status, 503)
        self.assertRegex(ready.body.decode(), "^audit log: (not writable|the volume of the audit log has .* left, .*)\n$")
        self.assertEqual(self.api.patches, self.patches, "a patch without an intent on the disk")
        self.assertEqual(self.service.get()["spec"]["predictor"]["canaryTrafficPercent"], 20)

    def assert_well_again(self):
        """By itself, as no alert may come to a pod that is not ready; then the retry acts."""
        net.wait_until(lambda: self.ready().status == 200, 20, "ready again")
        answer = self.deliver()
        self.assertEqual(answer.status, 200, answer)
        self.assert_rolled_back_once()

    def assert_rolled_back_once(self):
        now = self.service.get()
        self.assertEqual(now["spec"]["predictor"]["canaryTrafficPercent"], 0)
        self.assertEqual(now["metadata"]["generation"], self.generation + 1)
        applied = [r for r in self.records("outcome") if r["api"]["result"] == "applied"]
        self.assertEqual(len(applied), 1, self.records("outcome"))
        self.assertEqual([r["id"] for r in self.records("intent")], [applied[0]["id"]])
        code, text = self.daemon.verify()
        self.assertEqual(code, 0, text)

    def test_a_full_disk(self):
        self.start()
        self.shim.fail_writes(errno.ENOSPC)
        self.assert_refused()
        self.shim.fail_writes(0)
        self.assert_well_again()

    def test_a_read_only_file(self):
        self.start()
        self.shim.fail_writes(errno.EROFS)
        self.assert_refused()
        self.shim.fail_writes(0)
        self.assert_well_again()

    def test_a_disk_that_loses_what_it_was_to_keep(self):
        self.start()
        self.shim.fail_syncs(1_000_000)
        self.assert_refused()
        self.shim.fail_syncs(0)
        self.assert_well_again()
        self.assertTrue([r for r in self.daemon.records() if r.get("event") == "recovered"],
                        "what was never acknowledged was cut from the log, and that is recorded")

    def test_one_failed_fdatasync(self):
        self.start()
        self.shim.fail_syncs(1)
        answer = self.deliver()
        self.assertEqual(answer.status, 503, answer)
        self.assertEqual(self.api.patches, self.patches)
        self.assert_well_again()

    def test_a_disk_that_fails_between_the_patch_and_its_record(self):
        self.start()
        self.api.on_patch = ("slow", 1)
        answers = []
        delivery = threading.Thread(target=lambda: answers.append(self.deliver()))
        delivery.start()
        net.wait_until(lambda: self.api.patches > self.patches, 10, "the patch", 0.005)
        self.shim.fail_writes(errno.EIO)
        delivery.join(20)
        self.assertEqual(answers[0].status, 503, answers)
        self.assertIn("audit_unavailable", answers[0].body.decode())
        self.api.on_patch = None
        self.shim.fail_writes(0)
        self.assertEqual(net.wait_until(lambda: self.deliver().status == 200, 20, "the retry's answer", 0.2), True)
        net.wait_until(lambda: self.records("outcome"), 20, "the outcome, settled by reading")
        self.assertEqual(self.api.patches, self.patches + 1)
        self.assert_rolled_back_once()

    def test_a_really_full_file_system(self):
        with small_disk(self.own / "disk") as disk, contextlib.ExitStack() as before_unmounting:
            self.start(disk, SMALL)
            before_unmounting.callback(self.daemon.stop)
            filler = disk / "filler"
            with self.assertRaises(OSError) as full, open(filler, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(512))
            self.assertEqual(full.exception.errno, errno.ENOSPC)
            self.assert_refused()
            filler.unlink()
            self.assert_well_again()

    def test_a_read_only_file_system_ends_the_start(self):
        with small_disk(self.own / "disk") as disk:
            self.start(disk, SMALL)
            self.daemon.stop()
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            with Process("again", [os.environ["CANARYD"], "serve", "--config", self.daemon.config_file]) as again:
                self.assertEqual(again.wait_exit(20), 1)
                self.assertIn("Read-only file system", again.log())
                self.assertNotIn("started", again.log())

    def test_a_second_process_on_the_folder_ends_before_it_listens(self):
        self.start()
        with Process("second", [os.environ["CANARYD"], "serve", "--config", self.daemon.config_file]) as second:
            self.assertEqual(second.wait_exit(20), 1)
            self.assertIn("is in use by another process", second.log())
            self.assertNotIn("started", second.log())
        self.assert_well_again()

    def test_the_folder_of_a_killed_process_is_taken_over(self):
        self.start()
        self.daemon.process.kill()
        self.daemon = Canaryd(self.shim.program, self.own, self.api.url, self.pki)
        self.addCleanup(self.daemon.stop)
        self.assert_well_again()
        self.assertEqual(len([r for r in self.daemon.records() if r.get("event") == "start"]), 2)


if __name__ == "__main__":
    unittest.main()
