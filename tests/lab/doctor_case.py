"""For tests of `canaryd doctor`: a configuration, and a Prometheus and an Alertmanager that say what a test wants."""
import http.server
import json
import threading

from lab import daemon_case

RULES = "/api/v1/rules"
QUIET = {
    RULES: {"data": {"groups": []}},
    "/api/v1/targets": {"data": {"activeTargets": []}},
    "/api/v1/alertmanagers": {"data": {"activeAlertmanagers": [{"url": "http://am"}]}},
    "/api/v1/status/config": {"data": {"yaml": "scrape_configs: []\n"}},
    "/api/v1/query": {"status": "success", "data": {"resultType": "vector", "result": []}},
    "/api/v2/silences": [],
    "/api/v2/alerts": {},
    "/api/v2/alerts/groups": [],
}


def route(text):
    """The answer to /api/v2/status of an Alertmanager that runs with this configuration."""
    return {"/api/v2/status": {"versionInfo": {"version": "0.27.0"}, "config": {"original": text}}}


class Answers:
    """A server that has one JSON answer for each path; 404 for others. `asked`: (method, path) of each request;
    `bodies`: what was posted."""

    def __init__(self, answers):
        self.asked, self.bodies = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.command == "POST":
                    outer.bodies.append(content.decode())
                path = self.path.split("?")[0]
                outer.asked.append((self.command, path))
                status, body = (200, answers[path]) if path in answers else (404, {"error": "no such path"})
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class DoctorCase(daemon_case.DaemonCase):
    def configured(self, address=None, more=""):
        made = daemon_case.Configured(address or daemon_case.SANDBOX.url, more)
        made.audit_folder.mkdir()
        return made

    def kubeconfig(self):
        """To the sandbox, which does not say who asks."""
        file = self.configured().folder / "kubeconfig"
        file.write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: '"
            + daemon_case.SANDBOX.url + "'}}]\nusers: [{name: a, user: {}}]\n"
            "contexts: [{name: a, context: {cluster: a, user: a}}]\n")
        return file

    def answers(self, *more):
        server = Answers({key: value for each in (QUIET, *more) for key, value in each.items()})
        self.addCleanup(server.stop)
        return server
