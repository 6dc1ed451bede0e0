"""A live daemon in a directory of its own, and plain HTTP over its socket."""

import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("CLAWRUNNER", ROOT / ".build" / "debug" / "clawrunner"))

PLACES = {name: os.environ.get(name, place) for name, place in {
    "CLAWRUNNER_PROFILES": ROOT / "profiles",
    "CLAWRUNNER_RUNTIMES": ROOT / "runtimes",
    "CLAWRUNNER_EXAMPLES": ROOT / "Examples",
    "CLAWRUNNER_LAUNCHER": PROGRAM.parent / "claw-launcher",
}.items()}


class SocketConnection(http.client.HTTPConnection):
    """HTTP/1.1 over a Unix socket."""

    def __init__(self, path, timeout=60):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    """A status, the headers by their lower-case names, and a body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def type(self):
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def json(self):
        return json.loads(self.body)

    def __getitem__(self, key):
        return self.json[key]


class Daemon:
    """`clawrunner serve`, from when it is made until `stop`. With `listen` it takes loopback TCP as well. It asks the named
    scanners and none besides; with None those that it finds."""

    def __init__(self, configuration="", listen=None, scanners=(), profiles=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="claw-api-"))
        self.socket = str(self.directory / "clawrunner.sock")
        self.data = self.directory / "data"
        self.listen = listen
        self.places = PLACES | ({"CLAWRUNNER_PROFILES": profiles} if profiles else {})
        if scanners is not None:
            configuration += f"[reviews]\nscanners = {json.dumps(list(scanners))}\n"
        (self.directory / "daemon.toml").write_text(configuration)
        self.start()

    def start(self):
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.directory)}
        environment |= {name: str(place) for name, place in self.places.items()}
        command = [
            PROGRAM, "serve", "--data", self.data, "--socket", self.socket, "--config",
            self.directory / "daemon.toml"]
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                command + (["--listen", self.listen] if self.listen else []), env=environment, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the daemon did not start:\n" + self.log())
            time.sleep(0.02)

    def is_ready(self):
        try:
            return self.send("GET", "/readyz").status == 200
        except OSError:
            return False

    def stop(self, remove=True):
        self.process.terminate()
        self.process.wait(60)
        if remove:
            shutil.rmtree(self.directory, ignore_errors=True)

    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    @property
    def operator_key(self):
        return (self.data / "operator.key").read_text().strip()

    def send(self, method, path, query=None, headers=None, body=None):
        """One request on a connection of its own."""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        connection = SocketConnection(self.socket)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()
