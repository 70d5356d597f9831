"""KServe, played by a test for one service on an API server without controllers: what its reconciler makes of the
percent and the revisions, as tests/unit/sandbox/reconcile_test.cpp and docs/sandbox.md have it."""
from lab import net
from lab.cluster import StatusWriter


class Kserve(StatusWriter):
    """Revisions by their number. `follow()` writes the status that the percent of this moment leads to."""

    components = ("predictor",)

    def begin(self, percent=5, number=2):
        """A stable revision, and a ready canary after it at `percent`; None: a first model that has all traffic."""
        self.create(percent, self.components)
        self.stable, self.previous = number - 1, None
        self._create_revisions(self.stable)
        self.created = self.ready = self.stable
        if percent is not None:
            self.created = self.ready = number
            self._create_revisions(number)
        return self.follow()

    def _create_revisions(self, number, ready=True):
        for component in self.components:
            self.create_revision(number, ready, component)

    @property
    def canary_name(self):
        return self.revision(self.ready)

    @property
    def stable_name(self):
        return self.revision(self.stable)

    def percent_now(self, component="predictor"):
        return self.get()["spec"][component].get("canaryTrafficPercent")

    def new_model(self, ready=True):
        """The next revision; the percent is left as it is."""
        self.created += 1
        self._create_revisions(self.created, ready)
        if ready:
            self.ready = self.created
        return self.follow()

    def follow(self, **more):
        percent = self.percent_now()
        if percent is None or percent == 100:
            if self.stable != self.ready:
                self.previous, self.stable = self.stable, self.ready
        elif self.stable == self.ready and self.previous is not None:
            self.stable = self.previous  # the branch that makes a percent without a canary a revert
        for component in self.components:
            percent = self.percent_now(component)
            traffic = [(self.ready, 100, None)]
            if percent is not None and percent != 100:
                traffic = [(self.ready, percent, None), (self.stable, 100 - percent, "prev")]
            shown = self.status(self.created, self.ready, self.stable, self.previous, traffic, component, **more)
        return shown

    def is_blocked(self):
        """Knative moves nothing: the status stays as it is, the route is not ready."""
        shown = self.get()["status"]["components"]["predictor"]["traffic"]
        traffic = [(int(share["revisionName"].rsplit("-", 1)[1]), share["percent"], share.get("tag"))
                   for share in shown]
        return self.status(self.created, self.ready, self.stable, self.previous, traffic, route_ready=False)

    def events(self):
        """What `kubectl describe` shows: the Events about it, by when they began."""
        selector = f"involvedObject.name%3D{self.name},involvedObject.kind%3DInferenceService"
        answer = self.request("GET", f"/api/v1/namespaces/{self.namespace}/events?limit=500&fieldSelector={selector}")
        if answer.status != 200:
            raise AssertionError(f"events of {self.path}: {answer}")
        return sorted(answer.json()["items"], key=lambda event: event["firstTimestamp"])

    def wait_event(self, reason, timeout=30):
        """The first Event with this reason."""
        return net.wait_until(lambda: next((e for e in self.events() if e["reason"] == reason), None), timeout,
                              f"an Event {reason} about {self.name}; there are "
                              f"{[event['reason'] for event in self.events()]}", 0.2)


class WithTransformer(Kserve):
    """A predictor and a transformer that are released together."""

    components = ("predictor", "transformer")
