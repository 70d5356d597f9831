"""The audit log: appends against a bare write + fdatasync loop, what a record costs a decision, verification against
sha256sum on the same bytes, queries over a million records, and bytes a record."""
import json
import os
import subprocess
import time

import figures

RECORDS = int(os.environ.get("CANARYD_BENCH_RECORDS", "1000000"))
ROUNDS = 3


def _bench(*arguments):
    done = subprocess.run([figures.program("audit"), *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def _seconds(*command):
    began = time.monotonic()
    subprocess.run([str(one) for one in command], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def _appended(name, rate, ratio):
    return figures.Figure(f"Audit records, {name}", f"{ratio:.0%} ({rate:,.0f}/s)", ">= 80 %", ratio >= 0.8)


def _appends(folder):
    result = _bench("append", folder)
    yield figures.Figure(f"Bare loop: write and fdatasync {result['bytes']} bytes", f"{result['bare']:,.0f}/s")
    for writers, (rate, ratio) in result["writers"].items():
        name = "1 writer, an fdatasync each" if writers == "1" else f"{writers} writers, in groups"
        yield _appended(name, rate, ratio)
    yield figures.Figure("Bare loop: 100 of them in one write and fdatasync", f"{result['bare_group']:,.0f}/s")
    for size, (rate, ratio) in result["groups"].items():
        yield _appended(f"1 writer, {size} at once", rate, ratio)


def _size(folder, pattern):
    return sum(file.stat().st_size for file in folder.glob(pattern))


def _verification(log):
    segments = sorted(log.glob("segment-*.jsonl"))
    size = sum(file.stat().st_size for file in segments)
    own, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(_seconds("sha256sum", *segments))
        own.append(_seconds(figures.CANARYD, "audit", "verify", log))
    own, theirs = figures.median(own), figures.median(theirs)
    yield figures.Figure(f"audit verify of {RECORDS:,} records, {size / 1e6:,.0f} MB",
                         f"{own:.1f} s: {RECORDS / own:,.0f} records/s, {size / own / 1e6:,.0f} MB/s")
    yield figures.Figure("- against sha256sum on the same bytes", f"{own / theirs:.2f}x ({theirs:.1f} s)")


QUERIES = {
    "one service by name": ["--name", "iris-7"],
    "one id": ["--id", "{:a>32}"],
    "the last 100": ["--reverse", "--limit", "100"],
    "all of them as JSON": ["--output", "json"],
}


def _queries(log, what):
    for name, arguments in QUERIES.items():
        words = [word.format(RECORDS // 2) for word in arguments]
        took = figures.median([_seconds(figures.CANARYD, "audit", "query", log, *words) for _ in range(ROUNDS)])
        yield figures.Figure(f"audit query, {what}: {name}", f"{took:.2f} s")


def run():
    with figures.disk_folder() as folder:
        yield from _appends(folder)
        yield figures.Figure("A record without its fdatasync (line, chain, tree, write)",
                             f"{_bench('cost', folder / 'cost')['median_us']:.1f} us")
        log = folder / "plain"
        _bench("write", log, RECORDS)
        plain = _size(log, "segment-*.jsonl")
        yield from _verification(log)
        yield from _queries(log, "plain")
        packed = folder / "packed"
        _bench("write", packed, RECORDS, "compress")
        yield figures.Figure("audit verify, closed segments compressed",
                             f"{figures.median([_seconds(figures.CANARYD, 'audit', 'verify', packed) for _ in range(ROUNDS)]):.1f} s")
        yield from _queries(packed, "compressed")
        closed = [file for file in packed.glob("segment-*.zst")]
        raw = sum((log / file.name.removesuffix(".zst")).stat().st_size for file in closed
                  if (log / file.name.removesuffix(".zst")).exists())
        small = sum(file.stat().st_size for file in closed)
        yield figures.Figure("Bytes a record: plain, compressed, leaf hash",
                             f"{plain / RECORDS:,.0f}, {plain / RECORDS * small / raw if raw else 0:,.0f}, 32")
