"""The volume of the audit log fills: on a small file system of its own each step does what it promises, in order, and
all of it ends when there is room again. And what is done with closed segments before that: rotation, compression,
removal by age and size."""
import contextlib
import json
import os
import re
import subprocess
import time
import unittest

from lab import daemon_case as case
from lab import net, notify, small_disk
from lab.daemon_case import DaemonCase, Serve

MIB = 1 << 20
STEPS = "  space: {warn: 12MiB, make_room: 8MiB, stop: 4MiB}\n"
QUIET = "  space: {warn: 3MiB, make_room: 2MiB, stop: 1MiB}\n"


def setUpModule():
    case.set_up()


class OnSmallDisk(Serve):
    """Its audit log stands on a file system of 24 MiB."""

    def prepare(self):
        self.mounts = contextlib.ExitStack()
        self.disk = self.mounts.enter_context(small_disk.mounted(self.folder / "disk", "24m"))
        (self.disk / "audit").mkdir(mode=0o700)
        self.audit_folder.symlink_to(self.disk / "audit")

    def available(self):
        found = os.statvfs(self.disk)
        return found.f_bavail * found.f_frsize

    def leave(self, size):
        """Fills the disk, or frees it, until so many bytes are left."""
        filler = self.disk / "filler"
        have = filler.stat().st_size if filler.exists() else 0
        wanted = have + self.available() - size
        if wanted < have:
            os.truncate(filler, max(wanted, 0))
        else:
            with open(filler, "ab") as file:
                file.write(bytes(wanted - have))

    def files(self, ending):
        return sorted(path.name for path in self.audit_folder.glob(f"segment-*{ending}"))

    def events(self, event):
        """Of lifecycle records, from all segments: closed ones are read as the audit commands read them."""
        done = subprocess.run([os.environ["CANARYD"], "audit", "query", self.audit_folder, "--output", "json"],
                              capture_output=True, text=True, check=True)
        records = [json.loads(line) for line in done.stdout.splitlines()]
        return [record for record in records if record.get("event") == event]

    def removed(self, why):
        """The segments that the log lines say were removed for that reason."""
        return set(re.findall(rf"event=audit_segment_removed file=(\S+) why={why} ", self.log()))


class SpaceCase(DaemonCase):
    decisions = 0

    def small(self, more):
        started = OnSmallDisk(case.SANDBOX.url, more)
        self.addCleanup(started.mounts.close)
        self.addCleanup(started.stop)
        return started

    def wait_step(self, daemon, step):
        net.wait_until(lambda: daemon.metric("canaryd_audit_space_step") == step, 20, f"step {step}")

    def deliver(self, daemon, service):
        return daemon.deliver(notify.alert(service.name, service.revision(2)))

    def decide(self, daemon):
        """One record, of a decision about a service that is not there."""
        type(self).decisions += 1
        answer = daemon.deliver(notify.alert(f"nobody-{self.decisions}", "nobody-00001"))
        self.assertEqual(answer.status, 200, answer)

    def close_segments(self, daemon, count):
        """Rotated by age, with a second and records for each. Nothing in them waits for another record."""
        wanted = len(daemon.files(".leaves")) + count

        def rotated():
            self.decide(daemon)
            return len(daemon.files(".leaves")) >= wanted
        net.wait_until(rotated, 60, f"{count} new segments", 0.4)


