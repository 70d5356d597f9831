"""The rollback suite against a real kube-apiserver with KServe's CRD: the status writer plays KServe."""
import unittest

from contract.rollback_suite import RollbackSuite
from lab.cluster import Cluster


class RollbackOnKubeApiserver(RollbackSuite, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        try:
            cls.cluster.create_namespace("ml")
            kubeconfig = cls.cluster.kubeconfig(cls.cluster.folder / "kubeconfig")
            cls.start(f"  kubeconfig:\n    file: {kubeconfig}", cls.cluster.request, cls.cluster.url,
                      cls.cluster.context, cls.cluster.token_file)
        except BaseException:
            cls.cluster.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.finish()
        cls.cluster.stop()


if __name__ == "__main__":
    unittest.main()
