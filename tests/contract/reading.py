"""Objects, lists, pages, errors."""
import re
import urllib.parse

from contract.base import GROUP, ContractBase

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class Reading(ContractBase):
    def test_the_server_is_ready(self):
        self.assertEqual(self.request("GET", "/readyz").status, 200)
        self.assertIn("gitVersion", self.ok(self.request("GET", "/version")))

    def test_an_object_has_the_metadata_of_a_server(self):
        metadata = self.create()["metadata"]
        self.assertRegex(metadata["uid"], UUID)
        self.assertEqual(metadata["generation"], 1)
        self.assertRegex(metadata["resourceVersion"], r"^\d+$")
        self.assertRegex(metadata["creationTimestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual((metadata["name"], metadata["namespace"]), ("iris", self.ns))
        self.assertEqual(self.get()["metadata"], metadata)

    def test_an_absent_object_is_a_404_that_names_it(self):
        status = self.refused(self.request("GET", self.collection + "/nope"), 404, "NotFound")
        self.assertEqual(status["message"], 'inferenceservices.serving.kserve.io "nope" not found')
        self.assertEqual(status["details"],
                         {"name": "nope", "group": "serving.kserve.io", "kind": "inferenceservices"})
        self.refused(self.json_patch([], path=self.collection + "/nope"), 404, "NotFound")

    def test_an_unknown_path_is_a_404(self):
        self.assertEqual(self.request("GET", "/apis/nothing.example.com/v1/things").status, 404)

    def test_an_object_is_created_once(self):
        self.create()
        status = self.refused(self.request("POST", self.collection, self.service()), 409, "AlreadyExists")
        self.assertEqual(status["message"], 'inferenceservices.serving.kserve.io "iris" already exists')

    def test_a_list_comes_in_pages(self):
        names = [f"svc-{i}" for i in range(5)]
        for name in names:
            self.create(name)
        first = self.ok(self.request("GET", self.collection + "?limit=2"))
        self.assertEqual((first["kind"], first["apiVersion"]), ("InferenceServiceList", "serving.kserve.io/v1beta1"))
        self.assertEqual(first["metadata"]["remainingItemCount"], 3)
        seen, page = list(first["items"]), first
        while page["metadata"].get("continue"):
            token = urllib.parse.quote(page["metadata"]["continue"], safe="")
            page = self.ok(self.request("GET", f"{self.collection}?limit=2&continue={token}"))
            self.assertLessEqual(len(page["items"]), 2)
            self.assertEqual(page["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"])
            seen += page["items"]
        self.assertEqual([item["metadata"]["name"] for item in seen], names)
        self.assertTrue(all(item["kind"] == "InferenceService" for item in seen))

    def test_a_list_of_all_namespaces_holds_the_object(self):
        created = self.create()
        listed = self.ok(self.request("GET", GROUP + "/inferenceservices"))
        self.assertIn(created["metadata"]["uid"], [item["metadata"]["uid"] for item in listed["items"]])

    def test_a_list_of_an_empty_namespace_is_empty(self):
        listed = self.ok(self.request("GET", self.collection))
        self.assertEqual(listed["items"], [])
        self.assertRegex(listed["metadata"]["resourceVersion"], r"^\d+$")

    def test_a_nonsense_continue_token_is_refused(self):
        self.refused(self.request("GET", self.collection + "?limit=1&continue=nonsense"), 400, "BadRequest")

    def test_a_field_selector_selects_by_name(self):
        self.create("one")
        self.create("two")
        listed = self.ok(self.request("GET", self.collection + "?fieldSelector=metadata.name%3Dtwo"))
        self.assertEqual([item["metadata"]["name"] for item in listed["items"]], ["two"])

    def test_an_absent_revision_is_a_404(self):
        status = self.refused(self.request("GET", f"/apis/serving.knative.dev/v1/namespaces/{self.ns}/revisions/x-00001"),
                              404, "NotFound")
        self.assertEqual(status["message"], 'revisions.serving.knative.dev "x-00001" not found')
        listed = self.ok(self.request("GET", f"/apis/serving.knative.dev/v1/namespaces/{self.ns}/revisions"))
        self.assertEqual((listed["kind"], listed["items"]), ("RevisionList", []))
