"""Checkpoints of a daemon at work: in the file and out of the process soon after a rollback, at the stop, while it is
idle, with keys that change, and in the ConfigMap that witnesses them."""
import base64
import json
import os
import subprocess
import tempfile
import unittest

from lab import checkpoints, net, notify
from lab import daemon_case as case
from lab.daemon_case import DaemonCase, Serve


def setUpModule():
    case.set_up()


class Signed(Serve):
    """One with a key."""

    def prepare(self):
        self.key_file = self.folder / "key.pem"
        self.public = checkpoints.new_key(self.key_file)

    def out(self):
        return checkpoints.came_out(self.log())

    def kept(self):
        return checkpoints.kept(self.audit_folder)

    def size(self):
        return len(self.records())

    def verify_with(self, *more):
        done = subprocess.run([os.environ["CANARYD"], "audit", "verify", self.audit_folder, *more], capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class CheckpointCase(DaemonCase):
    def signed(self, more="", keys="[key.pem]", stdout=None):
        started = Signed(case.SANDBOX.url, f"  key_files: {keys}\n{more}", stdout)
        self.addCleanup(started.stop)
        return started.ready()

    def roll_back(self, daemon):
        """Returns the seq of the outcome."""
        service = self.canary()
        answer = daemon.deliver(notify.alert(service.name, service.revision(2)))
        self.assertEqual(answer.status, 200, answer)
        return next(r["seq"] for r in daemon.records()
                    if r["kind"] == "outcome" and r["target"]["name"] == service.name)

    def wait_signed(self, daemon, size):
        net.wait_until(lambda: any(note.size >= size for note in daemon.kept()), 20, f"a kept checkpoint of {size}")
        net.wait_until(lambda: any(note.size >= size for note in daemon.out()), 20, f"a checkpoint of {size} went out")


class Checkpoints(CheckpointCase):
    def test_a_rollback_is_covered_in_the_file_and_outside_within_moments(self):
        daemon = self.signed()
        for _ in range(2):
            self.wait_signed(daemon, self.roll_back(daemon) + 1)
        name = daemon.kept()[-1].name
        self.assertRegex(name, "^canaryd/[0-9a-f]{32}$")
        self.assertEqual({note.name for note in daemon.out()}, {name})
        sizes = [note.size for note in daemon.kept()]
        self.assertEqual(sizes, sorted(set(sizes)))
        self.assertEqual([len(note.signatures) for note in daemon.kept()], [2] * len(sizes))
        self.assertEqual(daemon.metric("canaryd_audit_checkpoint_size"), sizes[-1])
        self.assertEqual(daemon.metric("canaryd_audit_signed"), 1)
        code, text = daemon.verify_with("--key", daemon.public, "--checkpoint", daemon.log_path)
        self.assertEqual(code, 0, text)

    def test_the_last_records_are_covered_by_a_checkpoint_after_the_stop(self):
        daemon = self.signed()
        self.assertEqual(daemon.stop(), 0)
        records = daemon.records()
        self.assertEqual(records[-1]["event"], "stop")
        self.assertEqual(daemon.kept()[-1].size, len(records))
        self.assertEqual(daemon.out()[-1].text, daemon.kept()[-1].text)
        self.assertLess(daemon.log().rindex("audit_checkpoint"), daemon.log().rindex("event=stopped"))
        code, text = daemon.verify_with("--key", daemon.public, "--checkpoint", daemon.log_path)
        self.assertEqual(code, 0, text)

    def test_an_idle_log_says_that_it_is_there_each_minute(self):
        daemon = self.signed()
        net.wait_until(lambda: any(r["kind"] == "decision" for r in daemon.records()), 20, "the rehearsal, the last record")
        net.wait_until(lambda: len([n for n in daemon.out() if n.size == daemon.out()[-1].size]) > 1, 180,
                       "a second checkpoint of the same size", interval=0.5)
        first, second = [n for n in daemon.out() if n.size == daemon.out()[-1].size][-2:]
        self.assertEqual(first.root, second.root)
        times = [int.from_bytes(base64.b64decode(note.signatures[1][1])[4:12], "big") for note in (first, second)]
        self.assertGreaterEqual(times[1] - times[0], 55)
        self.assertEqual(len([n for n in daemon.kept() if n.size == second.size]), 1, "an idle one is not kept")

    def test_without_a_key_there_are_none_and_that_is_said(self):
        daemon = self.serve().ready()
        self.assertIn("event=audit_unsigned", daemon.log())
        self.assertEqual(daemon.metric("canaryd_audit_signed"), 0)
        self.roll_back(daemon)
        daemon.stop()
        self.assertFalse((daemon.audit_folder / "checkpoints.log").exists())
        self.assertEqual(checkpoints.came_out(daemon.log()), [])

    def test_a_log_of_errors_only_has_every_checkpoint(self):
        daemon = Signed(case.SANDBOX.url, "  key_files: [key.pem]\nlog: {level: info}\n")
        self.addCleanup(daemon.stop)
        daemon.ready()
        daemon.change("level: info", "level: error")
        net.wait_until(lambda: "reload" in daemon.lifecycle(), 20, "the reload")
        self.wait_signed(daemon, self.roll_back(daemon) + 1)
        self.assertEqual(daemon.kept()[-1].text, daemon.out()[-1].text)

    def test_a_restart_goes_on_behind_the_newest_checkpoint(self):
        daemon = self.signed()
        daemon.stop()
        before = daemon.kept()
        with open(daemon.audit_folder / "checkpoints.log", "ab") as file:
            file.write(before[-1].text.encode()[:100])  # torn by a crash
        done = subprocess.Popen([os.environ["CANARYD"], "serve", "--config", daemon.config_file],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            net.wait_until(lambda: len(daemon.kept()) > len(before), 20, "a checkpoint of the second process")
        finally:
            done.terminate()
            self.assertEqual(done.wait(30), 0)
        sizes = [note.size for note in daemon.kept()]
        self.assertEqual(sizes, sorted(set(sizes)))
        self.assertEqual(sizes[:len(before)], [note.size for note in before])
        code, text = daemon.verify_with("--key", daemon.public)
        self.assertEqual(code, 0, text)


class Output(CheckpointCase):
    """Standard output, which nobody may wait for."""

    FAILED = 'canaryd_audit_checkpoint_failures_total{where="stdout"}'

    def pipe(self):
        reading, writing = os.pipe()
        self.addCleanup(os.close, writing)
        return os.fdopen(reading, "rb"), writing

    def test_the_checkpoints_are_alone_on_standard_output_a_line_of_json_each(self):
        for form in ("logfmt", "json"):
            with self.subTest(form), tempfile.TemporaryFile("w+") as output:
                daemon = self.signed(f"log: {{format: {form}}}\n", stdout=output)
                size = self.roll_back(daemon) + 1
                net.wait_until(lambda: any(note.size >= size for note in daemon.kept()), 20, "a checkpoint is kept")
                self.assertEqual(daemon.stop(), 0)
                output.seek(0)
                text = output.read()
                self.assertEqual({json.loads(line)["event"] for line in text.splitlines()}, {"audit_checkpoint"})
                self.assertLessEqual({note.text for note in daemon.kept()},
                                     {note.text for note in checkpoints.came_out(text)})
                self.assertEqual(checkpoints.came_out(daemon.log()), [])

    def test_a_pipe_that_nobody_empties_holds_up_nothing_and_gets_the_newest_checkpoint_later(self):
        reader, writing = self.pipe()
        os.set_blocking(writing, False)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(writing, b"\n" * 4096)
        os.set_blocking(writing, True)
        daemon = self.signed(stdout=writing)
        for _ in range(3):
            size = self.roll_back(daemon) + 1
            net.wait_until(lambda: any(note.size >= size for note in daemon.kept()), 20, "a checkpoint is kept")
        self.assertIn("event=audit_checkpoint_failed where=stdout", daemon.log())
        self.assertGreater(daemon.metric(self.FAILED), 0)
        os.set_blocking(reader.fileno(), False)
        text = bytearray()
        net.wait_until(lambda: text.extend(reader.read() or b"") or any(
            note.size >= size for note in checkpoints.came_out(text.decode())), 30, "the newest one comes out")
        reader.close()
        self.assertEqual(daemon.stop(), 0)

    def test_without_a_reader_rollbacks_and_the_stop_go_as_ever(self):
        reader, writing = self.pipe()
        reader.close()
        daemon = self.signed(stdout=writing)
        size = self.roll_back(daemon) + 1
        net.wait_until(lambda: any(note.size >= size for note in daemon.kept()), 20, "a checkpoint is kept")
        net.wait_until(lambda: daemon.metric(self.FAILED), 20, "it is counted")
        self.assertIn("Broken pipe", daemon.log())
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(daemon.kept()[-1].size, daemon.size())


class Keys(CheckpointCase):
    def test_a_key_is_rotated_while_it_runs(self):
        daemon = self.signed()
        self.wait_signed(daemon, 1)
        old = daemon.kept()[-1].key_ids()
        second = daemon.folder / "second.pem"
        second_public = checkpoints.new_key(second)
        daemon.change("key_files: [key.pem]", "key_files: [second.pem, key.pem]")
        net.wait_until(lambda: len(daemon.out()[-1].signatures) == 4, 20, "both keys sign")
        self.assertLess(old, daemon.out()[-1].key_ids())
        daemon.change("key_files: [second.pem, key.pem]", "key_files: [second.pem]")
        net.wait_until(lambda: len(daemon.out()[-1].signatures) == 2, 20, "the new key signs alone")
        self.assertFalse(old & daemon.out()[-1].key_ids())
        said = [r for r in daemon.records() if r.get("event") == "keys"]
        self.assertEqual([sorted(r["details"]) for r in said], [["key_1"], ["key_1", "key_2"], ["key_1"]])
        self.assertTrue(said[0]["details"]["key_1"].startswith(daemon.kept()[0].name + "+"))
        self.wait_signed(daemon, self.roll_back(daemon) + 1)
        daemon.stop()
        both = daemon.folder / "both.pub"
        both.write_text(daemon.public.read_text() + second_public.read_text())
        code, text = daemon.verify_with("--key", both)
        self.assertEqual(code, 0, text)

    def test_a_mounted_secret_that_changes_is_read_again(self):
        """The kubelet swaps a symbolic link to the folder with the files."""
        daemon = self.signed(keys="[secret/key.pem]")
        net.wait_until(lambda: daemon.metric("canaryd_audit_keys_refused") == 1, 20, "there is no key yet")
        versions = []
        for number in (1, 2):
            folder = daemon.folder / f"..version-{number}"
            folder.mkdir()
            versions.append(folder)
            checkpoints.new_key(folder / "key.pem")
        secret = daemon.folder / "secret"
        secret.mkdir()
        (secret / "key.pem").symlink_to("..data/key.pem")
        (secret / "..data").symlink_to(versions[0])
        net.wait_until(daemon.out, 20, "the first key signs")
        first = daemon.out()[-1].key_ids()
        swap = secret / "..data_tmp"
        swap.symlink_to(versions[1])
        swap.rename(secret / "..data")
        net.wait_until(lambda: not daemon.out()[-1].key_ids() & first, 20, "the second key signs")

    def test_what_is_no_key_leaves_the_one_before_it_in_force(self):
        daemon = self.signed()
        self.wait_signed(daemon, 1)
        good = daemon.key_file.read_text()
        for bad in ("", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", None):
            with self.subTest(bad):
                if bad is None:
                    daemon.key_file.unlink()
                else:
                    daemon.key_file.write_text(bad)
                net.wait_until(lambda: daemon.metric("canaryd_audit_keys_refused") == 1, 20, "it is refused")
                self.wait_signed(daemon, self.roll_back(daemon) + 1)
                daemon.key_file.write_text(good)
                net.wait_until(lambda: daemon.metric("canaryd_audit_keys_refused") == 0, 20, "it is taken again")
        self.assertIn("event=audit_key_refused", daemon.log())
        self.assertNotIn(good.splitlines()[1], daemon.log())
        self.assertEqual(len([r for r in daemon.records() if r.get("event") == "keys"]), 1)


class Witness(CheckpointCase):
    MAP = "/api/v1/namespaces/canaryd/configmaps/"

    def witnessed(self, name):
        return self.signed(more=f"  witness: {{configmap: {name}}}\n")

    def texts(self, name):
        answer = case.SANDBOX.request("GET", self.MAP + name)
        return answer.json().get("data", {}) if answer.status == 200 else {}

    def test_the_newest_checkpoint_reaches_the_config_map(self):
        daemon = self.witnessed("audit-newest")
        size = self.roll_back(daemon) + 1
        key = "lab." + daemon.records()[0]["log"]
        net.wait_until(lambda: key in self.texts("audit-newest") and
                       checkpoints.Note(self.texts("audit-newest")[key]).size >= size, 40, "the witness has it")
        self.assertEqual(daemon.metric("canaryd_audit_witness_in_order"), 1)
        daemon.stop()
        self.assertEqual(self.texts("audit-newest")[key], daemon.kept()[-1].text)

    def test_a_witness_of_a_longer_log_is_kept_and_told_and_holds_up_nothing(self):
        daemon = self.witnessed("audit-contradicted")
        key = "lab." + daemon.records()[0]["log"]
        net.wait_until(lambda: key in self.texts("audit-contradicted"), 40, "the witness has one")
        lines = self.texts("audit-contradicted")[key].split("\n")
        lines[1] = "100000"
        forged = "\n".join(lines)
        patch = [{"op": "replace", "path": f"/data/{key}", "value": forged}]
        answer = case.SANDBOX.request("PATCH", self.MAP + "audit-contradicted", json.dumps(patch).encode(),
                                      {"Content-Type": "application/json-patch+json"})
        self.assertEqual(answer.status, 200, answer)
        self.wait_signed(daemon, self.roll_back(daemon) + 1)
        net.wait_until(lambda: daemon.metric("canaryd_audit_witness_in_order") == 0, 40, "it is told")
        self.assertIn("event=audit_witness_failed", daemon.log())
        self.assertIn("contradicts", daemon.log())
        self.roll_back(daemon)
        daemon.stop()
        self.assertEqual(self.texts("audit-contradicted")[key], forged)


if __name__ == "__main__":
    unittest.main()
