"""Child processes of tests: started, waited for, ended by their own pid, with their log at hand when something fails.

    with temp_folder() as folder, Process("sandbox", [canaryd, "sandbox"], log_path=folder / "sandbox.log") as sandbox:
        url = sandbox.wait_line(r"listening on (http://\\S+)", timeout=20).group(1)

A child is killed by the kernel when its parent dies, so a test that is killed leaves nothing behind.
"""
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error

from lab import net

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_SANITIZER = re.compile(r"(ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|: runtime error: ).*")


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def temp_folder(prefix="canaryd-"):
    """A pathlib.Path that is removed at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Process:
    """One child. `env` is added to this process' environment. stdout and stderr go to `log_path` (a file in the
    temporary folder when None, removed by stop()); `stdout` is another file for the one of them. Leaving the context with
    an exception prints the log's end."""

    def __init__(self, name, argv, env=None, log_path=None, cwd=None, stdout=None):
        self.name = name
        self._reported = False
        self._own_log = log_path is None
        if self._own_log:
            fd, log_path = tempfile.mkstemp(prefix=f"canaryd-{name}-", suffix=".log")
            os.close(fd)
        self.log_path = pathlib.Path(log_path)
        with open(self.log_path, "wb") as log:
            self.popen = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL,
                                          stdout=log if stdout is None else stdout, stderr=log,
                                          env={**os.environ, **(env or {})}, cwd=cwd, preexec_fn=_die_with_parent)

    @property
    def pid(self):
        return self.popen.pid

    @property
    def returncode(self):
        """None while it runs; negative: the signal that ended it."""
        return self.popen.poll()

    def log(self):
        """All that it has printed so far."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines=40):
        return "\n".join(self.log().splitlines()[-lines:])

    def _poll(self, condition, timeout, what):
        deadline = time.monotonic() + timeout
        while True:
            ended = self.returncode
            result = condition()
            if result:
                return result
            if ended is not None:
                raise AssertionError(f"{self.name} ended with {ended} before {what}; its log:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name}: {what} not within {timeout} s; its log:\n{self.log_tail()}")
            time.sleep(0.02)

    def wait_line(self, pattern, timeout=20):
        """Waits until the log matches the regular expression; returns the match."""
        expression = re.compile(pattern, re.MULTILINE)
        return self._poll(lambda: expression.search(self.log()), timeout, f"the line {pattern!r}")

    def wait_http(self, url, timeout=20, context=None, headers=None, status=200):
        """Waits until a GET of `url` answers `status`; returns the net.Answer."""

        def ready():
            try:
                answer = net.request("GET", url, context=context, headers=headers, timeout=5)
            except (OSError, urllib.error.URLError):
                return None
            return answer if answer.status == status else None

        return self._poll(ready, timeout, f"{url} answered {status}")

    def wait_exit(self, timeout=20):
        """Waits for its own end; returns the return code."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout} s; its log:\n{self.log_tail()}") from None

    def kill(self):
        """SIGKILL, as a crash; returns the return code."""
        if self.returncode is None:
            self.popen.kill()
        return self.popen.wait(20)

    def stop(self, timeout=30):
        """SIGTERM, then SIGKILL after `timeout` seconds; returns the return code. May be called twice. AssertionError when
        a sanitizer reported in its log."""
        if self.returncode is None:
            self.popen.terminate()
            try:
                self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait(20)
        log = self.log()
        if self._own_log:
            self.log_path.unlink(missing_ok=True)
        report = _SANITIZER.search(log)
        if report and not self._reported:
            self._reported = True
            raise AssertionError(f"{self.name}: a sanitizer's report:\n{log[report.start():][:8000]}")
        return self.popen.returncode

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if kind is not None:
            print(f"--- {self.name} (pid {self.pid}), end of its log ---\n{self.log_tail()}\n---", file=sys.stderr)
        self.stop()
        return False
