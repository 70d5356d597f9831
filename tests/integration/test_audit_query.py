"""`canaryd audit query` and GET /api/v1/audit on the log of a daemon that runs, over segments that are begun and
compressed meanwhile."""
import concurrent.futures
import csv
import io
import json
import os
import subprocess
import time
import unittest
import urllib.parse

from lab import by_hand_case, lived_log, net, notify
from lab import daemon_case as case

setUpModule = case.set_up

SMALL_SEGMENTS = "  rotate_size: 64KiB\n"


class Asked(by_hand_case.ByHand):
    """alice operates, bob views, carol is bound to the namespace `other`."""

    policy = SMALL_SEGMENTS + by_hand_case.POLICY

    def query(self, *words):
        """The records that the command prints, as lines; nothing may be said beside them."""
        done = self.command(*words, "--output", "json")
        self.assertEqual((done.returncode, done.stderr), (0, b""), words)
        return done.stdout.splitlines()

    def command(self, *words, folder=None, **more):
        return subprocess.run([os.environ["CANARYD"], "audit", "query", folder or self.daemon.audit_folder, *words],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, **more)

    def get(self, token="bob", **parameters):
        headers = {}
        if token:
            headers["Authorization"] = "Bearer " + (self.daemon.folder / token).read_text().strip()
        path = "/api/v1/audit" + ("?" + urllib.parse.urlencode(parameters) if parameters else "")
        return net.request("GET", self.url + path, None, headers, case.CONTEXT)

    def page(self, **parameters):
        """(lines, next) of a page, the lines as they came."""
        answer = self.get(**parameters)
        self.assertEqual(answer.status, 200, answer)
        page = answer.json()
        self.assertEqual((page["problems"], page["removed"]), ([], None))
        lines = [line.rstrip(b",") for line in answer.body.splitlines() if line.startswith(b'{"seq":')]
        self.assertEqual([json.loads(line) for line in lines], page["records"])
        return lines, page["next"]

    def pages(self, between=lambda: None, **parameters):
        lines, cursor = self.page(**parameters)
        while cursor:
            between()
            more, cursor = self.page(cursor=cursor, **parameters)
            lines += more
        return lines

    def log_lines(self):
        return [line for text in lived_log.segments(self.daemon.audit_folder).values() for line in text.splitlines()]

    def roll_back(self):
        """A rollback by an alert; returns the id of its records."""
        alert = notify.alert(self.service.name, self.service.revision(2))
        self.assertEqual(self.daemon.deliver(alert).status, 200)
        (outcome,) = self.query("--target", self.target, "--kind", "outcome")
        return json.loads(outcome)["id"]

    def fill(self, segments=2):
        """Records until so many further segments were begun."""
        wanted = len(lived_log.segments(self.daemon.audit_folder)) + segments
        for _ in range(50):
            if len(lived_log.segments(self.daemon.audit_folder)) >= wanted:
                return
            ghosts = [notify.alert(f"ghost-{number}", f"ghost-{time.monotonic_ns()}") for number in range(40)]
            self.daemon.deliver(*ghosts)
        self.fail("no segment was begun")


class Filters(Asked):
    def test_a_rollback_is_found_by_everything_that_is_known_of_it(self):
        decision = self.roll_back()
        whole = self.query("--id", decision)
        self.assertGreaterEqual({json.loads(line)["kind"] for line in whole}, {"intent", "outcome"})
        self.fill()
        outcome = next(line for line in whole if json.loads(line)["kind"] == "outcome")
        for words in (["--target", self.target], ["--namespace", "ml", "--name", self.service.name],
                      ["--revision", self.service.revision(2)], ["--alert", "CanaryHigh*", "--name", self.service.name],
                      ["--actor", "token:alertmanager", "--id", decision], ["--reason", "rolled_back", "--since", "-1h"],
                      ["--verdict", "act,hold", "--action", "rollback", "--since", "today"]):
            with self.subTest(words):
                self.assertIn(outcome, self.query(*words))
                keys = {word.removeprefix("--"): value for word, value in zip(words[::2], words[1::2])}
                self.assertEqual(self.pages(**keys, limit=1000), self.query(*words))
        self.assertNotIn(outcome, self.query("--until", "-1h"))
        self.assertEqual(self.query("--name", "nobody"), [])

    def test_without_a_filter_the_log_comes_as_it_stands(self):
        self.roll_back()
        self.fill()
        lines = self.log_lines()
        self.assertEqual(self.query("--limit", str(len(lines))), lines)
        self.assertEqual(self.query("--limit", "3"), lines[:3])
        newest = self.query("--reverse")
        self.assertEqual(newest[-len(lines):], lines[::-1])

    def test_a_table_and_csv_are_for_people_and_spreadsheets(self):
        decision = self.roll_back()
        table = self.command("--id", decision).stdout.decode().splitlines()
        self.assertEqual(table[0].split(),
                         ["TIME", "KIND", "TARGET", "ACTION", "VERDICT", "REASON", "PERCENT", "WHO", "ID"])
        self.assertEqual(table[1].split()[1:],
                         ["intent", self.target, "rollback", "act", "rolled_back", "10%->0%", "token:alertmanager", decision])
        rows = list(csv.DictReader(io.StringIO(self.command("--id", decision, "--output", "csv").stdout.decode(),
                                               newline="")))
        self.assertEqual([row["kind"] for row in rows[:2]], ["intent", "outcome"])
        self.assertEqual((rows[0]["percent_before"], rows[0]["percent_after"], rows[0]["name"]),
                         ("10", "0", self.service.name))

    def test_a_copy_is_read_as_well(self):
        copy = lived_log.LivedCase.copy
        self.roll_back()
        self.work, self.folder = self.daemon.folder, self.daemon.audit_folder
        done = self.command("--target", self.target, "--output", "json", folder=copy(self))
        self.assertEqual((done.returncode, done.stdout.splitlines()), (0, self.query("--target", self.target)))

    def test_a_reader_that_went_away_ends_it(self):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as closed:
            done = subprocess.run([os.environ["CANARYD"], "audit", "query", self.daemon.audit_folder], stdout=closed,
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, b"canaryd: cannot write to the standard output\n"))


