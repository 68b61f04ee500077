"""Tables that are not drug200, each from its description and its rows to a running service."""

import csv
import io
import json
import random
import shutil
import sqlite3
import subprocess

import duckdb
import jsonschema_rs
import numpy
import onnxruntime
import pytest
from openapi_spec_validator import validate
from sklearn.datasets import load_breast_cancer

from client import ADMIN, JSON, administer, ask
from service import PROGRAMS, ROOT, Service

DESCRIPTIONS = ROOT / "Tests/System/tables"
INFERENCE = "/v2/models/drug-classifier"


def ward():
    """A sixth drug, with blanks in its name, and a weight that decides about it."""
    draw = random.Random(1)
    for _ in range(240):
        age, weight, ratio = draw.randint(15, 80), round(draw.uniform(45, 140), 1), round(draw.uniform(6, 38), 3)
        pressure = draw.choice(["LOW", "NORMAL", "HIGH"])
        drug = (
            "Drug Z (new)" if weight > 110 else "DrugY" if ratio > 15
            else {"HIGH": "drugA" if age < 50 else "drugB", "LOW": "drugC", "NORMAL": "drugX"}[pressure])
        yield [age, weight, draw.choice("FM"), pressure, ratio, drug]


def laboratory():
    """Half of the fields may be missing, and often are."""
    draw = random.Random(2)
    for _ in range(300):
        sodium, potassium, smoker = draw.randint(120, 160), round(draw.uniform(2, 7), 2), draw.random() < 0.5
        stage, habit = draw.choice([1, 2, 3]), draw.choice(["x y", "it's", "<b>"])
        therapy = "drip" if potassium > 5.5 else "oral" if sodium < 138 or (smoker and stage == 3) else "none"
        cells = [sodium, potassium, "yes" if smoker else "no"]
        holes = [draw.choice(["", "NA"]) if draw.random() < 0.2 else cell for cell in cells]
        yield [draw.choice(["Nord", "Süd", "東"]), *holes, stage, habit, therapy]


def cells():
    """Numbers only, and two classes."""
    data = load_breast_cancer()
    for row, label in zip(data.data, data.target):
        yield [*(repr(float(value)) for value in row), str(data.target_names[label])]


class Table:
    """A table on disk, described beside it, and the service of a model of it."""

    def __init__(self, name, rows, folder, train=True):
        self.name, self.rows = name, list(rows())
        self.schema = json.loads((DESCRIPTIONS / f"{name}.json").read_text())["resources"][0]["schema"]
        self.fields = [field for field in self.schema["fields"] if field["name"] != self.schema["target"]]
        self.names = [field["name"] for field in self.fields]
        self.data = folder / f"{name}.csv"
        shutil.copy(DESCRIPTIONS / f"{name}.json", folder / "datapackage.json")
        self.data.write_text(self.text([*self.names, self.schema["target"]], self.rows))
        self.models = folder / "models"
        if not train:
            return
        self.run("train", "--data", self.data, "--n-estimators", "30")
        self.service = Service(self.models, DATA=str(self.data), PROCESSES="1")

    def run(self, command, *arguments):
        return subprocess.run(
            [PROGRAMS / "drugctl", *command.split(), *arguments, "--models", self.models], check=True, text=True,
            capture_output=True).stdout

    @staticmethod
    def text(header, rows):
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows])
        return text.getvalue()

    def patient(self, row):
        """A row as JSON has it; what is missing is left out."""
        patient = {}
        for field, cell in zip(self.fields, row):
            if str(cell) in self.schema.get("missingValues", [""]):
                continue
            kind = field["type"]
            patient[field["name"]] = (
                cell in field.get("trueValues", ["true"]) if kind == "boolean"
                else int(cell) if kind == "integer" else float(cell) if kind == "number" else cell)
        return patient

    @property
    def log(self):
        return self.service.log_folder / "predictions.sqlite"


@pytest.fixture(scope="module", params=[ward, laboratory, cells], ids=lambda rows: rows.__name__)
def table(request, tmp_path_factory):
    table = Table(request.param.__name__, request.param, tmp_path_factory.mktemp(request.param.__name__))
    with table.service:
        yield table


