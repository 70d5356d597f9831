"""A second program that checks canaryd's audit logs, written only from docs/audit-format.md, RFC 6962, RFC 8878 and C2SP's
signed-note, tlog-checkpoint and tlog-cosignature; it shares no code with canaryd, so it does not share its mistakes.

    independent_audit.py FOLDER [--key PUBLIC.pem]... [--checkpoint FILE]...

Exit code: 0 good, 3 integrity, 4 completeness, 5 signature, 6 anchoring (the lowest found), 1 not read, 2 usage."""
import argparse
import base64
import hashlib
import pathlib
import re
import sys

from lab import independent_note, independent_record, independent_zstd
from lab.independent_checkpoints import ANCHORING, COMPLETENESS, INTEGRITY, SIGNATURE, Checkpoints, Fault
from lab.independent_tree import Tree, leaf_hash

NAMES = {INTEGRITY: "integrity", COMPLETENESS: "completeness", SIGNATURE: "signature", ANCHORING: "anchoring"}
MOST = 1 << 30  # bytes of one segment that this program is ready to hold
NAME = re.compile(r"segment-([0-9]{20})\.(jsonl|jsonl\.zst|leaves)")


class Segment:
    """One segment's files; `first` is the seq of its first record."""

    def __init__(self, first):
        self.first, self.files = first, {}
        self.name = f"segment-{first:020}.jsonl"

    def bytes(self):
        """Its plain bytes; None when its records are not there. The plain file counts when both stand there."""
        if "jsonl" in self.files:
            return self.files["jsonl"].read_bytes()
        if "jsonl.zst" in self.files:
            return independent_zstd.content(self.files["jsonl.zst"].read_bytes(), MOST)
        return None

    def leaves(self):
        return self.files["leaves"].read_bytes() if "leaves" in self.files else None


