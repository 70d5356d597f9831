"""Memory 10 s after ready, and the time from exec to ready."""
import http.client
import time

import figures
from lab import daemon, net, pki, procs
from lab.sandbox import Sandbox

STARTS = 15


def memory_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return {name: int(fields[name].split()[0]) for name in ("RssAnon", "VmRSS", "VmHWM")}


def memory(what, limit_mib, scenario):
    with figures.disk_folder() as folder, Sandbox(scenario, program=figures.CANARYD) as sandbox:
        served = daemon.Canaryd(figures.CANARYD, folder / "daemon", sandbox.url, pki.Pki(folder / "pki"))
        try:
            time.sleep(10)
            kib = memory_kib(served.process.pid)
        finally:
            served.stop()
    anonymous = kib["RssAnon"] / 1024
    return figures.Figure(f"RssAnon {what}",
                          f"{anonymous:.1f} MiB (VmRSS {kib['VmRSS'] / 1024:.1f}, VmHWM {kib['VmHWM'] / 1024:.1f})",
                          f"<= {limit_mib} MiB", anonymous <= limit_mib)


def is_ready(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def start_milliseconds(folder, config, port):
    began = time.monotonic()
    with procs.Process("canaryd", [figures.CANARYD, "serve", "--config", config], log_path=folder / "start.log") as process:
        while not is_ready(port):
            if process.returncode is not None or time.monotonic() > began + 30:
                raise AssertionError(process.log_tail())
            time.sleep(0.001)
        return (time.monotonic() - began) * 1000


def start():
    with figures.disk_folder() as folder, Sandbox(services=100, program=figures.CANARYD) as sandbox:
        certificate, key = pki.Pki(folder / "pki").issue("server")
        token = folder / "token"
        token.write_text("a-token-that-nobody-sends")
        times = []
        for number in range(STARTS):
            port = net.free_port()
            config = folder / "canaryd.yaml"
            text = daemon.CONFIG.format(
                instance="bench", certificate=certificate, key=key, token_file=token, audit=folder / f"audit-{number}",
                cluster=f"  url:\n    address: {sandbox.url}", more="")
            config.write_text(text.replace('admin:\n  listen: "127.0.0.1:0"', f'admin:\n  listen: "127.0.0.1:{port}"'))
            times.append(start_milliseconds(folder, config, port))
    middle = figures.median(times)
    return figures.Figure("Start to ready, 100 services (exec to /readyz 200)",
                          f"{middle:.0f} ms (slowest of {STARTS}: {max(times):.0f})", "< 100 ms", middle < 100)


def run():
    yield memory("idle", 8, None)
    yield memory("with 10,000 InferenceServices of 7 kB", 40, {"generated": {"count": 10000, "bytes": 7000}})
    yield start()
