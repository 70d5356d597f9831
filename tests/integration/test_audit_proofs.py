"""Proofs of a real log: `canaryd audit prove`, `verify-proof`, `key`, and the program that docs/audit-proofs.md gives to
those who have no canaryd."""
import base64
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import tempfile
import unittest

from lab import daemon_case, forged_log, independent_note, lived_log

PAGE = pathlib.Path(os.environ.get("CANARYD_SOURCE", "."), "docs/audit-proofs.md")

setUpModule = daemon_case.set_up


def canaryd(*words, **options):
    return subprocess.run([os.environ["CANARYD"], "audit", *words], capture_output=True, text=True, check=False, timeout=60,
                          **options)


def changed(text):
    """Base64 of the same length that says something else."""
    raw = bytearray(base64.b64decode(text))
    raw[len(raw) // 2] ^= 1
    return base64.b64encode(raw).decode()


class Proofs(lived_log.LivedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.work / "check.py"
        cls.program.write_text(re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1],
                               encoding="utf-8")
        cls.file = cls.work / "proof.json"
        cls.other = forged_log.Key(cls.work, "other")

    def prove(self, *words, folder=None, key=True):
        known = ["--key", self.key.public] if key else []
        done = canaryd("prove", folder or self.folder, *words, *known)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def refused(self, *words, folder=None):
        done = canaryd("prove", folder or self.folder, *words, "--key", self.key.public)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        return done.stderr

    def verify(self, proof, *words):
        self.file.write_text(json.dumps(proof), encoding="utf-8")
        return canaryd("verify-proof", self.file, *words)

    def verdict(self, proof):
        return self.verify(proof, "--key", self.key.public).returncode

    def documented(self, proof, key=None):
        """Whether the program of the documentation takes it."""
        self.file.write_text(json.dumps(proof), encoding="utf-8")
        done = subprocess.run([sys.executable, self.program, self.file, (key or self.key).public], capture_output=True,
                              text=True, check=False, timeout=60)
        return done.returncode == 0 and done.stdout.startswith("good: ")

    def notes(self):
        return independent_note.split((self.folder / "checkpoints.log").read_bytes())[0]

    def an_intent(self):
        return next(record for record in lived_log.records(self.folder) if record["kind"] == "intent")

    def test_records_of_every_segment_are_proven_by_both(self):
        lines = lived_log.lines(self.folder)
        for seq in {0, 1, len(lines) // 3, len(lines) // 2, len(lines) - 1} | set(lived_log.segments(self.folder)):
            with self.subTest(seq=seq):
                proof = self.prove(f"seq:{seq}")
                self.assertEqual([record["record"].encode() for record in proof["records"]], [lines[seq]])
                self.assertEqual(self.verdict(proof), 0)
                self.assertTrue(self.documented(proof))

    def test_a_decision_is_proven_with_all_its_records(self):
        decision = self.an_intent()["id"]
        wanted = [record for record in lived_log.records(self.folder) if record.get("id") == decision]
        self.assertGreaterEqual(len(wanted), 2)
        for name in (decision, decision[:8]):
            proof = self.prove(name)
            self.assertEqual([json.loads(record["record"]) for record in proof["records"]], wanted)
            self.assertEqual(self.verdict(proof), 0)
            self.assertTrue(self.documented(proof))

    def test_a_spoiled_proof_is_taken_by_neither(self):
        def spoil(change):
            proof = self.prove(self.an_intent()["id"])
            change(proof)
            return proof

        def record(change):
            return spoil(lambda proof: change(proof["records"][-1]))

        def note(old, new):
            return spoil(lambda proof: proof.update(checkpoint=re.sub(old, new, proof["checkpoint"], count=1)))

        size = self.prove("seq:0")["checkpoint"].split("\n")[1]
        spoiled = {
            "another text": (3, record(lambda one: one.update(record=one["record"].replace("rollback", "promote!")))),
            "another place": (3, record(lambda one: one.update(seq=one["seq"] - 1))),
            "a place far away": (3, record(lambda one: one.update(seq=int(size)))),
            "no path": (3, record(lambda one: one.update(path=[]))),
            "a shorter path": (3, record(lambda one: one["path"].pop())),
            "a longer path": (3, record(lambda one: one["path"].append(one["path"][0]))),
            "another hash": (3, record(lambda one: one["path"].insert(0, changed(one["path"].pop(0))))),
            "another size": (3, note(r"\n\d+\n", f"\n{int(size) * 2}\n")),
            "another root": (3, note(r"(?<=\n)[A-Za-z0-9+/]{43}=(?=\n)", base64.b64encode(bytes(32)).decode())),
            "another name": (5, note("canaryd/", "others/")),
            "another signature": (5, note(r"(— \S+ \S{30}).", r"\g<1>/")),
            "no signature": (5, note(r"\n— .*", "")),
        }
        for name, (code, proof) in spoiled.items():
            with self.subTest(name):
                self.assertEqual(self.verdict(proof), code)
                self.assertFalse(self.documented(proof))

    def test_a_path_is_good_only_when_it_leads_to_a_signed_root(self):
        record = self.prove("seq:3")
        sizes = [note.split(b"\n")[1].decode() for note in self.notes()]
        two = self.prove("--consistency", sizes[0], sizes[-1])

        def assert_bad(proof, path, signature, key=None):
            done = self.verify(proof, "--key", (key or self.key).public)
            self.assertEqual(done.returncode, 5, done.stdout)
            self.assertTrue(done.stdout.startswith(f"path: {path}\nsignature: WRONG, {signature}"), done.stdout)
            self.assertNotIn("good", done.stdout)

        for note in ("canaryd/x", "", record["checkpoint"].replace("\n\n", "\n"), record["checkpoint"][:-1]):
            for proof, named in (({**record, "checkpoint": note}, "the checkpoint: "),
                                 ({**two, "from": note}, "the older checkpoint: "),
                                 ({**two, "to": note}, "the newer checkpoint: ")):
                with self.subTest(note=note, named=named):
                    assert_bad(proof, "not checked, as there is no checkpoint that it could lead to", named)
        for proof in (record, two):
            assert_bad(proof, "fits the checkpoint, but leads to no root that is signed", "the ", self.other)

    def test_a_proof_is_good_for_its_key_only(self):
        proof = self.prove("seq:3")
        done = self.verify(proof, "--key", self.other.public)
        self.assertEqual(done.returncode, 5)
        self.assertIn("signature: WRONG", done.stdout)
        self.assertNotIn("record 3", done.stdout)
        self.assertFalse(self.documented(proof, self.other))
        both = self.work / "both.pub"
        both.write_text(self.other.public.read_text() + self.key.public.read_text())
        self.assertEqual(self.verify(proof, "--key", both).returncode, 0)

    def test_the_key_that_a_proof_carries_is_said_to_prove_nothing(self):
        proof = self.prove("seq:3")
        self.assertEqual(proof["public_keys"], [self.key.public.read_text()])
        done = self.verify(proof)
        self.assertEqual(done.returncode, 0)
        self.assertIn("That key proves nothing", done.stdout)
        self.assertIn(self.key.public.read_text(), done.stdout)
        self.assertNotIn("That key proves nothing", self.verify(proof, "--key", self.key.public).stdout)
        without = self.prove("seq:3", key=False)
        self.assertEqual(without["public_keys"], [])
        self.assertEqual(self.verdict(without), 0)
        done = self.verify(without)
        self.assertEqual(done.returncode, 5)
        self.assertIn("give --key FILE", done.stdout)

    def test_what_was_proven_is_told_to_a_person(self):
        text = self.verify(self.prove("seq:0"), "--key", self.key.public).stdout
        self.assertRegex(text, r"^log canaryd/[0-9a-f]{32}, checkpoint of \d+ records\n")
        self.assertIn("record 0: " + lived_log.lines(self.folder)[0].decode() + "\n", text)
        self.assertIn("path: good, ", text)
        self.assertRegex(text, r"signature: good, made 20\d\d-\S+Z by the signer's clock, by a key of \S+key\.pub\n")

    def test_checkpoints_are_proven_to_be_of_one_log(self):
        notes = self.notes()
        old = self.work / "old.note"
        old.write_bytes(notes[0])
        new = self.work / "new.note"
        new.write_bytes(notes[-1] + b"\n")  # as it is cut from checkpoints.log
        sizes = [note.split(b"\n")[1].decode() for note in notes]
        for words in ([old, new], [sizes[0], sizes[-1]], [old, sizes[-1]], [sizes[-1], sizes[-1]]):
            proof = self.prove("--consistency", *words)
            self.assertEqual(proof["proof"], "consistency")
            self.assertEqual(self.verdict(proof), 0)
        proof = self.prove("--consistency", old, new)
        self.assertIn("path: good, the newer log begins with all of the older one", self.verify(proof).stdout)
        for change in ({"path": proof["path"][1:]}, {"path": [changed(proof["path"][0]), *proof["path"][1:]]},
                       {"from": proof["to"], "to": proof["from"]}):
            self.assertEqual(self.verdict({**proof, **change}), 3)
        self.assertEqual(self.verdict({**proof, "from": proof["from"].replace("canaryd/", "others/")}), 3)
        self.assertIn("holds no checkpoint of 987654321 records",
                      self.refused("--consistency", "987654321", sizes[-1]))
        self.assertIn("does not continue one of", self.refused("--consistency", new, old))

    def test_a_checkpoint_that_was_kept_elsewhere_proves_what_it_covers(self):
        note = self.work / "kept.note"
        note.write_bytes(self.notes()[0])
        size = int(self.notes()[0].split(b"\n")[1])
        proof = self.prove(f"seq:{size - 1}", "--checkpoint", note)
        self.assertEqual(proof["checkpoint"].encode(), self.notes()[0])
        self.assertEqual(self.verdict(proof), 0)
        self.assertTrue(self.documented(proof))
        self.assertIn(f"no checkpoint covers record {size} yet", self.refused(f"seq:{size}", "--checkpoint", note))

    def test_without_its_records_a_segment_still_serves_the_other_proofs(self):
        copy = self.copy()
        first = next(copy.glob("segment-*.zst"))
        kept = lived_log.segments(copy)[int(first.name[8:28])].split(b"\n")[0]
        first.unlink()
        last = len(lived_log.lines(self.folder)) - 1
        self.assertEqual(self.verdict(self.prove(f"seq:{last}", folder=copy)), 0)
        seq = json.loads(kept)["seq"]
        self.assertIn(f"record {seq} is not in it; the records {seq} to ", self.refused(f"seq:{seq}", folder=copy))
        line = self.work / "line"
        line.write_bytes(kept + b"\n")
        proof = self.prove("--record", line, folder=copy)
        self.assertEqual((self.verdict(proof), proof["records"][0]["seq"]), (0, seq))
        self.assertTrue(self.documented(proof))
        line.write_bytes(kept.replace(b'"kind"', b'"Kind"'))
        self.assertIn("no record", self.refused("--record", line, folder=copy))

    def test_a_record_that_was_changed_is_not_proven(self):
        copy = self.copy()
        newest = sorted(copy.glob("segment-*.jsonl"))[-1]
        newest.write_bytes(re.sub(rb'"message":"(.)', b'"message":"\\1\\1', newest.read_bytes(), count=1))
        seq = int(newest.name[8:28])
        self.assertIn("does not lead to the root of the checkpoint", self.refused(f"seq:{seq}", folder=copy))

    def test_what_is_no_proof_is_refused(self):
        for text in ("", "{}", "[]", "null", '{"format": 1}', "{" * 100000, '{"records":[' * 100000):
            self.file.write_text(text)
            done = canaryd("verify-proof", self.file)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("a proof: ", done.stderr)
        self.assertEqual(canaryd("verify-proof", self.work / "nowhere").returncode, 1)

    def test_wrong_usage_exits_with_2(self):
        for words in (["prove"], ["prove", self.folder], ["prove", self.folder, "seq:x"], ["prove", self.folder, "seq:"],
                      ["prove", self.folder, "abcdef", "--record", "x"], ["prove", self.folder, "--consistency", "1"],
                      ["prove", self.folder, "abcdef", "--consistency", "1", "2"], ["verify-proof"], ["key"],
                      ["key", "generate"], ["key", "public"]):
            with self.subTest(words=words):
                done = canaryd(*words)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertNotEqual(done.stderr, "")


class Help(unittest.TestCase):
    def test_every_command_has_help_with_an_example(self):
        for words in (["prove"], ["verify-proof"], ["key"], ["key", "generate"], ["key", "public"]):
            with self.subTest(words=words):
                done = canaryd(*words, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("Example:\n  canaryd audit " + " ".join(words[:1]), done.stdout)


class Keys(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="canaryd-keys-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.key = self.folder / "checkpoint.key"

    def generate(self, **options):
        done = canaryd("key", "generate", "--out", self.key, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_a_new_key_is_for_its_owner_only_and_openssl_reads_both_halves(self):
        public = self.generate(umask=0o777)
        self.assertEqual(stat.S_IMODE(self.key.stat().st_mode), 0o600)
        told = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout"], capture_output=True, text=True, check=True)
        self.assertEqual(public, told.stdout)
        self.assertEqual(canaryd("key", "public", self.key).stdout, public)

    def test_a_key_is_never_overwritten(self):
        self.generate()
        before = self.key.read_bytes()
        done = canaryd("key", "generate", "--out", self.key)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("is there already: a key is never overwritten", done.stderr)
        self.assertEqual(self.key.read_bytes(), before)
        link = self.folder / "link"
        link.symlink_to(self.folder / "elsewhere")
        self.assertEqual(canaryd("key", "generate", "--out", link).returncode, 1)
        self.assertFalse((self.folder / "elsewhere").exists())

    def test_a_key_that_cannot_be_written_leaves_no_half_of_one(self):
        done = canaryd("key", "generate", "--out", self.folder / "no" / "where")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("No such file or directory", done.stderr)

    def test_a_key_that_others_can_read_is_used_with_a_warning(self):
        self.generate()
        for mode in (0o644, 0o640, 0o620):
            self.key.chmod(mode)
            done = canaryd("key", "public", self.key)
            self.assertEqual(done.returncode, 0)
            self.assertIn("warning: ", done.stderr)
            self.assertIn("chmod 600", done.stderr)
        self.key.chmod(0o600)
        self.assertEqual(canaryd("key", "public", self.key).stderr, "")

    def test_the_verifier_keys_are_those_of_the_specification(self):
        public = self.generate()
        name = "canaryd/4c6b3f4c2c4c4fdfbdc9f9faa460cf58"
        raw = base64.b64decode("".join(public.splitlines()[1:-1]))[-32:]
        told = canaryd("key", "public", self.key, "--name", name).stdout
        self.assertTrue(told.startswith(public))
        wanted = [f"{name}+{independent_note.key_id(name, kind, raw).hex()}+"
                  + base64.b64encode(bytes([kind]) + raw).decode() for kind in (1, 4)]
        self.assertEqual(told[len(public):].splitlines(), wanted)
        # The public half and a verifier key say the same as the private key does.
        for text in (public, wanted[0] + "\n", wanted[1] + "\n"):
            half = self.folder / "half"
            half.write_text(text)
            half.chmod(0o644)
            done = canaryd("key", "public", half, "--name", name)
            self.assertEqual((done.stdout, done.stderr), (told, ""))

    def test_what_is_no_key_is_refused_and_not_told(self):
        rsa = subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                             capture_output=True, text=True, check=True).stdout
        self.generate()
        encrypted = subprocess.run(["openssl", "pkey", "-in", self.key, "-aes256", "-passout", "pass:x"],
                                   capture_output=True, text=True, check=True).stdout
        for text, why in ((rsa, "of another kind"), (encrypted, "passphrase"), ("", "found none"),
                          ("nothing of the kind", "expected a PEM block")):
            wrong = self.folder / "wrong"
            wrong.write_text(text)
            wrong.chmod(0o600)
            done = canaryd("key", "public", wrong)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(why, done.stderr)
            for line in text.splitlines()[1:-1]:
                self.assertNotIn(line, done.stderr)
        self.assertEqual(canaryd("key", "public", self.key, "--name", "a b").returncode, 2)


if __name__ == "__main__":
    unittest.main()
