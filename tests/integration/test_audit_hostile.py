"""Hostile logs: whatever stands in the folder, every audit command ends soon, in bounded memory, with an exit code of its
own, and says in a few lines what is wrong."""
import concurrent.futures
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

from lab import forged_log, measured

CANARYD = os.environ["CANARYD"]
ID = "{:032x}"
LOG_ID = "0123456789abcdef" * 2
GIB = 1 << 30
SECONDS = 120  # a command; sanitizers on a machine with better things to do
AT_ONCE = 2
READS = ("verify", "query", "prove")  # the three ways in which the commands read a log's files
# More than the same command takes for a small good log: a line may have 16 MiB, and is held a few times.
MORE_MIB = 160
CHECKPOINTS = "checkpoints.log"


def good_lines(count=6):
    lines = [forged_log.first_line(LOG_ID)]
    lines += [forged_log.line_of("decision", f',"id":"{ID.format(at)}"') for at in range(count - 1)]
    return forged_log.chained(lines)


def frame(size, blocks):
    """A zstd frame by RFC 8878: single segment, 8 bytes of content size, no checksum."""
    return b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", size) + blocks


def repeated_block(byte, size, last=False):
    """An RLE block: 4 bytes that stand for up to 128 KiB."""
    return struct.pack("<I", size << 3 | 1 << 1 | last)[:3] + byte


