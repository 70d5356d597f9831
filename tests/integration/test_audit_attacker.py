"""What each attacker can and cannot hide: SECURITY.md, "What an attacker can hide in the audit log". Each line of that table
names a test here. `verify` is asked with the public key, and with and without the checkpoints that left the machine."""
import hashlib
import json
import pathlib
import re
import shutil
import tempfile
import time
import unittest

from lab import daemon_case, forged_log, independent_note, lived_log, net, notify
from lab.independent_note import Note

setUpModule = daemon_case.set_up


class AttackerCase(lived_log.LivedCase):
    def setUp(self):
        self.attacked = self.copy()
        self.outside = pathlib.Path(tempfile.mkdtemp(dir=self.work)) / "shipped.log"
        self.outside.write_text((self.daemon.folder / "canaryd.log").read_text())
        self.name = Note(self.notes(self.folder)[-1]).origin

    def notes(self, folder):
        return independent_note.split((folder / "checkpoints.log").read_bytes())[0]

    def assert_found(self, code, *more):
        self.assertEqual(self.verify(self.attacked, *more)[0], code, self.verify(self.attacked, *more)[1])

    def assert_hidden_here_found_outside(self):
        self.assert_found(0)
        self.assert_found(6, "--checkpoint", self.outside)

    def rewrite(self, edit):
        """The whole log anew after `edit(lines)`: chain, rotation records, leaves; compressed ones stay plain."""
        lines = lived_log.lines(self.attacked)
        edit(lines)
        for file in self.attacked.glob("segment-*"):
            file.unlink()
        write_anew(self.attacked, lines)

    def cut_back(self, size):
        """Records and checkpoints alike."""
        kept = [note for note in self.notes(self.attacked) if Note(note).size <= size]
        self.rewrite(lambda lines: lines.__delitem__(slice(size, None)))
        (self.attacked / "checkpoints.log").write_bytes(b"".join(note + b"\n" for note in kept))

    def sign_anew(self, key, name=None):
        """checkpoints.log holds one note about all that the folder holds now."""
        lines = lived_log.lines(self.attacked)
        note = key.note(name or self.name, len(lines), forged_log.root_of(lines))
        (self.attacked / "checkpoints.log").write_bytes(note + b"\n")


def write_anew(folder, lines):
    """Segments with records that fit: every `rotated` describes the segment before it as it now is."""
    segment, first, prev, before = [], 0, "0" * 64, []

    def close():
        forged_log.write_segment(folder, segment, first)

    for line in lines:
        record = json.loads(line)
        if record.get("event") == "rotated":
            close()
            plain = b"".join(one + b"\n" for one in segment)
            times = [json.loads(one)["time"] for one in segment]
            details = record["details"] | {
                "log": json.loads(before[0])["log"],
                "previous": forged_log.segment_name(first), "records": str(len(segment)), "bytes": str(len(plain)),
                "sha256": hashlib.sha256(plain).hexdigest(), "root": forged_log.root_of(before).hex(),
                "from": min(times), "to": max(times)}
            text = json.dumps(details, separators=(",", ":")).encode()
            line = re.sub(rb'"details":\{[^{}]*\}', lambda _, text=text: b'"details":' + text, line)
            segment, first = [], len(before)
        line = forged_log.chained([line], len(before), prev)[0]
        prev = hashlib.sha256(line).hexdigest()
        segment.append(line)
        before.append(line)
    close()


def blame_somebody_else(lines):
    at = next(at for at, line in enumerate(lines) if b'"kind":"outcome"' in line)
    lines[at] = lines[at].replace(b"token:alertmanager", b"token:somebody-else")


