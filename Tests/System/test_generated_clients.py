"""Clients that other programs write from the description of the interface, as docs/clients.md says."""

import base64
import csv
import importlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

import jsonschema_rs
import pytest

from client import ADMIN, JSON, administer, ask, predict
from service import PASSWORD, ROOT, Service, train
from test_tables import Table, laboratory

PAGE = (ROOT / "docs/clients.md").read_text()
ENVIRONMENT = os.environ | {
    "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}", "ADMIN_PASSWORD": PASSWORD,
    "NO_PROXY": "127.0.0.1"}


class OwnTable(Table):
    """The project's table, by its own description."""

    def __init__(self, folder):
        package = json.loads((ROOT / "data/datapackage.json").read_text())
        self.name, self.schema = "drug200", package["resources"][0]["schema"]
        self.data = ROOT / "data/drug200.csv"
        with self.data.open() as file:
            header, *self.rows = csv.reader(file)
        self.names, self.models = header[:-1], folder / "models"
        self.fields = [field for field in self.schema["fields"] if field["name"] in self.names]
        train(self.models)
        self.service = Service(self.models, PROCESSES="1")


def signs():
    """Categories only; values and drugs that differ in signs, and names that mean something in Python."""
    draw = random.Random(3)
    for _ in range(120):
        known, group = draw.choice(["true", "false"]), draw.choice(["A+", "A-", "a+", "0"])
        drug = "+" if group == "A+" else "-" if known == "true" else "Süd (東)"
        yield [known, group, draw.choice(["<b>", "b", ""]), drug]


class Written:
    """What was written for a running service: `drug_client` and `drug_models`, and what their writers said."""

    def __init__(self, table, folder):
        self.table, self.folder = table, folder
        self.document = ask(table.service, "GET", "/openapi.json").json()
        (folder / "openapi.json").write_text(json.dumps(self.document))
        (folder / "client.json").write_text(re.search(r"```json\n(.*?)```", PAGE, re.S)[1])
        self.said = [
            subprocess.run(command, shell=True, cwd=folder, env=ENVIRONMENT, text=True, capture_output=True)
            for command in re.findall(r"^\$ (?!curl)(.*)$", PAGE, re.M)]
        package = self.module("drug_client")
        pair = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        direct = {"trust_env": False}
        self.anyone = package.Client(table.service.url, httpx_args=direct)
        self.admin = package.AuthenticatedClient(table.service.url, token=pair, prefix="Basic", httpx_args=direct)

    @staticmethod
    def module(name):
        return importlib.import_module(name)

    def call(self, name):
        """The module of a call."""
        [source] = (self.folder / "drug_client/api").glob(f"*/{name}.py")
        return self.module(f"drug_client.api.{source.parent.name}.{name}")

    def ask(self, name, *arguments, client=None, **named):
        """The answer to a call, of its type."""
        return self.call(name).sync(*arguments, client=client or self.anyone, **named)

    def type(self, name):
        return getattr(self.module("drug_client.models"), name)

    def patient(self, row=0):
        return self.type("Patient").from_dict(self.table.patient(self.table.rows[row]))

    def file(self, text):
        return self.module("drug_client.types").File(payload=io.BytesIO(text.encode()))


@pytest.fixture(scope="module", params=[None, laboratory, signs], ids=["drug200", "laboratory", "signs"])
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    table = Table(request.param.__name__, request.param, folder) if request.param else OwnTable(folder)
    sys.path.insert(0, str(folder))
    with table.service:
        yield Written(table, folder)
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] in ("drug_client", "drug_models")]:
        del sys.modules[name]


def test_their_writers_have_nothing_to_say_against_the_description(written):
    calls, models = written.said
    assert (calls.returncode, calls.stdout, calls.stderr) == (0, "Generating drug_client\n", "")
    assert (models.returncode, models.stdout, models.stderr) == (0, "", "")


