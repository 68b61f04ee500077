"""Versions under names of people's own: for programs that ask, and for those who look after models."""

import json
import subprocess

import pytest
import tritonclient.http as triton

from client import JSON, PATIENT, administer, ask, connect, kind
from load import Load
from service import PROGRAMS, Service, train
from test_inference import PATIENTS, outputs, tensors, texts

MODEL = "/v2/models/drug-classifier"
INPUTS = [
    {"name": name, "datatype": "BYTES" if isinstance(value, str) else "FP64", "shape": [1], "data": [value]}
    for name, value in PATIENT.items()]


@pytest.fixture
def two_models(own_models):
    """A folder of two models, and the versions: the first, and the second, which is served."""
    train(own_models, "--seed", "1")
    served = (own_models / "current").resolve().name
    [first] = {folder.name for folder in (own_models / "registry").iterdir()} - {served}
    return own_models, first, served


def drugctl(models, *words):
    return subprocess.run(
        [PROGRAMS / "drugctl", "models", *words, "--models", models], capture_output=True, text=True)


class Asking(Load):
    """Asks a version under a name, and keeps who has answered."""

    def __init__(self, service, name):
        super().__init__(service, clients=4)
        self.name = name

    def work(self, number):
        connection = connect(self.service)
        while not self.ending.is_set():
            try:
                answer = ask(
                    self.service, "POST", f"{MODEL}/versions/{self.name}/infer", json.dumps({"inputs": INPUTS}), JSON,
                    connection)
                (self.answers if answer.status == 200 else self.faults).append(answer.json())
            except Exception as fault:
                self.faults.append(fault)
                connection.close()
        connection.close()


def test_a_name_that_moves_under_load_costs_no_answer(two_models):
    models, first, second = two_models
    with Service(models) as service:
        assert administer(service, "PUT", f"/models/{first}/aliases/ward-3").status == 200
        with Asking(service, "ward-3") as load:
            # Over REST and on the command line, by turns.
            for turn in range(30):
                version = [second, first][turn % 2]
                if turn % 3 == 0:
                    assert drugctl(models, "alias", "ward-3", version).returncode == 0
                else:
                    assert administer(service, "PUT", f"/models/{version}/aliases/ward-3").status == 200
                # Whoever asks now, asks that one.
                answer = ask(service, "GET", "/models/ward-3").json()
                assert (answer["version"], "ward-3" in answer["aliases"]) == (version, True)
                load.wait_for(10)
        assert load.faults == []
        assert {answer["model_version"] for answer in load.answers} == {first, second}


def test_the_protocols_own_client_asks_by_a_name(two_models):
    models, first, second = two_models
    with Service(models) as service, triton.InferenceServerClient(f"127.0.0.1:{service.port}") as client:
        administer(service, "PUT", f"/models/{first}/aliases/ward-3")
        for name, version in [("ward-3", first), ("champion", second)]:
            assert client.is_model_ready("drug-classifier", name)
            assert client.get_model_metadata("drug-classifier", name)["name"] == "drug-classifier"
            said = client.infer("drug-classifier", tensors(PATIENTS, True), name, outputs(True))
            own = client.infer("drug-classifier", tensors(PATIENTS, True), version, outputs(True))
            assert said.get_response()["model_version"] == version
            assert texts(said.as_numpy("label")) == texts(own.as_numpy("label"))
        assert not client.is_model_ready("drug-classifier", "nobody")


def test_files_and_looks_are_had_by_a_name(two_models):
    models, first, _ = two_models
    with Service(models) as service:
        administer(service, "PUT", f"/models/{first}/aliases/ward-3")
        for file in ["forest.rf", "card.json", "inspection.json", "confusion_matrix.png", "SHA256SUMS"]:
            moved = ask(service, "GET", f"/models/ward-3/{file}")
            # As it was sent: a client on another port than nginx's own follows it too.
            assert (moved.status, moved.headers["Location"]) == (307, f"/models/{first}/{file}")
            assert moved.headers["Cache-Control"] == "no-store"
            assert ask(service, "GET", moved.headers["Location"]).body == (models / "registry" / first / file).read_bytes()
        for path in ["report", "plots/importance.svg", "trees/0"]:
            assert ask(service, "GET", f"/models/ward-3/{path}").status == 200
        for path in ["misses", "changes"]:
            assert administer(service, "GET", f"/models/ward-3/{path}").status == 200
        assert kind(ask(service, "GET", "/models/nobody/card.json")) == "unknown-model"


def test_a_named_version_outlives_a_pruning_and_the_service_sees_what_the_command_line_does(two_models):
    models, first, second = two_models
    train(models, "--seed", "2")
    train(models, "--seed", "3")
    assert drugctl(models, "alias", "ward-3", first).returncode == 0
    assert drugctl(models, "tag", first, "ward=3").returncode == 0
    assert drugctl(models, "note", "ward-3", "of May").returncode == 0
    with Service(models) as service:
        listed = {model["version"]: model for model in ask(service, "GET", "/models").json()["models"]}
        told = {name: listed[first][name] for name in ("aliases", "tags", "note")}
        assert told == {"aliases": ["ward-3"], "tags": {"ward": "3"}, "note": "of May"}
        assert drugctl(models, "prune", "--keep", "1", "--yes").returncode == 0
        left = {model["version"] for model in ask(service, "GET", "/models").json()["models"]}
        assert first in left and second not in left
        assert ask(service, "GET", "/models/ward-3").json()["version"] == first
        # The signature and the digest know nothing of labels.
        assert drugctl(models, "verify").returncode == 0
