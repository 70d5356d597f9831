"""ConfigMaps (core/v1): where canaryd keeps what has no place in an InferenceService."""
from contract.base import ContractBase

FAILED_PATCH = "the server rejected our request due to an error in our request"


class ConfigMaps(ContractBase):
    def map_path(self, name="state"):
        return f"{self.config_maps}/{name}"

    def create_map(self, data=None, name="state"):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": self.ns}}
        if data is not None:
            body["data"] = data
        return self.ok(self.request("POST", self.config_maps + "?fieldManager=creator&fieldValidation=Strict", body), 201)

    def get_map(self, name="state"):
        return self.ok(self.request("GET", self.map_path(name)))

    def patch_map(self, seen, *operations, query=""):
        """As canaryd writes: only over the version that it has seen."""
        test = {"op": "test", "path": "/metadata/resourceVersion", "value": seen["metadata"]["resourceVersion"]}
        return self.json_patch([test, *operations], query, self.map_path())

    @staticmethod
    def put(key, value="{}"):
        return {"op": "add", "path": "/data/" + key, "value": value}

    def test_a_config_map_is_created_once_and_read_back(self):
        created = self.create_map({"hold.ml.iris": "{}"})
        self.assertEqual((created["kind"], created["apiVersion"], created["data"]),
                         ("ConfigMap", "v1", {"hold.ml.iris": "{}"}))
        self.assertRegex(created["metadata"]["resourceVersion"], r"^\d+$")
        self.assertEqual(self.get_map(), created)
        body = {"metadata": {"name": "state", "namespace": self.ns}}
        status = self.refused(self.request("POST", self.config_maps, body), 409, "AlreadyExists")
        self.assertEqual(status["message"], 'configmaps "state" already exists')
        self.assertEqual(status["details"], {"name": "state", "kind": "configmaps"})

    def test_an_absent_config_map_is_a_404_whoever_asks(self):
        put = self.request("PUT", self.map_path("nope"), {"metadata": {"name": "nope"}})
        for answer in (self.request("GET", self.map_path("nope")), self.json_patch([], path=self.map_path("nope")), put,
                       self.request("DELETE", self.map_path("nope"))):
            self.assertEqual(self.refused(answer, 404, "NotFound")["message"], 'configmaps "nope" not found')

    def test_a_config_map_of_another_namespace_than_the_path_is_refused(self):
        body = {"metadata": {"name": "state", "namespace": "another"}}
        self.refused(self.request("POST", self.config_maps, body), 400, "BadRequest")

    def test_two_who_write_over_the_same_version_never_lose_an_entry(self):
        seen = self.create_map({"first": "1"})
        after = self.ok(self.patch_map(seen, self.put("hold.ml"), query="?fieldManager=canaryd%2Fone"))
        self.assertGreater(int(after["metadata"]["resourceVersion"]), int(seen["metadata"]["resourceVersion"]))
        status = self.refused(self.patch_map(seen, self.put("hold.ml.iris")), 422, "Invalid")
        self.assertEqual(status["message"], FAILED_PATCH)
        self.assertEqual(self.get_map()["data"], {"first": "1", "hold.ml": "{}"})
        both = self.ok(self.patch_map(self.get_map(), self.put("hold.ml.iris")))
        self.assertEqual(sorted(both["data"]), ["first", "hold.ml", "hold.ml.iris"])

    def test_a_map_without_data_must_be_given_it_in_the_same_patch(self):
        seen = self.create_map()
        self.assertNotIn("data", seen)
        self.refused(self.patch_map(seen, self.put("stop")), 422, "Invalid")
        after = self.ok(self.patch_map(seen, {"op": "add", "path": "/data", "value": {}}, self.put("stop")))
        self.assertEqual(after["data"], {"stop": "{}"})

    def test_data_is_gone_with_its_last_key(self):
        after = self.ok(self.patch_map(self.create_map({"stop": "{}"}), {"op": "remove", "path": "/data/stop"}))
        self.assertNotIn("data", after)
        self.assertNotIn("data", self.get_map())
        self.refused(self.patch_map(after, {"op": "remove", "path": "/data/stop"}), 422, "Invalid")

    def test_a_map_that_was_created_without_a_field_has_no_managers_ever(self):
        seen = self.create_map()
        self.ok(self.merge_patch({"data": {"stop": "{}"}}, "?fieldManager=kubectl", self.map_path()))
        self.assertNotIn("managedFields", {**seen["metadata"], **self.get_map()["metadata"]})
        owned = self.create_map({"stop": "{}"}, "owned")
        self.assertEqual([entry["manager"] for entry in owned["metadata"]["managedFields"]], ["creator"])

    def test_a_person_edits_it_by_merge_patch(self):
        self.create_map({"hold.ml": "{}", "stop": "{}"})
        after = self.ok(self.merge_patch({"data": {"stop": None, "hold": "{}"}}, path=self.map_path()))
        self.assertEqual(after["data"], {"hold": "{}", "hold.ml": "{}"})

    def test_a_person_edits_it_by_put_over_the_version_that_was_read(self):
        stale = self.create_map({"hold.ml": "{}"})
        self.ok(self.patch_map(stale, self.put("stop")))
        self.refused(self.request("PUT", self.map_path(), {**stale, "data": {}}), 409, "Conflict")
        self.assertEqual(sorted(self.get_map()["data"]), ["hold.ml", "stop"])
        fresh = self.get_map()
        fresh["data"] = {"damaged": "by hand"}
        self.assertEqual(self.ok(self.request("PUT", self.map_path(), fresh))["data"], {"damaged": "by hand"})

    def test_a_put_without_a_version_replaces_whatever_is_there(self):
        self.create_map({"hold.ml": "{}"})
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "state"}, "data": {"stop": "{}"}}
        self.assertEqual(self.ok(self.request("PUT", self.map_path(), body))["data"], {"stop": "{}"})

    def test_what_is_no_text_is_refused(self):
        body = {"metadata": {"name": "state"}, "data": {"stop": 1}}
        status = self.refused(self.request("POST", self.config_maps, body), 400, "BadRequest")
        self.assertIn("cannot unmarshal number into Go struct field ConfigMap.data of type string", status["message"])
        seen = self.create_map({"stop": "{}"})
        status = self.refused(self.patch_map(seen, self.put("stop", 1)), 422, "Invalid")
        self.assertIn("cannot unmarshal number into Go struct field ConfigMap.data of type string", status["message"])
        self.refused(self.request("PUT", self.map_path(), body), 400, "BadRequest")
        self.assertEqual(self.get_map(), seen)

    def test_names_and_keys_have_their_alphabet(self):
        status = self.refused(self.request("POST", self.config_maps, {"metadata": {"name": "Bad_Name"}}), 422, "Invalid")
        self.assertIn('ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": ', status["message"])
        seen = self.create_map({"stop": "{}"})
        status = self.refused(self.patch_map(seen, self.put("a key")), 422, "Invalid")
        self.assertIn('ConfigMap "state" is invalid: data[a key]: Invalid value: "a key": ', status["message"])
        self.ok(self.patch_map(seen, self.put("A.key-with_all.4")))

    def test_a_mebibyte_is_the_most(self):
        seen = self.create_map({"stop": "{}"})
        status = self.refused(self.patch_map(seen, self.put("big", "x" * 1048576)), 422, "Invalid")
        self.assertEqual(status["message"],
                         'ConfigMap "state" is invalid: []: Too long: may not be more than 1048576 bytes')
        self.ok(self.patch_map(seen, self.put("big", "x" * 1048570)))

    def test_an_unknown_field_of_a_map_is_dropped_or_with_strict_refused(self):
        self.create_map({"stop": "{}"})
        self.assertNotIn("dataa", self.ok(self.merge_patch({"dataa": {"a": "b"}}, path=self.map_path())))
        status = self.refused(self.merge_patch({"dataa": {"a": "b"}}, "?fieldValidation=Strict", self.map_path()),
                              422, "Invalid")
        self.assertIn('strict decoding error: unknown field "dataa"', status["message"])
        body = {"metadata": {"name": "another"}, "dataa": {}}
        self.refused(self.request("POST", self.config_maps + "?fieldValidation=Strict", body), 400, "BadRequest")

    def test_a_dry_run_of_a_map_persists_nothing(self):
        seen = self.create_map({"stop": "{}"})
        tried = self.ok(self.patch_map(seen, self.put("hold"), query="?dryRun=All"))
        self.assertIn("hold", tried["data"])
        self.assertEqual(self.get_map(), seen)

    def test_maps_are_listed_and_deleted(self):
        self.create_map({"stop": "{}"})
        self.create_map(name="another")
        listed = self.ok(self.request("GET", self.config_maps + "?fieldSelector=metadata.name%3Dstate"))
        self.assertEqual((listed["kind"], [item["data"] for item in listed["items"]]), ("ConfigMapList", [{"stop": "{}"}]))
        self.assertNotIn("kind", listed["items"][0])
        status = self.refused(self.request("GET", self.config_maps + "?fieldSelector=data.stop%3Dx"), 400, "BadRequest")
        self.assertEqual(status["message"],
                         '"data.stop" is not a known field selector: only "metadata.name", "metadata.namespace"')
        self.assertEqual(self.ok(self.request("DELETE", self.map_path()))["status"], "Success")
        listed = self.ok(self.request("GET", self.config_maps))
        self.assertNotIn("state", [item["metadata"]["name"] for item in listed["items"]])
