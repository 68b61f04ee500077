"""What one client may cost the others: work, memory and processes."""

import http.client
import json
import os
import signal
import socket
import threading
import time

import pytest

from client import JSON, PATIENT, ask, predict
from processes import open_files, resident, wait_until
from service import Service

HEADER = "Age,Sex,BP,Cholesterol,Na_to_K"
CSV = {"Content-Type": "text/csv"}


@pytest.fixture(scope="module")
def service(models):
    with Service(models) as service:
        yield service


class Watch:
    """Asks for health all the time, and looks at the responder's memory."""

    def __init__(self, service):
        self.service = service
        self.faults = []
        self.count = self.peak = 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        pid, = self.service.responders()
        while not self.ending.is_set():
            for path in ["/health/live", "/health/ready", "/v2/health/live", "/metrics"]:
                status = ask(self.service, "GET", path).status
                if status != 200:
                    self.faults.append((path, status))
            self.count += 1
            self.peak = max(self.peak, resident(pid))
            time.sleep(0.01)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()


def begin(service, method, path, body=b"", kind="application/json"):
    """Sends a request and waits for nothing."""
    wire = socket.create_connection(("127.0.0.1", service.port), timeout=20)
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    wire.sendall(head.encode() + body)
    return wire


def test_health_is_told_while_everything_else_is_abandoned(service):
    patient = json.dumps(PATIENT).encode()
    table = (HEADER + "\n" + "45,M,HIGH,NORMAL,15.5\n" * 20_000).encode()
    with Watch(service) as watch:
        for _ in range(3):
            wires = [begin(service, "POST", "/predict?explain=true", patient) for _ in range(60)]
            wires += [begin(service, "GET", "/models") for _ in range(100)]
            wires += [begin(service, "POST", "/predict/batch", table, "text/csv") for _ in range(10)]
            time.sleep(0.1)
            for wire in wires:
                wire.close()
        # Whoever comes afterwards need not wait for work that nobody wants.
        assert ask(service, "POST", "/predict?explain=true", patient, JSON).status == 200
        assert ask(service, "POST", "/predict/batch", f"{HEADER}\n45,M,HIGH,NORMAL,15.5\n", CSV).status == 200
    assert (watch.faults, watch.count > 3) == ([], True)


def test_a_table_of_60000_columns_is_refused(service):
    table = HEADER + "," * 60_000 + "\n" + "1\n" * 1000
    with Watch(service) as watch:
        for _ in range(8):
            answer = ask(service, "POST", "/predict/batch", table, CSV)
            assert (answer.status, answer.json()["type"]) == (422, "urn:drug-classifier:problem:invalid-table")
    assert watch.faults == []


def test_a_long_list_of_nothing_takes_no_memory_and_keeps_none(service):
    assert predict(service).status == 200
    pid, = service.responders()
    before = resident(pid)
    # As much as a list may have, four at once.
    body = '{"patients":[' + ",".join(["{}"] * 1_390_000) + "]}"
    with Watch(service) as watch:
        statuses = []
        clients = [
            threading.Thread(target=lambda: statuses.append(
                ask(service, "POST", "/predict/batch", body, JSON).status))
            for _ in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert (statuses, watch.faults) == ([413] * 4, [])
    assert watch.peak < 200 << 20
    wait_until(lambda: resident(pid) < before + (20 << 20))


def test_who_reads_slowly_keeps_nobody_elses_table_waiting(models):
    with Service(models, TABLE_SIZE="1", PROCESSES="1") as service:
        # An answer far longer than its table, as long as one may be.
        body = (HEADER + "," + ",".join(f"c{n}" for n in range(200)) + "\n" + "1,1,1,1,1\n" * 25_000).encode()
        wires = [begin(service, "POST", "/predict/batch", body, "text/csv") for _ in range(4)]
        try:
            for wire in wires:
                wire.settimeout(60)
                wire.recv(1000)
            # As many as there are threads for tables wait for their readers, if for anybody.
            for _ in range(4):
                table = f"{HEADER}\n45,M,HIGH,NORMAL,15.5\n"
                other = http.client.HTTPConnection(
                    "127.0.0.1", service.port, timeout=20, source_address=("127.0.0.2", 0))
                answer = ask(service, "POST", "/predict/batch", table, CSV, other)
                other.close()
                assert answer.status == 200 and answer.body.count(b"\n") == 2
            received = bytearray()
            while piece := wires[-1].recv(1 << 20):
                received += piece
                if received.endswith(b",\r\n") and b"the rest: " in received[-500:]:
                    break
            assert 6 << 20 < len(received) < 7 << 20
        finally:
            for wire in wires:
                wire.close()


def test_a_table_that_ends_processes_ends_two_at_most(models):
    with Service(models, PROCESSES="2") as service:
        found = []

        def send():
            table = HEADER + "\n" + "45,M,HIGH,NORMAL,15.5\n" * 1_000_000
            found.append(ask(service, "POST", "/predict/batch", table, CSV))

        client = threading.Thread(target=send)
        client.start()
        killed = set()
        while client.is_alive():
            for pid in set(service.responders()) - killed:
                try:
                    holds = any("/spool-" in path for path in open_files(pid))
                except OSError:
                    continue
                if holds:
                    killed.add(pid)
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        client.join()
        assert (found[0].status, len(killed)) == (503, 2)
        assert "Retry-After" in found[0].headers
        wait_until(lambda: predict(service).status == 200)
