#!/usr/bin/env python3
"""What `canaryd audit query` costs over a large log: records/s and MB/s of a full scan, a narrow time over compressed
segments, and memory.

    bench/audit_query.py CANARYD [RECORDS] [FOLDER]

Writes a log of so many records (a million) of the size that rollbacks have, an hour each 1000, in compressed segments
of 64 MiB with an open one behind them; FOLDER keeps it. Needs the program `zstd`. Prints Markdown.
"""
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SEGMENT = 64 << 20
SERVICES = 200
AN_HOUR = 1000  # records
BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
KINDS = ("decision", "intent", "outcome", "confirmed")


def text_of(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def id_of(number):
    """Those of one decision share it; as random as real ones, for what is compressed."""
    return hashlib.md5(str(number // len(KINDS)).encode(), usedforsecurity=False).hexdigest()


def body(number):
    """A record's members behind prev."""
    service = f"service-{number * 7919 % SERVICES}"
    kind = KINDS[number % len(KINDS)]
    target = {"namespace": f"team-{number % 10}", "name": service, "uid": "fc6b27f5-bd29-d8ed-a07d-a18b53f63985"}
    canary, stable = f"{service}-predictor-00002", f"{service}-predictor-00001"
    labels = {"alertname": "CanaryHighErrorRate", "inferenceservice": service, "namespace": target["namespace"],
              "revision": canary, "severity": "critical"}
    seen = f"predictor: created {canary}, ready {canary}, rolled out {stable}, previous none, percent 25"
    guards = [{"guard": guard, "passed": True, "detail": seen} for guard in
              ("no_policy", "unsupported_mode", "stale_revision", "no_canary")]
    record = {"kind": kind, "id": id_of(number), "target": target,
              "alerts": [{"name": labels["alertname"], "status": "firing", "fingerprint": "ce6b598e42683850",
                          "starts_at": text_of(BEGIN), "value": "0.31", "labels": labels}],
              "action": "rollback", "verdict": "act", "reason": "rolled_back", "guards": guards,
              "changes": [{"component": "predictor", "canary": canary, "stable": stable, "percent_before": 25,
                           "percent_after": 0}],
              "generation": 1, "policy_sha256": "a" * 64, "config_sha256": "9" * 64, "actor": "token:alertmanager",
              "peer": "127.0.0.1:56114", "message": f"Rolled back {service}: revision {canary} from 25 % to 0 %."}
    return json.dumps(record, separators=(",", ":"))[1:]


class Log:
    """A chained log without leaves, which no query asks for."""

    def __init__(self, folder, records):
        self.folder = folder
        self.bytes = 0
        self.first = 0
        self.prev = "0" * 64
        self.lines, self.size, self.span = [], 0, ("", "")
        for seq in range(records):
            moment = text_of(BEGIN + datetime.timedelta(hours=seq / AN_HOUR))
            if self.size > SEGMENT:
                self.close()
                previous = f"segment-{self.first:020}.jsonl"
                self.first = seq
                rotated = {"kind": "lifecycle", "id": "r", "event": "rotated",
                           "details": {"previous": previous, "from": self.span[0], "to": self.span[1]}, "message": "."}
                self.span = (moment, moment)
                self.add(seq, moment, json.dumps(rotated, separators=(",", ":"))[1:])
            else:
                self.add(seq, moment, body(seq))
        self.path().write_text("".join(self.lines))

    def path(self):
        return self.folder / f"segment-{self.first:020}.jsonl"

    def add(self, seq, moment, members):
        form = '"format":1,"log":"' + "a" * 32 + '",' if seq == 0 else ""
        line = f'{{"seq":{seq},"time":"{moment}","prev":"{self.prev}",{form}{members}'
        self.prev = hashlib.sha256(line.encode()).hexdigest()
        line += "\n"
        self.lines.append(line)
        self.size += len(line)
        self.bytes += len(line)
        self.span = (self.span[0] or moment, moment)

    def close(self):
        self.path().write_text("".join(self.lines))
        subprocess.run(["zstd", "-q", "-3", "--rm", self.path()], check=True)
        self.lines, self.size = [], 0


def size_of(file):
    """Unpacked. Piece by piece: what this process holds counts as its children's memory, too."""
    if file.suffix != ".zst":
        return file.stat().st_size
    with subprocess.Popen(["zstd", "-dcq", file], stdout=subprocess.PIPE) as unpacked:
        return sum(len(chunk) for chunk in iter(lambda: unpacked.stdout.read(1 << 20), b""))


def measured(command):
    """(seconds of CPU, seconds, lines, bytes of memory at most). It has one thread: on a machine with nothing else to
    do both are the same."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    lines = sum(chunk.count(b"\n") for chunk in iter(lambda: process.stdout.read(1 << 20), b""))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        sys.exit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began, lines, usage.ru_maxrss * 1024


def main():
    canaryd = sys.argv[1]
    records = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="canaryd-query-") as own:
        folder = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else own)
        folder.mkdir(parents=True, exist_ok=True)
        if not list(folder.glob("segment-*")):
            Log(folder, records)
        stored = [file.stat().st_size for file in folder.glob("segment-*")]
        plain = sum(size_of(file) for file in folder.glob("segment-*"))
        print(f"{records} records, {plain / 1e6:.0f} MB in {len(stored)} segments, {sum(stored) / 1e6:.0f} MB on the disk")
        hour = BEGIN + datetime.timedelta(hours=records / AN_HOUR / 2)
        narrow = ["--since", text_of(hour), "--until", text_of(hour + datetime.timedelta(hours=1))]
        print("\n| query | found | CPU s | s | records/s of CPU | MB/s of CPU | memory |\n|---|---|---|---|---|---|---|")
        one_id = ["--id", id_of(records // 2)]
        rows = [(name, [canaryd, "audit", "query", folder, *words]) for name, words in (
            ("one id of all", [*one_id, "--output", "json"]),
            ("one service", ["--name", "service-17", "--output", "json"]),
            ("one service, as a table", ["--name", "service-17"]),
            ("everything, `--output json`", ["--output", "json"]),
            ("everything, as CSV", ["--output", "csv"]),
            ("one hour in the middle", [*narrow, "--output", "json"]),
            ("the newest 20 of a service", ["--name", "service-17", "--reverse", "--limit", "20"]),
            ("one id of all, newest first", [*one_id, "--reverse", "--output", "json"]))]
        packed = sorted(folder.glob("segment-*.zst"))
        for name, command in (*rows, ("beside it: `zstd -dc` of all closed segments", ["zstd", "-dcq", *packed])):
            cpu, seconds, lines, memory = measured(command)
            print(f"| {name} | {lines} | {cpu:.2f} | {seconds:.2f} | {records / cpu:,.0f} | {plain / 1e6 / cpu:,.0f} "
                  f"| {memory / 1e6:.0f} MB |")


if __name__ == "__main__":
    main()
