"""Events (core/v1): what `kubectl describe` shows of what canaryd did and refused."""
import urllib.parse

from contract.base import ContractBase

DOES_NOT_MATCH = "does not match event.namespace"


class Events(ContractBase):
    def events_path(self):
        return f"/api/v1/namespaces/{self.ns}/events"

    def event(self, name="iris.1", service="iris", **more):
        return {"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": self.ns},
                "involvedObject": {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
                                   "namespace": self.ns, "name": service, "uid": "uid-of-" + service},
                "type": "Warning", "reason": "CanaryRolledBack", "message": "iris: 5 % to 0 %",
                "source": {"component": "canaryd/one"}, "firstTimestamp": "2026-08-01T12:00:00Z",
                "lastTimestamp": "2026-08-01T12:00:00Z", "count": 1, **more}

    def post_event(self, body, query=""):
        return self.request("POST", self.events_path() + query, body)

    def create_event(self, *arguments, **more):
        return self.ok(self.post_event(self.event(*arguments, **more), "?fieldManager=canaryd&fieldValidation=Strict"), 201)

    def selected(self, *requirements):
        selector = urllib.parse.quote(",".join(requirements))
        listed = self.ok(self.request("GET", f"{self.events_path()}?limit=500&fieldSelector={selector}"))
        self.assertEqual(listed["kind"], "EventList")
        return [item["metadata"]["name"] for item in listed["items"]]

    def test_an_event_is_created_and_read_back_with_what_the_server_adds(self):
        created = self.create_event()
        expected = self.event()
        for field in ("involvedObject", "type", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count"):
            self.assertEqual(created[field], expected[field])
        self.assertEqual((created["eventTime"], created["reportingComponent"], created["reportingInstance"]),
                         (None, "", ""))
        self.assertEqual(self.ok(self.request("GET", self.events_path() + "/iris.1")), created)
        self.assertRegex(created["metadata"]["creationTimestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_the_name_of_an_event_is_taken_once(self):
        self.create_event()
        status = self.refused(self.post_event(self.event()), 409, "AlreadyExists")
        self.assertEqual(status["message"], 'events "iris.1" already exists')
        self.create_event("iris.2")

    def test_an_event_stands_in_the_namespace_of_what_it_is_about(self):
        elsewhere = self.event(involvedObject={"kind": "InferenceService", "name": "iris", "namespace": "another"})
        nowhere = self.event(involvedObject={"kind": "InferenceService", "name": "iris"})
        for body, named in ((elsewhere, "another"), (nowhere, "")):
            status = self.refused(self.post_event(body), 422, "Invalid")
            self.assertEqual(status["message"], 'Event "iris.1" is invalid: involvedObject.namespace: Invalid value: '
                                                f'"{named}": {DOES_NOT_MATCH}')
        wrong_path = {**self.event(), "metadata": {"name": "iris.1", "namespace": "another"}}
        self.refused(self.post_event(wrong_path), 400, "BadRequest")

    def test_an_event_that_happens_again_is_counted_by_a_patch(self):
        self.create_event()
        after = self.ok(self.json_patch([
            {"op": "replace", "path": "/count", "value": 2},
            {"op": "replace", "path": "/lastTimestamp", "value": "2026-08-01T12:05:00Z"},
            {"op": "replace", "path": "/message", "value": "once more"}], "?fieldManager=canaryd&fieldValidation=Strict",
            self.events_path() + "/iris.1"))
        self.assertEqual((after["count"], after["firstTimestamp"], after["lastTimestamp"], after["message"]),
                         (2, "2026-08-01T12:00:00Z", "2026-08-01T12:05:00Z", "once more"))
        self.assertEqual(self.ok(self.request("GET", self.events_path() + "/iris.1")), after)

    def test_a_patch_of_an_event_that_expired_is_a_404_and_a_failed_test_a_422(self):
        again = [{"op": "test", "path": "/count", "value": 9}, {"op": "replace", "path": "/count", "value": 10}]
        self.refused(self.json_patch(again, path=self.events_path() + "/iris.1"), 404, "NotFound")
        self.create_event()
        self.refused(self.json_patch(again, path=self.events_path() + "/iris.1"), 422, "Invalid")

    def test_a_patch_cannot_move_an_event_to_another_namespace(self):
        self.create_event()
        status = self.refused(self.json_patch([{"op": "replace", "path": "/involvedObject/namespace", "value": "another"}],
                                              path=self.events_path() + "/iris.1"), 422, "Invalid")
        self.assertIn(DOES_NOT_MATCH, status["message"])

    def test_describe_finds_the_events_of_one_service(self):
        self.create_event()
        self.create_event("iris.2", reason="CanaryHeld", type="Normal")
        self.create_event("wine.1", "wine")
        self.assertEqual(self.selected("involvedObject.name=iris", f"involvedObject.namespace={self.ns}",
                                       "involvedObject.kind=InferenceService", "involvedObject.uid=uid-of-iris"),
                         ["iris.1", "iris.2"])
        self.assertEqual(self.selected("involvedObject.name=iris"), ["iris.1", "iris.2"])
        self.assertEqual(self.selected("involvedObject.name=iris", "involvedObject.uid=another"), [])
        self.assertEqual(self.selected("involvedObject.name!=iris"), ["wine.1"])
        self.assertEqual(self.selected("involvedObject.name==wine"), ["wine.1"])
        self.assertEqual(self.selected("type=Normal", "reason=CanaryHeld", "source=canaryd/one"), ["iris.2"])
        self.assertEqual(self.selected("metadata.name=wine.1"), ["wine.1"])

    def test_a_selector_that_is_not_understood_is_refused(self):
        for selector, message in (("message=x", "field label not supported: message"),
                                  ("nonsense", "invalid selector: 'nonsense'; can't understand 'nonsense'")):
            answer = self.request("GET", self.events_path() + "?fieldSelector=" + urllib.parse.quote(selector))
            self.assertEqual(self.refused(answer, 400, "BadRequest")["message"], message)

    def test_an_event_of_a_wrong_type_is_refused(self):
        status = self.refused(self.post_event(self.event(count="1")), 400, "BadRequest")
        self.assertIn("cannot unmarshal string into Go struct field Event.count of type int32", status["message"])
        self.refused(self.post_event(self.event(lastTimestamp="yesterday")), 400, "BadRequest")
        status = self.refused(self.post_event(self.event(extra=1), "?fieldValidation=Strict"), 400, "BadRequest")
        self.assertIn('strict decoding error: unknown field "extra"', status["message"])
        self.assertNotIn("extra", self.ok(self.post_event(self.event(extra=1)), 201))

    def test_times_of_an_event_have_whole_seconds(self):
        created = self.create_event(firstTimestamp="2026-08-01T12:00:00.75Z", lastTimestamp=None)
        self.assertEqual((created["firstTimestamp"], created["lastTimestamp"]), ("2026-08-01T12:00:00Z", None))

    def test_an_event_with_event_time_must_say_who_reports_it(self):
        status = self.refused(self.post_event(self.event(eventTime="2026-08-01T12:00:00.000000Z")), 422, "Invalid")
        self.assertIn("reportingComponent: Required value", status["message"])

    def test_events_are_listed_over_all_namespaces_and_deleted(self):
        created = self.create_event()
        listed = self.ok(self.request("GET", "/api/v1/events"))
        self.assertIn(created["metadata"]["uid"], [item["metadata"]["uid"] for item in listed["items"]])
        self.assertEqual(self.ok(self.request("DELETE", self.events_path() + "/iris.1"))["status"], "Success")
        self.assertEqual(self.selected("involvedObject.name=iris"), [])
