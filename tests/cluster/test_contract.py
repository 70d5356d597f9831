"""The contract suite on a real kube-apiserver."""
import unittest

from contract.suite import ContractSuite
from lab.cluster import Cluster


class ContractOfKubeApiserver(ContractSuite, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.stop)
        cls.url, cls.headers, cls.context = cls.cluster.url, cls.cluster.headers, cls.cluster.context

    def make_namespace(self, name):
        self.cluster.create_namespace(name)


if __name__ == "__main__":
    unittest.main()
