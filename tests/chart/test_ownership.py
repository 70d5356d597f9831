"""metadata.managedFields on a real kube-apiserver with the chart's admission policy: canaryd's token moves the percent,
whoever owns it, and cannot say that anybody owns, or no longer owns, something else."""
import copy
import unittest

from chart.installed import Installed
from chart.permission_rows import JSON_PATCH, PERCENT, POLICY, replace
from lab.cluster import MERGE, StatusWriter

APPLY = {"Content-Type": "application/apply-patch+yaml"}
VERSION = "serving.kserve.io/v1beta1"
OWN = "canaryd/lab"
MODEL = {"modelFormat": {"name": "sklearn"}, "storageUri": "gs://models/iris/v1"}
TRANSFORMER = {"minReplicas": 1, "containers": [{"name": "kserve-container", "image": "example.com/t"}]}


def setUpModule():
    global cluster, ask
    cluster = Installed({})
    unittest.addModuleCleanup(cluster.stop)
    token = cluster.service_token()
    cluster.wait_policy(token)
    ask = cluster.as_canaryd(token)


def entry(manager, fields, operation="Update"):
    return {"manager": manager, "operation": operation, "apiVersion": VERSION, "time": "2020-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": fields}


class _Case(unittest.TestCase):
    def setUp(self):
        self.iris = StatusWriter(cluster.request, "ml", "iris")
        self.addCleanup(cluster.request, "DELETE", self.iris.path)

    def change(self, manager, spec):
        """By somebody else's merge patch."""
        answer = cluster.request("PATCH", f"{self.iris.path}?fieldManager={manager}", {"spec": spec}, MERGE)
        self.assertEqual(answer.status, 200, answer)

    def apply(self, manager, spec):
        """By somebody else's server-side apply, as GitOps tools do; makes the service where it is not there."""
        answer = cluster.request("PATCH", f"{self.iris.path}?fieldManager={manager}&force=true", {
            "apiVersion": VERSION, "kind": "InferenceService", "metadata": {"name": "iris"}, "spec": spec}, APPLY)
        self.assertIn(answer.status, (200, 201), answer)

    def managed(self, entries):
        """As an administrator says."""
        answer = cluster.request("PATCH", self.iris.path, {"metadata": {"managedFields": entries}}, MERGE)
        self.assertEqual(answer.status, 200, answer)

    def entries(self):
        return self.iris.get()["metadata"].get("managedFields", [])

    def managers(self):
        return [one["manager"] for one in self.entries()]

    def owners(self, component="predictor"):
        """Who owns the component's percent."""
        return [one["manager"] for one in self.entries()
                if "f:canaryTrafficPercent" in one["fieldsV1"].get("f:spec", {}).get("f:" + component, {})]

    def from_git(self):
        """A service of a GitOps tool, in which a person has changed what the manifest leaves open."""
        self.apply("argocd-controller", {"predictor": {"canaryTrafficPercent": 5, "model": MODEL}})
        self.change("kubectl-edit", {"transformer": {**TRANSFORMER, "canaryTrafficPercent": 5},
                                     "predictor": {"minReplicas": 3}})
        self.iris.status(1, 1, 1, None, [(1, 100, None)])