def predict(table, patient, query=""):
    return ask(table.service, "POST", "/predict" + query, json.dumps(patient), JSON)


def test_its_description_is_served_with_a_tag_that_stays(table):
    answer = ask(table.service, "GET", "/model/schema")
    assert answer.status == 200
    assert [field["name"] for field in answer.json()["fields"]] == [*table.names, table.schema["target"]]
    tag = answer.headers["ETag"]
    again = ask(table.service, "GET", "/model/schema", headers={"If-None-Match": tag})
    assert again.status == 304 and not again.body and again.headers["ETag"] == tag


def test_a_patient_is_answered_and_explained_by_the_fields(table):
    answer = predict(table, table.patient(table.rows[0]), "?explain=true")
    assert answer.status == 200, answer.body
    told = answer.json()
    assert list(told["explanation"]["contributions"]) and set(
        told["explanation"]["contributions"]) == set(table.names)
    assert told["patient_data"] == table.patient(table.rows[0])


def test_what_is_wrong_is_told_by_the_fields(table):
    answer = predict(table, {"Nobody's": 1})
    assert answer.status == 422
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    needed = [field["name"] for field in table.fields if field.get("constraints", {}).get("required")]
    escaped = ["/" + name.replace("~", "~0").replace("/", "~1") for name in needed]
    assert pointers == [*escaped, "/Nobody's"]


def test_a_table_is_answered_row_by_row_mostly_right(table):
    body = Table.text(table.names, [row[:-1] for row in table.rows])
    answer = ask(table.service, "POST", "/predict/batch", body.encode(), {"Content-Type": "text/csv"})
    assert answer.status == 200
    found = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert len(found) == len(table.rows) and not any(row["error"] for row in found)
    right = sum(row["prediction"] == own[-1] for row, own in zip(found, table.rows))
    assert right > 0.9 * len(found)


def test_the_inference_protocol_says_the_same(table):
    inputs = ask(table.service, "GET", INFERENCE).json()["inputs"]
    assert [tensor["name"] for tensor in inputs] == table.names
    patients = [table.patient(row) for row in table.rows[:20]]
    body = {
        "inputs": [
            tensor | {"shape": [20], "data": [patient.get(tensor["name"]) for patient in patients]}
            for tensor in inputs]}
    answer = ask(table.service, "POST", f"{INFERENCE}/infer", json.dumps(body), JSON)
    assert answer.status == 200, answer.body
    single = [predict(table, patient).json()["prediction"] for patient in patients]
    assert answer.json()["outputs"][0]["data"] == single


def test_the_log_can_be_asked_by_field(table):
    patient = table.patient(table.rows[1])
    kept = predict(table, patient).json()["id"]
    name = table.names[0]
    path = '$."' + name + '"'
    with sqlite3.connect(table.log) as log:
        found = log.execute(
            "SELECT json_extract(inputs, ?) FROM prediction WHERE id = ?", [path, kept]).fetchone()
    assert found[0] == patient.get(name)
    shown = json.loads(subprocess.run(
        [PROGRAMS / "drugctl", "log", "--prediction-log", table.log, "--id", kept, "--format", "json"],
        check=True, text=True, capture_output=True).stdout)
    assert {key: value for key, value in shown[0]["patient_data"].items() if value is not None} == patient
    duck = duckdb.connect()
    with sqlite3.connect(table.log) as log:
        rows = log.execute("SELECT inputs FROM prediction WHERE id = ?", [kept]).fetchall()
    duck.execute("CREATE TABLE prediction (inputs JSON)")
    duck.executemany("INSERT INTO prediction VALUES (?)", rows)
    (told,) = duck.execute("SELECT json_extract_string(inputs, ?) FROM prediction", [path]).fetchone()
    assert told == str(patient.get(name))


