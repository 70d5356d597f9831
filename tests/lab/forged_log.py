"""What somebody with write access can do to a log, with a text editor and sha256sum as it were: lines chained anew, leaf
files computed anew, notes signed by a key of one's own. By docs/audit-format.md; no code of canaryd."""
import base64
import hashlib
import pathlib
import re
import subprocess
import tempfile

from lab.independent_note import COSIGNATURE, DASH, ED25519, key_id
from lab.independent_tree import Tree, leaf_hash

PLACE = re.compile(rb'^\{"seq":[0-9]+,(.*?)"prev":"[0-9a-f]*"', re.DOTALL)


def chained(lines, seq=0, prev="0" * 64):
    """The lines (bytes, without LF) with the `seq` and `prev` that a log gives them."""
    result = []
    for line in lines:
        place, old = seq + len(result), prev
        line = PLACE.sub(lambda found: b'{"seq":%d,%b"prev":"%b"' % (place, found[1], old.encode()), line, count=1)
        result.append(line)
        prev = hashlib.sha256(line).hexdigest()
    return result


def line_of(kind, rest, time="2026-08-01T12:00:00.000001Z"):
    """A line that `chained` puts in its place; `rest` is JSON text with its leading comma, or empty."""
    return f'{{"seq":0,"time":"{time}","prev":"","kind":"{kind}"{rest},"message":"A sentence."}}'.encode()


def first_line(log_id):
    return line_of("lifecycle", ',"event":"created"').replace(
        b'"prev":"",', b'"prev":"","format":1,"log":"' + log_id.encode() + b'",')


def leaves_of(lines):
    return b"".join(leaf_hash(line) for line in lines)


def root_of(lines):
    tree = Tree()
    for line in lines:
        tree.add(leaf_hash(line))
    return tree.root()


def segment_name(seq, ending="jsonl"):
    return f"segment-{seq:020}.{ending}"


def write_segment(folder, lines, seq=0):
    folder = pathlib.Path(folder)
    (folder / segment_name(seq)).write_bytes(b"".join(line + b"\n" for line in lines))
    (folder / segment_name(seq, "leaves")).write_bytes(leaves_of(lines))


def compress(folder, seq, level=3):
    """A closed segment as canaryd leaves it: one frame with the size of its content and a checksum."""
    plain = pathlib.Path(folder) / segment_name(seq)
    subprocess.run(["zstd", "-q", f"-{level}", "--rm", f"--stream-size={plain.stat().st_size}", plain,
                    "-o", f"{plain}.zst"], check=True)


class Key:
    """An Ed25519 key of one's own in a folder: `private` and `public` are PEM files."""

    def __init__(self, folder, name="key"):
        self.private, self.public = pathlib.Path(folder) / f"{name}.pem", pathlib.Path(folder) / f"{name}.pub"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.private], check=True)
        subprocess.run(["openssl", "pkey", "-in", self.private, "-pubout", "-out", self.public], check=True)
        self.private.chmod(0o600)
        self.raw = subprocess.run(["openssl", "pkey", "-pubin", "-in", self.public, "-outform", "DER"], check=True,
                                  capture_output=True).stdout[-32:]

    def sign(self, message):
        with tempfile.NamedTemporaryFile() as file:
            file.write(message)
            file.flush()
            return subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.private, "-rawin", "-in", file.name],
                                  check=True, capture_output=True).stdout

    def note(self, name, size, root, time=1785585600):
        """A checkpoint as canaryd writes it, bytes."""
        text = f"{name}\n{size}\n{base64.b64encode(root).decode()}\n".encode()
        cosigned = time.to_bytes(8, "big") + self.sign(f"cosignature/v1\ntime {time}\n".encode() + text)
        return text + b"\n" + self._line(name, ED25519, self.sign(text)) + self._line(name, COSIGNATURE, cosigned)

    def _line(self, name, kind, signature):
        raw = key_id(name, kind, self.raw) + signature
        return f"{DASH}{name} {base64.b64encode(raw).decode()}\n".encode()
