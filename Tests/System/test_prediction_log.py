"""Nothing is acknowledged that is not kept, whatever happens to the process, the disk or the file."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

from client import PATIENT, ask, predict
from disks import fill, root_alone, small_disk
from kept import kept, kept_identifiers, log_path
from load import Load
from processes import wait_until
from service import PROGRAMS, Service



def ready(service):
    answer = ask(service, "GET", "/health/ready")
    return answer.status, answer.json()["checks"]["prediction_log"]


@pytest.fixture(name="small_disk")
def own_disk(tmp_path):
    """A file system of 1 MB."""
    with small_disk(tmp_path / "disk", "1m") as folder:
        yield folder


def test_every_answered_prediction_is_kept_when_its_answer_comes(service):
    for _ in range(20):
        identifier = predict(service).json()["id"]
        assert identifier in kept_identifiers(service)


def test_a_person_can_read_the_log(service):
    identifier = predict(service, PATIENT | {"Age": 77}).json()["id"]
    done = subprocess.run(
        [PROGRAMS / "drugctl", "log", "--prediction-log", log_path(service), "--id", identifier],
        capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert "DrugY" in done.stdout and identifier in done.stdout and " 77 " in done.stdout
    assert predict(service).status == 200


def test_responders_that_are_killed_twenty_times_lose_nothing(models):
    with Service(models) as service:
        with Load(service, clients=16) as load:
            for turn in range(20):
                before = service.responders()
                victim = before[turn % len(before)]
                os.kill(victim, signal.SIGKILL)
                wait_until(lambda: len(now := service.responders()) == len(before) and victim not in now)
                load.wait_for(16)
        assert load.faults == []
        found = kept(service)
        assert len(found) == len(set(found))
        assert set(load.identifiers) <= set(found)
        assert len(load.identifiers) == len(set(load.identifiers))


@root_alone
def test_a_full_disk_is_a_problem_until_there_is_room(models, small_disk):
    # One process, so that it is the same that refuses and is asked whether it is ready.
    with Service(models, LOG=str(small_disk / "log"), PROCESSES="1") as service:
        assert ready(service) == (200, "ok")
        filler = small_disk / "filler"
        fill(filler)
        acknowledged, refused = [], None
        while refused is None:
            answer = predict(service)
            if answer.status == 200:
                acknowledged.append(answer.json()["id"])
            else:
                refused = answer
        assert refused.status == 503
        assert refused.headers["Retry-After"] == "5"
        problem = refused.json()
        assert problem["type"] == "urn:drug-classifier:problem:log-not-writable"
        assert "its disk is full" in problem["detail"]
        # What a checkpoint gives back may hold a few more; each answer says what became of it.
        for _ in range(20):
            answer = predict(service)
            assert answer.status in (200, 503)
            if answer.status == 200:
                acknowledged.append(answer.json()["id"])
            time.sleep(0.05)
        assert ready(service) in [(503, "not written: full"), (200, "ok")]
        assert ask(service, "GET", "/health").status == 200
        filler.unlink()
        wait_until(lambda: predict(service).status == 200)
        wait_until(lambda: ready(service) == (200, "ok"))
        assert set(acknowledged) <= kept_identifiers(service)
        assert "prediction log not writable" in service.log()
        wait_until(lambda: "prediction log writable again" in service.log())


@root_alone
def test_a_read_only_folder_is_a_problem_until_it_is_writable(models, small_disk):
    folder = small_disk / "lög %41"
    folder.mkdir()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with Service(models, LOG=str(folder)) as service:
        answer = predict(service)
        assert (answer.status, answer.json()["type"]) == (503, "urn:drug-classifier:problem:log-not-writable")
        assert ready(service) == (503, "not written: not_writable")
        assert str(folder) not in answer.body.decode()
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
        wait_until(lambda: predict(service).status == 200)
        wait_until(lambda: ready(service) == (200, "ok"))
        assert kept(service)
    # On such a disk it can still be read.
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    shown = subprocess.run(
        [PROGRAMS / "drugctl", "log", "--prediction-log", folder / "predictions.sqlite", "--format", "csv"],
        text=True, capture_output=True)
    assert (shown.returncode, shown.stderr) == (0, "") and ",DrugY," in shown.stdout


def test_by_setting_predictions_are_answered_while_they_cannot_be_kept(models):
    with Service(models, LOG="/proc/nowhere", WITHOUT_LOG="yes") as service:
        assert predict(service).status == 200
        status, log = ready(service)
        assert (status, log) == (200, "not written: not_writable")
        assert "cannot be made: predictions cannot be kept" in service.log()


@pytest.mark.parametrize("damage", ["overwritten", "cut"])
def test_a_corrupt_log_is_set_aside_and_a_new_one_begun(models, damage):
    with Service(models) as service:
        for _ in range(50):
            assert predict(service).status == 200
        assert service.stop() == 0
        path = log_path(service)
        # Responders that close at once may leave the last writes beside the database, where they would mend it.
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        bytes = path.read_bytes()
        wrong = b"\x07" * 100 if damage == "overwritten" else b"\xff" * 1000
        path.write_bytes(wrong + bytes[100:] if damage == "overwritten" else bytes[:2000] + wrong * 9)
        service.start()
        identifiers = {predict(service).json()["id"] for _ in range(20)}
        assert ready(service) == (200, "ok")
        assert kept_identifiers(service) == identifiers
        aside = [file for file in path.parent.iterdir() if ".corrupt-" in file.name]
        # SQLite may have written in it before one of two responders found it damaged.
        assert any(wrong in file.read_bytes() for file in aside)
        assert "prediction log set aside" in service.log()


def test_a_log_that_goes_corrupt_under_load_costs_no_answer(models):
    with Service(models) as service:
        with Load(service) as load:
            # Both the database and what is not yet in it, before either is set aside.
            with open(log_path(service), "r+b") as database, \
                    open(f"{log_path(service)}-wal", "r+b") as ahead:
                for file in [database, ahead]:
                    file.write(b"\x07" * os.fstat(file.fileno()).st_size)
            time.sleep(0.5)
            before = len(load.identifiers)
            load.wait_for(50)
        assert [fault for fault in load.faults if not (isinstance(fault, tuple) and fault[0] == 503)] == []
        assert set(load.identifiers[before:]) <= kept_identifiers(service)


def test_what_is_older_than_the_retention_is_deleted(models):
    with Service(models, RETENTION_DAYS="30") as service:
        old = predict(service).json()["id"]
        young = predict(service).json()["id"]
        with sqlite3.connect(log_path(service), timeout=10) as database:
            database.execute(
                "UPDATE prediction SET time = time - 31 * 86400 * 1000000 WHERE id = ?", [old])
        for pid in service.responders():
            os.kill(pid, signal.SIGTERM)
        wait_until(lambda: old not in kept_identifiers(service))
        assert young in kept_identifiers(service)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"RETENTION_DAYS": "0"}, "--retention-days is a number of days, 1 or more"),
        ({"LOG_LIMIT": "0"}, "--log-limit is a number of megabytes, 1 or more"),
        ({"RETENTION_DAYS": "x"}, "The value 'x' is invalid for '--retention-days"),
        ({"DURABILITY": "diamond"}, "DURABILITY is process or power"),
        ({"WITHOUT_LOG": "maybe"}, "WITHOUT_LOG is yes or no"),
    ])
def test_settings_of_the_log_that_make_no_sense_are_named(models, settings, message):
    service = Service(models, **settings)
    with pytest.raises(RuntimeError, match=message):
        service.start()
    shutil.rmtree(service.run)


def test_predictions_can_be_kept_beyond_a_loss_of_power(models):
    with Service(models, DURABILITY="power") as service:
        identifiers = {predict(service).json()["id"] for _ in range(20)}
        assert identifiers <= kept_identifiers(service)
