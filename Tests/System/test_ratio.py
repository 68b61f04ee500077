"""Sodium and potassium in place of their ratio: the table from which drug200 was made, and requests."""

import csv
import random
import subprocess

import pytest

from client import administer, ask, predict
from service import PROGRAMS, ROOT, Service

OTHERS = {"Age": 23, "Sex": "F", "BP": "HIGH", "Cholesterol": "HIGH"}


@pytest.fixture(scope="module")
def divided(tmp_path_factory):
    """drug200 with columns of sodium and potassium, to six decimal places, whose ratios are its own."""
    draw = random.Random(1)
    path = tmp_path_factory.mktemp("data") / "DRUG1n.csv"
    with open(ROOT / "data/drug200.csv", newline="") as own, open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Age", "Sex", "BP", "Cholesterol", "Na", "K", "Drug"])
        for row in csv.DictReader(own):
            potassium = round(draw.uniform(0.02, 0.08), 6)
            sodium = round(float(row["Na_to_K"]) * potassium, 6)
            rows.writerow([row["Age"], row["Sex"], row["BP"], row["Cholesterol"], sodium, potassium, row["Drug"]])
    return path


def train(data, models):
    subprocess.run(
        [PROGRAMS / "drugctl", "train", "--data", data, "--models", models, "--trees", "20"], check=True,
        capture_output=True)
    return (models / "current/forest.rf").read_bytes()


def test_the_table_trains_the_forest_of_its_ratios(divided, tmp_path):
    assert train(divided, tmp_path / "divided") == train(ROOT / "data/drug200.csv", tmp_path / "own")


def test_it_is_told_what_was_divided(divided):
    told = subprocess.run([PROGRAMS / "drugctl", "explore", "--data", divided], check=True, capture_output=True, text=True)
    assert "Na_to_K: Na divided by K" in told.stdout
    assert "ignored" not in told.stdout


def test_it_is_stored_and_trained_on_over_the_network(divided, models):
    with Service(models) as service:
        stored = administer(service, "PUT", "/datasets/drug1n", divided.read_bytes(), {"Content-Type": "text/csv"})
        assert stored.status == 201
        assert stored.json()["rows"] == 200
        retrained = administer(service, "POST", "/retrain", {"dataset": "drug1n", "n_estimators": 5})
        assert retrained.status == 200


def test_each_form_of_a_patient_gets_the_same(models):
    with Service(models) as service:
        def drugs(patient):
            answer = predict(service, OTHERS | patient).json()
            return answer["patient_data"], answer["probabilities"]

        parts = {"K": 0.031258, "Na": 0.792535}
        assert drugs(parts) == drugs({"Na_to_K": 25.355})
        assert predict(service, OTHERS | parts | {"Na_to_K": 25.355}).status == 422
        schema = ask(service, "GET", "/model/schema").json()
        ratio = next(field["ratio"] for field in schema["fields"] if field["name"] == "Na_to_K")
        assert [ratio["of"]["name"], ratio["to"]["name"], ratio["places"]] == ["Na", "K", 3]
        [newest, *_] = administer(service, "GET", "/predictions?limit=1").json()["predictions"]
        assert newest["patient_data"] == OTHERS | {"Na_to_K": 25.355}
