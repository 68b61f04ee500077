"""The disk belongs to the log first: what waits on it is bounded, and some of it is kept for the log."""

import contextlib
import json
import os
import shutil
import socket
import time

import pytest

from client import ADMIN, administer, ask, kind, predict
from disks import fill, root_alone, small_disk
from processes import wait_until
from service import Service

CSV = {"Content-Type": "text/csv"}
HEADER = "Age,Sex,BP,Cholesterol,Na_to_K\n"
ROW = "45,M,HIGH,NORMAL,15.5\n"


@pytest.fixture(name="small_disk")
def own_disk(tmp_path):
    """A file system of 32 MB."""
    with small_disk(tmp_path / "disk", "32m") as folder:
        yield folder


def checks(service):
    answer = ask(service, "GET", "/health/ready")
    return answer.status, answer.json()["checks"]


@contextlib.contextmanager
def stalled(service, count, path="/predict/batch", sent=100_000, address="127.0.0.1"):
    """Uploads of which the beginning has come and no more will; their connections and first answers."""
    head = (
        f"{'PUT' if path.startswith('/datasets') else 'POST'} {path} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: {ADMIN['Authorization']}\r\n"
        f"Content-Type: text/csv\r\nContent-Length: {4 << 20}\r\n\r\n").encode()
    with contextlib.ExitStack() as stack:
        wires = []
        for _ in range(count):
            wire = stack.enter_context(socket.create_connection(
                ("127.0.0.1", service.port), timeout=5, source_address=(address, 0)))
            wire.sendall(head + HEADER.encode() + b"x" * sent)
            wires.append(wire)
        yield wires


def answers(wires, seconds=1):
    """The answers of those that have one after a moment."""
    time.sleep(seconds)
    found = []
    for wire in wires:
        wire.setblocking(False)
        try:
            found.append(wire.recv(65536).decode())
        except BlockingIOError:
            pass
    return found


@root_alone
def test_the_log_goes_on_in_its_reserve_when_its_disk_is_full(models, small_disk):
    with Service(models, LOG=str(small_disk / "log"), PROCESSES="1") as service:
        assert checks(service) == (
            200, {"model": "ok", "self_test": "ok", "prediction_log": "ok", "log_reserve": "ok"})
        reserve = small_disk / "log/predictions.sqlite.reserve"
        assert reserve.stat().st_size == 2 << 20 and reserve.stat().st_mode & 0o777 == 0o600
        filler = small_disk / "filler"
        fill(filler)
        for _ in range(200):
            assert predict(service).status == 200
        assert not reserve.exists()
        status, found = checks(service)
        assert (status, found["prediction_log"]) == (200, "ok")
        assert found["log_reserve"] == "used: the disk is full or nearly so"
        wait_until(lambda: '"event":"prediction log without reserve"' in service.log())
        # It does not come back into a disk that is as good as full.
        time.sleep(1.5)
        assert predict(service).status == 200 and not reserve.exists()
        # With nothing left the answer is a problem, as without a reserve.
        fill(filler)
        wait_until(lambda: (fill(filler), predict(service).status)[1] == 503)
        filler.unlink()
        wait_until(lambda: predict(service).status == 200)
        wait_until(lambda: checks(service)[1].get("log_reserve") == "ok")
        assert reserve.stat().st_size == 2 << 20
        wait_until(lambda: service.log().count('"event":"prediction log has its reserve"') == 2)


@root_alone
def test_tables_are_refused_before_the_log_stands_before_a_full_disk(models, small_disk):
    shutil.copytree(models, small_disk / "models", symlinks=True)
    with Service(
            small_disk / "models", LOG=str(small_disk / "log"), RUN=str(small_disk / "run")) as service:
        table = HEADER + ROW * 100
        assert ask(service, "POST", "/predict/batch", table, CSV).status == 200
        labelled = HEADER.replace("\n", ",Drug\n") + ROW.replace("\n", ",DrugY\n")
        # An eighth of so small a disk stays free of tables.
        fill(small_disk / "filler", leaving=3 << 20)
        answer = ask(service, "POST", "/predict/batch", table, CSV)
        assert (answer.status, kind(answer), answer.headers["Retry-After"]) == (503, "no-room", "5")
        answer = administer(service, "PUT", "/datasets/ward", labelled, CSV)
        assert (answer.status, kind(answer)) == (503, "not-stored")
        assert not (small_disk / "models/datasets").exists()
        assert predict(service).status == 200
        # One that begins with room and whose answer would take it.
        (small_disk / "filler").unlink()
        fill(small_disk / "filler", leaving=10 << 20)
        answer = ask(service, "POST", "/predict/batch", HEADER + ROW * 80_000, CSV)
        assert (answer.status, kind(answer)) == (503, "no-room")
        assert os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize > 4 << 20
        (small_disk / "filler").unlink()
        assert ask(service, "POST", "/predict/batch", table, CSV).status == 200
        assert administer(service, "PUT", "/datasets/ward", labelled, CSV).status == 201


def test_few_tables_wait_for_one_client_and_for_all(models):
    with Service(models, TABLES="5", TABLES_EACH="3") as service:
        with stalled(service, 30) as wires:
            refused = answers(wires)
            assert len(refused) == 27
            for answer in refused:
                assert answer.startswith("HTTP/1.1 429 ") and "Retry-After: 2\r\n" in answer
                assert "urn:drug-classifier:problem:too-many-requests" in answer
            assert len(list((service.run / "tmp/body").rglob("?*"))) <= 3
            # Another client's tables, of either kind, take what is left of the five.
            with stalled(service, 5, path="/datasets/ward", address="127.0.0.2") as others:
                assert len(answers(others)) == 3
                assert ask(service, "POST", "/predict/batch", HEADER + ROW, CSV).status == 429
                for _ in range(50):
                    assert predict(service).status == 200
        wait_until(lambda: ask(service, "POST", "/predict/batch", HEADER + ROW, CSV).status == 200)


def test_what_is_refused_is_told_why_however_long_its_body_is(models):
    with Service(models) as service:
        service.detach_responders()
        for method, path, status, told in [
                ("PUT", "/datasets/ward", 503, "unavailable"), ("POST", "/predict/batch", 503, "unavailable"),
                ("POST", "/v2/models/drug/infer", 503, "cannot answer")]:
            answer = ask(service, method, path, HEADER + ROW * 5000, CSV)
            assert (path, answer.status) == (path, status) and told in answer.body.decode()


def test_tensors_that_wait_are_bounded_too(models):
    with Service(models) as service:
        with stalled(service, 70, path="/v2/models/drug/infer") as wires:
            refused = answers(wires)
            assert len(refused) == 6
            assert all(json.loads(answer.split("\r\n\r\n")[1])["error"] for answer in refused)
            assert predict(service).status == 200


def test_the_size_of_a_table_is_a_setting(models):
    with Service(models, TABLE_SIZE="1") as service:
        answer = ask(service, "POST", "/predict/batch", HEADER + ROW * 60_000, CSV)
        assert (answer.status, kind(answer)) == (413, "body-too-large")
        assert ask(service, "POST", "/predict/batch", HEADER + ROW * 1000, CSV).status == 200


@pytest.mark.parametrize("setting", [{"TABLES": "0"}, {"TABLE_SIZE": "1m"}, {"RESERVE": "-1"}])
def test_a_setting_that_makes_no_sense_ends_the_start(models, setting):
    service = Service(models, **setting)
    with pytest.raises(RuntimeError):
        service.start()
    assert service.log().startswith("serve: ")
