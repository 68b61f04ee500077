"""Drugs and categories whose names hold blanks, quotes, commas and more: each list of them can be taken apart."""

import csv
import io
import json
import random
import subprocess

import numpy
import pytest
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier

from client import JSON, ask
from service import PROGRAMS, Service

DRUGS = ["tablet B drip", 'the "new" one', "a,b; c", "drip", "東 京", '"', "it's  x", "wait;see"]
INFERENCE = "/v2/models/drug-classifier"


def names(cell):
    """The names in a cell, as docs and the description of the interface say that they stand there."""
    return next(csv.reader([cell], delimiter=" "), [])


def drugctl(*arguments):
    return subprocess.run(
        [PROGRAMS / "drugctl", *map(str, arguments)], check=True, text=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table in which no drug can be told from the next with certainty, and a model of it."""
    folder = tmp_path_factory.mktemp("names")
    draw = random.Random(4)
    fields = [{"name": "x; y", "type": "number"}, {"name": 'the "z"', "type": "string", "categories": ["a b", "a", "b"]},
              {"name": "Drug, given", "type": "string", "categories": DRUGS}]
    (folder / "datapackage.json").write_text(json.dumps(
        {"resources": [{"path": "t.csv", "schema": {"fields": fields, "target": "Drug, given"}}]}))
    with open(folder / "t.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field["name"] for field in fields])
        for place in range(320):
            writer.writerow([place % 40 + draw.random(), draw.choice(["a b", "a", "b"]), DRUGS[place % 40 * 8 // 40]
                             if draw.random() < 0.6 else draw.choice(DRUGS)])
    drugctl("train", "--data", folder / "t.csv", "--n-estimators", 20, "--models", folder / "models")
    return folder


@pytest.fixture(scope="module")
def service(folder):
    with Service(folder / "models", DATA=str(folder / "t.csv"), PROCESSES="1") as service:
        yield service


@pytest.fixture(scope="module")
def answered(service):
    """Rows as the table's answer has them, with what each is answered alone."""
    patients = [{"x; y": 5 * place + 0.5, 'the "z"': "a b"} for place in range(9)] + [{"x; y": -50}]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["x; y", 'the "z"'])
    writer.writerows([patient["x; y"], patient.get('the "z"', "")] for patient in patients)
    answer = ask(service, "POST", "/predict/batch", text.getvalue().encode(), {"Content-Type": "text/csv"})
    assert answer.status == 200
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    alone = [ask(service, "POST", "/predict", json.dumps(patient), JSON).json() for patient in patients]
    return rows, alone


def test_the_prediction_set_of_a_table_is_that_of_each_patient(answered):
    rows, alone = answered
    sets = [names(row["prediction_set"]) for row in rows]
    assert sets == [one["prediction_set"] for one in alone]
    assert {drug for found in sets for drug in found} > {"tablet B drip", "drip"} and max(map(len, sets)) > 1
    assert [row["prediction"] for row in rows] == [one["prediction"] for one in alone]


def test_the_warnings_of_a_table_are_those_of_each_patient(answered):
    rows, alone = answered
    told = [next(csv.reader([row["warnings"]], delimiter=";", skipinitialspace=True), []) for row in rows]
    assert told == [[warning["detail"] for warning in one["warnings"]] for one in alone]
    assert told[-1][0].startswith('the "z" is missing') and told[-1][1].startswith("x; y lies outside")
    assert len(told[-1]) == 2


def test_the_inference_protocol_names_the_classes_in_order(service):
    tensors = [{"name": "x; y", "datatype": "FP64", "shape": [1], "data": [3]},
               {"name": 'the "z"', "datatype": "BYTES", "shape": [1], "data": ["a"]}]
    answer = ask(service, "POST", f"{INFERENCE}/infer", json.dumps({"inputs": tensors}), JSON).json()
    probabilities = next(output for output in answer["outputs"] if output["name"] == "probabilities")
    assert names(probabilities["parameters"]["classes"]) == sorted(DRUGS, key=str.encode)
    told = ask(service, "POST", "/predict", json.dumps({"x; y": 3, 'the "z"': "a"}), JSON).json()["probabilities"]
    assert dict(zip(names(probabilities["parameters"]["classes"]), probabilities["data"])) == told


def test_the_log_as_a_table_says_the_same(service, answered):
    rows, alone = answered
    text = drugctl("log", "--prediction-log", service.log_folder / "predictions.sqlite", "--format", "csv",
                   "--limit", 1000)
    kept = {row["id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    for row in rows:
        assert names(kept[row["id"]]["prediction_set"]) == names(row["prediction_set"])
    for one in alone:
        assert names(kept[one["id"]]["prediction_set"]) == one["prediction_set"]


def test_examples_of_the_interface_are_tables_of_its_names(service):
    document = ask(service, "GET", "/openapi.json").json()
    content = document["paths"]["/predict/batch"]["post"]
    asked = list(csv.DictReader(io.StringIO(content["requestBody"]["content"]["text/csv"]["example"], newline="")))
    told = list(csv.DictReader(io.StringIO(content["responses"]["200"]["content"]["text/csv"]["example"], newline="")))
    assert [list(row)[:2] for row in asked + told] == [["x; y", 'the "z"']] * 4
    assert [row["x; y"] for row in told] == [row["x; y"] for row in asked]
    assert told[0]["prediction"] in DRUGS and names(told[0]["prediction_set"]) == [told[0]["prediction"]]
    stored = document["paths"]["/datasets/{name}"]["put"]["requestBody"]["content"]["text/csv"]["example"]
    assert all(row["Drug, given"] in DRUGS for row in csv.DictReader(io.StringIO(stored, newline="")))


def test_prepared_rows_are_read_by_others(folder, tmp_path):
    drugctl("prepare", "--data", folder / "t.csv", "--features", "continuous", "--output", tmp_path / "rows")
    with open(tmp_path / "rows/train.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["Drug, given"] for row in rows} == set(DRUGS) and all(None not in row for row in rows)


def test_the_columns_and_classes_of_a_foreign_model_are_told_by_name(folder, tmp_path):
    draw = numpy.random.default_rng(1)
    rows = numpy.column_stack([draw.uniform(0, 40, 200), draw.integers(0, 3, 200)]).astype(numpy.float32)
    labels = (rows[:, 0] * 8 // 40).astype(int)
    forest = RandomForestClassifier(5, random_state=0).fit(rows, labels)
    (tmp_path / "m.onnx").write_bytes(to_onnx(forest, rows[:1], options={"zipmap": False}).SerializeToString())

    def listed(names):
        text = io.StringIO()
        csv.writer(text).writerow(names)
        return text.getvalue().strip()
    told = drugctl(
        "import", "--onnx", tmp_path / "m.onnx", "--schema", folder / "datapackage.json",
        "--columns", listed(["x; y", 'the "z"']), "--classes", listed(DRUGS), "--models", tmp_path / "models")
    assert "5 trees" in told
    card = json.loads(next((tmp_path / "models/registry").glob("*/card.json")).read_text())
    assert set(card["self_test"]) == set(DRUGS)