class Steps(SpaceCase):
    def test_each_step_in_its_order_and_back(self):
        daemon = self.small("  rotate_age: 1s\n  keep_at_least: 0s\n" + STEPS).ready()
        self.close_segments(daemon, 3)
        net.wait_until(lambda: len(daemon.files(".jsonl")) == 1, 20, "all but the open segment are compressed")
        closed = daemon.files(".zst")
        self.assertEqual(len(closed), len(daemon.files(".leaves")) - 1)
        self.assertEqual(daemon.metric("canaryd_audit_space_step"), 0)

        daemon.leave(10 * MIB)
        self.wait_step(daemon, 1)
        self.assertEqual(daemon.admin("/readyz").status, 200)
        self.decide(daemon)
        self.assertEqual(daemon.events("removed"), [])

        daemon.leave(6 * MIB)
        self.wait_step(daemon, 2)
        net.wait_until(lambda: not set(closed) & set(daemon.files(".zst")), 40, "what was closed is removed")
        self.decide(daemon)
        self.assertLessEqual({name.removesuffix(".zst") for name in closed}, daemon.removed("space"))
        self.assert_verifies(daemon)

        daemon.leave(2 * MIB)
        self.wait_step(daemon, 3)
        service = self.canary()
        answer = self.deliver(daemon, service)
        self.assertEqual(answer.status, 503, answer)
        self.assertIn("audit_unavailable", answer.body.decode())
        ready = daemon.admin("/readyz")
        self.assertEqual(ready.status, 503)
        self.assertRegex(ready.body.decode(), r"audit log: the volume of the audit log has \S+ MiB left")
        self.assertEqual(service.get()["spec"]["predictor"]["canaryTrafficPercent"], 20)

        daemon.leave(20 * MIB)
        daemon.ready()
        self.wait_step(daemon, 0)
        self.assertEqual(self.deliver(daemon, service).status, 200)
        self.assertEqual(service.get()["spec"]["predictor"]["canaryTrafficPercent"], 0)
        said = re.findall(r"event=audit_space step=(\S+)", daemon.log())
        self.assertEqual(said, ["warn", "make_room", "stop", "enough"], "each step once")
        # The others may have gone with their segments.
        self.assertEqual([r["details"]["step"] for r in daemon.events("space")][-1], "enough")
        self.assert_verifies(daemon)

    def test_a_step_is_not_left_at_its_edge(self):
        daemon = self.small(STEPS).ready()
        daemon.leave(3 * MIB)
        self.wait_step(daemon, 3)
        daemon.leave(4 * MIB + 64 * 1024)
        time.sleep(2.5)
        self.assertEqual(daemon.metric("canaryd_audit_space_step"), 3)
        daemon.leave(5 * MIB)
        self.wait_step(daemon, 2)
        daemon.ready()

    def test_nothing_younger_than_keep_at_least_goes_though_the_disk_fills(self):
        daemon = self.small("  rotate_age: 1s\n  keep_at_least: 90d\n" + STEPS).ready()
        self.close_segments(daemon, 2)
        daemon.leave(2 * MIB)
        self.wait_step(daemon, 3)
        net.wait_until(lambda: len(daemon.files(".jsonl")) == 1, 20, "all but the open segment are compressed")
        time.sleep(6)  # one more look than is made while room is wanted
        self.assertEqual(daemon.events("removed"), [])
        self.assertEqual(len(daemon.files(".zst")) + 1, len(daemon.files(".leaves")))
        daemon.leave(20 * MIB)
        daemon.ready()
        self.assert_verifies(daemon)

    def test_a_disk_that_is_full_at_the_start_begins_nothing(self):
        class Full(OnSmallDisk):
            def prepare(self):
                super().prepare()
                self.leave(3 * MIB)

        started = Full(case.SANDBOX.url, STEPS)
        self.addCleanup(started.mounts.close)
        self.addCleanup(started.stop)
        net.wait_until(lambda: b"the volume of the audit log" in started.admin("/readyz").body, 20, "it is said")
        service = self.canary()
        self.assertEqual(self.deliver(started, service).status, 503)
        self.assertEqual(service.get()["spec"]["predictor"]["canaryTrafficPercent"], 20)
        started.leave(20 * MIB)
        started.ready()
        self.assertEqual(self.deliver(started, service).status, 200)

    def test_what_was_begun_is_finished_while_the_disk_is_full(self):
        """The outcome of a patch that is on its way is recorded although nothing new may begin."""
        daemon = self.small(STEPS).ready()
        service = self.canary()
        self.assertEqual(self.deliver(daemon, service).status, 200)
        daemon.leave(2 * MIB)
        self.wait_step(daemon, 3)
        case.SANDBOX.pause(False)
        self.addCleanup(case.SANDBOX.pause)
        net.wait_until(lambda: any(r["kind"] == "confirmed" and r["target"]["name"] == service.name
                                   for r in daemon.records()), 40, "the confirmation is recorded")


class Segments(SpaceCase):
    def test_records_that_are_older_than_keep_go_and_their_hashes_stay(self):
        daemon = self.small("  rotate_age: 1s\n  keep: 4s\n  keep_at_least: 1s\n" + QUIET).ready()
        self.close_segments(daemon, 2)
        first = daemon.files(".leaves")[:2]
        time.sleep(4)
        self.close_segments(daemon, 1)
        gone = {name.replace(".leaves", ".jsonl") for name in first}
        net.wait_until(lambda: gone <= daemon.removed("age"), 40, "they are removed")
        self.assertLessEqual(set(first), set(daemon.files(".leaves")))
        self.assertFalse(gone & set(daemon.files(".jsonl")))
        self.assertFalse({name + ".zst" for name in gone} & set(daemon.files(".zst")))
        self.assert_verifies(daemon)
        self.assertEqual(daemon.stop(), 0)
        self.assert_verifies(daemon)

    def test_new_rules_are_taken_from_the_configuration_while_it_runs(self):
        daemon = self.small("  rotate_age: 1s\n  keep_at_least: 0s\n" + QUIET).ready()
        self.close_segments(daemon, 2)
        self.assertEqual(daemon.events("removed"), [])
        daemon.change("  keep_at_least: 0s\n", "  keep_at_least: 0s\n  keep: 0s\n")
        net.wait_until(lambda: "reload" in daemon.log(), 20, "the reload")
        self.close_segments(daemon, 1)
        net.wait_until(lambda: len(daemon.removed("age")) >= 2, 40, "what was closed is removed")
        # Removals are recorded in segments that are removed as well: what is gone stays explained.
        self.close_segments(daemon, 3)
        daemon.stop()
        self.assert_verifies(daemon)


if __name__ == "__main__":
    small_disk.run_where_disks_can_be_mounted()
    unittest.main()
