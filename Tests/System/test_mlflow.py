"""`drugctl runs export --json` and `deploy/mlflow-export`, into a real server of MLflow and out of it again."""

import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

# Nobody is told of the tests, and no proxy is asked for this machine's own server.
os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "NO_PROXY": "127.0.0.1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}

import mlflow  # noqa: E402
import mlflow.pyfunc  # noqa: E402
import pandas  # noqa: E402
import pytest  # noqa: E402
from mlflow.entities import ViewType  # noqa: E402

from client import JSON, ask  # noqa: E402
from service import PROGRAMS, ROOT, free_port  # noqa: E402
from test_tables import Table, laboratory, ward  # noqa: E402

PROGRAM = ROOT / "deploy/mlflow-export"


def drugctl(*arguments, models):
    return subprocess.run(
        [PROGRAMS / "drugctl", *map(str, arguments), "--models", models],
        cwd=ROOT, capture_output=True, text=True)


def runs_of(models, *numbers):
    """The runs as drugctl writes them, by their numbers."""
    done = drugctl("runs", "export", *numbers, "--json", models=models)
    assert done.returncode == 0, done.stderr
    return {run["number"]: run for run in map(json.loads, done.stdout.splitlines())}


def send(runs, uri, *arguments, python=(sys.executable,)):
    """Has the program read runs, or a text instead."""
    text = runs if isinstance(runs, str) else "".join(json.dumps(run) + "\n" for run in runs.values())
    return subprocess.run(
        [*python, PROGRAM, "--tracking-uri", uri, *arguments], input=text, capture_output=True, text=True)


def names_in(output):
    """The names of the runs in MLflow by their numbers, from what the program says."""
    lines = [line.split() for line in output.splitlines() if line.startswith("run ")]
    return {int(line[1]): line[-1] for line in lines}


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


@pytest.fixture(scope="module")
def starting(tmp_path_factory):
    """The address of a server of MLflow that begins to work, and its log."""
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", folder / "artifacts"]
    # Jobs need further packages, and no run is one.
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True)
    yield process, f"http://127.0.0.1:{port}", folder / "log"
    # Those that it has started end with it.
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def models(starting, tmp_path_factory):
    """A folder of models with a run of each kind: trained, better, searched for and failed."""
    folder = tmp_path_factory.mktemp("runs") / "models"
    few = folder.parent / "few.csv"
    few.write_text("Age,Sex,BP,Cholesterol,Na_to_K,Drug\n45,M,HIGH,NORMAL,9,drugA\n")
    assert drugctl("train", "--trees", 3, models=folder).returncode == 0
    assert drugctl("retrain", "--trees", 4, "--force", models=folder).returncode == 0
    assert drugctl("optimize", "--trials", 4, "--trees", "2,3", "--folds", 3, models=folder).returncode == 0
    assert drugctl("train", "--data", few, models=folder).returncode == 1
    return folder


@pytest.fixture(scope="module")
def uri(starting, models):
    """The address of the server, which answers."""
    process, uri, log = starting
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{uri}/health", timeout=5):
                return uri
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server does not answer:\n{log.read_text()}")


@pytest.fixture
def client(uri):
    return mlflow.MlflowClient(uri)


@pytest.fixture(scope="module")
def names(uri, models):
    """The names in MLflow of all runs, sent by the command that is documented."""
    page = (ROOT / "docs/experiments.md").read_text()
    [command] = [line for line in page.splitlines() if "| deploy/mlflow-export" in line]
    command = command.replace("--json", f"--json --models '{models}'").replace("http://127.0.0.1:5000", uri)
    assert uri in command
    path = f"{PROGRAMS}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, env=os.environ | {"PATH": path}, capture_output=True,
        text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert done.stdout.splitlines()[-1] == f"4 in experiment drug-classifier of {uri}"
    return names_in(done.stdout)


def test_mlflow_lists_every_run_with_its_state(client, names):
    experiment = client.get_experiment_by_name("drug-classifier").experiment_id
    runs = client.search_runs([experiment], order_by=["attributes.start_time ASC"])
    assert {run.info.run_id for run in runs} == set(names.values()) and len(names) == 4
    states = {run.info.run_name: run.info.status for run in runs}
    assert states == {"train 1": "FINISHED", "retrain 2": "FINISHED", "optimize 3": "FINISHED", "train 4": "FAILED"}
    found = client.search_runs([experiment], "metrics.test_accuracy > 0.5 and tags.promoted = 'yes'")
    assert {run.info.run_name for run in found} >= {"retrain 2"}


