"""A PostgreSQL server of its own, with data in a folder that goes with it; it listens on loopback alone.

As a program it runs a command with the place of a database in TEST_POSTGRES: postgres.py COMMAND...
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def programs() -> Path:
    """The folder of the newest server that Debian has installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        raise FileNotFoundError("PostgreSQL is not installed: make install-test")
    return found[-1]


class Postgres:
    """A server; the database `predictions` is empty at first."""

    def __init__(self, data: str | None = None, copied: "Postgres | None" = None, **settings: object) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        # A volume of a test's own, as one that becomes full.
        self.data = Path(data) if data else self.folder / "data"
        # The server refuses to run as root.
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            owner = pwd.getpwnam(self.user)
            for path in [self.folder, *([self.data] if data else [])]:
                os.chown(path, owner.pw_uid, owner.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.settings = {"fsync": "on", "max_connections": 60, "shared_buffers": "128MB", **settings}
        if copied:
            self._call("pg_basebackup", "-D", self.data, "-d", f"postgresql://postgres@127.0.0.1:{copied.port}/", "-R",
                       "-c", "fast", "-X", "stream")
            self.start()
            return
        self._call("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8",
                   "--locale=C.UTF-8")
        self.start()
        self._call("createdb", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "predictions")

    @classmethod
    def copy_of(cls, server: "Postgres") -> "Postgres":
        """A second server that follows a first."""
        return cls(copied=server)

    def _words(self, program: str, *arguments: object) -> list[str]:
        words = [str(programs() / program), *map(str, arguments)]
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *words] if self.user else words

    def _call(self, program: str, *arguments: object) -> None:
        done = subprocess.run(self._words(program, *arguments), capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def place(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/predictions"

    def start(self) -> None:
        # A process that was begun while its server was killed ends by itself, and is waited for.
        for attempt in range(20):
            try:
                return self._start()
            except AssertionError:
                if attempt == 19:
                    raise
                time.sleep(0.2)

    def _start(self) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        self._call("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o",
                   f"-h 127.0.0.1 -p {self.port} -k {self.folder} {options}", "start")

    def _processes(self) -> list[int]:
        """The server's own, which all work in the folder of its data: also one that was just begun."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(place / "cwd") == str(self.data.resolve()):
                    found.append(int(place.name))
        return found

    def _signal(self, number: signal.Signals) -> list[int]:
        processes = self._processes()
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        return processes

    def kill(self) -> None:
        """Ends the server as a fault would, with all its processes, and waits until they are gone."""
        while self._signal(signal.SIGKILL):
            time.sleep(0.01)

    def pause(self, is_paused: bool) -> None:
        """Lets the server and all its processes stand still, or go on."""
        self._signal(signal.SIGSTOP if is_paused else signal.SIGCONT)

    def stop(self) -> None:
        subprocess.run(self._words("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"), capture_output=True, cwd="/")

    def query(self, sql: str, database: str = "predictions") -> list[list[str]]:
        place = self.place.replace("/predictions", f"/{database}")
        done = subprocess.run(
            [str(programs() / "psql"), "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", place, "-c", sql],
            capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def __enter__(self) -> "Postgres":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    with Postgres(fsync="off") as server:
        sys.exit(subprocess.run(sys.argv[1:], env=os.environ | {"TEST_POSTGRES": server.place}).returncode)
