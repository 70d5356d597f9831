"""An API server that misbehaves on demand: a proxy in front of a healthy one, which it passes everything to until told
otherwise. Loopback only; threads end with stop()."""
import http.server
import threading
import time
import urllib.error
import urllib.request

from lab import net


class MisbehavingApi:
    """`url` is what canaryd is given. `on_patch` and `on_get` choose what happens to a PATCH or a single GET:

    None                 passed on
    (status, headers)    answered so, not passed on
    "cut_before"         the connection is cut, not passed on
    "cut_after"          passed on, then the connection is cut: applied, and nobody is told
    "half_after"         passed on, then half of the answer is sent and the connection cut
    "nonsense"           200 with a body that is no JSON, not passed on
    "wrong_object"       200 with JSON that is no InferenceService, not passed on
    ("slow", seconds)    passed on after that time
    a function           called, then passed on: what another does between the decision and the patch

    `context`: the ssl.SSLContext for an upstream by https.
    """

    def __init__(self, upstream, context=None):
        self.upstream = upstream
        self.context = context
        self.on_patch = None
        self.on_get = None
        self.patches = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                single = "inferenceservices/" in self.path and "watch=" not in self.path
                outer._handle(self, outer.on_get if single else None)

            def do_POST(self):
                outer._handle(self, None)

            def do_PATCH(self):
                of_traffic = "/inferenceservices/" in self.path and "dryRun=" not in self.path
                if of_traffic:
                    outer.patches += 1
                outer._handle(self, outer.on_patch if of_traffic else None)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # cut connections are what this is for

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _handle(self, handler, fault):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if fault is None:
            return self._pass(handler, body)
        if callable(fault):
            fault()
            return self._pass(handler, body)
        if fault == "cut_before":
            return self._cut(handler)
        if fault in ("cut_after", "half_after"):
            answer = self._forward(handler, body)
            if fault == "half_after":
                self._send(handler, answer.status, {}, answer.body, part=len(answer.body) // 2)
            return self._cut(handler)
        if fault == "nonsense":
            return self._send(handler, 200, {}, b"<html>not an API server</html>")
        if fault == "wrong_object":
            return self._send(handler, 200, {}, b'{"kind":"Status","status":"Success"}')
        if fault[0] == "slow":
            time.sleep(fault[1])
            return self._pass(handler, body)
        status, headers = fault
        text = b'{"kind":"Status","apiVersion":"v1","status":"Failure","message":"made for a test","code":%d}' % status
        return self._send(handler, status, headers, text)

    def _forward(self, handler, body):
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection")}
        return net.request(handler.command, self.upstream + handler.path, body or None, headers, self.context, timeout=30)

    def _pass(self, handler, body):
        if "watch=" in handler.path:
            return self._stream(handler)
        answer = self._forward(handler, body)
        return self._send(handler, answer.status, {}, answer.body)

    def _stream(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        try:
            headers = {"Authorization": handler.headers["Authorization"]} if handler.headers["Authorization"] else {}
            request = urllib.request.Request(self.upstream + handler.path, headers=headers)
            with urllib.request.urlopen(request, timeout=600, context=self.context) as upstream:
                for line in upstream:
                    handler.wfile.write(line)
                    handler.wfile.flush()
        except (OSError, urllib.error.URLError, ValueError):
            pass

    @staticmethod
    def _send(handler, status, headers, body, part=None):
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body if part is None else body[:part])
        handler.wfile.flush()

    @staticmethod
    def _cut(handler):
        handler.close_connection = True
        handler.connection.shutdown(2)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
