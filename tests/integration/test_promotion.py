"""The way forward on the sandbox: its reconcile paused, and KServe played by the test, as on a real API server."""
import unittest

from contract import promotion_lab, promotion_suite
from lab.sandbox import Sandbox


def setUpModule():
    sandbox = Sandbox()
    unittest.addModuleCleanup(sandbox.stop)
    sandbox.pause()
    promotion_lab.start(lambda ns: f"  url:\n    address: {sandbox.url}\n  namespaces: [{ns}]", sandbox.request)


globals().update(promotion_suite.cases(__name__))
load_tests = promotion_suite.load_tests

if __name__ == "__main__":
    unittest.main()