class Pages(Asked):
    def test_a_cursor_holds_while_segments_are_begun_and_compressed(self):
        self.fill()
        before = self.log_lines()
        rounds = []

        def change():
            rounds.append(1)
            if len(rounds) <= 3:
                self.fill(1)

        lines = self.pages(change, limit=5)
        self.assertEqual(lines[:len(before)], before)
        self.assertEqual([json.loads(line)["seq"] for line in lines], list(range(len(lines))))
        net.wait_until(lambda: list(self.daemon.audit_folder.glob("*.zst")), 60, "a compressed segment")
        self.assertEqual(self.pages(limit=1000)[:len(lines)], lines)

    def test_newest_first_what_comes_meanwhile_is_not_mixed_in(self):
        self.fill()
        before = self.log_lines()
        lines = self.pages(lambda: self.daemon.deliver(notify.alert(f"new-{time.monotonic_ns()}", "new-00001")),
                           limit=20, reverse="true")
        self.assertEqual(lines[-len(before):], before[::-1])
        self.assertEqual([json.loads(line)["seq"] for line in lines], list(range(len(lines)))[::-1])

    def test_the_cursor_of_another_order_is_refused(self):
        _, cursor = self.page(limit=1)
        answer = self.get(limit=1, cursor=cursor, reverse="true")
        self.assertEqual((answer.status, answer.json()["reason"]), (400, "malformed"))


class Clients(Asked):
    def test_only_those_who_may_view_or_operate_are_answered(self):
        (self.daemon.folder / "nobody").write_text("not-a-secret-that-is-known")
        for token, status in ((None, 401), ("nobody", 401), ("token", 403), ("bob", 200), ("alice", 200)):
            with self.subTest(token):
                self.assertEqual(self.get(token, limit=1).status, status)

    def test_a_bound_client_sees_its_namespaces_alone(self):
        self.roll_back()
        self.daemon.deliver(notify.alert("theirs", "theirs-00002", namespace="other"))
        answer = self.get("carol", limit=1000)
        records = answer.json()["records"]
        self.assertTrue(records)
        self.assertEqual({record["target"]["namespace"] for record in records}, {"other"})
        self.assertEqual(self.get("carol", namespace="m*").json()["records"], [])
        self.assertEqual(self.get("carol", kind="lifecycle").json()["records"], [])
        self.assertTrue(self.get("bob", kind="lifecycle").json()["records"])
        for key, value in (("namespace", "ml"), ("target", self.target), ("namespace", "other,ml")):
            answer = self.get("carol", **{key: value})
            self.assertEqual((answer.status, answer.json()["reason"]), (403, "forbidden"))

    def test_what_is_not_understood_is_named(self):
        for parameters, named in (({"reson": "x"}, "reson"), ({"kind": "outcom"}, "kind"), ({"limit": "0"}, "limit"),
                                  ({"since": "soon"}, "since"), ({"cursor": "x"}, "cursor"), ({"name": ""}, "name")):
            with self.subTest(parameters):
                answer = self.get(**parameters)
                self.assertEqual((answer.status, answer.json()["reason"]), (400, "malformed"))
                self.assertIn(named, answer.json()["message"])

    def test_many_queries_are_put_off_and_hold_up_no_alert(self):
        self.fill()

        def ask(_):
            answer = self.get(limit=1000, name="nobody", reverse="true")
            self.assertIn(answer.status, (200, 429))
            if answer.status == 429:
                self.assertEqual(answer.headers["Retry-After"], "1")
                self.assertEqual(answer.json()["reason"], "too_many_queries")
            return answer.status

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            statuses = pool.map(ask, range(120))
            self.roll_back()
        self.assertIn(200, list(statuses))
        self.assertEqual(self.percent(), 0)

if __name__ == "__main__":
    unittest.main()
