"""A program run to its end, with what it cost: for tests that bound time and memory."""
import collections
import os
import pathlib
import re
import subprocess
import tempfile
import time

Cost = collections.namedtuple("Cost", "code seconds peak_mib output")

# A sanitizer keeps freed memory for a while, to find its use: that is not the program's appetite.
SMALL_QUARANTINE = {"ASAN_OPTIONS": "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}
MOST_OUTPUT = 32 << 20


def _peak_kib(pid):
    """So far; 0 when it has ended. (What wait4 tells begins with the memory of the one that started it.)"""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+([0-9]+) kB$", status, re.MULTILINE)
    return int(found[1]) if found else 0


def run(arguments, seconds):
    """`code` is negative when a signal ended it, as subprocess has it; TimeoutError after so many seconds."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        peak = 0
        process = subprocess.Popen([str(one) for one in arguments], stdout=output, stderr=output,
                                   stdin=subprocess.DEVNULL, env={**os.environ, **SMALL_QUARANTINE})
        while True:
            peak = max(peak, _peak_kib(process.pid))
            done, status = os.waitpid(process.pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() - started > seconds:
                process.kill()
                os.waitpid(process.pid, 0)
                process.returncode = -9
                raise TimeoutError(f"{arguments} took more than {seconds} s")
            time.sleep(0.01)
        process.returncode = os.waitstatus_to_exitcode(status)
        if output.tell() > MOST_OUTPUT or os.fstat(output.fileno()).st_size > MOST_OUTPUT:
            raise AssertionError(f"{arguments} wrote {os.fstat(output.fileno()).st_size} bytes")
        output.seek(0)
        return Cost(process.returncode, time.monotonic() - started, peak / 1024,
                    output.read().decode(errors="replace"))
