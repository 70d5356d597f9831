"""A proof file checked by docs/audit-proofs.md and RFC 6962 alone: `verdict` gives the exit code of that page."""
import base64
import binascii
import json
import re

from lab.independent_note import BadNote, Note
from lab.independent_tree import leaf_hash, root_of_inclusion, roots_of_consistency

GOOD, NO_PROOF, PATH, SIGNATURE = 0, 1, 3, 5
MOST = 64 << 20
MOST_NOTE = 16 << 10
SHARED = {"format": int, "proof": str, "public_keys": list}
MEMBERS = {"inclusion": {**SHARED, "records": list, "checkpoint": str},
           "consistency": {**SHARED, "from": str, "to": str, "path": list}}
RECORD = {"seq": int, "record": str, "path": list}


class NoProof(ValueError):
    """What is no proof, or a part of none."""


def _need(condition, what):
    if not condition:
        raise NoProof(what)


def _object(members):
    names = [name for name, _ in members]
    _need(len(set(names)) == len(names), "a member stands twice")
    return dict(members)


def _members(value, wanted):
    _need(isinstance(value, dict) and set(value) == set(wanted), "other members than a proof has")
    for name, kind in wanted.items():
        _need(type(value[name]) is kind, f"{name} has another type")


def _path(texts):
    hashes = []
    for text in texts:
        _need(isinstance(text, str), "a hash is no text")
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as problem:
            raise NoProof("a hash is not base64") from problem
        _need(len(raw) == 32 and base64.b64encode(raw).decode() == text, "a hash has not 32 bytes")
        hashes.append(raw)
    return hashes


def _is_key(pem):
    """SubjectPublicKeyInfo of an Ed25519 key (RFC 8410)."""
    block = re.fullmatch("-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n", pem)
    try:
        der = base64.b64decode(block[1].replace("\n", ""), validate=True) if block else b""
    except (binascii.Error, ValueError):
        return False
    return len(der) == 44 and der.startswith(bytes.fromhex("302a300506032b6570032100"))


def _note(text):
    """BadNote for what is no note: nobody has signed it."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > MOST_NOTE:
        raise BadNote("a note is too long")
    return Note(raw)


def _signed(note, keys):
    """By a known key, in both ways."""
    try:
        return note.verified(keys, note.origin) == {1, 4}
    except BadNote:
        return False


def _read(raw):
    _need(len(raw) <= MOST, "too long")
    try:
        proof = json.loads(raw.decode("utf-8"), object_pairs_hook=_object)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise NoProof("no JSON") from problem
    _need(isinstance(proof, dict) and proof.get("proof") in ("inclusion", "consistency"), "no proof")
    _members(proof, MEMBERS[proof["proof"]])
    _need(proof["format"] == 1, "another format")
    return proof


def _in_place(record, note):
    """What the line says of its own place; of the first record also which log it begins."""
    try:
        line = json.loads(record["record"])
    except json.JSONDecodeError:
        return False
    return isinstance(line, dict) and line.get("seq") == record["seq"] and (
        record["seq"] != 0 or note.origin.endswith("/" + str(line.get("log"))))


def _inclusion(proof, keys):
    _need(proof["records"], "no record")
    for record in proof["records"]:
        _members(record, RECORD)
    paths = [_path(record["path"]) for record in proof["records"]]
    note = _note(proof["checkpoint"])
    good = True
    for record, path in zip(proof["records"], paths):
        try:
            root = root_of_inclusion(record["seq"], note.size, leaf_hash(record["record"].encode()), path)
        except ValueError:
            root = None
        good = good and root == note.root and _in_place(record, note)
    return good, _signed(note, keys)


def _consistency(proof, keys):
    path = _path(proof["path"])
    old, new = _note(proof["from"]), _note(proof["to"])
    try:
        good = roots_of_consistency(old.size, new.size, old.root, path) == (old.root, new.root)
    except ValueError:
        good = False
    return good and old.origin == new.origin, _signed(old, keys) and _signed(new, keys)


def verdict(raw, keys):
    """`raw`: the file's bytes; `keys`: public keys, 32 bytes each."""
    try:
        proof = _read(raw)
        for pem in proof["public_keys"]:
            _need(isinstance(pem, str) and _is_key(pem), "no PEM block of a key")
        good, signed = (_inclusion if proof["proof"] == "inclusion" else _consistency)(proof, keys)
    except NoProof:
        return NO_PROOF
    except BadNote:
        return SIGNATURE
    return GOOD if good and signed else PATH if not good else SIGNATURE
