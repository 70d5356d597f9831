"""canaryd's rollback suite with what the chart gives it: its roles, its admission policy and its service account's token."""
import unittest

from chart.installed import Installed
from contract.rollback_suite import RollbackSuite


class RollbackAsInstalled(RollbackSuite, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Installed({})
        cls.addClassCleanup(cls.cluster.stop)
        token = cls.cluster.service_token()
        token_file = cls.cluster.folder / "canaryd-token"
        token_file.write_text(token)
        kubeconfig = cls.cluster.kubeconfig(cls.cluster.folder / "canaryd", token)
        cls.cluster.wait_policy(token)
        cls.start(f"  kubeconfig:\n    file: {kubeconfig}", cls.cluster.request, cls.cluster.url, cls.cluster.context,
                  token_file)
        cls.addClassCleanup(cls.finish)


if __name__ == "__main__":
    unittest.main()
