"""Tables that a generator has described, each trained and served: what is right is answered, whatever it is called.

A handful stands for all; `make fuzz-tables` asks each of them, with more requests.
"""

import csv
import io
import json
import os
import struct
import subprocess

import jsonschema_rs
import pytest
from openapi_spec_validator import validate

from client import ADMIN, JSON, administer, ask
from fuzz_api import fuzz
from generated_tables import GeneratedTable, text
from service import PROGRAMS, ROOT, Service

# Names that differ in case; one field, of a name of our own answers, that may be missing; a field called count; huge numbers.
NUMBERS = [int(number) for number in os.environ.get("GENERATED", "3 4 14 20").split()]
CASES = os.environ.get("CASES")
INFERENCE = "/v2/models/drug-classifier"


class Served:
    """A generated table, trained and served."""

    def __init__(self, number, folder):
        self.table = GeneratedTable(number)
        self.folder = folder
        self.models = folder / "models"
        data = self.table.write(folder)
        self.run("train", "--data", data, "--n-estimators", "5")
        # What is tried is the interface: a training would take a second each time.
        self.service = Service(
            self.models, DATA=str(data), PROCESSES="1", DRUGCTL=str(ROOT / "Tests/System/trained"))

    def run(self, command, *arguments, models=True):
        done = subprocess.run(
            [PROGRAMS / "drugctl", *command.split(), *arguments, *(["--models", self.models] if models else [])],
            text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, method, path, body=None, headers={}):
        """Asks for JSON, whose answer is to be as the description of the interface says."""
        if body is not None and not isinstance(body, (str, bytes)):
            body, headers = json.dumps(body, ensure_ascii=False).encode(), JSON | headers
        answer = ask(self.service, method, path, body, headers)
        assert answer.status < 500, answer.body
        return answer

    @property
    def log(self):
        return self.service.log_folder / "predictions.sqlite"


@pytest.fixture(scope="module", params=NUMBERS, ids=lambda number: f"table {number}")
def served(request, tmp_path_factory):
    served = Served(request.param, tmp_path_factory.mktemp(f"table-{request.param}"))
    with served.service:
        yield served


@pytest.fixture(scope="module")
def document(served):
    return served.ask("GET", "/openapi.json").json()


def assert_as_documented(document, path, method, answer):
    response = document["paths"][path][method]["responses"][str(answer.status)]
    while "$ref" in response:
        response = document["components"]["responses"][response["$ref"].split("/")[-1]]
    content = response["content"][answer.headers["Content-Type"].split(";")[0]]
    jsonschema_rs.Draft202012Validator({"components": document["components"], **content["schema"]}).validate(answer.json())


def pointer(name):
    return "/" + name.replace("~", "~0").replace("/", "~1")


def test_each_patient_is_answered_and_explained(served, document):
    validate(document)
    table = served.table
    for patient in table.patients[:30]:
        answer = served.ask("POST", "/predict?explain=true", patient)
        assert answer.status == 200, answer.body
        assert_as_documented(document, "/predict", "post", answer)
        told = answer.json()
        assert told["patient_data"] == patient
        assert set(told["probabilities"]) == set(table.drugs) and abs(sum(told["probabilities"].values()) - 1) < 1e-9
        assert set(told["explanation"]["contributions"]) == set(table.names)


def test_each_field_that_is_wrong_is_told_with_its_place(served, document):
    table = served.table
    needed = [pointer(field.name) for field in table.fields if field.is_required]
    for patient, expected in [
            ({field.name: field.wrong for field in table.fields}, [pointer(name) for name in table.names]),
            ({"Nobody's": 1}, [*needed, "/Nobody's"]),
            ({field.name: [] for field in table.fields}, [pointer(name) for name in table.names])]:
        answer = served.ask("POST", "/predict", patient)
        assert answer.status == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == expected
        assert_as_documented(document, "/predict", "post", answer)


