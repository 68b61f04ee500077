"""What is kept of people: who has read it, how it is forgotten, and what figures tell of the next patient."""

import json
import os
import signal
import sqlite3
import subprocess

import pytest

from client import PATIENT, administer, ask, credentials, predict
from kept import kept, kept_identifiers, log_path
from processes import wait_until
from service import PROGRAMS, Service

NEXT = {"Age": 74, "Sex": "F", "BP": "LOW", "Cholesterol": "HIGH", "Na_to_K": 8.1}


def trail(service):
    return administer(service, "GET", "/audit?limit=1000").json()


def figures(service):
    """What /monitoring tells of patients to who has signed in, when it has looked again."""
    told = administer(service, "GET", "/monitoring").json()
    return {name: told[name] for name in ["drift", "accuracy"]} | {
        name: told["predictions"][name] for name in ["by_drug", "needs_review", "per_hour"]}


def files(service):
    """Everything that the prediction log's files hold."""
    return b"".join(
        file.read_bytes() for file in service.log_folder.glob("predictions.sqlite*") if file.is_file())


def drugctl(service, *arguments):
    return subprocess.run(
        [PROGRAMS / "drugctl", *arguments], capture_output=True, text=True, timeout=20)


def test_figures_before_and_after_tell_who_looks_nothing_of_the_next_patient(models):
    with Service(models, PROCESSES="1") as service:
        # A thousand rows that somebody knows, as a table and then one by one.
        rows = "".join(f"{20 + n % 50},M,HIGH,NORMAL,15.5\n" for n in range(1000))
        table = ask(service, "POST", "/predict/batch", "Age,Sex,BP,Cholesterol,Na_to_K\n" + rows,
                    {"Content-Type": "text/csv"})
        assert table.status == 200
        assert figures(service)["drift"]["sample_size"] == 0
        for n in range(400):
            assert predict(service, PATIENT | {"Age": 20 + n % 50}).status == 200
        wait_until(lambda: figures(service)["drift"]["sample_size"] >= 250)
        before = figures(service)
        total = ask(service, "GET", "/monitoring").json()["predictions"]["total"]
        assert predict(service, NEXT).status == 200
        # What is known is a second old at most: it has been found out again since.
        wait_until(lambda: metric(service, "drug_classifier_drift_samples") == 401)
        assert figures(service) == before
        assert ask(service, "GET", "/monitoring").json()["predictions"]["total"] == total + 1


# A patient for each drug.
PATIENTS = {
    "DrugY": PATIENT, "drugX": {"Age": 74, "Sex": "F", "BP": "LOW", "Cholesterol": "NORMAL", "Na_to_K": 8.1},
    "drugA": {"Age": 30, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 9.2},
    "drugB": {"Age": 68, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 9.2},
    "drugC": NEXT}


def test_tables_of_known_rows_calibrate_nothing_that_tells_of_the_next_patient(models):
    def row(patient):
        return ",".join(str(value) for value in patient.values()) + "\n"

    def look(service):
        """All that somebody without a name is told, but for times and how many there were."""
        told = ask(service, "GET", "/monitoring").json()
        for name in ["time", "started_at", "traffic", "latency", "model", "last_retraining"]:
            del told[name]
        for name in ["total", "by_model"]:
            del told["predictions"][name]
        return told

    with Service(models, PROCESSES="1") as service:
        def send(rows):
            answer = ask(service, "POST", "/predict/batch", "Age,Sex,BP,Cholesterol,Na_to_K\n" + "".join(rows),
                         {"Content-Type": "text/csv"})
            assert answer.status == 200
            return answer.body.decode()
        for drug, patient in PATIENTS.items():
            assert drug in send([row(patient)])
        known, *others = map(row, PATIENTS.values())
        # One of each other drug in each step of 50: where nothing is hidden, each turn of a count shows.
        before, turns = look(service), []
        for _ in range(40):
            send(others + [known] * 46)
            turns.append(look(service))
        assert turns == [before] * 40
        for number in range(8):
            drug = list(PATIENTS)[number * 3 % 5]
            assert predict(service, PATIENTS[drug]).json()["prediction"] == drug
            send([known] * 49)
            assert look(service) == before
        # What they were is told to who has a name.
        assert sum(figures(service)["by_drug"].values()) > 2000