def test_mlflow_shows_what_drugctl_recorded(client, names, models):
    runs = runs_of(models)
    for number, name in names.items():
        sent, run = client.get_run(name), runs[number]
        assert sent.data.params == run["parameters"] | ({"data": run["dataset"]} if run["dataset"] else {})
        assert {key: sent.data.metrics[key] for key in run["metrics"]} == run["metrics"]
        for tag, value in {
            "drugctl.run_id": run["id"], "drugctl.run": str(number), "drugctl.state": run["state"],
            "drugctl.error": run["error"], "data_sha256": run["data_sha256"], "model_version": run["version"],
            "mlflow.source.name": f"drugctl {run['command']}",
        }.items():
            assert sent.data.tags.get(tag) == value, tag
        assert sent.info.start_time == milliseconds(run["started_at"])
        assert sent.info.end_time - sent.info.start_time == round(run["duration"] * 1000)
    comparison, metrics = runs[2]["comparison"], client.get_run(names[2]).data.metrics
    assert metrics["champion_macro_f1"] == comparison["champion"]["macro_f1"]["mean"]
    assert metrics["difference_macro_f1"] == comparison["difference"]["mean"]
    interval = [metrics[f"difference_macro_f1_{end}"] for end in ("lower", "upper")]
    assert interval == comparison["difference"]["interval"]


def test_the_artifacts_are_the_models_files_and_its_card(client, names, models, tmp_path):
    run = runs_of(models, 2)[2]
    version = run["version"]
    assert {file.path for file in client.list_artifacts(names[2])} == {"model", "model_card.md", "pyfunc"}
    folder = pathlib.Path(client.download_artifacts(names[2], "model", str(tmp_path)))
    original = models / "registry" / version
    assert run["model"]["folder"] == str(original)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        file.name: file.read_bytes() for file in original.iterdir()}
    page = pathlib.Path(client.download_artifacts(names[2], "model_card.md", str(tmp_path))).read_text()
    assert page == drugctl("models", "show", version, "--markdown", models=models).stdout
    assert client.get_run(names[2]).data.tags["mlflow.note.content"] == page
    trials = pathlib.Path(client.download_artifacts(names[3], "trials.json", str(tmp_path))).read_text()
    assert json.loads(trials) == runs_of(models, 3)[3]["trials"] and len(json.loads(trials)) == 4
    assert client.list_artifacts(names[4]) == []

    # What MLflow gives back is a model that can be served.
    own = tmp_path / "own"
    shutil.copytree(folder, own / "registry" / version)
    assert drugctl("models", "activate", version, models=own).returncode == 0
    assert drugctl("evaluate", models=own).returncode == 0


def test_sending_again_brings_up_to_date_doubles_nothing_and_keeps_what_people_did(client, models):
    runs = runs_of(models)
    unknown = {"duration": None, "metrics": {}, "version": None, "model": None, "promoted": None}
    before = runs | {1: runs[1] | unknown | {"state": "running"}, 3: runs[3] | unknown | {"state": "interrupted"}}
    done = send(before, client.tracking_uri, "--experiment", "again")
    assert done.returncode == 0 and not done.stderr, done.stderr
    names = names_in(done.stdout)
    assert [client.get_run(names[number]).info.status for number in (1, 2, 3, 4)] == [
        "RUNNING", "FINISHED", "KILLED", "FAILED"]
    assert client.get_run(names[3]).info.end_time is None

    client.set_tag(names[2], "ward", "3")
    client.set_tag(names[2], "mlflow.note.content", "Ours.")
    client.update_run(names[2], name="The good one")
    client.delete_run(names[4])
    done = send(runs, client.tracking_uri, "--experiment", "again")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "Warning: run 4 (train) was deleted in MLflow, and stays so\n"
    assert names_in(done.stdout) == {number: names[number] for number in (1, 2, 3)}
    experiment = client.get_experiment_by_name("again").experiment_id
    assert len(client.search_runs([experiment], run_view_type=ViewType.ALL)) == 4
    for number in (1, 2, 3):
        sent = client.get_run(names[number])
        assert sent.info.status == "FINISHED"
        for key, value in runs[number]["metrics"].items():
            assert [point.value for point in client.get_metric_history(names[number], key)] == [value]
    sent = client.get_run(names[2])
    assert (sent.info.run_name, sent.data.tags["ward"], sent.data.tags["mlflow.note.content"]) == (
        "The good one", "3", "Ours.")
    files = [file.path for file in client.list_artifacts(names[1], "model")]
    assert sorted(files) == sorted(f"model/{file.name}" for file in (models / "registry" / runs[1]["version"]).iterdir())


