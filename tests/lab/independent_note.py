"""C2SP's signed-note, tlog-checkpoint and tlog-cosignature (Ed25519), written from these specifications alone. Signatures
are checked by the `openssl` command line tool. Nothing here knows canaryd but `shipped`, which finds its log event."""
import base64
import binascii
import functools
import hashlib
import pathlib
import re
import subprocess
import tempfile

ED25519, COSIGNATURE = 1, 4
DASH = "\N{EM DASH} "


class BadNote(ValueError):
    """What is wrong with a note."""


@functools.lru_cache(maxsize=None)
def public_key(pem_file):
    """The 32 bytes of a public key in a PEM file (SubjectPublicKeyInfo of RFC 8410: they are the last 32)."""
    done = subprocess.run(["openssl", "pkey", "-pubin", "-in", pem_file, "-outform", "DER"], capture_output=True, check=True)
    if len(done.stdout) != 44:
        raise ValueError(f"{pem_file} holds no Ed25519 public key")
    return done.stdout[-32:]


@functools.lru_cache(maxsize=None)
def ed25519_verifies(key, message, signature):
    """RFC 8032, by openssl; `key` is 32 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key").write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
        (folder / "message").write_bytes(message)
        (folder / "signature").write_bytes(signature)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key", "-rawin",
             "-in", folder / "message", "-sigfile", folder / "signature"], capture_output=True, check=False)
        return done.returncode == 0


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def _decode(text, what):
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise BadNote(f"{what} is not base64") from problem
    if base64.b64encode(raw).decode() != text:
        raise BadNote(f"{what} is not in base64's one canonical form")
    return raw


class Note:
    """A parsed checkpoint: `origin`, `size`, `root`, `text` (bytes that are signed) and `lines` of (name, id, rest)."""

    def __init__(self, raw):
        try:
            whole = raw.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise BadNote("the note is not UTF-8") from problem
        if any(ord(letter) < 0x20 and letter != "\n" for letter in whole):
            raise BadNote("the note holds control characters")
        body, blank, signatures = whole.rpartition("\n\n")
        if not blank or not signatures.endswith("\n"):
            raise BadNote("the note has no signatures, or does not end with a line's end")
        self.text = (body + "\n").encode()
        self._read_body(body.split("\n"))
        self.lines = [self._read_signature(line) for line in signatures[:-1].split("\n")]

    def _read_body(self, lines):
        if len(lines) < 3 or not all(lines):
            raise BadNote("a checkpoint has three lines or more, none of them empty")
        self.origin, size, root = lines[:3]
        self.extensions = lines[3:]
        if not re.fullmatch(r"0|[1-9][0-9]*", size):
            raise BadNote("the tree size is not a decimal number without leading zeroes")
        self.size, self.root = int(size), _decode(root, "the root")
        if len(self.root) != 32:
            raise BadNote("the root has not 32 bytes")

    @staticmethod
    def _read_signature(line):
        name, space, signature = line.removeprefix(DASH).partition(" ")
        if not line.startswith(DASH) or not space or not name or re.search(r"[\s+]", name):
            raise BadNote("a signature line has not the form `dash, name, base64`")
        raw = _decode(signature, "a signature")
        if len(raw) < 5:
            raise BadNote("a signature is too short")
        return name, raw[:4], raw[4:]

    def verified(self, keys, name):
        """The kinds of signature, of ED25519 and COSIGNATURE, that keys of this name made; BadNote when one of a known key
        does not verify."""
        found = set()
        for line_name, identity, rest in self.lines:
            for key in keys:
                for kind in (ED25519, COSIGNATURE):
                    if (line_name, identity) == (name, key_id(name, kind, key)):
                        if not self._verifies(kind, key, rest):
                            raise BadNote(f"a signature of a known key (type {kind}) does not verify")
                        found.add(kind)
        return found

    def _verifies(self, kind, key, rest):
        if kind == ED25519:
            return len(rest) == 64 and ed25519_verifies(key, self.text, rest)
        if len(rest) != 72 or rest[0] & 0x80:
            return False
        time = int.from_bytes(rest[:8], "big")
        return ed25519_verifies(key, f"cosignature/v1\ntime {time}\n".encode() + self.text, rest[8:])


def shipped(raw):
    """The notes in a file from outside: one note as it is, several each followed by an empty line, or lines of a log
    pipeline that hold canaryd's event `audit_checkpoint`, however wrapped: its field `checkpoint` is a note in base64."""
    if DASH.encode() in raw:
        return split(raw if raw.endswith(b"\n\n") else raw + b"\n")[0]
    found = []
    for line in raw.decode("utf-8", "replace").splitlines():
        while "audit_checkpoint" in line and '\\"' in line:
            line = line.replace('\\"', '"').replace("\\\\", "\\")  # JSON text inside JSON text
        if "audit_checkpoint" in line:
            found += [base64.b64decode(value) for value in re.findall(r'\bcheckpoint"?[=:]\s*"?([A-Za-z0-9+/]+=*)', line)]
    return found


def split(raw):
    """The notes of a `checkpoints.log`, and what is behind the last whole one. Each note is text, an empty line and
    signature lines, and is followed by an empty line."""
    parts = raw.split(b"\n\n")
    whole = (len(parts) - 1) // 2
    notes = [parts[2 * at] + b"\n\n" + parts[2 * at + 1] + b"\n" for at in range(whole)]
    return notes, b"\n\n".join(parts[2 * whole:])


