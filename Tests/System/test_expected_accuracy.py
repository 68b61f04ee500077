"""What a model's own probabilities expect of the recent patients: on the command line, in /monitoring and in /metrics the
same, and what NannyML expects, where it is installed (`make install-nannyml`)."""

import csv
import io
import json
import math
import random
import subprocess
import time

import pytest

from client import administer, ask, predict
from kept import log_path
from processes import wait_until
from service import PROGRAMS, ROOT, Service, train

NANNYML = ROOT / ".venv-nannyml/bin/python"
CHUNK = 50


def patient(chance):
    return {
        "Age": chance.randint(15, 74), "Sex": chance.choice("FM"), "BP": chance.choice(["HIGH", "LOW", "NORMAL"]),
        "Cholesterol": chance.choice(["HIGH", "NORMAL"]), "Na_to_K": round(chance.uniform(6, 38), 3)}


def drugctl(*arguments):
    return subprocess.run([PROGRAMS / "drugctl", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A service that has answered 230 patients, by a small model of bins, which is often in doubt."""
    models = tmp_path_factory.mktemp("models")
    train(models, "--features", "binned", "--n-estimators", "10")
    with Service(models) as service:
        chance = random.Random(1)
        answers = [predict(service, patient(chance)).json() for _ in range(230)]
        yield service, answers


def test_it_is_made_of_what_the_log_shows(told, tmp_path):
    service, answers = told
    log = drugctl("log", "--prediction-log", log_path(service), "--limit", "1000", "--format", "csv")
    (tmp_path / "log.csv").write_text(log)
    kept = [float(row["probability"]) for row in csv.DictReader(io.StringIO(log))][::-1]
    assert sorted(kept) == sorted(max(answer["probabilities"].values()) for answer in answers)
    found = list(csv.DictReader(io.StringIO(drugctl(
        "log", "accuracy", "--prediction-log", log_path(service), "--models", service.models,
        "--chunk", str(CHUNK), "--format", "csv"))))
    evaluation = json.loads((service.models / "current/evaluation.json").read_text())
    share = evaluation["accuracy"]
    error = math.sqrt(share * (1 - share) / CHUNK)
    assert len(found) == 4
    for place, chunk in enumerate(found):
        rows = kept[30 + CHUNK * place:][:CHUNK]
        assert float(chunk["accuracy"]) == pytest.approx(sum(rows) / CHUNK, abs=1e-12)
        assert float(chunk["sampling_error"]) == pytest.approx(error, abs=1e-12)
        assert float(chunk["lower"]) == pytest.approx(sum(rows) / CHUNK - 3 * error, abs=1e-12)
    if NANNYML.exists():
        version = (service.models / "current").resolve().name
        theirs = json.loads(subprocess.run(
            [NANNYML, "-W", "ignore", ROOT / "Tests/System/nannyml_estimate.py", tmp_path / "log.csv", version,
             service.models / "current/evaluation.json", str(CHUNK)],
            check=True, capture_output=True, text=True).stdout)["chunks"]
        assert len(theirs) == len(found)
        for ours, other in zip(found, theirs):
            assert {name: float(ours[name]) for name in other} == pytest.approx(other, abs=1e-12)


def test_the_page_and_prometheus_are_told_the_same(told):
    service, answers = told
    version = answers[0]["model_version"]
    mean = sum(max(answer["probabilities"].values()) for answer in answers) / len(answers)

    def gauge(name):
        lines = ask(service, "GET", "/metrics").body.decode().splitlines()
        start = f'drug_classifier_{name}{{model_version="{version}"}} '
        return next((float(line.removeprefix(start)) for line in lines if line.startswith(start)), None)

    # A scrape tells what was found out after the one before.
    wait_until(lambda: gauge("expected_accuracy_samples") == len(answers), 20)
    assert gauge("expected_accuracy") == pytest.approx(mean, abs=1e-12)
    assert gauge("expected_accuracy_lower") < mean < gauge("expected_accuracy_upper")
    assert 0 < gauge("promised_accuracy_lower") < 1
    time.sleep(1.2)
    expected = administer(service, "GET", "/monitoring").json()["expected_accuracy"]
    # One in five is left out.
    assert expected["status"] == "ok" and expected["predictions"] in range(100, 230, 10)
    assert expected["accuracy"] == pytest.approx(mean, abs=0.03)
    nameless = ask(service, "GET", "/monitoring").json()
    assert nameless["expected_accuracy"] is None and nameless["model"]["promised_accuracy"]["from"] == "test"


def test_a_rule_that_has_changed_is_seen_in_outcomes_alone(told):
    service, answers = told

    def state():
        body = administer(service, "GET", "/monitoring").json()
        return body["expected_accuracy"], {item["code"]: item["detail"] for item in body["attention"]}

    # What is told is a second old at most.
    state()
    time.sleep(1.2)
    before, attention = state()
    assert "accuracy_low" not in attention
    for answer in answers[:100]:
        other = next(drug for drug in answer["probabilities"] if drug != answer["prediction"])
        kept = administer(
            service, "POST", f"/predictions/{answer['id']}/outcome", {"drug": other, "reason": "guideline"})
        assert kept.status == 201
    wait_until(lambda: "accuracy_low" in state()[1], 20)
    after, attention = state()
    assert after["accuracy"] == before["accuracy"] and after["verdict"] == before["verdict"] == "within"
    assert "expected_low" not in attention
    assert "what is given to such patients may have changed" in attention["accuracy_low"]
