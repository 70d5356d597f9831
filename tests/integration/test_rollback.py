"""The rollback suite against the sandbox, its reconcile paused: the status writer plays KServe."""
import unittest

from contract.rollback_suite import RollbackSuite
from lab.sandbox import Sandbox


class RollbackOnSandbox(RollbackSuite, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox()
        try:
            cls.sandbox.pause()
            cls.start(cls.sandbox.url, cls.sandbox.request, cls.sandbox.url)
        except BaseException:
            cls.sandbox.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.finish()
        cls.sandbox.stop()


if __name__ == "__main__":
    unittest.main()