def test_names_notes_and_who_began_a_run_stand_where_mlflow_has_them(client, models, tmp_path):
    own = shutil.copytree(models, tmp_path / "models", symlinks=True)

    def sent(*numbers):
        done = send(runs_of(own, *numbers), client.tracking_uri, "--experiment", "labels")
        assert done.returncode == 0 and not done.stderr, done.stderr
        return {number: client.get_run(name) for number, name in names_in(done.stdout).items()}

    version = runs_of(own, 2)[2]["version"]
    before = sent(1, 2)
    assert {number: run.info.run_name for number, run in before.items()} == {1: "train 1", 2: "retrain 2"}
    assert before[1].data.tags["mlflow.user"] == runs_of(own, 1)[1]["user"]
    assert drugctl("runs", "note", 2, "--name", "fewer trees", "--note", "of May", models=own).returncode == 0
    for words in (["alias", "ward-3", version], ["tag", version, "ward=3"], ["note", version, "for ward 3"]):
        assert drugctl("models", *words, models=own).returncode == 0
    run = sent(2)[2]
    tags = run.data.tags
    assert run.info.run_name == "fewer trees"
    page = drugctl("models", "show", version, "--markdown", models=own).stdout
    assert tags["mlflow.note.content"] == f"of May\n\n{page}"
    assert {key: tags[f"drugctl.{key}"] for key in ("name", "note", "aliases", "model_note", "tag.ward")} == {
        "name": "fewer trees", "note": "of May", "aliases": "champion, ward-3", "model_note": "for ward 3",
        "tag.ward": "3"}

    # What was taken away is gone, and what people have written there stays.
    client.update_run(run.info.run_id, name="Ours")
    assert drugctl("runs", "note", 2, models=own).returncode == 0
    assert drugctl("models", "tag", version, "--remove", "ward", models=own).returncode == 0
    run = sent(2)[2]
    assert run.info.run_name == "Ours" and run.data.tags["mlflow.note.content"] == page
    assert not {"drugctl.name", "drugctl.note", "drugctl.tag.ward"} & run.data.tags.keys()


def test_models_in_mlflows_registry_have_the_labels_that_they_have_here(client, models, tmp_path):
    own = shutil.copytree(models, tmp_path / "models", symlinks=True)
    runs = runs_of(own, 1, 2)
    [first, second] = [runs[number]["version"] for number in (1, 2)]

    def registered():
        done = send(runs_of(own, 1, 2), client.tracking_uri, "--experiment", "registered", "--register", "drugs")
        assert done.returncode == 0 and not done.stderr, done.stderr
        found = client.search_model_versions("name='drugs'")
        return {one.tags["drugctl.version"]: client.get_model_version("drugs", one.version) for one in found}

    for words in (["alias", "ward-3", first], ["tag", first, "ward=3"], ["note", first, "for ward 3"]):
        assert drugctl("models", *words, models=own).returncode == 0
    there = registered()
    assert there.keys() == {first, second}
    assert (there[first].aliases, there[second].aliases) == (["ward-3"], ["champion"])
    assert (there[first].tags["ward"], there[first].description) == ("3", "for ward 3")
    assert mlflow.MlflowClient(client.tracking_uri).get_model_version_by_alias("drugs", "champion").version == (
        there[second].version)

    client.set_registered_model_alias("drugs", "theirs", there[first].version)
    client.update_model_version("drugs", there[second].version, "Theirs.")
    for words in (["alias", "ward-3", second], ["tag", first, "--remove", "ward"], ["note", first],
                  ["note", second, "ours"]):
        assert drugctl("models", *words, models=own).returncode == 0
    again = registered()
    assert {version: one.version for version, one in again.items()} == {
        version: one.version for version, one in there.items()}
    assert (again[first].aliases, sorted(again[second].aliases)) == (["theirs"], ["champion", "ward-3"])
    assert "ward" not in again[first].tags and not again[first].description
    assert again[second].description == "Theirs."


def test_a_pruned_models_run_goes_without_its_files_into_an_experiment_that_mlflow_has_made(client, models, tmp_path):
    experiment = client.create_experiment("Ward 3: new")
    own = tmp_path / "models"
    shutil.copytree(models, own, symlinks=True)
    version = runs_of(own, 1)[1]["version"]
    shutil.rmtree(own / "registry" / version)
    runs = runs_of(own, 1)
    assert runs[1]["version"] == version and runs[1]["model"] is None
    done = send(runs, client.tracking_uri, "--experiment", "Ward 3: new")
    assert done.returncode == 0
    [line] = done.stderr.splitlines()
    assert line.endswith(f"the files of model {version} are left out: it is not in the registry any more")
    [run] = client.search_runs([experiment])
    assert run.data.tags["model_version"] == version and run.info.status == "FINISHED"
    assert client.list_artifacts(run.info.run_id) == []


