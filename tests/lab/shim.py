"""A daemon whose system calls are counted, and which dies, finds the disk full or breaking when a test says so.

    shim = Shim(folder, canaryd)                      # $CANARYD_SHIM names the shared object
    daemon = Canaryd(shim.program, folder, ...)
    shim.kill_at(7)                                   # before the 7th call from now on
"""
import mmap
import os
import pathlib
import shlex
import struct

WHEN = {"before": 0, "after": 1, "halfway": 2}
_NTH, _WHEN, _EVERY_THREAD, _COUNT, _DISK_ERROR, _BAD_SYNCS, _ONLY, _CALL, _SIZE = 0, 4, 8, 12, 16, 20, 24, 44, 64


class Shim:
    """`program` is run in the place of canaryd. The control is shared by all processes that run it."""

    def __init__(self, folder, canaryd):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        control = folder / "shim-control"
        control.write_bytes(bytes(_SIZE))
        with open(control, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SIZE)
        self.program = folder / "canaryd-under-shim"
        # The sanitizer's runtime does not come first then, which it can bear but would refuse.
        options = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        self.program.write_text(
            f"#!/bin/sh\nexec env LD_PRELOAD={shlex.quote(os.environ['CANARYD_SHIM'])}"
            f" ASAN_OPTIONS={shlex.quote(options)} CANARYD_SHIM_CONTROL={shlex.quote(str(control))}"
            f" {shlex.quote(str(canaryd))} \"$@\"\n")
        self.program.chmod(0o700)

    def _set(self, offset, value):
        struct.pack_into("=I", self._memory, offset, value)

    def kill_at(self, nth, when="before", only="", every_thread=False):
        """SIGKILL at the nth counted call from now: before it, after it, or (writes and sends only) in its middle. Counted
        are the calls of that name, or all, of the thread that serves the next connection, or of all threads."""
        self._set(_NTH, 0)
        self._set(_COUNT, 0)
        self._set(_WHEN, WHEN[when])
        self._set(_EVERY_THREAD, int(every_thread))
        self._memory[_ONLY:_SIZE] = only.encode().ljust(_SIZE - _ONLY, b"\0")
        self._set(_NTH, nth)

    def disarm(self):
        self._set(_NTH, 0)

    @property
    def count(self):
        """Calls since kill_at."""
        return struct.unpack_from("=I", self._memory, _COUNT)[0]

    @property
    def call(self):
        """The name of the call that killed."""
        return self._memory[_CALL:_SIZE].rstrip(b"\0").decode()

    def fail_writes(self, error):
        """From now on writes to regular files fail with this errno; 0: no longer."""
        self._set(_DISK_ERROR, error)

    def fail_syncs(self, number):
        """The next `number` fdatasync fail with EIO."""
        self._set(_BAD_SYNCS, number)
