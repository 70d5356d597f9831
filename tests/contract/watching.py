"""Watches: events, replay, bookmarks, the end, 410."""
import time

from contract.base import ContractBase, WatchLines


class Watching(ContractBase):
    def test_a_watch_from_a_list_sees_what_changes_after_it(self):
        self.create("before")
        version = self.ok(self.request("GET", self.collection))["metadata"]["resourceVersion"]
        with WatchLines(self, self.collection, resourceVersion=version) as watch:
            self.assertEqual(watch.status, 200)
            created = self.create()
            event = watch.next()
            self.assertEqual((event["type"], event["object"]), ("ADDED", created))
            changed = self.ok(self.merge_patch({"spec": {"predictor": {"canaryTrafficPercent": 0}}}))
            event = watch.next()
            self.assertEqual((event["type"], event["object"]), ("MODIFIED", changed))
            self.ok(self.request("DELETE", self.path))
            event = watch.next()
            self.assertEqual((event["type"], event["object"]["metadata"]["uid"]),
                             ("DELETED", created["metadata"]["uid"]))
            self.assertGreater(int(event["object"]["metadata"]["resourceVersion"]),
                               int(changed["metadata"]["resourceVersion"]))

    def test_a_watch_replays_what_it_missed(self):
        first = self.create()["metadata"]["resourceVersion"]
        for percent in (10, 25):
            self.ok(self.merge_patch({"spec": {"predictor": {"canaryTrafficPercent": percent}}}))
        with WatchLines(self, self.collection, resourceVersion=first) as watch:
            self.assertEqual([self.percent_of(watch.next()["object"]) for _ in range(2)], [10, 25])

    def test_a_watch_of_a_namespace_does_not_see_another(self):
        version = self.ok(self.request("GET", self.collection))["metadata"]["resourceVersion"]
        mine, collection = self.ns, self.collection
        with WatchLines(self, collection, resourceVersion=version) as watch:
            self.in_a_new_namespace()
            self.create("elsewhere")
            self.ns, self.collection = mine, collection
            self.create("here")
            self.assertEqual(watch.next()["object"]["metadata"]["name"], "here")

    def test_a_watch_without_a_version_begins_with_what_exists(self):
        self.create("one")
        self.create("two")
        with WatchLines(self, self.collection) as watch:
            events = [watch.next() for _ in range(2)]
        self.assertEqual({(e["type"], e["object"]["metadata"]["name"]) for e in events},
                         {("ADDED", "one"), ("ADDED", "two")})

    def test_a_watch_ends_at_its_timeout_after_a_bookmark(self):
        # A bookmark comes only when there is something newer than where the watch began, another namespace's too.
        version = self.create()["metadata"]["resourceVersion"]
        collection = self.collection
        self.in_a_new_namespace()
        began = time.monotonic()
        with WatchLines(self, collection, resourceVersion=version, allowWatchBookmarks="true",
                        timeoutSeconds="5") as watch:
            newer = self.create()["metadata"]["resourceVersion"]
            events = watch.end()
        self.assertLess(time.monotonic() - began, 15)
        self.assertEqual({e["type"] for e in events}, {"BOOKMARK"})
        bookmark = events[-1]["object"]
        self.assertEqual((bookmark["kind"], bookmark["apiVersion"]), ("InferenceService", "serving.kserve.io/v1beta1"))
        self.assertGreaterEqual(int(bookmark["metadata"]["resourceVersion"]), int(newer))

    def test_a_quiet_watch_ends_at_its_timeout_without_a_word(self):
        version = self.create()["metadata"]["resourceVersion"]
        with WatchLines(self, self.collection, resourceVersion=version, timeoutSeconds="1") as watch:
            self.assertEqual(watch.end(), [])

    def test_a_watch_from_too_old_a_version_is_told_410(self):
        self.create()
        with WatchLines(self, self.collection, resourceVersion="1") as watch:
            self.assertEqual(watch.status, 200)
            event = watch.next()
        self.assertEqual(event["type"], "ERROR")
        status = event["object"]
        self.assertEqual((status["kind"], status["code"], status["reason"]), ("Status", 410, "Expired"))
        self.assertRegex(status["message"], r"^too old resource version: 1 \(\d+\)$")
