"""POST /retrain with the real program and with stand-ins that fail, through nginx."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import socket

import pytest

from client import ADMIN, JSON, administer, ask, kind, predict
from disks import fill, root_alone, small_disk
from load import Load
from people import add_slow_user
from processes import living, open_files, wait_until
from service import ROOT, Service, children_of

ASYNC = {"Prefer": "respond-async"}
LONG = {"n_estimators": 2000, "max_leaf_nodes": 10_000}
HEADER = "Age,Sex,BP,Cholesterol,Na_to_K,Drug\n"


def retrain(service, decisions={}, headers={}):
    return administer(service, "POST", "/retrain", decisions, headers)


def job(service, identifier):
    return administer(service, "GET", f"/retrain/jobs/{identifier}").json()


def start(service, decisions=LONG):
    answer = retrain(service, decisions, ASYNC)
    assert answer.status == 202, answer.body
    assert answer.headers["Location"] == f"/retrain/jobs/{answer.json()['id']}"
    return answer.json()["id"]


def ended(service, identifier, seconds=120):
    wait_until(lambda: job(service, identifier)["state"] != "running", seconds)
    return job(service, identifier)


def trainers(service):
    """The ids of the training programs."""
    return [child for pid in service.responders() for child in children_of(pid, "drugctl")]


def stand_in(folder, script):
    path = pathlib.Path(folder) / "stand-in"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_better_or_equal_model_is_trained_compared_and_served(own_models):
    with Service(own_models) as service:
        answer = retrain(service, {"n_estimators": 30, "random_state": 5})
        assert answer.status == 200, answer.body
        result = answer.json()
        assert result["status"] == "success" and result["accuracy"].endswith("%")
        assert result["parameters"]["n_estimators"] == 30
        champion = result["comparison"]["champion"]
        assert champion["version"] != result["model_version"]
        assert result["promoted"] == (result["comparison"]["difference"]["mean"] >= 0)
        served = result["model_version"] if result["promoted"] else champion["version"]
        wait_until(lambda: predict(service).json()["model_version"] == served)
        assert ask(service, "GET", "/models").json()["current"] == served
        assert job(service, result["job"])["result"] == result
        assert job(service, result["job"])["progress"]["fraction"] == 1


def test_a_worse_model_is_kept_but_not_served_unless_forced(own_models):
    with Service(own_models) as service:
        before = ask(service, "GET", "/models").json()["current"]
        stump = {"n_estimators": 1, "max_leaf_nodes": 2, "features": "binned"}
        result = retrain(service, stump).json()
        assert result["promoted"] is False
        assert ask(service, "GET", "/models").json()["current"] == before
        assert result["model_version"] in [m["version"] for m in ask(service, "GET", "/models").json()["models"]]
        forced = retrain(service, stump | {"force": True}).json()
        assert forced["promoted"] and forced["forced"]
        wait_until(lambda: predict(service).json()["model_version"] == forced["model_version"])
        back = administer(service, "POST", f"/models/{before}/activate", {"reason": "that was a test"})
        assert back.json()["previous_version"] == forced["model_version"]


def test_of_twenty_at_once_one_runs_and_predictions_go_on(own_models):
    with Service(own_models) as service:
        with Load(service, clients=4) as load:
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                answers = list(pool.map(lambda _: retrain(service, {"n_estimators": 200}), range(20)))
            load.wait_for(10)
        assert sorted(answer.status for answer in answers) == [200] + [409] * 19
        ran = next(answer for answer in answers if answer.status == 200).json()["job"]
        for answer in answers:
            if answer.status == 409:
                assert kind(answer) == "retraining-in-progress" and answer.json()["job"] == ran
        assert len(administer(service, "GET", "/retrain/jobs").json()["jobs"]) == 1
        assert load.faults == []


def test_of_twenty_who_are_not_known_yet_all_are_told_the_same(own_models):
    with Service(own_models) as service:
        headers = JSON | add_slow_user(service, "ann", "right", "engineer", 1_000_000)
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(
                lambda _: ask(service, "POST", "/retrain", json.dumps({"n_estimators": 200}), headers), range(20)))
        assert sorted(answer.status for answer in answers) == [200] + [409] * 19


def test_a_job_runs_beside_the_service_at_a_low_priority(own_models):
    with Service(own_models) as service:
        identifier = start(service)
        wait_until(lambda: trainers(service))
        trainer, = trainers(service)
        assert os.getpriority(os.PRIO_PROCESS, trainer) == 19
        assert os.sched_getscheduler(trainer) == os.SCHED_BATCH
        assert not [file for file in open_files(trainer) if file.startswith("socket:")]
        wait_until(lambda: job(service, identifier)["progress"])
        cancelled = administer(service, "DELETE", f"/retrain/jobs/{identifier}")
        assert (cancelled.status, cancelled.json()["state"]) == (200, "cancelled")
        assert living([trainer]) == []
        again = administer(service, "DELETE", f"/retrain/jobs/{identifier}")
        assert (again.status, kind(again)) == (409, "job-over")
        assert retrain(service, {"n_estimators": 5}).status == 200


def test_a_trainer_that_is_killed_is_a_failure_that_is_told_also_later(own_models):
    with Service(own_models) as service:
        before = ask(service, "GET", "/models").json()["current"]
        identifier = start(service)
        wait_until(lambda: trainers(service))
        os.kill(trainers(service)[0], signal.SIGKILL)
        assert ended(service, identifier)["error"]["code"] == "killed"
        service.stop()
        service.start()
        told = job(service, identifier)
        assert told["state"] == "failed" and "signal 9" in told["error"]["detail"]
        assert ask(service, "GET", "/models").json()["current"] == before


def test_a_job_dies_with_its_responder_and_says_so(own_models):
    with Service(own_models) as service:
        identifier = start(service)
        wait_until(lambda: trainers(service))
        trainer, = trainers(service)
        owner, = [pid for pid in service.responders() if children_of(pid, "drugctl")]
        os.kill(owner, signal.SIGKILL)
        wait_until(lambda: living([trainer]) == [])
        told = ended(service, identifier)
        assert (told["state"], told["error"]["code"]) == ("failed", "interrupted")
        assert retrain(service, {"n_estimators": 5}).status == 200


def test_a_job_does_not_outlive_the_service(own_models):
    with Service(own_models) as service:
        identifier = start(service)
        wait_until(lambda: trainers(service))
        trainer, = trainers(service)
        assert service.stop() == 0
        wait_until(lambda: living([trainer]) == [])
        service.start()
        assert job(service, identifier)["state"] == "failed"


def test_a_client_that_hangs_up_ends_nothing(own_models):
    with Service(own_models) as service:
        body = b'{"n_estimators":300}'
        head = "".join(f"{name}: {value}\r\n" for name, value in (ADMIN | JSON).items())
        with socket.create_connection(("127.0.0.1", service.port)) as wire:
            wire.sendall(
                f"POST /retrain HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            wait_until(lambda: administer(service, "GET", "/retrain/jobs").json()["jobs"])
        identifier = administer(service, "GET", "/retrain/jobs").json()["jobs"][0]["id"]
        assert ended(service, identifier)["state"] == "succeeded"
        assert predict(service).status == 200


def test_bad_data_are_refused_with_the_reason(own_models):
    with Service(own_models) as service:
        # One drug alone: no class to tell from another, and too few rows to hold any out.
        table = HEADER + "45,M,HIGH,NORMAL,15.5,DrugY\n"
        assert administer(service, "PUT", "/datasets/tiny", table, {"Content-Type": "text/csv"}).status == 201
        answer = retrain(service, {"dataset": "tiny"})
        assert (answer.status, kind(answer)) == (422, "invalid-training-data")
        assert answer.json()["code"] == "invalid_data" and answer.json()["detail"]
        unknown = retrain(service, {"dataset": "none"})
        assert (unknown.status, unknown.json()["errors"][0]["allowed"]) == (422, "drug200, tiny")


def test_another_table_is_trained_on(own_models):
    with Service(own_models) as service:
        table = (ROOT / "data/drug200.csv").read_text()
        half = "".join(table.splitlines(keepends=True)[:121])
        assert administer(service, "PUT", "/datasets/half", half, {"Content-Type": "text/csv"}).status == 201
        result = retrain(service, {"dataset": "half", "n_estimators": 10}).json()
        assert result["parameters"]["dataset"] == "half" and not result["comparison"]["same_data"]


def test_outcomes_are_trained_on(own_models):
    with Service(own_models) as service:
        identifier = predict(service).json()["id"]
        administer(service, "POST", f"/predictions/{identifier}/outcome", {"drug": "DrugY"})
        result = retrain(service, {"include_outcomes": True, "n_estimators": 10}).json()
        assert result["parameters"]["include_outcomes"]
        card = ask(service, "GET", f"/models/{result['model_version']}").json()["card"]
        assert card["data"]["samples"] == 201


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 1", "training_failed"), ("exec head -c 1000000 /dev/urandom", "no_result"),
        ("kill -SEGV $$", "killed"), ("echo '{\"event\":\"result\"}'", "no_result"),
    ])
def test_a_program_that_fails_costs_one_job(own_models, tmp_path, script, code):
    with Service(own_models, DRUGCTL=stand_in(tmp_path, script)) as service:
        for _ in range(2):
            answer = retrain(service)
            assert (answer.status, kind(answer), answer.json()["code"]) == (500, "retraining-failed", code)
            assert str(tmp_path) not in answer.body.decode()
            assert job(service, answer.json()["job"])["error"]["code"] == code
        assert predict(service).status == 200


def test_a_program_that_hangs_is_cancelled(own_models, tmp_path):
    with Service(own_models, DRUGCTL=stand_in(tmp_path, "trap '' TERM; sleep 1000")) as service:
        identifier = start(service)
        cancelled = administer(service, "DELETE", f"/retrain/jobs/{identifier}")
        assert (cancelled.status, cancelled.json()["state"]) == (200, "cancelled")


@root_alone
def test_a_full_disk_fails_the_job_and_keeps_the_served_model(models, tmp_path):
    with small_disk(tmp_path / "disk", "2m") as disk:
        folder = disk / "models"
        shutil.copytree(models, folder, symlinks=True)
        with Service(folder) as service:
            before = ask(service, "GET", "/models").json()["current"]
            identifier = start(service, {"n_estimators": 500, "max_leaf_nodes": 100})
            fill(disk / "filler")
            told = ended(service, identifier)
            assert told["state"] == "failed" and told["error"]["code"] in ("disk_full", "interrupted"), told
            assert str(disk) not in json.dumps(told)
            assert ask(service, "GET", "/models").json()["current"] == before
            assert predict(service).status == 200
            (disk / "filler").unlink()
            assert retrain(service, {"n_estimators": 5}).status == 200
