"""Logs of the real daemon, checked by a second program that was written from the specifications only; and the two agree
about damaged ones."""
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import unittest

from lab import daemon_case, independent_note, independent_proof, independent_tree, lived_log, spoil
from lab.independent_note import Note

SPOILINGS = int(os.environ.get("CANARYD_SPOILINGS", "80"))

setUpModule = daemon_case.set_up


class Independent(lived_log.LivedCase):
    def test_a_log_of_the_daemon_is_good_by_both(self):
        check = self.check(self.folder)
        self.assertEqual((check.faults, check.notes), ([], []))
        self.assertGreaterEqual(len(list(self.folder.glob("segment-*.leaves"))), 3, "too few segments for a test")
        code, text = self.verify(self.folder)
        self.assertEqual(code, 0, text)
        self.assertIn(check.head, text)
        self.assertIn(check.log, text)

    def test_the_checkpoints_of_the_folder_and_of_stdout_are_notes_of_the_log(self):
        check = self.check(self.folder)
        stdout = self.work / "stdout"
        stdout.write_text((self.daemon.folder / "canaryd.log").read_text())
        shipped = independent_note.shipped(stdout.read_bytes())
        kept, rest = independent_note.split((self.folder / "checkpoints.log").read_bytes())
        self.assertEqual(rest, b"")
        self.assertGreaterEqual(len(kept), 2)
        self.assertLessEqual(set(kept), set(shipped), "a checkpoint did not leave the machine")
        for raw in shipped:
            note = Note(raw)
            self.assertEqual(note.origin, f"canaryd/{check.log}")
            self.assertEqual(note.verified([self.key.raw], note.origin), {1, 4})
            self.assertEqual(note.verified([], note.origin), set())
        self.assertEqual(self.check(self.folder, [stdout]).faults, [])
        self.assertEqual(self.verify(self.folder, "--checkpoint", stdout)[0], 0)

    def test_a_note_does_not_verify_with_any_bit_changed(self):
        raw = independent_note.split((self.folder / "checkpoints.log").read_bytes())[0][0]
        choice = random.Random(1)
        for at in choice.sample(range(8 * len(raw)), 40):
            changed = bytearray(raw)
            changed[at // 8] ^= 1 << at % 8
            with self.subTest(bit=at):
                try:
                    note = Note(bytes(changed))
                    self.assertNotEqual(note.verified([self.key.raw], Note(raw).origin), {1, 4})
                except independent_note.BadNote:
                    pass

    def test_both_give_the_same_verdict_on_damaged_copies(self):
        counts = {}
        for seed in range(SPOILINGS):
            choice = random.Random(seed)
            with self.subTest(seed=seed):
                copy = self.copy()
                kind = choice.choice(spoil.KINDS)
                done = kind(copy, choice)
                if done:
                    check = self.check(copy)
                    code, text = self.verify(copy)
                    self.assertEqual(code, check.exit_code(), f"{done}\n{check.faults}\n{check.notes}\n{text}")
                    counts[code] = counts.get(code, 0) + 1
                shutil.rmtree(copy.parent)
        self.assertGreater(sum(counts.values()) - counts.get(0, 0), SPOILINGS // 2, counts)
        self.assertLessEqual({3, 4, 5}, set(counts), "no damage of some kind")


    def proofs(self):
        """One of a decision, one of a record, one of two checkpoints: bytes, by name."""
        intent = next(record for record in lived_log.records(self.folder) if record["kind"] == "intent")
        sizes = [str(Note(raw).size) for raw in independent_note.split((self.folder / "checkpoints.log").read_bytes())[0]]
        made = {}
        for name, words in {"decision": [intent["id"]], "first": ["seq:0"], "record": ["seq:7"],
                            "consistency": ["--consistency", sizes[0], sizes[-1]]}.items():
            code, text = lived_log.canaryd("audit", "prove", self.folder, *words, "--key", self.key.public)
            self.assertEqual(code, 0, text)
            made[name] = text[text.index("{"):text.rindex("}") + 2].encode()
        return made

    def own_verdict(self, proof):
        file = self.work / "proof.json"
        file.write_bytes(proof)
        return lived_log.canaryd("audit", "verify-proof", file, "--key", self.key.public)

    def test_proofs_are_good_by_both_and_the_twenty_lines_of_the_documentation(self):
        page = pathlib.Path(os.environ["CANARYD_SOURCE"], "docs/audit-proofs.md").read_text()
        program = self.work / "check.py"
        program.write_text(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1])
        for name, proof in self.proofs().items():
            with self.subTest(name):
                self.assertEqual(independent_proof.verdict(proof, [self.key.raw]), 0)
                code, text = self.own_verdict(proof)
                self.assertEqual(code, 0, text)
                if name != "consistency":
                    done = subprocess.run([sys.executable, program, self.work / "proof.json", self.key.public],
                                          capture_output=True, text=True, check=False)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertTrue(done.stdout.startswith("good"))

    def test_both_give_the_same_verdict_on_damaged_proofs(self):
        counts = {}
        for name, proof in self.proofs().items():
            choice = random.Random(name)
            for _ in range(SPOILINGS // 4):
                at = choice.randrange(len(proof))
                changed = bytearray(proof)
                changed[at] = ord(choice.choice("AZaz09+/=\"{}[],:\\ \n\x00\xff"))
                expected = independent_proof.verdict(bytes(changed), [self.key.raw])
                with self.subTest(name, at=at, to=changed[at]):
                    code, text = self.own_verdict(bytes(changed))
                    self.assertEqual(code, expected, text + bytes(changed[max(0, at - 60):at + 60]).decode(errors="replace"))
                counts[expected] = counts.get(expected, 0) + 1
        self.assertLessEqual({1, 3, 5}, set(counts), "no damage of some kind")


class Tree(unittest.TestCase):
    def test_the_tree_is_that_of_the_rfc(self):
        leaves = [independent_tree.leaf_hash(bytes([at])) for at in range(70)]
        tree = independent_tree.Tree()
        for size, leaf in enumerate(leaves, 1):
            tree.add(leaf)
            self.assertEqual(tree.root(), independent_tree.root_by_definition(leaves[:size]))


if __name__ == "__main__":
    unittest.main()
