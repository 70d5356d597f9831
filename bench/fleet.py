"""Memory and CPU at rest of a daemon that watches 10,000 services with 100 canaries in flight, promotion on."""
import os
import time

import figures
from footprint import memory_kib
from lab import daemon, net, pki
from lab.sandbox import Sandbox

SERVICES = 10_000
CANARIES = 100
SCRAPE_SECONDS = 5  # as the shipped monitors do
MEASURED_SECONDS = 60
# Nobody is asked: no alert comes. A policy that promotes needs one all the same.
POLICY = ("policies:\n  - name: default\n    promotion: {enabled: true}\n"
          "prometheus: {url: http://127.0.0.1:9}\n")


def scenario():
    """Those that are quiet have been rolled out; the others have a canary at 5 %."""
    return {"services": [
        {"namespace": f"team-{number % 50}", "name": f"svc-{number:05}", "requests_per_second": 0,
         **({"canary": {"percent": 5}} if number < CANARIES else {})} for number in range(SERVICES)]}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime


def samples(served):
    return net.request("GET", f"http://{served.admin_address}/metrics", timeout=30).body.decode()


def a_minute(served, scraped):
    """CPU seconds of the daemon in a minute of rest."""
    pid, began, cpu = served.process.pid, time.monotonic(), cpu_seconds(served.process.pid)
    while (left := began + MEASURED_SECONDS - time.monotonic()) > 0:
        if scraped:
            samples(served)
        time.sleep(min(left, SCRAPE_SECONDS))
    return (cpu_seconds(pid) - cpu) * 60 / (time.monotonic() - began)


def run():
    with figures.disk_folder() as folder, Sandbox(scenario(), program=figures.CANARYD) as sandbox:
        served = daemon.Canaryd(figures.CANARYD, folder / "daemon", sandbox.url, pki.Pki(folder / "pki"), more=POLICY)
        try:
            net.wait_until(lambda: samples(served).count('signal="error_ratio"') == CANARIES, 120,
                           "the canaries are in flight")
            net.wait_until(lambda: samples(served).count("canaryd_rollback_rehearsed{") == CANARIES, 120,
                           "their rollbacks are rehearsed")
            time.sleep(10)
            text = samples(served)
            at_rest, scraped = a_minute(served, False), a_minute(served, True)
            kib = memory_kib(served.process.pid)
        finally:
            served.stop()
    what = f"{SERVICES:,} services, {CANARIES} canaries in flight"
    yield figures.Figure(f"RssAnon with {what}", f"{kib['RssAnon'] / 1024:.1f} MiB (VmRSS {kib['VmRSS'] / 1024:.1f}, "
                         f"VmHWM {kib['VmHWM'] / 1024:.1f})")
    yield figures.Figure(f"CPU a minute at rest, {what}", f"{at_rest:.2f} s")
    yield figures.Figure(f"- scraped every {SCRAPE_SECONDS} s ({len(text) / 1024:.0f} KiB of series)", f"{scraped:.2f} s")
