"""What canaryd relies on in an API server, as one suite that runs on the sandbox and on a real kube-apiserver: what the
sandbox answers is held against the real thing.

A subclass is a unittest.TestCase too and sets `url`, `headers` and `context` (of lab.net.request) in setUpClass. The server
has the InferenceService and Revision resources, the namespace of each test is made by `make_namespace`, and nothing
reconciles while the suite runs.
"""

from contract.config_maps import ConfigMaps
from contract.events import Events
from contract.ownership import Ownership
from contract.patching import Patching
from contract.reading import Reading
from contract.watching import Watching


class ContractSuite(Reading, Watching, Patching, Ownership, ConfigMaps, Events):
    """All parts."""
