"""The web server's side of FastCGI (version 1), and a responder without a web server."""

import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from client import PATIENT
from service import PROGRAMS

BEGIN, END, PARAMETERS, STDIN, STDOUT = 1, 3, 4, 5, 6
BODY = json.dumps(PATIENT).encode()


def record(kind, content=b""):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def request(body=BODY, method="POST", path="/predict", keep=True, parameters={}):
    """The records of a request; those of its body, from `tail`, stand at the end."""
    parameters = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
    } | parameters
    pairs = b"".join(
        struct.pack("!BB", len(name), len(value)) + name.encode() + value.encode()
        for name, value in parameters.items())
    begin = record(BEGIN, struct.pack("!HB5x", 1, keep))
    return begin + record(PARAMETERS, pairs) + record(PARAMETERS) + tail(body)


def tail(body):
    """The records of a body."""
    pieces = [body[start:start + 65_535] for start in range(0, len(body), 65_535)]
    return b"".join(record(STDIN, piece) for piece in [*pieces, b""])


class Connection:
    """A connection to a responder, on which the web server sends requests one by one."""

    def __init__(self, path, timeout=20):
        self.wire = socket.socket(socket.AF_UNIX)
        self.wire.settimeout(timeout)
        self.wire.connect(str(path))

    def send(self, data):
        self.wire.sendall(data)

    def ask(self, **arguments):
        """Sends a request and returns the status and the body of its answer."""
        self.send(request(**arguments))
        return self.answer()

    def answer(self):
        output = b""
        while True:
            _, kind, _, length, padding = struct.unpack("!BBHHBx", self.receive(8))
            content = self.receive(length)
            self.receive(padding)
            if kind == STDOUT:
                output += content
            if kind == END:
                break
        head, body = output.split(b"\r\n\r\n", 1)
        return int(head.split()[1]), body

    def receive(self, count):
        data = b""
        while len(data) < count:
            piece = self.wire.recv(count - len(data))
            if not piece:
                raise ConnectionError("the responder has closed the connection")
            data += piece
        return data

    def close(self):
        self.wire.close()


class Responder:
    """A `drug-responder` that listens by itself, in a folder of its own."""

    def __init__(self, models, *arguments, prepare=None, environment={}):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="responder-"))
        self.socket = self.folder / "socket"
        self.command = [PROGRAMS / "drug-responder", "--models", models, "--socket", self.socket, *arguments]
        self.prepare, self.environment = prepare, environment
        self.process = None

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=self.prepare,
                env=os.environ | self.environment)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                connection = Connection(self.socket)
                assert connection.ask(method="GET", path="/health", body=b"")[0] in [200, 503]
                connection.close()
                return self
            except OSError:
                time.sleep(0.02)
        raise RuntimeError((self.folder / "log").read_text())

    def connect(self):
        return Connection(self.socket)

    def stop(self, number=signal.SIGTERM, seconds=20):
        """Ends the process and returns its exit status."""
        self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    def log(self):
        return (self.folder / "log").read_text()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder)
