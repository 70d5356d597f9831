"""JSON Patch, dry run, merge patch, PUT, DELETE."""
from contract.base import JSON_PATCH, PERCENT, ContractBase


class Patching(ContractBase):
    def test_a_guarded_patch_changes_the_percent(self):
        before = self.create()
        after = self.ok(self.json_patch([
            {"op": "test", "path": "/metadata/uid", "value": before["metadata"]["uid"]},
            {"op": "test", "path": "/metadata/generation", "value": before["metadata"]["generation"]},
            {"op": "test", "path": PERCENT, "value": 5},
            {"op": "replace", "path": PERCENT, "value": 0}], "?fieldManager=canaryd%2Fone&timeout=5s"))
        self.assertEqual(self.percent_of(after), 0)
        self.assertEqual(after["metadata"]["generation"], before["metadata"]["generation"] + 1)
        self.assertGreater(int(after["metadata"]["resourceVersion"]), int(before["metadata"]["resourceVersion"]))
        self.assertEqual(after["metadata"]["uid"], before["metadata"]["uid"])
        self.assertEqual(self.get(), after)

    def test_a_failed_test_is_a_422_and_changes_nothing(self):
        before = self.create()
        for path, value in ((PERCENT, 50), ("/metadata/generation", 7), ("/metadata/uid", "another"),
                            ("/status/components/predictor/latestReadyRevision", "iris-predictor-00009"),
                            ("/spec/transformer/canaryTrafficPercent", 5)):
            with self.subTest(path=path):
                status = self.refused(self.json_patch([{"op": "test", "path": path, "value": value},
                                                       {"op": "replace", "path": PERCENT, "value": 0}]), 422, "Invalid")
                self.assertEqual(status["message"], "the server rejected our request due to an error in our request")
        self.assertEqual(self.get(), before)

    def test_an_operation_before_a_failed_test_is_undone(self):
        before = self.create()
        self.refused(self.json_patch([{"op": "replace", "path": PERCENT, "value": 0},
                                      {"op": "test", "path": "/metadata/generation", "value": 9}]), 422, "Invalid")
        self.assertEqual(self.get(), before)

    def test_a_test_sees_the_status(self):
        self.create()
        self.ok(self.merge_patch({"status": {"components": {"predictor": {"latestReadyRevision": "iris-predictor-00002"}}}},
                                 path=self.path + "/status"))
        after = self.ok(self.json_patch([
            {"op": "test", "path": "/status/components/predictor/latestReadyRevision", "value": "iris-predictor-00002"},
            {"op": "replace", "path": PERCENT, "value": 0}]))
        self.assertEqual(self.percent_of(after), 0)

    def test_removing_an_absent_field_is_a_422(self):
        before = self.create(percent=None)
        self.refused(self.json_patch([{"op": "remove", "path": PERCENT}]), 422, "Invalid")
        self.assertEqual(self.get(), before)

    def test_replacing_an_absent_field_creates_it(self):
        # Against RFC 6902, but so it is: only a `test` keeps a patch from creating what is absent.
        self.create(percent=None)
        after = self.ok(self.json_patch([{"op": "replace", "path": PERCENT, "value": 0}]))
        self.assertEqual(self.percent_of(after), 0)
        self.refused(self.json_patch([{"op": "replace", "path": "/spec/transformer/canaryTrafficPercent", "value": 0}]),
                     422, "Invalid")

    def test_a_test_for_null_passes_on_an_absent_field(self):
        self.create(percent=None)
        after = self.ok(self.json_patch([{"op": "test", "path": PERCENT, "value": None},
                                         {"op": "add", "path": PERCENT, "value": 10}]))
        self.assertEqual(self.percent_of(after), 10)
        self.refused(self.json_patch([{"op": "test", "path": PERCENT, "value": None}]), 422, "Invalid")

    def test_the_percent_can_be_removed(self):
        self.create()
        after = self.ok(self.json_patch([{"op": "remove", "path": PERCENT}]))
        self.assertIsNone(self.percent_of(after))
        self.assertEqual(after["metadata"]["generation"], 2)

    def test_a_body_that_is_no_patch_is_a_400(self):
        self.create()
        self.refused(self.request("PATCH", self.path, "{nonsense", JSON_PATCH), 400, "BadRequest")

    def test_another_patch_type_is_a_415(self):
        self.create()
        self.refused(self.request("PATCH", self.path, {}, {"Content-Type": "application/strategic-merge-patch+json"}),
                     415, "UnsupportedMediaType")

    def test_a_patch_that_changes_nothing_writes_nothing(self):
        before = self.create()
        after = self.ok(self.json_patch([{"op": "replace", "path": PERCENT, "value": 5}], "?fieldManager=canaryd%2Fone"))
        self.assertEqual(after, before)

    def test_the_schema_accepts_150_and_refuses_a_string(self):
        self.create()
        self.assertEqual(self.percent_of(self.ok(self.json_patch([{"op": "replace", "path": PERCENT, "value": 150}]))), 150)
        status = self.refused(self.json_patch([{"op": "replace", "path": PERCENT, "value": "five"}]), 422, "Invalid")
        self.assertTrue(status["message"].startswith(
            'InferenceService.serving.kserve.io "iris" is invalid: spec.predictor.canaryTrafficPercent: '),
            status["message"])

    def test_an_unknown_field_is_dropped_or_with_strict_refused(self):
        self.create()
        unknown = {"spec": {"predictor": {"canaryTrafficPercentage": 7}}}
        after = self.ok(self.merge_patch(unknown))
        self.assertNotIn("canaryTrafficPercentage", after["spec"]["predictor"])
        self.assertEqual(after["metadata"]["generation"], 1)
        answer = self.merge_patch(unknown, "?fieldValidation=Strict")
        self.assertIn(answer.status, (400, 422), answer)
        self.assertIn('unknown field "spec.predictor.canaryTrafficPercentage"', answer.json()["message"])
        self.ok(self.merge_patch({"spec": {"predictor": {"canaryTrafficPercent": 7}}}, "?fieldValidation=Strict"))

    def test_a_dry_run_answers_as_if_and_persists_nothing(self):
        before = self.create()
        tried = self.ok(self.json_patch([{"op": "replace", "path": PERCENT, "value": 0}],
                                        "?dryRun=All&fieldManager=canaryd%2Fone"))
        self.assertEqual(self.percent_of(tried), 0)
        self.assertEqual(tried["metadata"]["generation"], 2)
        self.assertEqual(tried["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"])
        self.assertEqual(self.get(), before)
        self.refused(self.json_patch([{"op": "test", "path": PERCENT, "value": 9}], "?dryRun=All"), 422, "Invalid")

    def test_a_dry_run_creates_and_deletes_nothing(self):
        self.ok(self.request("POST", self.collection + "?dryRun=All", self.service()), 201)
        self.assertEqual(self.request("GET", self.path).status, 404)
        self.create()
        self.ok(self.request("DELETE", self.path + "?dryRun=All"))
        self.get()

    def test_a_merge_patch_with_null_removes(self):
        self.create()
        after = self.ok(self.merge_patch({"spec": {"predictor": {"canaryTrafficPercent": None}}}))
        self.assertIsNone(self.percent_of(after))
        self.assertEqual(after["spec"]["predictor"]["minReplicas"], 1)

    def test_a_stale_resource_version_is_a_409(self):
        stale = self.create()
        self.ok(self.merge_patch({"spec": {"predictor": {"canaryTrafficPercent": 10}}}))
        version = stale["metadata"]["resourceVersion"]
        for answer in (self.merge_patch({"metadata": {"resourceVersion": version},
                                         "spec": {"predictor": {"canaryTrafficPercent": 0}}}),
                       self.request("PUT", self.path, stale)):
            status = self.refused(answer, 409, "Conflict")
            self.assertIn("the object has been modified; please apply your changes to the latest version",
                          status["message"])
        self.assertEqual(self.percent_of(self.get()), 10)

    def test_put_replaces_at_the_current_version(self):
        service = self.create()
        service["spec"]["predictor"]["canaryTrafficPercent"] = 25
        after = self.ok(self.request("PUT", self.path, service))
        self.assertEqual((self.percent_of(after), after["metadata"]["generation"]), (25, 2))

    def test_delete_removes(self):
        self.create()
        self.assertEqual(self.ok(self.request("DELETE", self.path))["status"], "Success")
        self.refused(self.request("GET", self.path), 404, "NotFound")
        self.refused(self.request("DELETE", self.path), 404, "NotFound")
