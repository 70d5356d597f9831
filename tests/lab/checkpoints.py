"""The checkpoints of a running canaryd, as they stand in its folder and as they left it in its log."""
import base64
import json
import os
import subprocess


class Note:
    """A signed note: `name`, `size`, `root` (base64), and its signature lines as (name, base64)."""

    def __init__(self, text):
        self.text = text
        body, _, signatures = text.partition("\n\n")
        self.name, size, self.root = body.split("\n")
        self.size = int(size)
        self.signatures = [tuple(line.split(" ")[1:]) for line in signatures.splitlines()]
        if not all(line.startswith("\u2014 ") for line in signatures.splitlines()):
            raise AssertionError(f"no signature lines: {signatures!r}")

    def key_ids(self):
        return {base64.b64decode(signature)[:4] for _, signature in self.signatures}


def came_out(output):
    """The notes in what a canaryd wrote, in order; a line of JSON each, whatever form its log has. One that is being
    written is left out."""
    notes = []
    for line in output.splitlines(keepends=True):
        if '"audit_checkpoint"' not in line or not line.endswith("\n"):
            continue
        event = json.loads(line)
        note = Note(base64.b64decode(event["checkpoint"]).decode())
        if note.size != int(event["size"]):
            raise AssertionError(f"size {event['size']} beside a checkpoint of {note.size} records")
        notes.append(note)
    return notes


def kept(folder):
    """The notes of checkpoints.log, in order; one that is being written is left out."""
    file = folder / "checkpoints.log"
    if not file.exists():
        return []
    parts = file.read_text().split("\n\n")
    return [Note(f"{parts[i]}\n\n{parts[i + 1]}\n") for i in range(0, len(parts) - 2, 2)]


def new_key(path):
    """Writes a private key to `path`, and its public half beside it. Returns the public file."""
    done = subprocess.run([os.environ["CANARYD"], "audit", "key", "generate", "--out", path], capture_output=True,
                          text=True, check=True)
    public = path.with_suffix(".pub")
    public.write_text(done.stdout)
    return public
