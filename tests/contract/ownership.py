"""Generation, the status subresource, managed fields, ConfigMaps."""
import time

from contract.base import JSON_PATCH, PERCENT, ContractBase


class Ownership(ContractBase):
    def test_only_the_spec_moves_the_generation(self):
        before = self.create()
        annotated = self.ok(self.merge_patch({"metadata": {"annotations": {"a": "b"}, "labels": {"c": "d"}}}))
        self.assertEqual(annotated["metadata"]["generation"], 1)
        self.assertNotEqual(annotated["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"])
        self.ok(self.merge_patch({"status": {"observedGeneration": 9}}, path=self.path + "/status"))
        self.assertEqual(self.get()["metadata"]["generation"], 1)
        self.ok(self.json_patch([{"op": "replace", "path": PERCENT, "value": 6}]))
        self.assertEqual(self.get()["metadata"]["generation"], 2)

    def test_the_server_keeps_its_own_metadata(self):
        before = self.create()
        after = self.ok(self.merge_patch({"metadata": {"generation": 40, "creationTimestamp": "2001-01-01T00:00:00Z"},
                                          "spec": {"predictor": {"canaryTrafficPercent": 6}}}))
        self.assertEqual(after["metadata"]["generation"], 2)
        self.assertEqual(after["metadata"]["creationTimestamp"], before["metadata"]["creationTimestamp"])

    def test_status_is_written_through_its_subresource_only(self):
        self.create()
        status = {"components": {"predictor": {"latestReadyRevision": "iris-predictor-00001"}}}
        after = self.ok(self.merge_patch({"status": status, "spec": {"predictor": {"canaryTrafficPercent": 9}}},
                                         "?fieldManager=manager", self.path + "/status"))
        self.assertEqual(after["status"], status)
        self.assertEqual((self.percent_of(after), after["metadata"]["generation"]), (5, 1))
        after = self.ok(self.merge_patch({"status": {"components": None}}))
        self.assertEqual(after["status"], status)
        entry = self.entry_of(after, "manager", "status")
        self.assertEqual(list(entry["fieldsV1"]), ["f:status"])
        self.assertEqual(entry["operation"], "Update")

    def test_the_creator_owns_what_it_set(self):
        entry = self.entry_of(self.create(), "creator")
        self.assertEqual((entry["operation"], entry["apiVersion"], entry["fieldsType"]),
                         ("Update", "serving.kserve.io/v1beta1", "FieldsV1"))
        self.assertRegex(entry["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(entry["fieldsV1"], {"f:spec": {".": {}, "f:predictor": {
            ".": {}, "f:canaryTrafficPercent": {}, "f:minReplicas": {},
            "f:model": {".": {}, "f:modelFormat": {".": {}, "f:name": {}}, "f:storageUri": {}}}}})

    def test_another_managers_value_takes_the_field_over(self):
        self.create()
        after = self.ok(self.json_patch([{"op": "replace", "path": PERCENT, "value": 0}], "?fieldManager=canaryd%2Fone"))
        self.assertEqual(self.owner_of_percent(after), "canaryd/one")
        self.assertEqual(self.entry_of(after, "canaryd/one")["fieldsV1"],
                         {"f:spec": {"f:predictor": {"f:canaryTrafficPercent": {}}}})
        self.assertIn("f:minReplicas", self.entry_of(after, "creator")["fieldsV1"]["f:spec"]["f:predictor"])

    def test_the_same_value_again_changes_neither_owner_nor_time(self):
        self.create()
        first = self.ok(self.json_patch([{"op": "replace", "path": PERCENT, "value": 0}], "?fieldManager=canaryd%2Fone"))
        time.sleep(1.1)  # managedFields' time has whole seconds
        again = self.ok(self.json_patch([{"op": "replace", "path": PERCENT, "value": 0}], "?fieldManager=canaryd%2Ftwo"))
        self.assertEqual(again["metadata"]["managedFields"], first["metadata"]["managedFields"])
        noted = self.ok(self.merge_patch({"metadata": {"labels": {"a": "b"}}}, "?fieldManager=labeller"))
        self.assertEqual(self.entry_of(noted, "canaryd/one"), self.entry_of(first, "canaryd/one"))
        later = self.ok(self.json_patch([{"op": "replace", "path": PERCENT, "value": 5}], "?fieldManager=canaryd%2Fone"))
        self.assertGreater(self.entry_of(later, "canaryd/one")["time"], self.entry_of(first, "canaryd/one")["time"])

    def test_nobody_owns_a_removed_field(self):
        self.create()
        self.ok(self.json_patch([{"op": "replace", "path": PERCENT, "value": 10}], "?fieldManager=canaryd%2Fone"))
        after = self.ok(self.json_patch([{"op": "remove", "path": PERCENT}], "?fieldManager=canaryd%2Fone"))
        self.assertIsNone(self.owner_of_percent(after))
        self.assertIsNone(self.entry_of(after, "canaryd/one"))

    def test_without_a_field_manager_the_user_agent_names_it(self):
        self.create()
        after = self.ok(self.request("PATCH", self.path, [{"op": "replace", "path": PERCENT, "value": 0}],
                                     {**JSON_PATCH, "User-Agent": "somebody/1.2 (linux)"}))
        self.assertEqual(self.owner_of_percent(after), "somebody")

    def test_a_config_map_is_updated_at_its_version_only(self):
        path = self.config_maps + "/canaryd-state"
        self.assertEqual(self.refused(self.request("GET", path), 404, "NotFound")["message"],
                         'configmaps "canaryd-state" not found')
        created = self.ok(self.request("POST", self.config_maps, {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "canaryd-state"}, "data": {"holds": "{}"}}), 201)
        self.assertNotIn("generation", created["metadata"])
        version = created["metadata"]["resourceVersion"]
        change = {"metadata": {"resourceVersion": version}, "data": {"holds": "[1]"}}
        changed = self.ok(self.merge_patch(change, path=path))
        self.assertEqual(changed["data"], {"holds": "[1]"})
        status = self.refused(self.merge_patch(change, path=path), 409, "Conflict")
        self.assertEqual(status["message"],
                         'Operation cannot be fulfilled on configmaps "canaryd-state": the object has been modified; '
                         "please apply your changes to the latest version and try again")
        changed["data"]["quarantine"] = "x"
        put = self.ok(self.request("PUT", path, changed))
        self.assertEqual(put["data"], {"holds": "[1]", "quarantine": "x"})
        self.refused(self.request("PUT", path, changed), 409, "Conflict")
        self.refused(self.request("POST", self.config_maps, {"metadata": {"name": "canaryd-state"}}), 409, "AlreadyExists")

    def test_a_config_map_holds_strings(self):
        answer = self.request("POST", self.config_maps, {"apiVersion": "v1", "kind": "ConfigMap",
                                                         "metadata": {"name": "x"}, "data": {"n": 1}})
        self.refused(answer, 400, "BadRequest")