def metric(service, name):
    lines = ask(service, "GET", "/metrics").body.decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name + " "))


def test_whoever_reads_patients_leaves_a_row_with_the_address(models):
    with Service(models) as service:
        for _ in range(3):
            predict(service)
        assert len(administer(service, "GET", "/predictions?limit=2").json()["predictions"]) == 2
        assert administer(service, "GET", "/predictions?limit=x").status == 400
        acts = trail(service)["entries"]
        assert [(act["user"], act["address"], act["action"], act["outcome"], act["detail"]) for act in acts] == [
            ("admin", "127.0.0.1", "read", "refused", "invalid-query"),
            ("admin", "127.0.0.1", "read", "done", "2 rows")]
        # Where whoever changes the audit log does not reach, its digests stand as well.
        wait_until(lambda: acts[0]["hash"] in service.log())


@pytest.mark.parametrize("cut", ["newest", "all", "file", "heads"])
def test_rows_that_were_cut_off_the_audit_log_are_missed(models, tmp_path, cut):
    heads = tmp_path / "elsewhere.heads"
    with Service(models, PROCESSES="1", AUDIT_HEADS=str(heads)) as service:
        for _ in range(4):
            assert administer(service, "GET", "/predictions").status == 200
        path = service.log_folder / "audit.sqlite"
        check = ["audit", "--log", path, "--heads", heads, "--verify"]
        assert drugctl(service, *check).stdout == f"intact: 4 rows\ncompared with 4 heads in {heads}\n"
        if cut == "file":
            path.unlink()
        elif cut == "heads":
            heads.unlink()
        else:
            with sqlite3.connect(path) as database:
                for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                    database.execute(f"DROP TRIGGER {name}")
                rest = 3 if cut == "newest" else 0
                database.execute("DELETE FROM audit WHERE number > ?", [rest])
                database.execute("UPDATE sqlite_sequence SET seq = ?", [rest])
            database.close()
        done = drugctl(service, *check)
        assert done.returncode == 1 and "missing" in done.stderr
        told = trail(service)
        assert not told["intact"] and told["first_broken"] == (4 if cut == "newest" else 1)
        assert "missing" in told["finding"]


