"""The checkpoints of an audit log and those from outside, judged by docs/audit-format.md and C2SP's specifications: the part
of lab.independent_audit that reads notes."""
import collections
import pathlib

from lab import independent_note
from lab.independent_note import BadNote, Note

INTEGRITY, COMPLETENESS, SIGNATURE, ANCHORING = 3, 4, 5, 6
Fault = collections.namedtuple("Fault", "verdict where what")


class Checkpoints:
    """Of a check that has `folder`, `keys`, `log`, `records`, `notes` and the tree's roots by size in `_roots`."""

    def _read_checkpoints(self):
        file = self.folder / "checkpoints.log"
        notes, rest = independent_note.split(file.read_bytes()) if file.is_file() else ([], b"")
        if rest:
            self.notes.append("checkpoints.log: the last note is not finished")
        return [(f"checkpoints.log note {number}", raw) for number, raw in enumerate(notes, 1)]

    @staticmethod
    def _read_anchors(files):
        anchors = []
        for file in files:
            found = independent_note.shipped(pathlib.Path(file).read_bytes())
            if not found:
                raise OSError(f"{file} holds no checkpoint")
            anchors += [(file, raw) for raw in found]
        return anchors

    def _sizes(self):
        """For which the roots of the tree are wanted."""
        sizes = set()
        for _, raw in self._checkpoints + self._anchors:
            try:
                sizes.add(Note(raw).size)
            except BadNote:
                pass
        return sizes

    def _checked(self, raw):
        """The note, its signatures verified when there are keys; BadNote when they do not."""
        note = Note(raw)
        if note.extensions or (self.log and not note.origin.endswith("/" + self.log)):
            raise BadNote("the note is not one of this log")
        if self.keys and note.verified(self.keys, note.origin) != {1, 4}:
            raise BadNote("no known key has signed it in both ways")
        return note

    def _of_another_log(self, raw):
        try:
            return not Note(raw).origin.endswith("/" + (self.log or ""))
        except BadNote:
            return False

    def _judge_checkpoints(self):
        before = 0
        if self.keys and not self._checkpoints:
            self._fault(SIGNATURE, "checkpoints.log", "there is a key, and nothing that it signed")
        for where, raw in self._checkpoints:
            try:
                note = self._checked(raw)
            except BadNote as problem:
                self._fault(SIGNATURE, where, str(problem))
                continue
            if note.size < before:
                self._fault(SIGNATURE, where, "the sizes fall")
            before = max(before, note.size)
            if note.size > self.records:
                self._fault(COMPLETENESS, where, f"signs {note.size} records, and the log has {self.records}")
            elif note.size in self._roots and self._roots[note.size] != note.root:
                self._fault(INTEGRITY, where, "signs another root than the log's")

    def _judge_anchors(self):
        ours = [(where, raw) for where, raw in self._anchors if not self._of_another_log(raw)]
        if self._anchors and not ours:
            self._fault(ANCHORING, self._anchors[0][0], "checkpoints of other logs only")
        for where, raw in ours:
            try:
                note = self._checked(raw)
            except BadNote as problem:
                self._fault(ANCHORING, where, str(problem))
                continue
            if self._roots.get(note.size) != note.root:
                self._fault(ANCHORING, where, f"its {note.size} records are not the log's")
