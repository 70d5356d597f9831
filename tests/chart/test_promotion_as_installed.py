"""canaryd's writes with what the chart gives it and nothing more: its roles, its admission policy, its service account's token,
its ConfigMap. Each kind of write has a story: a step, the removal of the field, a rollback, the first stage for a new model,
holds and quarantines, Events. A patch that meets a conflict is in test_rollback_as_installed.py. Not the whole promotion
suite, which takes a quarter of an hour and runs in tests/cluster, with the same verbs: who gave them changes no decision."""
import unittest

from chart.installed import Installed
from contract import promotion_by_hand, promotion_lab, promotion_watched


def setUpModule():
    cluster = Installed({}, ("ml-young",))
    unittest.addModuleCleanup(cluster.stop)
    token = cluster.service_token()
    file = cluster.kubeconfig(cluster.folder / "canaryd", token)
    cluster.wait_policy(token)
    promotion_lab.start(lambda namespace: f"  kubeconfig:\n    file: {file}\n  namespaces: [{namespace}]", cluster.request,
                        names=("young",), state="canaryd-state")


class Commands(promotion_by_hand.Commands, unittest.TestCase):
    """Without those about the gate, which writes nothing."""

    test_the_gate_is_asked_for_a_person_too = None
    test_what_protects_the_stable_revision_cannot_be_passed_over = None


class NewModels(promotion_watched.NewModels, unittest.TestCase):
    pass


class Described(promotion_watched.Described, unittest.TestCase):
    pass


if __name__ == "__main__":
    unittest.main()