def test_what_cannot_be_done_is_said_in_a_line(client, models):
    def words(*arguments, **settings):
        done = send(*arguments, **settings)
        assert done.returncode == 1 and not done.stdout
        [line] = done.stderr.splitlines()
        return line

    runs = runs_of(models, 1)
    client.delete_experiment(client.create_experiment("gone"))
    line = words(runs, client.tracking_uri, "--experiment", "gone")
    assert line.startswith("mlflow-export: experiment gone was deleted in MLflow: restore it there")
    nobody = f"http://127.0.0.1:{free_port()}"
    line = words(runs, nobody)
    assert line.startswith(f"mlflow-export: {nobody} ") and "Connection refused" in line
    assert "MLflow is not installed" in words(runs, nobody, python=(sys.executable, "-S"))
    for text in ("", "{}\n", "[]\n", "Run 1\n", json.dumps(runs[1])[:-1]):
        line = words(text, nobody)
        assert line == "mlflow-export: standard input holds no runs as drugctl runs export --json writes them"


@pytest.fixture(scope="module", params=[ward, laboratory], ids=lambda rows: rows.__name__)
def loaded(request, uri, tmp_path_factory):
    """A table that is not drug200, and the model of it that MLflow has loaded."""
    table = Table(request.param.__name__, request.param, tmp_path_factory.mktemp(request.param.__name__))
    done = send(runs_of(table.models), uri, "--experiment", f"of {table.name}")
    assert done.returncode == 0 and not done.stderr, done.stderr
    mlflow.set_tracking_uri(uri)
    return table, mlflow.pyfunc.load_model(f"runs:/{names_in(done.stdout)[1]}/pyfunc")


def test_the_signature_of_a_model_is_its_description(loaded):
    table, model = loaded
    inputs = model.metadata.signature.inputs
    assert inputs.input_names() == table.names
    for column, field in zip(inputs.inputs, table.fields):
        required = field.get("constraints", {}).get("required", False)
        kinds = {"integer": "long" if required else "double", "number": "double", "boolean": "boolean"}
        assert (column.type.name, column.required) == (kinds.get(field["type"], "string"), required), field
    assert model.metadata.signature.outputs.input_names() == ["prediction", "probabilities"]


def test_a_model_in_mlflow_says_what_the_service_says_of_whole_and_of_missing_values(loaded):
    table, model = loaded
    patients = [table.patient(row) for row in table.rows[:100]]
    frame = pandas.DataFrame(patients, columns=table.names)
    for column in model.metadata.signature.inputs.inputs:
        if column.type.name == "double":
            frame[column.name] = frame[column.name].astype(float)
    said = model.predict(frame)
    with table.service as service:
        body = json.dumps({"patients": patients})
        told = ask(service, "POST", "/predict/batch", body, JSON).json()["predictions"]
    assert any(len(patient) < len(table.names) for patient in patients) == (table.name == "laboratory")
    for mine, own in zip(said.to_dict("records"), told):
        assert mine["probabilities"] == pytest.approx(own["probabilities"], abs=1e-6)
        assert list(mine["probabilities"]) == list(own["probabilities"])
        if sorted(mine["probabilities"].values())[-2] < max(mine["probabilities"].values()) - 1e-5:
            assert mine["prediction"] == own["prediction"]


def test_an_input_example_is_answered(loaded):
    table, model = loaded
    example = model.input_example
    assert list(example.columns) == table.names
    assert len(model.predict(example)) == len(example) >= 1


def test_columns_of_fields_that_may_be_missing_can_be_left_out(loaded):
    table, model = loaded
    needed = [field["name"] for field in table.fields if field.get("constraints", {}).get("required")]
    frame = model.input_example[needed]
    assert model.predict(frame)["prediction"][0] in model.predict(frame)["probabilities"][0]


def test_what_the_service_refuses_is_refused_there(loaded):
    table, model = loaded
    field = next(field for field in table.fields if field["type"] == "string")
    frame = model.input_example.copy()
    frame[field["name"]] = "nothing like it"
    with pytest.raises(ValueError, match=f"row 0: {field['name']} must be one of"):
        model.predict(frame)
    number = next(field for field in table.fields if field["type"] == "number")
    frame = model.input_example.copy()
    frame[number["name"]] = 1e9
    with pytest.raises(ValueError, match=f"row 0: {number['name']} is outside of its limits"):
        model.predict(frame)


def test_a_model_that_is_there_is_not_sent_again(client, models, names):
    files = client.list_artifacts(names[1], "pyfunc")
    done = send(runs_of(models, 1), client.tracking_uri, "--drugctl", "/nowhere/drugctl")
    assert done.returncode == 0 and not done.stderr
    assert client.list_artifacts(names[1], "pyfunc") == files


def test_a_program_that_cannot_write_the_model_is_named_and_the_run_is_sent(client, models):
    done = send(runs_of(models, 1), client.tracking_uri, "--experiment", "without", "--drugctl", "/bin/false")
    assert done.returncode == 0 and "no model that MLflow loads" in done.stderr
    assert "pyfunc" not in {file.path for file in client.list_artifacts(names_in(done.stdout)[1])}