def test_lists_tables_and_tensors_say_the_same(served, document):
    table = served.table
    count = len(table.rows)
    answer = served.ask("POST", "/predict/batch", {"patients": table.patients})
    assert answer.status == 200, answer.body
    assert_as_documented(document, "/predict/batch", "post", answer)
    drugs = [one["prediction"] for one in answer.json()["predictions"]]
    single = [served.ask("POST", "/predict", patient).json()["prediction"] for patient in table.patients[:20]]
    assert drugs[:20] == single

    answer = served.ask("POST", "/predict/batch", table.cells(count).encode(), {"Content-Type": "text/csv"})
    assert answer.status == 200, answer.body
    header, *rows = csv.reader(io.StringIO(answer.body.decode()))
    own = ["prediction", "probability", "prediction_set", "needs_review", "warnings", "error", "id"]
    given = [*table.header[:len(table.fields)], "note"]
    # A name that the table has too is another in the answer.
    assert header[:-7] == given and [name.removeprefix("answer_") for name in header[-7:]] == own
    assert not {name.lower() for name in given} & set(header[-7:])
    assert [row[-7] for row in rows] == drugs and not any(row[-2] for row in rows)
    # What came is carried along as it was.
    assert [row[:-7] for row in rows] == list(csv.reader(io.StringIO(table.cells(count))))[1:]

    inputs = served.ask("GET", INFERENCE).json()["inputs"]
    assert [tensor["name"] for tensor in inputs] == table.names
    columns = [[patient.get(name) for patient in table.patients] for name in table.names]
    body = {"inputs": [tensor | {"shape": [count], "data": data} for tensor, data in zip(inputs, columns)]}
    answer = served.ask("POST", f"{INFERENCE}/infer", body)
    assert answer.status == 200, answer.body
    assert_as_documented(document, f"{INFERENCE}/infer", "post", answer)
    assert answer.json()["outputs"][0]["data"] == drugs

    whole = [place for place, patient in enumerate(table.patients) if len(patient) == len(table.fields)]
    packed = [b"".join(bits(tensor["datatype"], data[place]) for place in whole) for tensor, data in zip(inputs, columns)]
    body["inputs"] = [
        tensor | {"shape": [len(whole)], "parameters": {"binary_data_size": len(data)}} for tensor, data in zip(inputs, packed)]
    header = json.dumps(body).encode()
    answer = served.ask("POST", f"{INFERENCE}/infer", header + b"".join(packed), {
        "Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(header))})
    assert answer.status == 200, answer.body
    assert answer.json()["outputs"][0]["data"] == [drugs[place] for place in whole]


def bits(datatype, value):
    """A value of a binary tensor."""
    if datatype == "BYTES":
        return struct.pack("<I", len(value.encode())) + value.encode()
    return struct.pack("?" if datatype == "BOOL" else "<d", value)


def test_its_description_is_told_and_makes_the_same_model(served, document, tmp_path):
    answer = served.ask("GET", "/model/schema")
    assert_as_documented(document, "/model/schema", "get", answer)
    told = answer.json()
    assert [field["name"] for field in told["fields"] if field["name"] != told["target"]] == served.table.names
    tag = answer.headers["ETag"]
    assert served.ask("GET", "/model/schema", headers={"If-None-Match": tag}).status == 304
    (tmp_path / "told.json").write_bytes(answer.body)
    data = served.folder / "generated.csv"
    served.run(
        "train", "--data", data, "--schema", tmp_path / "told.json", "--n-estimators", "5", "--models", tmp_path / "again",
        models=False)
    assert (tmp_path / "again/current").readlink() == (served.models / "current").readlink()


def test_what_is_known_of_the_model_is_told(served, document):
    served.ask("POST", "/predict", served.table.patients[0])
    version = served.ask("GET", "/models").json()["current"]
    for path, address in [
            ("/model/info", None), ("/models", None), ("/models/{version}", f"/models/{version}"), ("/datasets", None),
            ("/monitoring", None), ("/predictions", None), ("/health", None), ("/health/ready", None), (INFERENCE, None),
            (INFERENCE + "/versions/{version}", f"{INFERENCE}/versions/{version}")]:
        answer = administer(served.service, "GET", address or path)
        assert answer.status == 200, (path, answer.body)
        assert_as_documented(document, path, "get", answer)
    drift = administer(served.service, "GET", "/monitoring").json()["drift"]
    assert [feature["feature"] for feature in drift["features"]] == served.table.names
    classes = served.ask("GET", "/model/info").json()["classes"]
    assert set(classes) == set(served.table.drugs)
    metrics = ask(served.service, "GET", "/metrics").body.decode()
    drugs = {unescaped(line.split('drug="')[1].split('",model_version')[0])
             for line in metrics.splitlines() if line.startswith("drug_classifier_predictions_total{")}
    assert drugs and drugs <= set(served.table.drugs)


def unescaped(label):
    return label.replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\")


def test_what_was_asked_is_kept_and_shown(served, document):
    table = served.table
    for patient in table.patients[-3:]:
        told = served.ask("POST", "/predict", patient).json()
        answer = administer(served.service, "GET", f"/predictions/{told['id']}")
        assert answer.status == 200
        assert_as_documented(document, "/predictions/{id}", "get", answer)
        kept = answer.json()["patient_data"]
        assert kept == {name: patient.get(name) for name in table.names}
        shown = json.loads(served.run(
            "log", "--prediction-log", served.log, "--id", told["id"], "--format", "json", models=False))
        assert shown[0]["patient_data"] == {name: value for name, value in kept.items()}
        header, row = csv.reader(io.StringIO(served.run(
            "log", "--prediction-log", served.log, "--id", told["id"], "--format", "csv", models=False)))
        assert header[2:2 + len(table.fields)] == table.names and row[2 + len(table.fields)] == told["prediction"]
        replayed = served.run("replay", told["id"], "--log", served.log)
        assert told["prediction"] in replayed
        other = next(drug for drug in table.drugs if drug != told["prediction"])
        answer = administer(
            served.service, "POST", f"/predictions/{told['id']}/outcome", {"drug": other, "reason": "allergy"})
        assert answer.status == 201, answer.body
        assert_as_documented(document, "/predictions/{id}/outcome", "post", answer)
    assert served.run("log", "--prediction-log", served.log, models=False)


def test_the_command_line_shows_and_exchanges_it(served, tmp_path):
    data = served.folder / "generated.csv"
    for command in ["explore", "prepare"]:
        assert served.run(command, "--data", data, models=False)
    assert served.run("evaluate", "--data", data)
    for command in ["models show", "models list", "models verify", "models tree", "models tree --format dot"]:
        assert served.run(command)
    served.run("describe", data, "--target", served.table.target, "--output", tmp_path / "draft.json", models=False)
    served.run("export", "--onnx", tmp_path / "model.onnx")
    # Bins that the rows have told are known to nobody else.
    if served.ask("GET", "/model/info").json()["features"] == "continuous":
        served.run("import", "--onnx", tmp_path / "model.onnx")


def test_a_table_is_stored_to_train_on(served, document):
    body = text(served.table.header, served.table.rows).encode()
    answer = administer(served.service, "PUT", "/datasets/odd", body, {"Content-Type": "text/csv"})
    assert answer.status == 201, answer.body
    assert_as_documented(document, "/datasets/{name}", "put", answer)


def test_no_request_that_its_interface_allows_or_forbids_is_answered_otherwise(served, capfd):
    few = [] if CASES else ["--phases", "examples,fuzzing", "--include-path-regex", "^/(predict|v2/models/[^/]+/infer)"]
    done, requests = fuzz(served.service, CASES or 5, *few)
    assert done.returncode == 0, capfd.readouterr().out[:5000]
    assert requests["/predict"] > 0
    events = [json.loads(line) for line in served.service.log().splitlines() if line.startswith("{")]
    assert [event for event in events if event.get("status", 0) >= 500] == []
    with capfd.disabled():
        print(f"\ntable {served.table.number}: {sum(requests.values())} requests")