class WhatCanarydWrites(_Case):
    def moves_the_percent(self, component="predictor"):
        """All that canaryd does with a percent is let through, and no entry of others is less but for the percent."""
        percent = PERCENT.replace("predictor", component)
        answer = ask("PATCH", self.iris.path + "?dryRun=All&fieldValidation=Strict", replace(percent, 0), JSON_PATCH)
        self.assertEqual(answer.status, 200, answer)
        for value in (0, 7, 7):
            answer = ask("PATCH", self.iris.path, replace(percent, value), JSON_PATCH)
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(self.owners(component), [OWN])
        answer = ask("PATCH", self.iris.path, [{"op": "remove", "path": percent}], JSON_PATCH)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.owners(component), [])

    def test_a_percent_that_was_applied(self):
        self.from_git()
        self.assertEqual(self.owners(), ["argocd-controller"])
        self.moves_the_percent()
        self.assertEqual(sorted(self.managers()), ["argocd-controller", "kubectl-edit", "manager"])

    def test_a_percent_that_was_updated(self):
        self.from_git()
        self.assertEqual(self.owners("transformer"), ["kubectl-edit"])
        self.moves_the_percent("transformer")

    def test_a_percent_that_several_own(self):
        self.from_git()
        self.apply("kustomize-controller", {"predictor": {"canaryTrafficPercent": 5}})
        self.assertEqual(sorted(self.owners()), ["argocd-controller", "kustomize-controller"])
        self.moves_the_percent()

    def test_an_entry_that_owned_nothing_but_the_percent_goes(self):
        for by in (self.change, self.apply):
            with self.subTest(by.__name__):
                self.from_git()
                by("somebody", {"predictor": {"canaryTrafficPercent": 9}})
                self.assertEqual(self.owners(), ["somebody"])
                self.moves_the_percent()
                self.assertNotIn("somebody", self.managers())

    def test_the_percent_of_another_instance_of_canaryd(self):
        self.from_git()
        answer = ask("PATCH", self.iris.path + "?fieldManager=canaryd/other", replace(PERCENT, 9), JSON_PATCH)
        self.assertEqual(answer.status, 200, answer)
        self.moves_the_percent()

    def test_a_component_that_holds_nothing_but_the_percent(self):
        self.iris.create(5)
        self.change("kubectl-edit", {"transformer": {"canaryTrafficPercent": 5}})
        self.moves_the_percent("transformer")
        mine = next(one for one in self.entries() if one["manager"] == "kubectl-edit")
        self.assertEqual(mine["fieldsV1"], {"f:spec": {"f:transformer": {}}})

    def test_an_entry_of_canaryd_from_before_the_policy(self):
        """Without the policy KServe's defaults, written at canaryd's update, are canaryd's."""
        self.iris.create(5)
        self.change(OWN, {"predictor": {"automountServiceAccountToken": False, "canaryTrafficPercent": 6}})
        self.managed([entry(OWN, one["fieldsV1"]) if one["manager"] == OWN else one for one in self.entries()])
        self.moves_the_percent()
        self.change("kubectl-edit", {"predictor": {"canaryTrafficPercent": 9}})
        self.moves_the_percent()

    def test_a_service_that_nobody_owns(self):
        self.iris.create(5)
        self.managed([{}])
        self.assertEqual(self.entries(), [])
        answer = ask("PATCH", self.iris.path, replace(PERCENT, 0), JSON_PATCH)
        self.assertEqual(answer.status, 200, answer)

    def test_more_updates_than_the_api_server_keeps_apart(self):
        self.iris.create(5)
        self.managed(self.entries() + [entry(f"person-{number}", {"f:spec": {"f:predictor": {f"f:of-{number}": {}}}})
                                       for number in range(9)])
        self.assertEqual(len(self.entries()), 10)
        self.moves_the_percent()
        self.assertIn("ancient-changes", self.managers())
        self.assertNotIn("person-0", self.managers())

    def test_however_many_others_and_canaryds_of_before_have_updated_it(self):
        """Where the API server begins to merge, whoever fills its ten entries."""
        def updates(names):
            return [entry(name, {"f:spec": {"f:predictor": {"f:of-" + name.replace("/", "-"): {}}}}) for name in names]

        for people, before in ((5, 0), (6, 0), (7, 0), (8, 0), (5, 3), (6, 3), (4, 5), (3, 6)):
            with self.subTest(people=people, before=before):
                self.iris.create(5)
                self.change("kubectl-edit", {"transformer": {**TRANSFORMER, "canaryTrafficPercent": 5}})
                answer = ask("PATCH", f"{self.iris.path}?fieldManager=canaryd/other",
                             replace(PERCENT.replace("predictor", "transformer"), 9), JSON_PATCH)
                self.assertEqual(answer.status, 200, answer)
                self.managed(self.entries() + updates([f"person-{number}" for number in range(people)]
                                                      + [f"canaryd/old-{number}" for number in range(before)]))
                self.moves_the_percent()
                cluster.request("DELETE", self.iris.path)