class WritesTheVolume(AttackerCase):
    """Write access to the volume; neither the key nor the process."""

    def test_a_changed_record_is_found(self):
        file = self.attacked / forged_log.segment_name(max(lived_log.segments(self.attacked)))
        file.write_bytes(file.read_bytes().replace(b'"kind"', b'"kinb"', 1))
        self.assert_found(3)

    def test_a_log_rewritten_whole_does_not_fit_its_signed_roots(self):
        self.rewrite(blame_somebody_else)
        self.assert_found(3)
        self.assertEqual(self.verify(self.attacked, key=False)[0], 3)

    def test_a_log_rewritten_whole_and_signed_by_another_key_is_found(self):
        self.rewrite(blame_somebody_else)
        self.sign_anew(forged_log.Key(self.attacked.parent, "theirs"))
        self.assert_found(5)

    def test_a_rewritten_log_without_its_checkpoints_is_found_beside_those_outside(self):
        self.rewrite(blame_somebody_else)
        (self.attacked / "checkpoints.log").unlink()
        self.assert_found(5)
        self.assertEqual(self.verify(self.attacked, key=False)[0], 0)
        self.assertEqual(self.verify(self.attacked, "--checkpoint", self.outside, key=False)[0], 6)
        self.assert_found(5, "--checkpoint", self.outside)

    def test_a_log_cut_back_with_its_checkpoints_is_found_beside_those_outside(self):
        notes = self.notes(self.attacked)
        self.cut_back(Note(notes[len(notes) // 2 - 1]).size)
        self.assert_hidden_here_found_outside()

    def test_records_cut_off_without_the_checkpoints_are_found(self):
        self.rewrite(lambda lines: lines.__delitem__(slice(len(lines) - 2, None)))
        self.assert_found(4)

    def test_what_came_after_the_newest_checkpoint_can_be_changed_unseen(self):
        newest = max(lived_log.segments(self.attacked))
        with (self.attacked / forged_log.segment_name(newest)).open("ab") as file:
            file.write(b"".join(line + b"\n" for line in self.after(b"added by canaryd")))
        self.assert_found(0, "--checkpoint", self.outside)
        self.rewrite(lambda lines: lines.__setitem__(-1, lines[-1].replace(b"by canaryd", b"by somebody")))
        self.assert_found(0, "--checkpoint", self.outside)

    def after(self, text):
        """A record behind the last one."""
        lines = lived_log.lines(self.attacked)
        line = forged_log.line_of("decision", ',"id":"late"').replace(b"A sentence.", text)
        return forged_log.chained([line], len(lines), hashlib.sha256(lines[-1]).hexdigest())

    def test_a_segment_that_was_taken_away_is_missing(self):
        next(self.attacked.glob("segment-*.zst")).unlink()
        self.assert_found(4)

    def test_another_log_in_its_place_is_not_the_one_that_was_anchored(self):
        theirs = forged_log.Key(self.attacked.parent, "theirs")
        log_id = "f" * 32
        self.rewrite(lambda lines: lines.__setitem__(0, re.sub(rb'"log":"[0-9a-f]*"', b'"log":"' + log_id.encode() + b'"',
                                                              lines[0])))
        self.sign_anew(theirs, f"canaryd/{log_id}")
        self.assert_found(5)


class WritesALogWithRetention(AttackerCase):
    """The same, where canaryd has removed old segments by its rules: what somebody else removes must not pass for that."""

    more = "  rotate_age: 1s\n  keep: 3s\n  keep_at_least: 1s\n"

    def live(self):
        def removed_and_kept():
            self.decide(self.daemon)
            there = len(self.segments(self.daemon.audit_folder))
            return there >= 4 and len(list(self.daemon.audit_folder.glob("*.leaves"))) >= there + 4
        net.wait_until(removed_and_kept, 120, "removed segments, and others", 0.3)

    def decide(self, daemon):
        for number in range(3):
            self.assertEqual(daemon.deliver(notify.alert(f"nobody-{number}", "nobody-00001")).status, 200)

    def segments(self, folder):
        """The names of those whose records are there, in order."""
        return sorted({file.name.removesuffix(".zst") for file in folder.glob("segment-*.jsonl*")})

    def take_away(self, name):
        for file in self.attacked.glob(name + "*"):
            file.unlink()

    def test_a_log_is_good_without_what_retention_removed(self):
        self.assert_found(0, "--checkpoint", self.outside)
        check = self.check(self.attacked, [self.outside])
        self.assertEqual((check.faults, check.exit_code()), ([], 0))

    def test_a_segment_taken_away_behind_those_that_retention_removed_is_missing(self):
        for at, of in ((0, "the oldest"), (1, "one between"), (-2, "the newest closed one")):
            with self.subTest(of):
                self.attacked = self.copy()
                name = self.segments(self.attacked)[at]
                self.take_away(name)
                self.assert_found(4)
                self.assertIn(f"\n  {name}, byte 0: expected its ", self.verify(self.attacked)[1])
                check = self.check(self.attacked)
                self.assertIn((4, name), [(fault.verdict, fault.where) for fault in check.faults])

    def test_a_segment_taken_away_stays_missing_while_retention_removes_those_behind_it(self):
        names = self.segments(self.attacked)
        self.take_away(names[0])

        class Later(daemon_case.Serve):
            def prepare(daemon):
                shutil.copytree(self.attacked, daemon.audit_folder)

        daemon = Later(daemon_case.SANDBOX.url, lived_log.MORE.format(size=self.size, key=self.key.private) + self.more)
        self.addCleanup(daemon.stop)
        daemon.ready()

        def removed():
            self.decide(daemon)
            return not set(names) & set(self.segments(daemon.audit_folder))
        net.wait_until(removed, 120, "all that was there is removed", 0.3)
        daemon.stop()
        self.attacked = daemon.audit_folder
        self.assert_found(4)
        check = self.check(self.attacked)
        self.assertEqual([(fault.verdict, fault.where) for fault in check.faults], [(4, names[0])])
        self.assertEqual(self.verify(self.attacked)[1].count("no record says that they were removed"), 1)


class RootOnThePod(AttackerCase):
    """Has the process and the private key; what has left the machine is out of reach."""

    def test_forgeries_after_the_last_checkpoint_that_left_cannot_be_told(self):
        """Facts that are false when they are recorded are signed as well as true ones."""
        lines = lived_log.lines(self.attacked)
        lie = forged_log.line_of("decision", ',"id":"lie"').replace(b"A sentence.", b"Nothing happened.")
        self.rewrite(lambda lines: lines.append(lie))
        self.sign_anew(self.key)
        self.assert_found(0, "--checkpoint", self.outside)
        self.assertEqual(len(lived_log.lines(self.attacked)), len(lines) + 1)

    def test_a_past_rewritten_and_signed_anew_is_found_beside_the_checkpoints_outside(self):
        self.rewrite(blame_somebody_else)
        self.sign_anew(self.key)
        self.assert_hidden_here_found_outside()

    def test_two_stories_for_two_readers_are_found_when_they_compare(self):
        self.rewrite(lambda lines: lines.append(forged_log.line_of("decision", ',"id":"for-one"')))
        self.sign_anew(self.key)
        one = self.attacked.parent / "one.note"
        shutil.copy(self.attacked / "checkpoints.log", one)
        self.rewrite(lambda lines: lines.__setitem__(-1, lines[-1].replace(b"for-one", b"for-two")))
        self.sign_anew(self.key)
        self.assert_found(0, "--checkpoint", self.outside)
        self.assert_found(6, "--checkpoint", one)

    def test_silence_ends_the_checkpoints_outside_and_says_since_when(self):
        """Nothing in a log that just ends is a fault. The last signed time outside is that of the last sign of life."""
        daemon = daemon_case.Serve(daemon_case.SANDBOX.url, lived_log.MORE.format(size=self.size, key=self.key.private))
        self.addCleanup(daemon.stop)
        daemon.ready()
        net.wait_until(lambda: self.shipped(daemon), 20, "a checkpoint outside")
        daemon.kill()
        silent = time.time()
        signed = max(int.from_bytes(note.lines[1][2][:8], "big") for note in self.shipped(daemon))
        self.assertLessEqual(signed, silent)
        code, text = self.verify(daemon.audit_folder, "--checkpoint", daemon.folder / "canaryd.log")
        self.assertEqual(code, 0, text)
        self.assertIn(f", signed at {time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(signed))}", text)

    def shipped(self, daemon):
        return [Note(raw) for raw in independent_note.shipped((daemon.folder / "canaryd.log").read_bytes())]


class HoldsTheCheckpoints(AttackerCase):
    """Whoever keeps the log lines outside can lose them, but not make them say something else."""

    def test_a_forged_checkpoint_from_outside_is_no_evidence_against_a_log(self):
        theirs = forged_log.Key(self.attacked.parent, "theirs")
        forged = self.attacked.parent / "forged.note"
        forged.write_bytes(theirs.note(self.name, 3, bytes(32)))
        code, text = self.verify(self.attacked, "--checkpoint", forged)
        self.assertNotEqual(code, 3, text)
        self.assertNotEqual(code, 0, "a note that nobody known signed must not pass for an anchor")

    def test_checkpoints_that_were_lost_anchor_nothing_and_the_others_still_do(self):
        notes = self.notes(self.attacked)
        sizes = sorted({Note(note).size for note in notes})
        kept = self.attacked.parent / "kept.notes"
        kept.write_bytes(b"".join(note + b"\n" for note in notes if Note(note).size <= sizes[-2]))
        self.cut_back(sizes[-2])
        self.assert_found(0, "--checkpoint", kept)
        self.assert_found(6, "--checkpoint", self.outside)
        self.cut_back(sizes[0])
        self.assert_found(6, "--checkpoint", kept)
        kept.write_bytes(b"the pipeline was down\n")
        code, text = self.verify(self.attacked, "--checkpoint", kept)
        self.assertEqual(code, 1, text)


class HoldsAToken(AttackerCase):
    """A client of the API: all that it does is recorded with its name, and nothing that it says can forge a line."""

    @classmethod
    def live(cls, case):
        service = case.canary()
        evil = 'x","kind":"outcome"}\n{"seq":0,"prev":"'
        cls.evil = notify.alert(service.name, service.revision(2), alertname="CanaryHighErrorRate", team=evil)
        case.assertEqual(case.daemon.deliver(cls.evil).status, 200)

    def test_what_a_client_sends_stays_within_its_record(self):
        found = [record for record in lived_log.records(self.folder) if record["kind"] == "intent"]
        self.assertEqual(found[0]["alerts"][0]["labels"]["team"], self.evil["labels"]["team"])
        self.assertEqual(found[0]["actor"], "token:alertmanager")
        self.assertEqual(self.verify(self.folder)[0], 0)


if __name__ == "__main__":
    unittest.main()