def test_every_call_has_its_bodies_parameters_and_answers(written):
    sources = {}
    for path in (written.folder / "drug_client/api").glob("*/[a-z]*.py"):
        source = path.read_text()
        sources[re.search(r'"method": "(.*?)",\s+"url": "(.*?)"', source).groups()] = source
    assert set(sources) == {
        (method, path) for path, methods in written.document["paths"].items() for method in methods}
    for (method, path), source in sources.items():
        operation = written.document["paths"][path][method]
        statuses = re.findall(r"if response.status_code == (\d+):", source)
        assert statuses == list(operation["responses"])
        for kind in operation.get("requestBody", {"content": {}})["content"]:
            assert f'headers["Content-Type"] = "{kind}"' in source
        for parameter in operation.get("parameters", []):
            name = parameter.get("name") or written.document["components"]["parameters"][
                parameter["$ref"].split("/")[-1]]["name"]
            assert f'"{name}"' in source or f"{{{name}}}" in source


def test_a_patient_is_answered_and_explained(written):
    patient, own = written.patient(), written.table.patient(written.table.rows[0])
    assert patient.to_dict() == own
    answer = written.ask("predict", body=patient, explain=True)
    assert isinstance(answer, written.type("Prediction"))
    assert answer.patient_data == patient
    assert answer.probabilities[answer.prediction] == max(answer.probabilities.additional_properties.values())
    assert answer.votes.additional_keys == answer.probabilities.additional_keys
    assert answer.prediction in answer.prediction_set and answer.status == "success"
    assert set(answer.explanation.contributions.additional_keys) == set(written.table.names)


def test_many_patients_are_answered_in_their_order(written):
    patients = [written.patient(row) for row in range(20)]
    answer = written.ask("predict_batch", body=written.type("Patients")(patients=patients))
    assert isinstance(answer, written.type("Predictions"))
    assert [each.patient_data for each in answer.predictions] == patients
    # The answer to a table is text, and these clients read one type of content.
    body = Table.text(written.table.names, [row[:-1] for row in written.table.rows[:20]])
    told = written.anyone.get_httpx_client().post(
        "/predict/batch", content=body, headers={"Content-Type": "text/csv"})
    found = [row["prediction"] for row in csv.DictReader(io.StringIO(told.text))]
    assert found == [each.prediction for each in answer.predictions]


def test_what_is_refused_is_a_problem(written):
    field = next(field for field in written.table.fields if field["type"] != "string")
    wrong = written.type("Patient").from_dict(written.table.patient(written.table.rows[0]) | {field["name"]: "many"})
    answer = written.call("predict").sync_detailed(client=written.anyone, body=wrong)
    assert answer.status_code == 422
    assert isinstance(answer.parsed, written.type("Problem"))
    assert answer.parsed.status == 422
    assert answer.parsed.type_ == "urn:drug-classifier:problem:invalid-patient"
    assert [error.code for error in answer.parsed.errors] == ["wrong_type"]
    unknown = written.call("model").sync_detailed("0123456789ab", client=written.anyone)
    assert (unknown.status_code, unknown.parsed.title) == (404, "Unknown model")
    assert written.ask("predictions").status == 401


def test_the_model_and_its_description_are_told(written):
    info = written.ask("model_info")
    assert info.n_features >= len(written.table.names) and info.evaluation.by_class.additional_keys == info.classes
    assert info.training_data.class_counts[info.classes[0]] > 0
    schema = written.ask("model_schema")
    assert [field.name for field in schema.fields] == [*written.table.names, written.table.schema["target"]]
    health = written.ask("health")
    assert health.status == "healthy" and health.model_version == info.model_version
    assert written.ask("live").status == "alive" and written.ask("ready").checks.model == "ok"
    listed = written.ask("models")
    assert listed.current == info.model_version and listed.models[0].is_current
    assert written.ask("model", info.model_version).evaluation == info.evaluation
    assert "drug_classifier" in written.ask("metrics")