def test_the_interface_is_described_for_its_fields(table):
    answer = ask(table.service, "GET", "/openapi.json")
    assert answer.status == 200
    document = answer.json()
    validate(document)
    tag = answer.headers["ETag"]
    assert ask(table.service, "GET", "/openapi.json", headers={"If-None-Match": tag}).status == 304
    schemas = document["components"]["schemas"]
    assert list(schemas["Patient"]["properties"]) == table.names
    drugs = [
        category["value"] if isinstance(category, dict) else category
        for category in table.schema["fields"][-1]["categories"]]
    assert sorted(schemas["Drug"]["enum"]) == sorted(drugs)
    # Nothing of another table is left, unless this one has it too.
    for name in {"Cholesterol", "Na_to_K", "BP", "drugB"} - {*table.names, *drugs}:
        assert name not in answer.body.decode()

    def assert_as_documented(method, path, answer):
        response = document["paths"][path][method]["responses"][str(answer.status)]
        while "$ref" in response:
            response = document["components"]["responses"][response["$ref"].split("/")[-1]]
        content = response["content"][answer.headers["Content-Type"].split(";")[0]]
        jsonschema_rs.Draft202012Validator(
            {"components": document["components"], **content["schema"]}).validate(answer.json())

    assert_as_documented("post", "/predict", predict(table, table.patient(table.rows[0]), "?explain=true"))
    assert_as_documented("post", "/predict", predict(table, {"Nobody's": 1}))
    least = {
        field["name"]: field.get("constraints", {}).get("minimum", 0)
        for field in table.fields if field["type"] in ("integer", "number") and "categories" not in field}
    assert_as_documented("post", "/predict", predict(table, table.patient(table.rows[0]) | least))
    for path in ["/model/info", "/model/schema", "/monitoring", "/models", INFERENCE]:
        assert_as_documented("get", path, ask(table.service, "GET", path, headers=ADMIN))
    for path, kind in [
            ("/predict", "application/json"), ("/predict/batch", "application/json"), ("/predict/batch", "text/csv"),
            (f"{INFERENCE}/infer", "application/json")]:
        content = document["paths"][path]["post"]["requestBody"]["content"][kind]
        for example in content.get("examples", {"only": {"value": content.get("example")}}).values():
            value = example["value"]
            body = value if isinstance(value, str) else json.dumps(value)
            assert ask(table.service, "POST", path, body.encode(), {"Content-Type": kind}).status == 200


def test_monitoring_compares_its_fields(table):
    features = ask(table.service, "GET", "/monitoring", headers=ADMIN).json()["drift"]["features"]
    assert [feature["feature"] for feature in features] == table.names


def test_an_export_says_the_same(table, tmp_path):
    table.run("export", "--onnx", tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    whole = [
        patient for patient in map(table.patient, table.rows) if len(patient) == len(table.names)][:50]
    feeds = {}
    for tensor in session.get_inputs():
        values = [[patient[tensor.name]] for patient in whole]
        feeds[tensor.name] = (
            numpy.array(values, dtype=numpy.float64) if "double" in tensor.type
            else numpy.array([[str(value).lower() if isinstance(value, bool) else str(value)] for [value] in values]))
    labels, shares = session.run(["label", "probabilities"], feeds)
    for patient, label, row in zip(whole, labels.ravel().tolist(), shares):
        told = predict(table, patient).json()
        assert numpy.allclose(row, list(told["probabilities"].values()), atol=1e-6)
        # Of two that are equally likely, single precision may see either first.
        if numpy.diff(numpy.sort(row))[-1] > 1e-5:
            assert label == told["prediction"]


def test_it_is_trained_again_with_what_was_given(table):
    told = predict(table, table.patient(table.rows[0])).json()
    given = administer(
        table.service, "POST", f"/predictions/{told['id']}/outcome", {"drug": told["prediction"]})
    assert given.status == 201
    answer = administer(
        table.service, "POST", "/retrain", {"n_estimators": 30, "include_outcomes": True, "force": True})
    assert answer.status == 200, answer.body
    assert answer.json()["promoted"] and answer.json()["parameters"]["include_outcomes"]
    model = ask(table.service, "GET", f"/models/{answer.json()['model_version']}").json()
    assert model["card"]["data"]["outcomes"] == 1
    assert predict(table, table.patient(table.rows[0])).status == 200
