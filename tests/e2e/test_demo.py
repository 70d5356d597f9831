"""The demo's first scene, and the demo as a program. Real Prometheus, real Alertmanager, TLS, sandbox, and daemon."""
import os
import pathlib
import signal
import subprocess
import sys
import unittest

from lab import net
from lab.procs import temp_folder
from lab.scene_rollback import CANARY, STABLE, Demo, Story
from lab.timeline import at


def tools():
    folder = os.environ.get("CANARYD_TOOLS", "")
    if not os.access(pathlib.Path(folder) / "prometheus", os.X_OK):
        raise AssertionError(f"CANARYD_TOOLS must name a folder with prometheus and prometheus-alertmanager, is "
                             f"{folder!r}: scripts/lab/debian-tools DIR unpacks one and prints it")
    return folder


def canaryd():
    return os.environ["CANARYD"]


class ABrokenCanary(unittest.TestCase):
    """From healthy to rolled back, once, with scrapes every 5 s as shipped."""

    @classmethod
    def setUpClass(cls):
        with temp_folder() as folder, Demo(canaryd(), tools(), folder) as demo:
            cls.story = Story(demo)
            cls.rule_errors = demo.prometheus.rule_health()
            cls.records = demo.canaryd.records()
            cls.metrics = net.request("GET", f"http://{demo.canaryd.admin_address}/metrics").body.decode()

    def test_loses_its_traffic_and_the_record_says_so(self):
        self.assertEqual(self.story.faults(), [])
        self.assertEqual(self.story.shares, {STABLE: 100, CANARY: 0})

    def test_is_named_by_the_alert_with_all_that_the_receiver_needs(self):
        labels = dict(self.story.alert["labels"])
        self.assertIn(labels.pop("alertname"), ("CanaryFailing", "CanaryHighErrorRate"))
        self.assertEqual(labels, {"namespace": "ml", "inferenceservice": "iris", "component": "predictor",
                                  "revision": CANARY, "severity": "critical"})
        self.assertGreater(float(self.story.intent["alerts"][0]["value"]), 0.5)

    def test_is_rolled_back_in_the_order_that_a_stranger_can_check(self):
        story = self.story
        times = [story.breach, story.fired, story.sent, at(story.intent["time"]), at(story.outcome["time"]),
                 at(story.confirmed["time"])]
        self.assertEqual(times, sorted(times))
        self.assertLess(story.intent["seq"], story.outcome["seq"])
        self.assertLess(story.outcome["seq"], story.confirmed["seq"])

    def test_is_rolled_back_by_one_patch(self):
        self.assertEqual([r["kind"] for r in self.story.trail], ["intent", "outcome", "confirmed"])
        rollbacks = [r for r in self.records if r["kind"] == "intent" and r["action"] == "rollback"]
        self.assertEqual(len(rollbacks), 1)

    def test_is_acted_on_for_the_authenticated_client(self):
        self.assertIn("alertmanager", self.story.intent["actor"])
        self.assertTrue(self.story.intent["peer"].startswith("127.0.0.1"))

    def test_shows_in_metrics_and_no_rule_fails(self):
        self.assertEqual(self.rule_errors, {})
        self.assertIn("canaryd_decisions_total{", self.metrics)
        self.assertIn('reason="rolled_back"', self.metrics)

    def test_can_be_told_in_words(self):
        text = "\n".join(self.story.text())
        for word in ("breach", "rule firing", "notification", "decision", "patch", "confirmation", "audit verify"):
            self.assertIn(word, text)
        self.assertNotIn("unknown", text.split("Audit trail")[0])


class AScrapeWithoutHonorLabels(unittest.TestCase):
    def test_still_finds_the_canary_of_the_right_namespace(self):
        with temp_folder() as folder, Demo(canaryd(), tools(), folder, interval=1, honor_labels=False) as demo:
            story = Story(demo)
            renamed = demo.prometheus.query("last_over_time(canaryd_rollout_revision{exported_namespace='ml'}[5m])")
        self.assertTrue(renamed, "the lab did not rename the label: this test shows nothing")
        self.assertEqual(story.faults(), [])


def processes_of_session(session):
    """Command lines of the processes of a session, by /proc."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((stat.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it ended meanwhile
    return found


class TheDemoAsAProgram(unittest.TestCase):
    def start(self, binary):
        # No `-u`, no PIPE on stderr apart: what a person sees, in one text.
        # As scripts/demo runs it: nobody has told it where things are.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CANARYD")}
        return subprocess.Popen([sys.executable, "-m", "lab.demo", "--canaryd", binary, "--tools", tools()], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def test_says_which_part_failed_and_leaves_nothing(self):
        with self.start("/bin/false") as demo:
            text, _ = demo.communicate(timeout=60)
        self.assertEqual(demo.returncode, 1)
        self.assertIn("sandbox failed: ", text)
        self.assertEqual(processes_of_session(demo.pid), [])

    def test_ends_on_ctrl_c_and_leaves_nothing(self):
        with self.start(canaryd()) as demo:
            line = demo.stdout.readline()
            self.assertIn("healthy", line)
            self.assertGreaterEqual(len(processes_of_session(demo.pid)), 9)  # itself, and two chains of four
            demo.send_signal(signal.SIGINT)
            text, _ = demo.communicate(timeout=60)
        self.assertEqual(demo.returncode, 130, text)
        self.assertIn("interrupted", text)
        self.assertEqual(processes_of_session(demo.pid), [])


if __name__ == "__main__":
    unittest.main()