def test_the_inference_protocol_says_the_same(written):
    assert written.ask("inference_server").name == "drug-classifier"
    assert written.ask("inference_live").live and written.ask("inference_ready").ready
    model = written.ask("inference_model")
    assert [tensor.name for tensor in model.inputs] == written.table.names
    patients = [written.table.patient(written.table.rows[row]) for row in range(20)]
    request = {
        "inputs": [
            {"name": tensor.name, "datatype": tensor.datatype, "shape": [20],
             "data": [patient.get(tensor.name) for patient in patients]}
            for tensor in model.inputs]}
    body = written.type("InferenceRequest").from_dict(request)
    assert body.to_dict() == request
    answer = written.ask("infer", body=body)
    label, probabilities = answer.outputs
    assert label.data == [written.ask("predict", body=written.patient(row)).prediction for row in range(20)]
    assert probabilities.shape == [20, len(probabilities.data) // 20]
    refused = written.ask("infer", body=written.type("InferenceRequest")(inputs=[]))
    assert isinstance(refused, written.type("InferenceError")) and refused.error


def test_a_table_is_uploaded_and_trained_on_with_the_password(written):
    text = written.table.data.read_text()
    stored = written.call("store_dataset").sync_detailed("clinic", client=written.admin, body=written.file(text))
    assert stored.status_code == 201 and stored.parsed.samples == len(written.table.rows)
    assert sum(stored.parsed.class_counts.additional_properties.values()) == stored.parsed.samples
    header, first = text.splitlines()[:2]
    wrong = written.file(f"{header}\n{first}\n{'x,' * header.count(',')}x\n")
    refused = written.ask("store_dataset", "clinic", client=written.admin, body=wrong)
    assert refused.status == 422 and {error.line for error in refused.errors} == {3}
    assert "clinic" in [each.name for each in written.ask("datasets").datasets]

    request = written.type("RetrainingRequest")(dataset="clinic", n_estimators=5, force=True)
    assert written.ask("retrain", body=request).status == 401
    job = written.ask("retrain", client=written.admin, body=request, prefer="respond-async")
    assert isinstance(job, written.type("RetrainingJob")) and job.parameters.dataset == "clinic"
    while job.state == "running":
        time.sleep(0.1)
        job = written.ask("job", job.id, client=written.admin)
    assert job.state == "succeeded" and job.error is None, job
    assert job.result.promoted and job.result.comparison.candidate.version == job.result.model_version
    assert [each.id for each in written.ask("jobs", client=written.admin).jobs] == [job.id]
    over = written.ask("cancel", job.id, client=written.admin)
    assert (over.status, over.job) == (409, job.id)
    previous = written.ask("models").models[-1].version
    again = written.ask(
        "activate", previous, client=written.admin, body=written.type("ActivationRequest")(reason="as before"))
    assert (again.model_version, again.previous_version) == (previous, job.result.model_version)


def test_what_was_kept_is_told_to_those_who_sign_in(written):
    told = written.ask("predict", body=written.patient(1))
    kept = written.ask("predictions", client=written.admin, limit=1)
    assert kept.predictions[0].id == told.id and kept.next_
    given = written.ask(
        "outcome", told.id, client=written.admin, body=written.type("OutcomeRequest")(drug=told.prediction))
    assert given.agreed and given.reason is None and given.user == "admin"
    entry = written.ask("prediction", told.id, client=written.admin)
    assert entry.outcome == given and entry.prediction == told.prediction
    audit = written.ask("audit", client=written.admin)
    assert audit.intact and "outcome" in [entry.action for entry in audit.entries]
    assert written.ask("me", client=written.admin).user == "admin"
    monitoring = written.ask("monitoring", client=written.admin)
    assert [feature.feature for feature in monitoring.drift.features] == written.table.names
    assert told.model_version in monitoring.predictions.by_model
    assert monitoring.predictions.by_drug[told.prediction] > 0
    assert written.ask("forget", told.id, client=written.admin).id == told.id


def test_models_alone_take_every_answer_and_check_a_patient(written):
    models, service = written.module("drug_models"), written.table.service
    patient = written.table.patient(written.table.rows[0])
    body = models.Patient.model_validate(patient)
    assert body.model_dump(mode="json", by_alias=True, exclude_unset=True) == patient
    with pytest.raises(ValueError):
        models.Patient.model_validate(patient | {"Nobody's": 1})

    def assert_modelled(method, path, answer, route=None):
        response = written.document["paths"][route or path.split("?")[0]][method]["responses"][str(answer.status)]
        if "$ref" in response:
            response = written.document["components"]["responses"][response["$ref"].split("/")[-1]]
        schema = response["content"][answer.headers["Content-Type"].split(";")[0]]["schema"]
        model = getattr(models, schema["$ref"].split("/")[-1])
        told = model.model_validate_json(answer.body)
        assert told.model_dump(mode="json", by_alias=True, exclude_unset=True).keys() == answer.json().keys()
        return answer.json()

    def posted(path, value):
        return ask(service, "POST", path, json.dumps(value), JSON | ADMIN)

    told = assert_modelled("post", "/predict?explain=true", posted("/predict?explain=true", patient))
    assert_modelled("post", "/predict", posted("/predict", {}))
    assert_modelled("post", "/predict/batch", posted("/predict/batch", {"patients": [patient] * 2}))
    assert_modelled("post", "/retrain", posted("/retrain", {"n_estimators": 5}))
    outcome = f"/predictions/{told['id']}/outcome"
    assert_modelled("post", outcome, posted(outcome, {"drug": told["prediction"]}), "/predictions/{id}/outcome")
    for path, methods in written.document["paths"].items():
        if "get" in methods and "{" not in path and path != "/metrics":
            assert_modelled("get", path, ask(service, "GET", path, headers=ADMIN))
    version = f"/models/{told['model_version']}"
    assert_modelled("get", version, ask(service, "GET", version), "/models/{version}")
    assert_modelled("get", "/me", ask(service, "GET", "/me"))


def test_a_service_without_a_responder_is_a_problem_too(written):
    written.table.service.detach_responders()
    try:
        for name in ["health", "ready", "predict", "model_info"]:
            answer = written.ask(name, **({"body": written.patient()} if name == "predict" else {}))
            assert isinstance(answer, written.type("Problem")) and answer.status == 503
        assert isinstance(written.ask("inference_model"), written.type("InferenceError"))
    finally:
        written.table.service.attach_responders()


@pytest.mark.parametrize("written", [None], indirect=True, ids=["drug200"])
def test_the_page_says_what_its_programs_print(written):
    shutil.copy(written.table.data, written.folder / "clinic.csv")
    programs = re.findall(r"```python\n(.*?)```\n```\n(.*?)```", PAGE, re.S)
    assert len(programs) == 3
    for program, printed in programs:
        program = program.replace("http://127.0.0.1:8000", written.table.service.url)
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=written.folder, env=ENVIRONMENT, text=True, capture_output=True)
        assert (done.stdout, done.returncode) == (printed, 0), done.stderr


