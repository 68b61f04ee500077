"""Several hosts keep in one PostgreSQL what they answer; what happens to it costs no prediction that was answered."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile
import time

import pytest

from client import PATIENT, administer, ask, predict
from disks import fill, root_alone, small_disk
from fastcgi import Connection
from load import Load
from postgres import Postgres, programs
from processes import wait_until
from service import PROGRAMS, Service

IDENTIFIERS = "SELECT id FROM prediction"


@pytest.fixture(scope="module")
def server():
    with Postgres() as server:
        yield server


@pytest.fixture
def database(server):
    """An empty database for one test."""
    server.query("DROP DATABASE IF EXISTS predictions WITH (FORCE)", database="postgres")
    server.query("CREATE DATABASE predictions", database="postgres")
    return server


def ready(service):
    answer = ask(service, "GET", "/health/ready")
    return answer.status, answer.json()["checks"]["prediction_log"]


def drugctl(*words, **environment):
    done = subprocess.run(
        [PROGRAMS / "drugctl", *map(str, words)], capture_output=True, text=True, timeout=60,
        env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(load, server):
    """Each acknowledged prediction is kept, and each once; whatever was refused was told as that."""
    kept = [name for name, in server.query(IDENTIFIERS)]
    assert len(kept) == len(set(kept))
    assert set(load.identifiers) <= set(kept)
    assert len(load.identifiers) == len(set(load.identifiers))
    for fault in load.faults:
        status, body = fault
        assert (status, body["type"]) == (503, "urn:drug-classifier:problem:log-not-writable"), fault


def test_what_one_host_answers_all_of_them_show(own_models, database):
    settings = {"LOG_DATABASE": database.place}
    with Service(own_models, **settings) as one, Service(own_models, **settings) as two:
        told = predict(one).json()
        found = administer(two, "GET", "/predictions?limit=5").json()["predictions"]
        assert [entry["id"] for entry in found] == [told["id"]]
        given = administer(two, "POST", f"/predictions/{told['id']}/outcome", {"drug": told["prediction"]})
        assert given.status == 201, given.body
        assert administer(one, "GET", f"/predictions/{told['id']}").json()["outcome"]["agreed"] is True
        trained = administer(two, "POST", "/retrain", {"promote": False, "include_outcomes": True})
        assert trained.status == 200, trained.body
        runs = administer(one, "GET", "/runs").json()["runs"]
        assert [run["state"] for run in runs] == ["succeeded"]
        acts = administer(one, "GET", "/audit?limit=50").json()["entries"]
        assert {"retrain", "outcome"} <= {act["action"] for act in acts}
        for host in (one, two):
            assert administer(host, "GET", "/audit").json()["intact"] is True
        assert not list(one.log_folder.glob("*.sqlite"))
        shown = drugctl("log", "--format", "csv", LOG_DATABASE=database.place)
        assert told["id"] in shown
        assert drugctl("replay", told["id"], "--models", own_models, LOG_DATABASE=database.place)
        assert administer(two, "DELETE", f"/predictions/{told['id']}").status in (200, 204)
        assert database.query("SELECT (SELECT COUNT(*) FROM prediction), (SELECT COUNT(*) FROM outcome)") == [["0", "0"]]


def test_a_request_that_reaches_two_hosts_is_kept_once(models, database):
    settings = {"LOG_DATABASE": database.place}
    with Service(models, **settings) as one, Service(models, **settings) as two:
        def send(service, number):
            status, _ = Connection(service.run / "responder.sock").ask(parameters={"REQUEST_ID": f"{number:032x}"})
            return status
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(send, service, number) for number in range(60) for service in (one, two)]
            assert {answer.result() for answer in answers} == {200}
        assert database.query("SELECT COUNT(*), COUNT(DISTINCT id) FROM prediction") == [["60", "60"]]


def test_a_server_that_is_killed_twenty_times_loses_nothing(models, database):
    with Service(models, LOG_DATABASE=database.place) as service:
        with Load(service, clients=8) as load:
            for _ in range(20):
                database.kill()
                database.start()
                load.wait_for(10)
        check(load, database)
        refusal = next(body for _, body in load.faults)
        assert "its database does not answer" in refusal["detail"]


def test_connections_that_are_cut_cost_no_answer(models, database):
    with Service(models, LOG_DATABASE=database.place) as service:
        with Load(service, clients=8) as load:
            for _ in range(20):
                database.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'drug-classifier'")
                load.wait_for(10)
        assert load.faults == []
        check(load, database)


def test_a_server_that_stands_still_is_told_and_comes_back(models, database):
    with Service(models, LOG_DATABASE=database.place) as service, Load(service, clients=8) as load:
        database.pause(True)
        try:
            wait_until(lambda: load.faults, 10)
            start = time.monotonic()
            answer = predict(service)
            assert answer.status == 503 and answer.headers["Retry-After"] == "5"
            assert time.monotonic() - start < 1
            assert ready(service) == (503, "not written: unreachable")
            assert ask(service, "GET", "/health").status == 200
            attention = [entry["code"] for entry in ask(service, "GET", "/monitoring").json()["attention"]]
            assert "log_not_written" in attention
        finally:
            database.pause(False)
        wait_until(lambda: ready(service) == (200, "ok"), 15)
        load.wait_for(50)
    check(load, database)


def test_by_setting_predictions_are_answered_without_it(models):
    with Service(models, LOG_DATABASE="postgresql://nobody@127.0.0.1:1/nothing", WITHOUT_LOG="yes") as service:
        assert predict(service).status == 200
        assert ready(service) == (200, "not written: unreachable")


def test_hosts_are_restarted_one_after_the_other(models, database):
    settings = {"LOG_DATABASE": database.place}
    with Service(models, **settings) as one, Service(models, **settings) as two:
        with Load(two, clients=4) as load:
            one.stop()
            one.start()
            assert predict(one).status == 200
            load.wait_for(20)
        assert load.faults == []
        check(load, database)
        with Load(one, clients=4) as load:
            two.stop()
            two.start()
            load.wait_for(20)
        assert load.faults == []
        check(load, database)


@root_alone
def test_a_full_disk_is_told_until_there_is_room(models):
    # Where the server, which is another user, finds its way.
    place = tempfile.mkdtemp(prefix="disk-")
    os.chmod(place, 0o755)
    with small_disk(pathlib.Path(place) / "disk", "160m") as disk:
        folder = disk / "data"
        folder.mkdir()
        with Postgres(str(folder), max_wal_size="64MB", min_wal_size="32MB") as server:
            with Service(models, LOG_DATABASE=server.place) as service, Load(service, clients=4) as load:
                filler = disk / "filler"
                fill(filler)
                patient = json.dumps([PATIENT] * 1000)
                deadline = time.monotonic() + 60
                while not load.faults and time.monotonic() < deadline:
                    ask(service, "POST", "/predict/batch", patient, {"Content-Type": "application/json"})
                assert load.faults
                filler.unlink()
                # A server that could not write its own log has ended, and is started as an operator would.
                try:
                    server.query("SELECT 1")
                except AssertionError:
                    server.stop()
                    server.start()
                load.wait_for(20)
            check(load, server)


def test_a_copy_that_stands_still_costs_only_those_who_asked_for_it(models, database, tmp_path):
    """DURABILITY says what a commit waits for: its own disk, or a copy on another host too."""
    copy = Postgres.copy_of(database)
    try:
        database.query("ALTER SYSTEM SET synchronous_standby_names = '*'", database="postgres")
        database.query("SELECT pg_reload_conf()", database="postgres")
        wait_until(lambda: database.query("SELECT COUNT(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == [["1"]])
        for durability, status in [("process", 200), ("power", 503)]:
            with Service(models, LOG_DATABASE=database.place, DURABILITY=durability) as service:
                assert predict(service).status == 200
                copy.pause(True)
                try:
                    assert [predict(service).status for _ in range(3)] == [status] * 3
                finally:
                    copy.pause(False)
                wait_until(lambda: predict(service).status == 200, 15)
    finally:
        database.query("ALTER SYSTEM RESET synchronous_standby_names", database="postgres")
        database.query("SELECT pg_reload_conf()", database="postgres")
        copy.__exit__()


def test_a_log_is_moved_and_back(own_models, database, tmp_path):
    with Service(own_models) as service:
        answers = [predict(service).json()["id"] for _ in range(30)]
        administer(service, "POST", f"/predictions/{answers[0]}/outcome", {"drug": "DrugY"})
        folder = service.log_folder
        heads = tmp_path / "audit.heads"
        told = drugctl("log", "move", folder, database.place, "--models", own_models, "--heads", heads)
        assert told.splitlines()[0] == "30 predictions, 1 outcomes"
        later = predict(service).json()["id"]
        drugctl("log", "move", folder, database.place, "--models", own_models, "--heads", heads)
        assert [name for name, in database.query(f"{IDENTIFIERS} ORDER BY number")] == [*answers, later]
        drugctl("log", "move", database.place, tmp_path / "back", "--models", own_models, "--heads", heads)
        shown = drugctl("log", "--prediction-log", tmp_path / "back/predictions.sqlite", "--format", "csv", "--limit", 99)
        assert shown == drugctl("log", "--prediction-log", folder / "predictions.sqlite", "--format", "csv", "--limit", 99)
        assert "intact" in drugctl("audit", "--verify", "--log", tmp_path / "back/audit.sqlite")


@pytest.mark.parametrize(("settings", "words"), [
    ({"LOG_DATABASE": "postgresql://a:secret@127.0.0.1/x"}, "holds a password"),
    ({"LOG_DATABASE": "postgresql://a@127.0.0.1/x?password=secret"}, "holds a password"),
    ({"LOG_DATABASE": "mysql://a@127.0.0.1/x"}, "begins with postgresql://"),
    ({"LOG_DATABASE": "postgresql://a@127.0.0.1/x", "LOG_LIMIT": "5"}, "not both"),
])
def test_a_setting_that_cannot_be_kept_is_refused(models, settings, words):
    service = Service(models, **settings)
    with pytest.raises(RuntimeError, match=words):
        service.start()
    assert "secret" not in service.log()
