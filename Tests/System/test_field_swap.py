"""Versions of different fields that take turns under load: each answer is that of the version which it names."""

import csv
import io
import itertools
import json
import random
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest

from client import JSON, administer, ask, connect
from processes import wait_until
from service import PROGRAMS, Service, train
from test_tables import DESCRIPTIONS, Table, laboratory, ward

INFERENCE = "/v2/models/drug-classifier"
DRUG200 = [
    {"Age": age, "Sex": "FM"[age % 2], "BP": ["LOW", "NORMAL", "HIGH"][age % 3], "Cholesterol": "NORMAL", "Na_to_K": 14.6}
    for age in range(20, 28)]


def drugctl(*arguments):
    subprocess.run([PROGRAMS / "drugctl", *map(str, arguments)], check=True, capture_output=True)


class Version:
    """A version, patients of its fields, and what it is to answer to all that a client may ask for them."""

    def __init__(self, name, patients):
        self.name, self.patients = name, patients

    def questions(self):
        """Names, methods, paths, bodies and headers of requests about the patients."""
        names = list(dict.fromkeys(name for patient in self.patients for name in patient))
        rows = [[cell(patient.get(name, "")) for name in names] for patient in self.patients]
        columns = [[patient.get(name) for patient in self.patients] for name in names]
        kinds = [next(type(value) for value in column if value is not None) for column in columns]
        inputs = [
            {"name": name, "shape": [len(column)], "data": column,
             "datatype": {str: "BYTES", bool: "BOOL"}.get(kind, "FP64")}
            for name, column, kind in zip(names, columns, kinds)]
        for place, patient in enumerate(self.patients[:4]):
            yield f"predict {place}", "POST", "/predict", json.dumps(patient), JSON
        yield "explain", "POST", "/predict?explain=true", json.dumps(self.patients[0]), JSON
        yield "list", "POST", "/predict/batch", json.dumps({"patients": self.patients}), JSON
        yield "table", "POST", "/predict/batch", Table.text(names, rows).encode(), {"Content-Type": "text/csv"}
        yield "tensors", "POST", f"{INFERENCE}/infer", json.dumps({"inputs": inputs}), JSON


# Whatever is served.
QUESTIONS = [
    ("schema", "GET", "/model/schema", None, {}), ("interface", "GET", "/openapi.json", None, {}),
    ("metadata", "GET", INFERENCE, None, {}), ("info", "GET", "/model/info", None, {})]


def cell(value):
    """A value as a table has it."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def told(answer):
    """What an answer says but for what differs from one to the next: its version, and all else."""
    if answer.headers["ETag"]:
        return None, (answer.status, answer.headers["ETag"], answer.body)
    if answer.headers["Content-Type"].startswith("text/csv"):
        rows = [row[:-1] for row in csv.reader(io.StringIO(answer.body.decode()))]
        return answer.headers["X-Model-Version"], (answer.status, str(rows))
    body = answer.json()
    version = body.pop("model_version", None)
    for name in ["id", "parameters", "versions"]:
        body.pop(name, None)
    for prediction in body.get("predictions", []):
        prediction.pop("id")
    return version, (answer.status, json.dumps(body))


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """A folder of three models, and the versions in it."""
    folder = tmp_path_factory.mktemp("fields")
    found, tables = [], {}
    train(folder / "models", "--n-estimators", "10")
    found.append(Version((folder / "models/current").readlink().name, DRUG200))
    for rows in [ward, laboratory]:
        own = folder / rows.__name__
        own.mkdir()
        tables[rows] = Table(rows.__name__, rows, own, train=False)
        drugctl("train", "--data", tables[rows].data, "--models", folder / "models", "--n-estimators", "10")
        patients = [tables[rows].patient(row) for row in tables[rows].rows[:8]]
        found.append(Version((folder / "models/current").readlink().name, patients))
    return folder / "models", found


def serve(service, version):
    """Activates a version in a service of one responder, which serves it then."""
    assert administer(service, "POST", f"/models/{version}/activate", {}).status == 200


def expectations(service, versions):
    """What each version answers to each question, of its own patients and of the others'."""
    expected = {}
    for served in versions:
        serve(service, served.name)
        for about in versions:
            for name, *question in about.questions():
                version, words = told(ask(service, *question))
                assert version == (served.name if about is served else None), words
                expected.setdefault((about.name, name), {})[served.name] = words
        for name, *question in QUESTIONS:
            expected.setdefault((None, name), {})[served.name] = told(ask(service, *question))[1]
    return expected


class Client:
    """Asks without a pause on a connection of its own, and notes what came back."""

    def __init__(self, service, versions, seed, ending):
        self.service, self.versions, self.ending = service, versions, ending
        self.draw = random.Random(seed)
        self.answers = []
        self.faults = []
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        questions = [(about.name, *question) for about in self.versions for question in about.questions()]
        questions += [(None, *question) for question in QUESTIONS]
        connection = connect(self.service)
        while not self.ending.is_set():
            about, name, *question = self.draw.choice(questions)
            try:
                self.answers.append((about, name, ask(self.service, *question, connection=connection)))
            except Exception as fault:
                self.faults.append((name, fault))
                connection.close()
        connection.close()


def request_lines(service):
    """The line of each request, by its id."""
    events = [json.loads(line) for line in service.log().splitlines() if line.startswith("{") and line.endswith("}")]
    return {event["request_id"]: event for event in events if event["event"] == "request"}


