"""`canaryd audit verify` on logs of the real daemon: verdicts, exit codes, output, and checkpoints as log pipelines ship them."""
import json
import pathlib
import tempfile
import threading
import unittest

from lab import daemon_case, forged_log, lived_log, net

setUpModule = daemon_case.set_up
STAMP = "2026-11-21T05:42:38.975067000Z"


def cri(line):
    """As containerd writes a line of its container: long ones in parts."""
    half = len(line) // 2
    return f"{STAMP} stdout P {line[:half]}\n{STAMP} stdout F {line[half:]}\n"


WRAPPINGS = {
    "as it is": lambda line: line + "\n",
    "cri": cri,
    "docker": lambda line: json.dumps({"log": line + "\n", "stream": "stdout", "time": STAMP}) + "\n",
    "journald": lambda line: json.dumps({"MESSAGE": line, "PRIORITY": "6", "_PID": "1"}) + "\n",
    "loki": lambda line: json.dumps({"labels": {"app": "canaryd"}, "line": line, "timestamp": STAMP}) + "\n",
    "elastic": lambda line: json.dumps({"_index": "pods", "_source": {"message": line, "@timestamp": STAMP}}) + "\n",
    "elastic of docker": lambda line: json.dumps({"_source": {"log": json.dumps({"message": line})}}) + "\n",
}


class Verify(lived_log.LivedCase):
    def setUp(self):
        self.shipped = (self.daemon.folder / "canaryd.log").read_text().splitlines()
        self.kept = pathlib.Path(tempfile.mkdtemp(dir=self.work)) / "kept"

    def test_a_log_with_its_key_and_what_was_shipped_is_good_in_every_verdict(self):
        for name, wrap in WRAPPINGS.items():
            with self.subTest(wrapping=name):
                self.kept.write_text("".join(wrap(line) for line in self.shipped))
                code, text = self.verify(self.folder, "--checkpoint", self.kept, "--output", "json")
                self.assertEqual(code, 0, text)
                verdict = json.loads(text)
                for check in ("integrity", "completeness", "signatures", "anchoring"):
                    self.assertEqual(verdict[check]["state"], "good", verdict)
                self.assertGreater(verdict["anchors"], 1)
                self.assertEqual(verdict["anchors_of_other_logs"], 0)
                self.assertEqual(verdict["records"], verdict["tree"]["size"])

    def test_its_own_checkpoints_and_its_newest_note_are_anchors_too(self):
        notes = (self.folder / "checkpoints.log").read_bytes()
        for content in (notes, notes[notes.rstrip().rindex(b"\n\ncanaryd/") + 2:]):
            self.kept.write_bytes(content)
            code, text = self.verify(self.folder, "--checkpoint", self.kept)
            self.assertEqual(code, 0, text)
            self.assertIn("anchoring:    good", text)

    def test_without_key_and_checkpoint_it_says_what_was_not_checked(self):
        code, text = self.verify(self.folder, key=False)
        self.assertEqual(code, 0, text)
        self.assertIn("signatures:   not checked (no --key was given)\n", text)
        self.assertIn("anchoring:    not checked (no --checkpoint was given)\n", text)

    def test_quiet_says_nothing_unless_something_is_broken(self):
        self.assertEqual(self.verify(self.folder, "--quiet"), (0, ""))
        broken = self.copy()
        (broken / "checkpoints.log").unlink()
        code, text = self.verify(broken, "--quiet")
        self.assertEqual(code, 5)
        self.assertIn("signatures:   BROKEN\n", text)

    def test_the_lowest_of_several_exit_codes_counts(self):
        broken = self.copy()
        for leaves in sorted(broken.glob("*.leaves"))[:1]:
            leaves.unlink()
        other = forged_log.Key(pathlib.Path(tempfile.mkdtemp(dir=self.work)), "other")
        code, text = lived_log.canaryd("audit", "verify", broken, "--key", other.public)
        self.assertEqual(code, 4, text)
        self.assertIn("signatures:   BROKEN\n", text)
        compressed = next(broken.glob("*.zst"))
        compressed.write_bytes(compressed.read_bytes()[:-1])
        self.assertEqual(self.verify(broken)[0], 3)

    def test_what_cannot_be_read_is_no_verdict(self):
        self.kept.write_text("nothing that anchors\n")
        for arguments in (["--checkpoint", self.kept], ["--key", self.kept], ["--key", "/nonexistent"]):
            code, text = self.verify(self.folder, *arguments)
            self.assertEqual(code, 1, text)
            self.assertIn("canaryd: ", text)

    def test_a_file_of_another_log_never_makes_one_good(self):
        other = self.serve()
        other.ready()
        other.stop()
        self.kept.write_text("\n".join(self.shipped))
        code, text = lived_log.canaryd("audit", "verify", other.audit_folder, "--checkpoint", self.kept)
        self.assertEqual(code, 6, text)
        self.assertIn("got only those of canaryd/", text)


class InUse(lived_log.LivedCase):
    def live(self):
        """Verified again and again, by its key and beside what it ships, while it writes, rotates and compresses."""
        folder, shipped = self.daemon.audit_folder, self.daemon.folder / "canaryd.log"
        net.wait_until(lambda: "audit_checkpoint" in shipped.read_text() and b"canaryd/" in (
            folder / "checkpoints.log").read_bytes(), 90, "the first checkpoint")
        service, so_far, verdicts = self.canary(), self.work / "shipped", 0
        writes = threading.Thread(target=lambda: [self._fill(service) for _ in range(4)])
        writes.start()
        while writes.is_alive() or not list(folder.glob("*.zst")):
            so_far.write_text(shipped.read_text())
            code, text = self.verify(folder, "--checkpoint", so_far)
            self.assertEqual(code, 0, text)
            verdicts += 1
        writes.join()
        type(self).verdicts = verdicts

    def test_it_was_good_each_time(self):
        self.assertGreater(self.verdicts, 0)


if __name__ == "__main__":
    unittest.main()
