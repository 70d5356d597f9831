"""Small network helpers for tests: free ports, waiting, one HTTP exchange. Loopback only."""
import json
import random
import socket
import time
import urllib.error
import urllib.request


# Linux gives those from 32768 on to outgoing connections, and one of these took a port before its server did.
_FREE = range(15000, 30000)


def free_port():
    """A TCP port that was free on 127.0.0.1 a moment ago. Prefer `--listen 127.0.0.1:0` where a program can do it."""
    for port in random.sample(_FREE, 200):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError(f"no free port among 200 of {_FREE}")


def wait_until(condition, timeout, what, interval=0.02):
    """Calls `condition` until it returns something true, and returns that; AssertionError naming `what` after
    `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(interval)


class Answer:
    """One HTTP answer: `status`, `headers`, `body` (bytes), `json()`."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:600]!r}>"


_direct = urllib.request.ProxyHandler({})  # a proxy in the environment is not for loopback


def request(method, url, body=None, headers=None, context=None, timeout=10):
    """One exchange; an error status is an Answer, not an exception. `body`: bytes or str as they are, anything else as
    JSON. `context`: an ssl.SSLContext for https."""
    headers = dict(headers or {})
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    if isinstance(body, str):
        body = body.encode()
    handlers = [_direct] + ([urllib.request.HTTPSHandler(context=context)] if context else [])
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(urllib.request.Request(url, data=body, headers=headers, method=method), timeout=timeout) as r:
            return Answer(r.status, dict(r.headers), r.read())
    except urllib.error.HTTPError as e:
        with e:
            return Answer(e.code, dict(e.headers), e.read())