class WhatTheTokenCannotWrite(_Case):
    def setUp(self):
        super().setUp()
        self.from_git()

    def denied(self, body, headers, *words, query=""):
        answer = ask("PATCH", self.iris.path + query, body, headers)
        self.assertEqual(answer.status, 422, answer)
        for word in (POLICY, *words):
            self.assertIn(word, answer.json()["message"])

    def test_in_the_name_of_another_manager(self):
        for query in ("?fieldManager=kubectl-edit", "?fieldManager=", "?fieldManager=xcanaryd/lab"):
            with self.subTest(query):
                self.denied(replace(PERCENT, 0), JSON_PATCH, "as the field manager canaryd/INSTANCE", query=query)

    def test_that_anybody_owns_more_or_less(self):
        git, person = "argocd-controller", "kubectl-edit"
        replicas, percent = ({"f:spec": {"f:predictor": {"f:" + one: {}}}} for one in ("minReplicas", "canaryTrafficPercent"))
        forgeries = [
            (git, "a component of a person", lambda e: e[git]["f:spec"].update(
                {"f:transformer": e[person]["f:spec"]["f:transformer"]})),
            (git, "a field", lambda e: e[git]["f:spec"]["f:predictor"].update({"f:minReplicas": {}})),
            (git, "a field of a field", lambda e: e[git]["f:spec"]["f:predictor"]["f:model"].update({"f:args": {}})),
            (git, "the percent", lambda e: e[git]["f:spec"]["f:predictor"].update({"f:canaryTrafficPercent": {}})),
            (git, "the component itself", lambda e: e[git]["f:spec"]["f:predictor"].update({".": {}})),
            (git, "a new component", lambda e: e[git]["f:spec"].update({"f:explainer": {}})),
            (git, "labels", lambda e: e[git].update({"f:metadata": {"f:labels": {"f:a": {}}}})),
            (git, "a field less", lambda e: e[git]["f:spec"]["f:predictor"].pop("f:model")),
            (person, "the component itself less", lambda e: e[person]["f:spec"]["f:transformer"].pop(".")),
            (git, "nothing", lambda e: e.pop(git)),
            (person, "nothing", lambda e: e.pop(person)),
            ("manager", "nothing of the status", lambda e: e.pop("manager")),
            ("new", "a field", lambda e: e.update({"new": replicas})),
            ("new", "the percent alone", lambda e: e.update({"new": percent})),
            ("ancient-changes", "a field", lambda e: e.update({"ancient-changes": replicas})),
            (OWN, "a field", lambda e: e.update({OWN: replicas})),
            (OWN, "labels", lambda e: e.update({OWN: {"f:metadata": {"f:labels": {"f:a": {}}}}})),
        ]
        answer = ask("PATCH", self.iris.path, replace(PERCENT, 6), JSON_PATCH)
        self.assertEqual(answer.status, 200, answer)
        there = self.entries()
        for who, what, forge in forgeries:
            with self.subTest(f"{who}: {what}"):
                owned = {one["manager"]: copy.deepcopy(one["fieldsV1"]) for one in there}
                forge(owned)
                forged = [{**one, "fieldsV1": owned.pop(one["manager"])} for one in there if one["manager"] in owned]
                forged += [entry(manager, fields) for manager, fields in owned.items()]
                self.denied({"metadata": {"managedFields": forged}}, MERGE, "metadata.managedFields of ", who)

    def test_that_nobody_owns_anything(self):
        self.denied({"metadata": {"managedFields": [{}]}}, MERGE, "argocd-controller, kubectl-edit")
        wiped = [{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]
        self.denied(wiped + replace(PERCENT, 0), JSON_PATCH, "argocd-controller, kubectl-edit")

    def test_that_others_wrote_at_another_time_or_in_another_way(self):
        for what in ({"time": "2001-01-01T00:00:00Z"}, {"operation": "Update"}, {"subresource": "status"},
                     {"apiVersion": "serving.kserve.io/v1alpha1"}):
            with self.subTest(what):
                forged = [{**one, **what} if one["manager"] == "argocd-controller" else one for one in self.entries()]
                self.denied([{"op": "replace", "path": "/metadata/managedFields", "value": forged}] + replace(PERCENT, 0),
                            JSON_PATCH, "argocd-controller")

    def test_that_it_owns_what_it_applies_unchanged(self):
        self.denied({"apiVersion": VERSION, "kind": "InferenceService", "metadata": {"name": "iris"},
                     "spec": {"predictor": {"minReplicas": 3}}}, APPLY, OWN)

    def test_what_a_forgery_would_do(self):
        """The next sync of an unchanged manifest deletes what a forged entry says that it owned."""
        forged = self.entries()
        owned = {one["manager"]: one["fieldsV1"] for one in forged}
        owned["argocd-controller"]["f:spec"]["f:predictor"]["f:minReplicas"] = {}
        del owned["kubectl-edit"]["f:spec"]["f:predictor"]
        self.denied({"metadata": {"managedFields": forged}}, MERGE)
        self.managed(forged)
        self.apply("argocd-controller", {"predictor": {"canaryTrafficPercent": 5, "model": MODEL}})
        self.assertNotIn("minReplicas", self.iris.get()["spec"]["predictor"])


if __name__ == "__main__":
    unittest.main()
