"""A real Alertmanager (Debian's 0.25) with the shipped route, on loopback."""
import datetime
import pathlib
import re

from lab import net
from lab.procs import Process
from lab.prometheus import source_folder


def shipped_route(url, ca_file, token_file):
    """rules/alertmanager/canaryd.yaml with this run's address and files in it."""
    text = (source_folder() / "rules" / "alertmanager" / "canaryd.yaml").read_text()
    for key, value in (("- url", url), ("ca_file", ca_file), ("credentials_file", token_file)):
        text, found = re.subn(rf"(?m)^(\s*{key}): .*$", rf"\1: {value}", text)
        if found != 1:
            raise AssertionError(f"the shipped route has {found} lines with {key}, expected one")
    return text


class Alertmanager:
    """Started by the constructor, ready when it returns. `address` is what Prometheus sends to."""

    def __init__(self, tools, folder, config):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        port = net.free_port()
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        file = folder / "alertmanager.yaml"
        file.write_text(config)
        # debug: it then logs each flush of a group, the moment at which a notification is sent.
        self.process = Process("alertmanager", [
            pathlib.Path(tools).resolve() / "prometheus-alertmanager", f"--config.file={file}",
            f"--storage.path={folder / 'data'}", f"--web.listen-address={self.address}", "--cluster.listen-address=",
            "--log.level=debug",
        ], log_path=folder / "alertmanager.log", cwd=pathlib.Path(tools).parent / "share" / "prometheus")
        try:
            self.process.wait_http(f"{self.url}/-/ready", timeout=30)
        except BaseException:
            self.stop()
            raise

    def alerts(self):
        answer = net.request("GET", f"{self.url}/api/v2/alerts")
        if answer.status != 200:
            raise AssertionError(f"alertmanager answered {answer}")
        return answer.json()

    def sent_at(self, alertname):
        """When it first sent a group with this alert through the route of canaryd; None when it has not."""
        for line in self.process.log().splitlines():
            if "msg=flushing" in line and "/{alertname=~" in line and f'alertname=\\"{alertname}\\"' in line:
                text = re.search(r"ts=(\S+)", line).group(1)
                return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        return None

    def stop(self):
        self.process.stop()
