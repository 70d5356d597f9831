"""The whole promotion story. A module that runs it starts the lab in its setUpModule, and ends with

    globals().update(promotion_suite.cases(__name__))
    load_tests = promotion_suite.load_tests
"""
import unittest

from contract import promotion_around, promotion_by_alert, promotion_by_hand, promotion_evidence, promotion_watched

# What needs no alerts comes first: meanwhile the daemons that do become warm.
PARTS = (promotion_by_hand.Commands, promotion_by_hand.Damaged, promotion_by_hand.Restarts,
         promotion_by_hand.OpenRollbacks, promotion_watched.NewModels, promotion_watched.Observations,
         promotion_watched.Unfinished, promotion_watched.Described, promotion_by_alert.Stages,
         promotion_by_alert.Forged, promotion_evidence.Gate, promotion_evidence.Rollbacks, promotion_around.Replicas,
         promotion_around.Observed, promotion_around.Frozen, promotion_around.Components, promotion_around.Breaker,
         promotion_around.Defaults)


def cases(module):
    """Each part as a TestCase of the module, by its name."""
    return {part.__name__: type(part.__name__, (part, unittest.TestCase), {"__module__": module}) for part in PARTS}


def load_tests(loader, tests, _pattern):
    """In the order of PARTS, and after them what else the module has."""
    def place(suite):
        name = type(next(iter(suite))).__name__ if suite.countTestCases() else ""
        return next((index for index, part in enumerate(PARTS) if part.__name__ == name), len(PARTS))
    return loader.suiteClass(sorted(tests, key=place))
