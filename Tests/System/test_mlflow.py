"""`drugctl runs export --mlflow`, read by MLflow itself, as it comes from PyPI."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

# MLflow wants to be told that its file store is meant, and not to tell anybody of it.
os.environ |= {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}

import mlflow  # noqa: E402
import pytest  # noqa: E402
from mlflow.entities import ViewType  # noqa: E402

from service import PROGRAMS, ROOT  # noqa: E402


def drugctl(*arguments, models):
    return subprocess.run(
        [PROGRAMS / "drugctl", *map(str, arguments), "--models", models],
        cwd=ROOT, capture_output=True, text=True)


def export(models, folder, *arguments):
    """Exports runs and returns their names in MLflow by their numbers."""
    done = drugctl("runs", "export", "--mlflow", folder, *arguments, models=models)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("Run ")]
    return {int(line[1]): line[-1] for line in lines}


def client_of(folder):
    return mlflow.MlflowClient(tracking_uri=pathlib.Path(folder).as_uri())


def recorded(models, number):
    """A run as drugctl has recorded it."""
    database = sqlite3.connect(f"file:{models}/runs.sqlite?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    with database:
        row = database.execute("SELECT * FROM run WHERE number = ?", [number]).fetchone()
    database.close()
    return dict(row)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder of models with a run of each kind: trained, better, searched for and failed."""
    folder = tmp_path_factory.mktemp("runs") / "models"
    few = folder.parent / "few.csv"
    few.write_text("Age,Sex,BP,Cholesterol,Na_to_K,Drug\n45,M,HIGH,NORMAL,9,drugA\n")
    assert drugctl("train", "--trees", 3, models=folder).returncode == 0
    assert drugctl("retrain", "--trees", 4, "--force", models=folder).returncode == 0
    assert drugctl("optimize", "--trials", 4, "--trees", "2,3", "--folds", 3, models=folder).returncode == 0
    assert drugctl("train", "--data", few, models=folder).returncode == 1
    return folder


@pytest.fixture
def store(models, tmp_path):
    """Where the runs were exported to, with MLflow's client, and the names of the runs."""
    names = export(models, tmp_path / "ml runs")
    return client_of(tmp_path / "ml runs"), names, tmp_path / "ml runs"


def test_mlflow_lists_every_run_with_its_state(store):
    client, names, _ = store
    [experiment] = client.search_experiments()
    assert experiment.name == "drug-classifier"
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    assert {run.info.run_id for run in runs} == set(names.values()) and len(names) == 4
    states = {run.info.run_name: run.info.status for run in runs}
    assert states == {"train 1": "FINISHED", "retrain 2": "FINISHED", "optimize 3": "FINISHED", "train 4": "FAILED"}
    found = client.search_runs([experiment.experiment_id], "metrics.test_accuracy > 0.5 and tags.promoted = 'yes'")
    assert {run.info.run_name for run in found} >= {"retrain 2"}


def test_mlflow_shows_what_drugctl_recorded(store, models):
    client, names, _ = store
    for number, name in names.items():
        run, row = client.get_run(name), recorded(models, number)
        parameters = json.loads(row["parameters"]) | ({"data": row["dataset"]} if row["dataset"] else {})
        assert run.data.params == parameters
        metrics = json.loads(row["metrics"])
        assert {key: run.data.metrics[key] for key in metrics} == metrics
        assert run.data.tags.get("model_version") == row["version"]
        assert run.data.tags.get("data_sha256") == row["data_sha256"]
        assert run.data.tags.get("drugctl.error") == row["error"]
        assert run.info.end_time - run.info.start_time == round(row["duration"] * 1000)
    comparison = json.loads(recorded(models, 2)["comparison"])
    metrics = client.get_run(names[2]).data.metrics
    assert metrics["difference_macro_f1"] == comparison["difference"]["mean"]
    assert metrics["champion_macro_f1"] == comparison["champion"]["macro_f1"]["mean"]
    assert [point.value for point in client.get_metric_history(names[1], "test_accuracy")] == [
        json.loads(recorded(models, 1)["metrics"])["test_accuracy"]]