def test_versions_of_different_fields_that_take_turns_are_never_mixed(versions, tmp_path):
    models, versions = versions
    models = shutil.copytree(models, tmp_path / "models", symlinks=True)
    names = [version.name for version in versions]
    with Service(models, PROCESSES="1") as service:
        expected = expectations(service, versions)
    # All of the clients may have a table under way.
    with Service(models, PROCESSES="2", TABLES_EACH="16") as service:
        # Nothing below would be seen if two said the same.
        for (about, name), words in expected.items():
            assert name.split()[0] in ["predict", "explain"] or len(set(words.values())) > 1, name
        ending = threading.Event()
        clients = [Client(service, versions, seed, ending) for seed in range(4)]
        for turn in range(24):
            name = names[turn % 3]
            if turn % 4 == 3:
                drugctl("models", "rollback", "--models", models)
            elif turn % 4 == 2:
                drugctl("models", "activate", name, "--models", models)
            else:
                assert administer(service, "POST", f"/models/{name}/activate", {}).status == 200
            time.sleep(0.05)
        time.sleep(0.3)
        ending.set()
        for client in clients:
            client.thread.join()
        assert [fault for client in clients for fault in client.faults] == []
        answers = [answer for client in clients for answer in client.answers]
        seen = set()
        # Each process writes its lines some at a time.
        asked = {answer.headers["X-Request-ID"] for _, _, answer in answers}
        wait_until(lambda: asked <= set(request_lines(service)))
        lines = request_lines(service)
        kept = {}
        for about, name, answer in answers:
            version, words = told(answer)
            if version is not None:
                # Its own patients, and what was said of them before.
                assert version == (about or version) and words == expected[about, name][version], (about, name, version, words)
                assert lines[answer.headers["X-Request-ID"]]["model_version"] == version, name
                seen.add((name, about, version))
                if name.startswith("predict"):
                    kept[answer.json()["id"]] = (version, versions[names.index(about)].patients[int(name.split()[1])])
            else:
                possible = [other for other, said in expected[about, name].items() if said == words]
                assert possible and (about not in possible or about is None), (about, name, words)
                assert answer.status in ([200] if about is None else [400, 422])
                seen.add((name, about, *possible))
        # Each question has met each version.
        assert {(name, version, version) for name in ["list", "table", "tensors", "explain"] for version in names} <= seen
        assert {(name, None, version) for name, *_ in QUESTIONS for version in names} <= seen
        with sqlite3.connect(service.log_folder / "predictions.sqlite") as log:
            for number, (version, patient) in kept.items():
                inputs, model, text = log.execute(
                    "SELECT inputs, model_version, text FROM prediction JOIN description ON "
                    "description = description.number WHERE id = ?", [number]).fetchone()
                assert model == version
                assert {key: value for key, value in json.loads(inputs).items() if value is not None} == patient
                fields = {field["name"] for field in json.loads(text)["fields"]}
                assert fields >= set(patient) and fields - set(json.loads(inputs)) == {json.loads(text)["target"]}


def test_a_table_that_comes_while_the_fields_change_is_answered_by_one_version(versions, tmp_path):
    models, (first, second, _) = versions
    models = shutil.copytree(models, tmp_path / "models", symlinks=True)
    header, *rows = dict((name, body) for name, _, _, body, _ in first.questions())["table"].splitlines()
    long = b"\n".join([header, *rows * 3000]) + b"\n"
    with Service(models, PROCESSES="1") as service:
        serve(service, first.name)
        answers = []

        def send():
            answers.append(ask(service, "POST", "/predict/batch", long, {"Content-Type": "text/csv"}))

        # Some of them begin before a change, some behind it.
        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread, version in zip(threads, itertools.cycle([second.name, first.name])):
            thread.start()
            time.sleep(0.1)
            assert administer(service, "POST", f"/models/{version}/activate", {}).status == 200
        for thread in threads:
            thread.join()
        drugs = {}
        for answer in answers:
            if answer.status == 422:
                assert answer.json()["detail"]
                continue
            assert answer.status == 200 and answer.headers["X-Model-Version"] == first.name
            found = list(csv.DictReader(io.StringIO(answer.body.decode())))
            assert len(found) == 3000 * len(rows) and not any(row["error"] for row in found)
            for place, row in enumerate(found):
                assert drugs.setdefault(place % len(rows), row["prediction"]) == row["prediction"]
            # The line is written once the answer is on its way.
            until, told = time.monotonic() + 10, []
            while not told and time.monotonic() < until:
                told = [line for line in service.log().splitlines() if f'"request_id":"{answer.headers["X-Request-ID"]}"' in line]
            [line] = told
            assert json.loads(line)["model_version"] == first.name
        assert drugs

        # The other half comes when others are served.
        serve(service, first.name)
        connection = connect(service)
        connection.putrequest("POST", "/predict/batch")
        connection.putheader("Content-Type", "text/csv")
        connection.putheader("Content-Length", str(len(long)))
        connection.endheaders(long[:len(long) // 2])
        serve(service, second.name)
        connection.send(long[len(long) // 2:])
        answer = connection.getresponse()
        body = answer.read().decode()
        assert answer.status == 422 and "missing column" in body, body[:500]
        connection.close()
