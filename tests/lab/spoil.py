"""Random damage to a copy of an audit log's folder. Each kind of damage is a function of (folder, random) that returns
what it did, in words, or None when this folder has nothing for it."""
import pathlib
import subprocess

from lab import forged_log, independent_note


def _pick(folder, random, *patterns):
    found = sorted(file for pattern in patterns for file in pathlib.Path(folder).glob(pattern))
    return random.choice(found) if found else None


def _any(folder, random):
    return _pick(folder, random, "segment-*", "checkpoints.log")


def flip(folder, random):
    file = _any(folder, random)
    raw = bytearray(file.read_bytes())
    if not raw:
        return None
    at = random.randrange(len(raw))
    raw[at] ^= 1 << random.randrange(8)
    file.write_bytes(raw)
    return f"flipped a bit of byte {at} of {file.name}"


def cut(folder, random):
    file = _any(folder, random)
    raw = file.read_bytes()
    if not raw:
        return None
    at = random.randrange(len(raw))
    file.write_bytes(raw[:at])
    return f"cut {file.name} from {len(raw)} to {at} bytes"


def insert(folder, random):
    file = _any(folder, random)
    raw = file.read_bytes()
    at = random.randrange(len(raw) + 1)
    file.write_bytes(raw[:at] + bytes([random.randrange(256)]) + raw[at:])
    return f"put a byte at {at} into {file.name}"


def drop_file(folder, random):
    file = _any(folder, random)
    file.unlink()
    return f"removed {file.name}"


def _edit_lines(folder, random, what, edit):
    """Of a segment, plain or compressed; packed again as it was."""
    file = _pick(folder, random, "segment-*.jsonl", "segment-*.jsonl.zst")
    plain = file
    if file.suffix == ".zst":
        subprocess.run(["zstd", "-q", "-d", "--rm", file], check=True)
        plain = file.with_suffix("")
    lines = plain.read_bytes().split(b"\n")[:-1]
    at = random.randrange(len(lines)) if lines else None
    if at is not None:
        edit(lines, at)
        plain.write_bytes(b"".join(line + b"\n" for line in lines))
    if file.suffix == ".zst":
        forged_log.compress(folder, int(plain.name[8:28]))
    return None if at is None else f"{what} line {at + 1} of {file.name}"


def drop_line(folder, random):
    return _edit_lines(folder, random, "removed", lambda lines, at: lines.pop(at))


def double_line(folder, random):
    return _edit_lines(folder, random, "doubled", lambda lines, at: lines.insert(at, lines[at]))


def swap_lines(folder, random):
    def edit(lines, at):
        other = (at + 1) % len(lines)
        lines[at], lines[other] = lines[other], lines[at]
    return _edit_lines(folder, random, "swapped with the next", edit)


def word_in_line(folder, random):
    def edit(lines, at):
        lines[at] = lines[at].replace(b'"kind":"', b'"kind":"un', 1)
    return _edit_lines(folder, random, "another kind in", edit)


def cut_lines(folder, random):
    def edit(lines, at):
        del lines[at:]
    return _edit_lines(folder, random, "cut before", edit)


def rename(folder, random):
    file = _pick(folder, random, "segment-*")
    other = file.with_name(f"segment-{int(file.name[8:28]) + random.choice([-1, 1, 1000]):020}{file.name[28:]}"
                           if int(file.name[8:28]) else f"segment-{1:020}{file.name[28:]}")
    file.rename(other)
    return f"renamed {file.name} to {other.name}"


def exchange(folder, random):
    one = _pick(folder, random, "segment-*")
    other = _pick(folder, random, f"segment-*{one.suffix}")
    if one == other or one.read_bytes() == other.read_bytes():
        return None
    raw = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(raw)
    return f"exchanged {one.name} and {other.name}"


def _edit_notes(folder, random, what, edit):
    file = pathlib.Path(folder) / "checkpoints.log"
    notes, rest = independent_note.split(file.read_bytes())
    if len(notes) < 2:
        return None
    at = random.randrange(len(notes))
    edit(notes, at)
    file.write_bytes(b"".join(note + b"\n" for note in notes) + rest)
    return f"{what} note {at + 1} of {len(notes)}"


def drop_note(folder, random):
    return _edit_notes(folder, random, "removed", lambda notes, at: notes.pop(at))


def swap_notes(folder, random):
    def edit(notes, at):
        notes[at], notes[at - 1] = notes[at - 1], notes[at]
    return _edit_notes(folder, random, "swapped with the one before", edit)


def drop_signature(folder, random):
    def edit(notes, at):
        lines = notes[at].split(b"\n")
        del lines[random.choice([4, 5])]
        notes[at] = b"\n".join(lines)
    return _edit_notes(folder, random, "took a signature from", edit)


def unfinished_end(folder, random):
    newest = sorted(pathlib.Path(folder).glob("segment-*.jsonl"))
    if not newest:
        return None
    with newest[-1].open("ab") as file:
        file.write(bytes(random.randrange(256) for _ in range(random.randrange(1, 60))).replace(b"\n", b" "))
    return f"an unfinished line at the end of {newest[-1].name}"


KINDS = [flip, flip, flip, cut, insert, drop_file, drop_line, double_line, swap_lines, word_in_line, cut_lines, rename,
         exchange, drop_note, swap_notes, drop_signature, unfinished_end]
