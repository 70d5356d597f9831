"""One line of an audit log by docs/audit-format.md, "The line" and "Fields": ValueError says what it is not."""
import json
import re

MOST = 16 * 1024 * 1024
ORDER = ["seq", "time", "prev", "format", "log", "kind", "id", "event", "target", "alerts", "action", "verdict", "reason",
         "guards", "changes", "generation", "patch", "api", "policy_sha256", "config_sha256", "actor", "peer", "because",
         "count", "details", "message"]
KINDS = {"lifecycle", "intent", "outcome", "confirmed", "unconfirmed", "decision", "received"}
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def _no_doubles(members):
    names = [name for name, _ in members]
    if len(set(names)) != len(names):
        raise ValueError("a member stands twice")
    return dict(members)


def parse(line):
    """The record of a line without its LF."""
    if len(line) > MOST:
        raise ValueError("the line is longer than 16 MiB")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise ValueError("the line is not UTF-8") from problem
    if UNSEEN.search(text):
        raise ValueError("the line holds characters that are written as escapes")
    try:
        record = json.loads(text, object_pairs_hook=_no_doubles)
    except RecursionError as problem:
        raise ValueError("the line is nested too deeply") from problem
    if not isinstance(record, dict):
        raise ValueError("the line is no JSON object")
    known = [name for name in record if name in ORDER]
    if known != sorted(known, key=ORDER.index):
        raise ValueError("the members do not stand in their order")
    if type(record.get("seq")) is not int or not isinstance(record.get("prev"), str):
        raise ValueError("seq and prev are not a number and a text")
    if not isinstance(record.get("time"), str) or not TIME.fullmatch(record["time"]):
        raise ValueError("time is not RFC 3339, UTC, with six decimals")
    if record.get("kind") not in KINDS:
        raise ValueError("a kind that is not known")
    if not isinstance(record.get("details", {}), dict) or not isinstance(record.get("message"), str):
        raise ValueError("details or message is not what it should be")
    return record