def sparse(path, size, start=b"", end=b""):
    with open(path, "wb") as file:
        file.write(start)
        file.truncate(size)
        if end:
            file.seek(size - len(end))
            file.write(end)


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._work = tempfile.TemporaryDirectory(prefix="canaryd-hostile-")
        cls.addClassCleanup(cls._work.cleanup)
        cls.work = pathlib.Path(cls._work.name)
        cls.key = forged_log.Key(cls.work)
        cls.number = 0
        good = cls.fresh()
        lines = good_lines()
        forged_log.write_segment(good, lines)
        note = cls.key.note(f"canaryd/{LOG_ID}", len(lines), forged_log.root_of(lines))
        (good / CHECKPOINTS).write_bytes(note + b"\n")
        cls.note = cls.work / "note"
        cls.note.write_bytes(note)
        cls.usual = cls.run_all(good)

    @classmethod
    def fresh(cls):
        cls.number += 1
        folder = cls.work / f"log-{cls.number}"
        folder.mkdir()
        return folder

    @classmethod
    def commands(cls, folder):
        """Every command that reads a log's folder."""
        audit = [CANARYD, "audit"]
        return {
            "verify": [*audit, "verify", folder],
            "verify with a key and a checkpoint": [*audit, "verify", folder, "--key", cls.key.public,
                                                   "--checkpoint", cls.note],
            "query": [*audit, "query", folder, "--output", "json"],
            "query of the newest": [*audit, "query", folder, "--reverse", "--limit", "1000"],
            "explain": [*audit, "explain", folder, ID.format(1)],
            "report": [*audit, "report", folder],
            "prove": [*audit, "prove", folder, ID.format(1)],
        }

    @staticmethod
    def run_one(command):
        return measured.run(command, SECONDS)

    @classmethod
    def run_all(cls, folder, only=None):
        commands = {name: command for name, command in cls.commands(folder).items() if only is None or name in only}
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip(commands, pool.map(cls.run_one, commands.values())))

    def assert_bounded(self, folder, verdicts=(3, 4), only=None):
        for name, cost in self.run_all(folder, only).items():
            with self.subTest(name):
                self.assertIn(cost.code, range(0, 7), cost.output[-3000:])
                self.assertLess(cost.peak_mib, self.usual[name].peak_mib + MORE_MIB)
                if not name.startswith("query"):  # which prints what it finds
                    self.assertLess(len(cost.output), 64 << 10, cost.output[-500:])
                if name.startswith("verify"):
                    self.assertIn(cost.code, verdicts if name == "verify" else (*verdicts, 5, 6), cost.output)

    def write(self, lines, folder=None):
        folder = folder or self.fresh()
        forged_log.write_segment(folder, lines)
        return folder

    # --- lines

    def test_the_commands_work_on_a_good_log(self):
        self.assertEqual({name: cost.code for name, cost in self.usual.items()},
                         {name: 0 for name in self.usual}, self.usual)

    def test_a_line_of_a_gigabyte(self):
        folder = self.fresh()
        start = b"".join(line + b"\n" for line in good_lines())
        sparse(folder / forged_log.segment_name(0), GIB, start + b'{"seq":6,"time":"')
        self.assert_bounded(folder)

    def test_a_gigabyte_in_front_of_a_good_end(self):
        folder = self.fresh()
        sparse(folder / forged_log.segment_name(0), GIB, b"", b"\n" + good_lines()[0] + b"\n")
        self.assert_bounded(folder)

    def test_json_nested_a_million_deep(self):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            depth = 1_000_000
            deep = opening * depth + (b"1" if opening != b"[" else b"") + closing * depth
            line = good_lines(1) + [forged_log.line_of("decision", "").replace(b'"message"', b'"x":' + deep + b',"message"')]
            with self.subTest(opening=opening):
                self.assert_bounded(self.write(forged_log.chained(line)), verdicts=(0, 3))

    def test_records_with_a_million_values(self):
        """A value of two bytes takes hundreds of a parser."""
        lines = good_lines(1)
        for member in (b'"details":{' + b",".join(b'"a%d":"b"' % at for at in range(400_000)) + b"}",
                       b'"alerts":[' + b",".join([b"{}"] * 4_000_000) + b"]",
                       b'"x":' + b"[" * 60 + b",".join([b"[]"] * 4_000_000) + b"]" * 60):
            lines.append(forged_log.line_of("decision", f',"id":"{ID.format(1)}"').replace(
                b'"message"', member + b',"message"'))
        self.assert_bounded(self.write(forged_log.chained(lines)), verdicts=(0, 3))

    def test_many_long_records_of_one_decision(self):
        """240 MiB in a file of some KiB: whoever keeps them all holds more than that."""
        reason = f',"id":"{ID.format(1)}","actor":"token:a","because":"' + "x" * (4 << 20) + '"'
        lines = forged_log.chained(good_lines(1) + [forged_log.line_of("decision", reason)] * 60)
        folder = self.write(lines)
        forged_log.compress(folder, 0, level=1)
        self.assert_bounded(folder, verdicts=(0, 3), only=("explain", "report", "prove"))

    def test_encodings_that_are_not_utf_8(self):
        lines = good_lines()
        whole = b"".join(line + b"\n" for line in lines)
        folder = self.fresh()
        for at, content in enumerate((
                whole.replace(b"sentence", b"s\xe4tz"), whole.replace(b"A s", b"\xc0\xafA s"),
                whole.replace(b"A s", b"\xed\xa0\x80A s"), whole.replace(b"A s", b"\\ud800A s"),
                whole.replace(b"A s", b"\0A s"), whole.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + whole,
                whole.decode().encode("utf-16"), os.urandom(1 << 20))):
            (folder / forged_log.segment_name(at * len(lines))).write_bytes(content)
        self.assert_bounded(folder)

    def test_many_lines_that_are_no_records(self):
        folder = self.fresh()
        (folder / forged_log.segment_name(0)).write_bytes(b"x\n" * 500_000)
        self.assert_bounded(folder)

    def test_numbers_beyond_all_bounds(self):
        lines = good_lines()
        for at, number in enumerate((b"18446744073709551615", b"99999999999999999999999", b"-1", b"1e400", b"0.5"), 1):
            lines[at] = lines[at].replace(b'"seq":%d' % at, b'"seq":' + number)
        self.assert_bounded(self.write(lines))

    # --- compressed segments

    def compressed(self, content):
        folder = self.fresh()
        (folder / forged_log.segment_name(0, "jsonl.zst")).write_bytes(content)
        (folder / forged_log.segment_name(0, "leaves")).write_bytes(forged_log.leaves_of(good_lines()))
        return folder

    def test_a_zstd_header_that_lies(self):
        gigabyte = repeated_block(b"x", 128 << 10) * (8 << 10)
        for name, content in {
                "says less": frame(100, gigabyte), "says more": frame(GIB, repeated_block(b"x", 100, True)),
                "says all there is": frame((1 << 64) - 3, gigabyte), "nothing behind it": frame(GIB, b""),
                "no zstd": b"PK\x03\x04" + bytes(1000), "empty": b""}.items():
            with self.subTest(name):
                self.assert_bounded(self.compressed(content), only=READS)

    def test_a_small_file_that_expands_to_gigabytes(self):
        for name, byte in {"one line": b"x", "empty lines": b"\n"}.items():
            blocks = GIB // (128 << 10)
            content = frame(GIB, repeated_block(byte, 128 << 10) * (blocks - 1) + repeated_block(byte, 128 << 10, True))
            with self.subTest(name):
                self.assert_bounded(self.compressed(content))

    def test_a_bomb_larger_than_any_segment(self):
        size = 8 * GIB
        self.assert_bounded(self.compressed(frame(size, repeated_block(b"x", 128 << 10) * (size // (128 << 10)))))

    def test_a_window_that_wants_gigabytes(self):
        folder = self.fresh()
        plain = folder / "plain"
        plain.write_bytes(b"".join(line + b"\n" for line in good_lines()))
        for window in (27, 31):
            with self.subTest(window=window):
                raw = subprocess.run(["zstd", "-c", "--ultra", "-20", f"--long={window}", "--no-content-size"],
                                     stdin=plain.open("rb"), check=True, capture_output=True).stdout
                self.assert_bounded(self.compressed(raw), only=READS)

    # --- the other files

    def test_a_leaf_file_of_two_million_hashes(self):
        folder = self.write(good_lines())
        sparse(folder / forged_log.segment_name(6, "leaves"), GIB // 16)
        self.assert_bounded(folder)

    def test_checkpoints_of_a_gigabyte(self):
        for name, start, end in (("nothing", b"", b""), ("a note first", self.note.read_bytes() + b"\n", b""),
                                 ("signatures", b"a\n1\nb\n\n", "— x y\n".encode() * 10)):
            folder = self.write(good_lines())
            sparse(folder / CHECKPOINTS, GIB, start, end)
            with self.subTest(name):
                self.assert_bounded(folder, verdicts=(0, 3, 4, 5))

    def test_ten_thousand_segments(self):
        folder = self.write(good_lines())
        for at in range(10_000):
            (folder / forged_log.segment_name(1000 + 7 * at)).touch()
        self.assert_bounded(folder)

    def test_names_beyond_all_bounds(self):
        folder = self.write(good_lines())
        for name in ("segment-18446744073709551615.jsonl", "segment-99999999999999999999.jsonl",
                     "segment-18446744073709551615.leaves"):
            (folder / name).write_bytes(b"x\n")
        self.assert_bounded(folder)

    def test_what_is_no_file(self):
        places = (forged_log.segment_name(0), forged_log.segment_name(0, "leaves"), CHECKPOINTS,
                  forged_log.segment_name(0, "jsonl.zst"))
        for name, make in {"a pipe": os.mkfifo, "a folder": os.mkdir,
                           "an endless device": lambda path: os.symlink("/dev/zero", path),
                           "itself": lambda path: os.symlink(path, path)}.items():
            for at in places:
                folder = self.fresh()
                if "jsonl" not in at:
                    forged_log.write_segment(folder, good_lines())
                    (folder / at).unlink(missing_ok=True)
                make(folder / at)
                with self.subTest(f"{name} as {at}"):
                    self.assert_bounded(folder, verdicts=(0, 1, 3, 4, 5),
                                        only=None if name == "a pipe" else ("verify",))

    # --- what is named on the command line

    def test_keys_checkpoints_and_proofs_of_a_gigabyte(self):
        folder = self.write(good_lines())
        large = self.work / "large"
        key = b"-----BEGIN PUBLIC KEY-----\n"
        for start, command in ((key, ["verify", folder, "--key", large]), (key, ["key", "public", large]),
                               (key.replace(b"PUBLIC", b"PRIVATE"), ["key", "public", large]),
                               (b"", ["verify", folder, "--checkpoint", large]),
                               (self.note.read_bytes(), ["verify", folder, "--checkpoint", large]),
                               (b'{"a":"', ["verify-proof", large]), (key, ["verify-proof", large, "--key", large]),
                               (b'{"seq":', ["prove", folder, "--record", large]),
                               (self.note.read_bytes(), ["prove", folder, "seq:1", "--checkpoint", large])):
            sparse(large, GIB, start)
            with self.subTest(start=start[:10], command=command[0]):
                cost = self.run_one([CANARYD, "audit", *command])
                self.assertIn(cost.code, range(0, 7), cost.output[-2000:])
                self.assertLess(cost.peak_mib, self.usual["verify"].peak_mib + MORE_MIB)

    def test_a_pipe_or_a_device_is_no_key_and_no_proof(self):
        folder = self.write(good_lines())
        pipe = self.work / "pipe"
        os.mkfifo(pipe)
        for path in (pipe, "/dev/zero", folder):
            for command in (["verify", folder, "--key", path], ["verify", folder, "--checkpoint", path],
                            ["verify-proof", path], ["key", "public", path]):
                with self.subTest(command[-1], command=command[0]):
                    cost = self.run_one([CANARYD, "audit", *command])
                    self.assertIn(cost.code, range(1, 7), cost.output[-2000:])


if __name__ == "__main__":
    unittest.main()
