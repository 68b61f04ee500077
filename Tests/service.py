"""Starts the real service for a test: nginx, the supervisor and the responders of `nginx/serve`.

        with Service(models) as service:
            urllib.request.urlopen(service.url + "/health")
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

# What the tests sign in with; one request after the other, faster than any person.
PASSWORD = "only for tests"
ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / ".build/release"

# The service is on this machine: no proxy of the environment is asked for it.
urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))


def train(models, *arguments):
    """Trains a model on the project's data and makes it the current one of the folder `models`."""
    command = [PROGRAMS / "drugctl", "train", "--data", ROOT / "data/drug200.csv"]
    subprocess.run(
        [*command, "--models", models, *arguments], check=True, stdout=subprocess.DEVNULL)


def free_port():
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """The running service, with a run folder of its own and a port that was free.

    `settings` are further environment variables of `nginx/serve`, for example `PROCESSES="1"`.
    """

    # What is started; it ends up as nginx/serve.
    command = [ROOT / "nginx/serve"]

    def __init__(self, models, **settings):
        self.models = pathlib.Path(models)
        # The path of a socket may have 107 bytes, so the folder does not lie deep.
        self.run = pathlib.Path(tempfile.mkdtemp(prefix="service-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = settings
        self.log_folder = pathlib.Path(settings.get("LOG", self.run / "kept"))
        self.process = None

    def start(self):
        """Starts the service and waits until it answers /health, with or without a model."""
        environment = os.environ | {
            "BIND": "127.0.0.1", "PORT": str(self.port), "RUN": str(self.run),
            "MODELS": str(self.models), "LOG": str(self.run / "kept"),
            "ADMIN_PASSWORD": PASSWORD, "ADMIN_RATE": "1000",
        } | self.settings
        with open(self.run / "log", "ab") as log:
            self.process = subprocess.Popen(
                self.command, env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.wait_until_answering()
        except BaseException:
            self.stop()
            raise
        return self

    def wait_until_answering(self, seconds=15):
        """Waits until the responder itself answers; raises with the log when it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=1):
                    return
            except urllib.error.HTTPError as answer:
                if b'"unhealthy"' in answer.read():
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"the service does not answer:\n{self.log()}")

    def log(self):
        """What nginx and the responders wrote until now."""
        return (self.run / "log").read_text(errors="replace")

    def stop(self):
        """Ends the service, as Ctrl-C does, and returns its exit status."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        # Its own patience is 5 seconds for nginx and 5 for the responders.
        status = self.process.wait(timeout=20)
        self.process = None
        return status

    def responders(self):
        """The ids of the responders' processes."""
        supervisors = children_of(self.process.pid, "multiwatch")
        return [pid for parent in supervisors for pid in children_of(parent, "drug-responder")]

    def detach_responders(self):
        """Lets the responders die and no new one be reached, while nginx goes on."""
        (self.run / "responder.sock").rename(self.run / "detached.sock")
        for pid in self.responders():
            os.kill(pid, signal.SIGKILL)

    def attach_responders(self):
        """Lets nginx reach the responders again."""
        (self.run / "detached.sock").rename(self.run / "responder.sock")
        self.wait_until_answering()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.run)


def children_of(parent, name=None):
    """The ids of a process's children, or of those whose program has this name (15 characters at most)."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        # The name stands in parentheses and may hold any character; the parent follows the state.
        command = text[text.index("(") + 1:text.rindex(")")]
        if (name is None or command == name[:15]) and int(text[text.rindex(")") + 2:].split()[1]) == parent:
            found.append(int(stat.parent.name))
    return found
