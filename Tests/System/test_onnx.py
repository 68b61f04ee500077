"""Models in ONNX, both ways: ONNX Runtime and the forest say the same of every row."""

import json
import re
import subprocess

import jsonschema_rs
import numpy
import onnx
import pytest

import onnx_files
from client import JSON, PATIENT, ask, predict
from onnx_files import (
    DRUGS, LEVELS, Rows, export, forest_says, import_model, onnxruntime_says, thresholds, train_others, try_import)
from service import PROGRAMS, ROOT, Service, train

DOCUMENT = json.loads((ROOT / "www/openapi.json").read_text())
ROW_COUNT = 100_000
# The names of the models that can be read; `lightgbm-forest` is none: onnxmltools writes it wrong.
READ = [
    "forest", "forest64", "leaves", "extra", "pipeline", "ordinal", "xgboost", "xgboost-forest", "lightgbm"]


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Models of other programs: for each name its file and the options to import it."""
    folder = tmp_path_factory.mktemp("onnx")
    files = {}
    for name, (model, options) in train_others().items():
        onnx.save(model, folder / f"{name}.onnx")
        files[name] = (folder / f"{name}.onnx", options)
    return files


def all_rows(path):
    generator = numpy.random.default_rng(7)
    return Rows.random(ROW_COUNT, generator) + Rows.at(thresholds(onnx.load(path)), generator)


def agree(models, version, path):
    rows = all_rows(path)
    label, probabilities = onnxruntime_says(path, rows)
    own_label, own_probabilities = forest_says(models, version, rows)
    assert rows.count > ROW_COUNT
    assert numpy.abs(probabilities - own_probabilities).max() < 1e-6
    assert (label == own_label).all(), f"{(label != own_label).sum()} of {rows.count} rows differ"


@pytest.mark.parametrize("features", ["continuous", "binned"])
def test_an_exported_model_says_in_onnx_runtime_what_it_says_here(tmp_path, features):
    train(tmp_path / "models", "--features", features)
    path = tmp_path / "model.onnx"
    export(tmp_path / "models", path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    version = (tmp_path / "models/current").resolve().name
    agree(tmp_path / "models", version, path)
    # And it comes back as it was.
    again = import_model(tmp_path / "models", path)
    assert again != version
    agree(tmp_path / "models", again, path)
    show = subprocess.run(
        [PROGRAMS / "drugctl", "models", "show", again, "--models", tmp_path / "models"], capture_output=True,
        text=True, check=True).stdout
    assert re.search(rf"features +{features}\n", show) and re.search(r"trees +100\n", show)


@pytest.mark.parametrize("name", READ)
def test_an_imported_model_says_here_what_it_says_in_onnx_runtime(tmp_path, others, name):
    path, options = others[name]
    agree(tmp_path, import_model(tmp_path, path, *options), path)


@pytest.fixture(scope="module")
def boosted_service(others, tmp_path_factory):
    """A service of an imported model."""
    models = tmp_path_factory.mktemp("boosted") / "models"
    path, options = others["xgboost"]
    version = import_model(models, path, *options)
    subprocess.run(
        [PROGRAMS / "drugctl", "models", "activate", version, "--models", models], check=True,
        stdout=subprocess.DEVNULL)
    with Service(models) as service:
        service.version, service.file = version, path
        yield service


def test_an_imported_model_is_served_like_any_other(boosted_service):
    rows = Rows.random(2000, numpy.random.default_rng(3))
    rows.values["Age"] = rows.values["Age"].round()
    patients = [
        {name: LEVELS[name][rows.values[name][row]] if name in LEVELS else float(rows.values[name][row])
         for name in onnx_files.FIELDS}
        for row in range(rows.count)]
    answer = ask(boosted_service, "POST", "/predict/batch", json.dumps({"patients": patients}), JSON)
    assert answer.status == 200
    assert answer.json()["model_version"] == boosted_service.version
    label, probabilities = onnxruntime_says(boosted_service.file, rows)
    found = answer.json()["predictions"]
    assert [one["prediction"] for one in found] == list(label)
    own = numpy.array([[one["probabilities"][drug] for drug in DRUGS] for one in found])
    assert numpy.abs(own - probabilities).max() < 1e-6


def test_what_is_told_of_an_imported_model_is_as_the_description_says(boosted_service):
    def told(path):
        answer = ask(boosted_service, "GET", path)
        assert answer.status == 200
        schema = DOCUMENT["paths"][re.sub("/[0-9a-f]{12}", "/{version}", path)]["get"]["responses"]["200"]
        schema = schema["content"]["application/json"]["schema"]
        jsonschema_rs.validator_for({"components": DOCUMENT["components"], **schema}).validate(answer.json())
        return answer.json()

    info = told("/model/info")
    assert info["imported"]["producer"] == "OnnxMLTools 1.16.0" and info["imported"]["folded"]
    assert [info[name] for name in ("evaluation", "parameters", "training_data", "importances")] == [None] * 4
    assert told("/models")["models"][0]["imported_from"] == "ONNX"
    assert told(f"/models/{boosted_service.version}")["card"]["imported"] == info["imported"]
    answer = ask(boosted_service, "POST", "/predict?explain=true", json.dumps(PATIENT), JSON)
    schema = {"components": DOCUMENT["components"], "$ref": "#/components/schemas/Prediction"}
    jsonschema_rs.validator_for(schema).validate(answer.json())
    assert answer.json()["explanation"]["contributions"] is None
    assert sorted(predict(boosted_service).json()["prediction_set"]) == DRUGS


@pytest.mark.parametrize(("name", "keep", "reason"), [
    ("lightgbm-forest", 2, "node ArrayFeatureExtractor (ArrayFeatureExtractor): this operator is not known here"),
    ("xgboost", 2, "node TreeEnsembleClassifier (TreeEnsembleClassifier): its classes are numbers (0, 1, 2, 3, 4)"),
    ("forest", 0, "input X is a table of 9 columns: which they are must be said, by --columns\n"),
])
def test_what_cannot_be_kept_is_refused_with_its_reason(tmp_path, others, name, keep, reason):
    path, options = others[name]
    done = try_import(tmp_path / "models", path, *options[:keep])
    assert done.returncode == 1 and done.stderr.startswith(f"Error: {reason}"), done.stderr
    assert not (tmp_path / "models").exists()


def test_the_example_of_the_documentation_runs(models, tmp_path, monkeypatch, capsys):
    page = (ROOT / "docs/onnx.md").read_text()
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    export(models, tmp_path / "model.onnx")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "onnx.md", "exec"), {})
    output = capsys.readouterr().out
    assert output.startswith("['DrugY' ")
    assert output.endswith(f"{(models / 'current').resolve().name}\n")