def test_the_artifacts_are_the_models_files_and_its_card(store, models, tmp_path):
    client, names, _ = store
    version = recorded(models, 2)["version"]
    assert {file.path for file in client.list_artifacts(names[2])} == {"model", "model_card.md"}
    folder = pathlib.Path(client.download_artifacts(names[2], "model", str(tmp_path)))
    original = models / "registry" / version
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        file.name: file.read_bytes() for file in original.iterdir()}
    page = pathlib.Path(client.download_artifacts(names[2], "model_card.md", str(tmp_path))).read_text()
    assert page == drugctl("models", "show", version, "--markdown", models=models).stdout
    assert client.get_run(names[2]).data.tags["mlflow.note.content"] == page
    trials = pathlib.Path(client.download_artifacts(names[3], "trials.csv", str(tmp_path))).read_text()
    assert len(trials.splitlines()) == 5 and trials.startswith("trial,features,")
    assert client.list_artifacts(names[4]) == []

    # What MLflow gives back is a model that can be served.
    own = tmp_path / "own"
    shutil.copytree(folder, own / "registry" / version)
    assert drugctl("models", "activate", version, models=own).returncode == 0
    assert drugctl("evaluate", models=own).returncode == 0


def test_exporting_again_doubles_nothing_and_keeps_what_people_added(store, models):
    client, names, folder = store
    client.set_tag(names[1], "ward", "3")
    assert export(models, folder) == names
    assert export(models, folder, 1) == {1: names[1]}
    [experiment] = client.search_experiments()
    assert len(client.search_runs([experiment.experiment_id])) == 4
    assert client.get_run(names[1]).data.tags["ward"] == "3"


def test_an_experiment_that_mlflow_has_made_is_used(models, tmp_path):
    client = client_of(tmp_path / "store")
    experiment = client.create_experiment("Ward 3: new")
    names = export(models, tmp_path / "store", 1, 2, "--experiment", "Ward 3: new")
    runs = client.search_runs([experiment])
    assert {run.info.run_id for run in runs} == set(names.values())
    # And one that we have made can be used by MLflow.
    export(models, tmp_path / "store", 1)
    own = client.get_experiment_by_name("drug-classifier").experiment_id
    run = client.create_run(own)
    client.log_metric(run.info.run_id, "accuracy", 1)
    client.log_text(run.info.run_id, "text", "note.txt")
    assert len(client.search_runs([own])) == 2

    client.delete_experiment(experiment)
    done = drugctl("runs", "export", "--mlflow", tmp_path / "store", "--experiment", "Ward 3: new", models=models)
    assert done.returncode == 1 and "was deleted in MLflow" in done.stderr
    assert len(client.search_experiments(view_type=ViewType.DELETED_ONLY)) == 1


def test_a_pruned_models_run_is_exported_without_its_files(models, tmp_path):
    own = tmp_path / "models"
    shutil.copytree(models, own, symlinks=True)
    version = recorded(own, 1)["version"]
    shutil.rmtree(own / "registry" / version)
    done = drugctl("runs", "export", 1, "--mlflow", tmp_path / "store", models=own)
    assert done.returncode == 0
    assert f"model {version} is not in the registry any more" in done.stderr
    client = client_of(tmp_path / "store")
    run = client.get_run(done.stdout.splitlines()[0].split()[-1])
    assert run.data.tags["model_version"] == version
    assert client.list_artifacts(run.info.run_id) == []


def test_the_documented_command_is_the_one_that_works(models, tmp_path):
    page = (ROOT / "docs/experiments.md").read_text()
    [command] = [line for line in page.splitlines() if line.startswith("drugctl runs export")]
    words = command.split("#")[0].split()[1:]
    words[words.index("mlruns")] = str(tmp_path / "mlruns")
    assert drugctl(*words, models=models).returncode == 0
    assert len(client_of(tmp_path / "mlruns").search_experiments()) == 1
