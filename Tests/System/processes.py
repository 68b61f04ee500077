"""What the tests ask of processes."""

import pathlib
import time

from service import children_of


def wait_until(condition, seconds=15):
    """Waits for something to become true, and fails when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come to pass"
        time.sleep(0.01)


def processes_of(service):
    """All that a service has started: the supervisors and what they watch."""
    direct = children_of(service.process.pid, "multiwatch") + children_of(service.process.pid, "nginx")
    workers = [pid for parent in direct for pid in children_of(parent, "nginx")]
    return direct + workers + service.responders()


def living(pids):
    """Those of the processes that have not ended."""
    found = []
    for pid in pids:
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.append(pid)
    return found


def open_files(pid):
    """What a process's descriptors lead to: paths, or names like `socket:[1]`."""
    found = []
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(str(link.readlink()))
        except OSError:
            continue
    return found


def resident(pid):
    """The resident memory of a process, in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024