class Check(Checkpoints):
    """Reads a whole log; then `faults`, `notes`, `records` (how many), `head`, `root`, `log` say what was found."""

    def __init__(self, folder, keys=(), anchors=()):
        self.folder = pathlib.Path(folder)
        self.keys = [independent_note.public_key(key) for key in keys]
        self.faults, self.notes = [], []
        self.log, self.records, self.head = None, 0, "0" * 64
        self._tree = Tree()
        self._whole = True            # whether every leaf so far was known
        self._closed = None           # what the next `rotated` must tell of the segment before
        self._absent, self._removed, self._torn = {}, {}, {}
        self._gone = []               # runs of records that are recorded as removed: first and last
        self._checkpoints, self._anchors = self._read_checkpoints(), self._read_anchors(anchors)
        self._wanted = self._sizes()
        self._roots = {0: self._tree.root()} if 0 in self._wanted else {}
        self._read_segments()
        self._judge_absent()
        self._judge_torn()
        self._judge_checkpoints()
        self._judge_anchors()
        self.root = self._tree.root().hex() if self._whole else None

    def exit_code(self):
        return min((fault.verdict for fault in self.faults), default=0)

    def _fault(self, verdict, where, what):
        self.faults.append(Fault(verdict, where, what))

    # --- records

    def _segments(self):
        found = {}
        for file in sorted(self.folder.iterdir()):
            if match := NAME.fullmatch(file.name):
                found.setdefault(int(match[1]), Segment(int(match[1]))).files[match[2]] = file
        return [found[first] for first in sorted(found)]

    def _read_segments(self):
        segments = self._segments()
        if not any("jsonl" in segment.files or "jsonl.zst" in segment.files for segment in segments):
            self._fault(COMPLETENESS, self.folder.name, "no records at all")
        for segment in segments:
            if segment.first != self.records:
                self._fault(COMPLETENESS if segment.first > self.records else INTEGRITY, segment.name,
                            f"begins with record {segment.first}, and {self.records} was to come")
                self._whole = self._whole and segment.first < self.records
                self.records, self.head, self._closed = segment.first, None, None
            self._read_segment(segment, segment is segments[-1])

    def _read_segment(self, segment, newest):
        try:
            raw = segment.bytes()
        except independent_zstd.BadFrame as problem:
            self._fault(INTEGRITY, segment.name + ".zst", str(problem))
            self._feed_leaves(segment)
            return
        leaves = segment.leaves()
        if raw is None:
            self._absent[segment.name] = (segment.first, len(leaves) // 32)
            self._feed_leaves(segment)
            return
        computed = self._read_lines(segment, raw, newest)
        if newest:
            self._judge_open_leaves(segment, leaves or b"", b"".join(computed))
        elif leaves is None:
            self._fault(COMPLETENESS, segment.name, "its leaf file is missing")
        elif leaves != b"".join(computed):
            self._fault(INTEGRITY, segment.name, "its leaf file does not hold the hashes of its records")

    def _judge_open_leaves(self, segment, leaves, computed):
        """Written behind the records and not synced: they may end early and hold NULs, and nothing else."""
        whole = leaves[:len(leaves) // 32 * 32]
        if len(whole) > len(computed):
            self._fault(COMPLETENESS, segment.name, "its leaf file holds hashes of records that are not there")
        if any(there not in (0, wanted) for there, wanted in zip(whole, computed)):
            self._fault(INTEGRITY, segment.name, "its leaf file does not hold the hashes of its records")
        elif whole != computed:
            self.notes.append(f"{segment.name}: some of its leaf hashes are not on the disk")

    def _feed_leaves(self, segment):
        """A segment whose records cannot be read: its leaves stand in for them."""
        leaves = segment.leaves() or b""
        if len(leaves) % 32:
            self._fault(INTEGRITY, segment.name, "its leaf file ends within a hash")
        for at in range(0, len(leaves) - 31, 32):
            self._add(leaves[at:at + 32])
        self.head, self._closed = None, {"previous": segment.name, "records": str(len(leaves) // 32)}

    def _add(self, leaf):
        self._tree.add(leaf)
        self.records += 1
        if self._whole and self.records in self._wanted:
            self._roots[self.records] = self._tree.root()

    def _read_lines(self, segment, raw, newest):
        *lines, rest = raw.split(b"\n")
        if rest and newest:
            self.notes.append(f"{segment.name}: the last line is not finished")
        elif rest:
            self._fault(INTEGRITY, segment.name, "a closed segment ends within a line")
        if not lines and not (newest and self.records):
            self._fault(INTEGRITY, segment.name, "not one whole record")
        computed, times = [], []
        for number, line in enumerate(lines, 1):
            record = self._read_record(segment, number, line)
            times.append(record.get("time", ""))
            computed.append(leaf_hash(line))
            self._add(computed[-1])
        if not newest:
            self._closed = {"previous": segment.name, "records": str(len(lines)), "bytes": str(len(raw)),
                            "sha256": hashlib.sha256(raw).hexdigest(), "from": min(times, default=""),
                            "to": max(times, default="")}
        return computed

    def _read_record(self, segment, number, line):
        where = f"{segment.name} line {number}"
        record = {}
        try:
            record = independent_record.parse(line)
        except ValueError as problem:
            self._fault(INTEGRITY, where, str(problem))
        if record and record["seq"] != self.records:
            self._fault(INTEGRITY, where, f"seq {record['seq']} where {self.records} was to come")
        if record and self.head is not None and record["prev"] != self.head:
            self._fault(INTEGRITY, where, "prev is not the hash of the line before")
        self.head = hashlib.sha256(line).hexdigest()
        if record:
            self._note_event(record, where, number)
        return record

    def _note_event(self, record, where, number):
        details = record.get("details", {})
        event = record.get("event") if record["kind"] == "lifecycle" else None
        if self.records == 0:
            self.log = record.get("log")
            if record.get("format") != 1 or event != "created" or not re.fullmatch("[0-9a-f]{32}", self.log or ""):
                self._fault(INTEGRITY, where, "the first record does not begin a log of format 1")
        elif number == 1:
            self._judge_rotated(details if event == "rotated" else None, where)
        if event == "removed":
            self._note_removal(details, where)
        if event == "recovered" and details.get("file"):
            self._torn[details["file"]] = details

    def _judge_rotated(self, details, where):
        if details is None:
            self._fault(INTEGRITY, where, "a later segment begins without `rotated`")
            return
        self.log = self.log or details.get("log")
        for name, value in {**(self._closed or {}), "log": self.log}.items():
            if details.get(name) != value:
                self._fault(INTEGRITY, where, f"`{name}` is not {value}")
        if self._whole and details.get("root") != self._tree.root().hex():
            self._fault(INTEGRITY, where, "`root` is not that of the records before")

    def _note_removal(self, details, where):
        try:
            since, first, last = (int(details[name]) for name in ("since_seq", "first_seq", "last_seq"))
        except (KeyError, ValueError):
            self._fault(INTEGRITY, where, "a removal that does not name its records")
            return
        self._removed[details.get("file")] = details
        self._gone.append((since, last))
        if not since <= first <= last:
            self._fault(INTEGRITY, where, "a removal whose records are not in their order")

    def _judge_absent(self):
        """Each must lie in what removals name, one of them or several that touch."""
        runs = []
        for since, last in sorted(self._gone):
            if runs and since <= runs[-1][1] + 1:
                runs[-1][1] = max(runs[-1][1], last)
            else:
                runs.append([since, last])
        for name, (first, records) in self._absent.items():
            if not any(since <= first and first + records - 1 <= last for since, last in runs):
                self._fault(COMPLETENESS, name, "is missing, and no record tells of its removal")
            details = self._removed.get(name)
            if details and (details.get("first_seq"), details.get("records")) != (str(first), str(records)):
                self._fault(INTEGRITY, name, "its leaves are not those of the records that were removed")

    def _judge_torn(self):
        for name, details in self._torn.items():
            file = self.folder / name
            if not file.is_file():
                self.notes.append(f"{name}: is not here, and a record names it")
            elif hashlib.sha256(file.read_bytes()).hexdigest() != details.get("sha256"):
                self._fault(INTEGRITY, name, "is not what was cut off")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--key", action="append", default=[])
    arguments.add_argument("--checkpoint", action="append", default=[])
    given = arguments.parse_args()
    try:
        check = Check(given.folder, given.key, given.checkpoint)
    except OSError as problem:
        print(f"not read: {problem}", file=sys.stderr)
        return 1
    for fault in check.faults:
        print(f"{NAMES[fault.verdict]}: {fault.where}: {fault.what}")
    for note in check.notes:
        print(f"note: {note}")
    root = base64.b64encode(bytes.fromhex(check.root)).decode() if check.root else "unknown"
    print(f"{check.records} records, head {check.head}, root {root}")
    return check.exit_code()


if __name__ == "__main__":
    sys.exit(main())