def test_as_many_drugs_and_warnings_are_allowed_as_there_may_be(written):
    schemas = written.document["components"]["schemas"]
    answer = schemas["Prediction"]["properties"]
    assert answer["warnings"]["maxItems"] == len(schemas["Patient"]["properties"])
    assert answer["prediction_set"]["maxItems"] == len(written.ask("model_info").classes)


@pytest.mark.parametrize("written", [signs], indirect=True, ids=["signs"])
def test_a_change_of_a_yes_or_no_is_an_explanation_too(written):
    patient = written.type("Patient").from_dict({"Self": True, "class": "0"})
    told = written.ask("predict", body=patient, explain=True)
    flip = told.explanation.nearest_flip
    changed = (flip.field, flip.from_, flip.to, flip.prediction)
    assert (told.prediction, *changed) == ("-", "Self", True, False, "Süd (東)")
    written.module("drug_models").Prediction.model_validate(told.to_dict())


def test_what_models_of_other_fields_have_left_is_as_described(tmp_path):
    table = Table("signs", signs, tmp_path)
    with table.service as service:
        told = predict(service, table.patient(table.rows[0])).json()
        outcome = f"/predictions/{told['id']}/outcome"
        assert administer(service, "POST", outcome, {"drug": told["prediction"]}).status == 201
        train(table.models, "--n-estimators", "5")
        deadline = time.monotonic() + 20
        while predict(service).status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        document = ask(service, "GET", "/openapi.json").json()
        for path, name in [
                (f"/predictions/{told['id']}", "KeptPrediction"), ("/predictions", "KeptPredictions"),
                (f"/models/{told['model_version']}", "ModelDetails"), ("/models", "ModelList"),
                ("/model/info", "ModelInfo"), ("/monitoring", "Monitoring")]:
            schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
            jsonschema_rs.Draft202012Validator(schema).validate(ask(service, "GET", path, headers=ADMIN).json())
