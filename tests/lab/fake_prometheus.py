"""A Prometheus of a test's own: it knows the questions of the gate (src/engine/gate_asker.cpp) and answers them as the
test says. A real one takes minutes to have seen something, and is never slow or wrong when it is wanted to be."""
import contextlib
import http.server
import json
import re
import socket
import threading
import time
import urllib.parse

_LABEL = r'{}=(?:~)?"([^"]*)"'

# What a revision shows: requests and errors over the dwell, p95 in seconds, mean confidence.
HEALTHY = {"requests": 1000, "errors": 1, "latency": 0.05, "confidence": 0.93}
FAULTS = ("down", "hang", "cut", "half", "nonsense", "not_a_vector", "error", "unavailable", "warnings", "nan", "empty",
          "two_statuses", "twice")


class FakePrometheus:
    """`url`. `share(namespace, service, component)` gives {revision: percent}, as canaryd's own series would show it.
    `context`: an ssl.SSLContext of a server, for https; what it asks of clients is its own.

    token        None, or the bearer token that a question must carry, else it is answered 401
    fault        None, or one of FAULTS, for each question from now on (`down` is down(), `hang` is hang())
    revisions    {revision: what differs from HEALTHY}
    alerts       what ALERTS shows: labels, with alertname and alertstate
    queries      the questions so far
    """

    def __init__(self, share, context=None):
        self.share = share
        self.context = context
        self.token = None
        self.fault = None
        self.revisions = {}
        self.alerts = []
        self.queries = []
        self.waiting = 0
        self._released = threading.Event()
        self._connections = set()
        self._server = None
        self._port = 0
        self.up()
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self._port}"

    def healthy(self):
        """As at the start: answers everything, all is well."""
        self.fault, self.revisions, self.alerts = None, {}, []
        self.release()
        self.up()

    def up(self):
        if self._server:
            return
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def setup(self):
                super().setup()
                outer._connections.add(self.connection)

            def finish(self):
                outer._connections.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

            def do_POST(self):
                outer._handle(self)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # cut connections are what this is for

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        if self.context:  # the handshake is the handler's: one that hangs holds up no other
            self._server.socket = self.context.wrap_socket(self._server.socket, server_side=True,
                                                           do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def down(self):
        """Connections are refused, the open ones end."""
        if not self._server:
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        self._server = None
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def hang(self):
        """No question is answered until release(); `waiting` says how many wait."""
        self.fault = "hang"
        self._released.clear()

    def release(self):
        self._released.set()

    def break_it(self, fault):
        """One of FAULTS."""
        if fault not in FAULTS:
            raise ValueError(fault)
        if fault == "down":
            self.down()
        elif fault == "hang":
            self.hang()
        else:
            self.fault = fault

    def stop(self):
        self.release()
        self.down()

    def _handle(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        if self.token is not None and handler.headers.get("Authorization") != "Bearer " + self.token:
            return self._send(handler, 401, {"status": "error", "error": "who asks?"})
        form = urllib.parse.parse_qs(body, strict_parsing=True)
        if handler.path != "/api/v1/query" or set(form) != {"query", "timeout"}:
            return self._send(handler, 400, {"status": "error", "errorType": "bad_data", "error": "no such question"})
        (query,) = form["query"]
        self.queries.append(query)
        fault = self.fault
        if fault == "hang":
            self.waiting += 1
            self._released.wait(60)
            self.waiting -= 1
        answers = {
            "nonsense": (200, b"<html>Sign in to continue</html>"),
            "not_a_vector": (200, {"status": "success", "data": {"resultType": "string", "result": [0, "x"]}}),
            "error": (422, {"status": "error", "errorType": "execution", "error": "many-to-many matching"}),
            "unavailable": (503, b"upstream connect error"),
        }
        if fault in answers:
            return self._send(handler, *answers[fault])
        if fault == "cut":
            return self._cut(handler)
        answer = {"status": "success", "data": {"resultType": "vector", "result": self._samples(query, fault)}}
        if fault == "warnings":
            answer["warnings"] = ["a store did not answer: the result is partial"]
        if fault == "two_statuses":  # of which many parsers keep the last
            return self._send(handler, 200, b'{"status":"error",' + json.dumps(answer).encode()[1:])
        return self._send(handler, 200, answer, half=fault == "half")

    def _samples(self, query, fault):
        labels = {name: found.group(1) for name in ("namespace", "inferenceservice", "component", "revision")
                  if (found := re.search(_LABEL.format(name), query))}
        if query.startswith("ALERTS{"):
            wanted = {name: labels[name] for name in ("namespace", "inferenceservice")}
            return [self._sample({**wanted, **alert, "__name__": "ALERTS"}, 1) for alert in self.alerts
                    if wanted.items() <= {**wanted, **alert}.items()]
        if fault == "empty":
            return []
        if "canary:rollout:percent" in query:
            shares = self.share(labels["namespace"], labels["inferenceservice"], labels["component"])
            return [self._sample({"revision": revision}, self._value(percent, fault))
                    for revision, percent in shares.items()]
        kind = next(kind for series, kind in (("canary:error_ratio:rate2m", "errors"),
                                              ("canary:requests:rate2m", "requests"),
                                              ("canary:latency_seconds:p95_2m", "latency"),
                                              ("canary:confidence:mean2m", "confidence")) if series in query)
        samples = []
        for revision in labels["revision"].replace("[.]", ".").split("|"):
            value = {**HEALTHY, **self.revisions.get(revision, {})}[kind]
            samples.append(self._sample({"namespace": labels["namespace"], "revision": revision,
                                         "source": "model-metrics"}, self._value(value, fault)))
        return samples * 2 if fault == "twice" else samples

    @staticmethod
    def _value(value, fault):
        return "NaN" if fault == "nan" else value

    @staticmethod
    def _sample(labels, value):
        return {"metric": labels, "value": [time.time(), str(value)]}

    @staticmethod
    def _send(handler, status, body, half=False):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with contextlib.suppress(OSError):
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content[:len(content) // 2] if half else content)
            handler.wfile.flush()
        if half:
            FakePrometheus._cut(handler)

    @staticmethod
    def _cut(handler):
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.connection.shutdown(socket.SHUT_RDWR)