def test_a_prediction_is_forgotten_for_good(models):
    with Service(models, PROCESSES="2") as service:
        identifiers = [predict(service, PATIENT | {"Age": 20 + n}).json()["id"] for n in range(40)]
        forgotten, other = identifiers[7], identifiers[9]
        for identifier in [forgotten, other]:
            kept_outcome = administer(
                service, "POST", f"/predictions/{identifier}/outcome", {"drug": "drugA", "reason": "allergy"})
            assert kept_outcome.status == 201
        address = f"/predictions/{forgotten}"
        assert ask(service, "DELETE", address).status == 401
        assert ask(service, "DELETE", address, headers=credentials("admin", "wrong")).status == 401
        foreign = administer(service, "DELETE", address, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status == 403 and forgotten in kept_identifiers(service)
        done = administer(service, "DELETE", address)
        assert (done.status, done.json()) == (200, {"status": "success", "id": forgotten})
        wait_until(lambda: forgotten.encode() not in files(service))
        assert administer(service, "DELETE", address).status == 404
        run = drugctl(service, "log", "forget", other, "--prediction-log", log_path(service))
        assert (run.returncode, run.stdout) == (0, f"{other} is forgotten\n")
        assert drugctl(service, "log", "forget", other, "--prediction-log", log_path(service)).returncode == 1
        assert set(kept(service)) == set(identifiers) - {forgotten, other}
        # The row of the wrong password is written beside the requests.
        acts = [act for act in trail(service)["entries"] if act["action"] != "sign-in"]
        assert [(act["action"], act["subject"], act["outcome"]) for act in acts[:3]] == [
            ("forget", forgotten, "refused"), ("forget", forgotten, "done"), ("forget", forgotten, "refused")]
        assert predict(service).json()["id"] in kept_identifiers(service)
        with sqlite3.connect(log_path(service)) as database:
            assert database.execute("SELECT COUNT(*) FROM outcome").fetchone() == (0,)
        database.close()


def test_one_row_is_told_to_its_patient(service):
    identifier = predict(service, NEXT).json()["id"]
    done = drugctl(
        service, "log", "--id", identifier, "--format", "json", "--prediction-log", log_path(service))
    assert json.loads(done.stdout)[0]["patient_data"] == NEXT


def restart_responders(service):
    for pid in service.responders():
        os.kill(pid, signal.SIGTERM)


def age(service, days, condition="1"):
    with sqlite3.connect(log_path(service), timeout=10) as database:
        database.execute(f"UPDATE prediction SET time = time - ? * 86400000000 WHERE {condition}", [days])
    database.close()


def test_without_a_setting_a_year_is_the_term(models):
    with Service(models, PROCESSES="1") as service:
        old, young = (predict(service).json()["id"] for _ in range(2))
        age(service, 367, f"id = '{old}'")
        restart_responders(service)
        wait_until(lambda: old not in kept_identifiers(service))
        assert young in kept_identifiers(service)
        wait_until(lambda: '"event":"predictions overdue"' in service.log())
        wait_until(lambda: '"beyond_term":1' in service.log())


def test_for_ever_is_said_so(models):
    with Service(models, PROCESSES="1", RETENTION_DAYS="forever") as service:
        old = predict(service).json()["id"]
        predict(service)
        age(service, 4000, f"id = '{old}'")
        restart_responders(service)
        wait_until(lambda: predict(service).status == 200)
        assert old in kept_identifiers(service)
        assert "predictions overdue" not in service.log()


def test_a_clock_that_makes_everything_old_deletes_nothing(models):
    with Service(models, PROCESSES="1", RETENTION_DAYS="30") as service:
        identifiers = {predict(service).json()["id"] for _ in range(5)}
        age(service, 4000)
        restart_responders(service)
        wait_until(lambda: '"event":"deletion paused"' in service.log())
        assert kept_identifiers(service) >= identifiers


def test_deletion_is_faster_than_what_comes(models):
    with Service(models, PROCESSES="1", RETENTION_DAYS="30") as service:
        rows = "".join(f"{20 + n % 50},M,HIGH,NORMAL,15.5\n" for n in range(20_000))
        table = ask(service, "POST", "/predict/batch", "Age,Sex,BP,Cholesterol,Na_to_K\n" + rows,
                    {"Content-Type": "text/csv"})
        assert table.status == 200
        age(service, 40)
        young = predict(service).json()["id"]
        restart_responders(service)
        # 500 a second would take 40 seconds.
        wait_until(lambda: kept_identifiers(service) == {young}, 15)


def test_the_log_has_a_limit(models):
    with Service(models, PROCESSES="1", LOG_LIMIT="1") as service:
        rows = "".join(f"{20 + n % 50},M,HIGH,NORMAL,15.5\n" for n in range(20_000))
        table = ask(service, "POST", "/predict/batch", "Age,Sex,BP,Cholesterol,Na_to_K\n" + rows,
                    {"Content-Type": "text/csv"})
        assert table.status == 200
        newest = predict(service).json()["id"]
        wait_until(lambda: len(kept(service)) < 10_000, 15)
        assert newest in kept_identifiers(service)
        wait_until(lambda: '"event":"predictions deleted"' in service.log())
