"""www/openapi.json against the running service: every answer is as it says."""

import gzip
import json
import shutil

import jsonschema_rs
import pytest

from client import ADMIN, JSON, PATIENT, administer, ask, predict
from fuzz_api import fuzz
from service import ROOT, Service

DOCUMENT = json.loads((ROOT / "www/openapi.json").read_text())
OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()]
NAMES = [operation["operationId"] for _, _, operation in OPERATIONS]
INFERENCE = "/v2/models/drug-classifier"
WRONG = PATIENT | {"Age": 121, "Sex": "f"}


@pytest.fixture(scope="module")
def service(models, tmp_path_factory):
    """A service whose models may change."""
    folder = tmp_path_factory.mktemp("own") / "models"
    shutil.copytree(models, folder, symlinks=True)
    with Service(folder) as service:
        yield service


def address(service, method, path):
    """An address of a route at which its examples are answered well; made anew each time."""
    if "{alias}" in path:
        path = path.replace("{alias}", "second-opinion")
        if method == "delete":
            administer(service, "PUT", path.replace("{version}", "champion"))
        return path.replace("{version}", "champion")
    if "/shadow" in path:
        made = administer(service, "POST", "/retrain", {"n_estimators": 3, "promote": False}).json()
        path = path.replace("{version}", made["model_version"])
        if method != "post":
            assert administer(service, "POST", path.removesuffix("/disagreements"), {}).status == 200
        return path
    if "{version}" in path:
        return path.replace("{version}", ask(service, "GET", "/models").json()["current"]).replace(
            "{plot}", "importance.svg").replace("{tree}", "0")
    if path.startswith("/predictions/{id}"):
        return path.replace("{id}", predict(service).json()["id"])
    if path == "/retrain/jobs/{id}":
        started = administer(
            service, "POST", "/retrain", {"n_estimators": 2000 if method == "delete" else 1},
            {"Prefer": "respond-async"} if method == "delete" else {})
        return path.replace("{id}", started.json()["id" if method == "delete" else "job"])
    # The first run is the training of the models that the service begins with.
    return path.replace("{name}", "clinic").replace("{number}", "1")


def some_address(path):
    """An address of a route, of something that need not be there."""
    known = {"{version}": "0123456789ab", "{id}": "x", "{name}": "clinic", "{number}": "999999", "{plot}": "x.svg", "{tree}": "0", "{alias}": "x"}
    for part, value in known.items():
        path = path.replace(part, value)
    return path


def resolved(part):
    """What a reference leads to."""
    while "$ref" in part:
        name = part["$ref"].removeprefix("#/").split("/")
        part = DOCUMENT
        for step in name:
            part = part[step]
    return part


def schema_of(media):
    return {"components": DOCUMENT["components"], **media["schema"]}


def assert_as_documented(answer, path, method):
    """An answer's status, type, headers and body are those of the document."""
    response = resolved(DOCUMENT["paths"][path][method]["responses"][str(answer.status)])
    kind = answer.headers["Content-Type"].split(";")[0]
    assert kind in response["content"]
    for name, header in response["headers"].items():
        assert answer.headers[name] or not header.get("required"), name
    if kind.endswith("json"):
        jsonschema_rs.Draft202012Validator(schema_of(response["content"][kind])).validate(answer.json())


def values(media):
    """The examples of a body."""
    if "example" in media:
        return [media["example"]]
    return [example["value"] for example in media.get("examples", {}).values()]


def test_it_is_served_as_json_in_the_frame_of_every_answer(service):
    answer = ask(service, "GET", "/openapi.json")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == DOCUMENT
    assert DOCUMENT["openapi"].startswith("3.1")


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_every_example_of_a_request_is_answered_as_documented(service, method, path, operation):
    content = operation.get("requestBody", {"content": {None: {"example": ""}}})["content"]
    bodies = [(kind, value) for kind, media in content.items() for value in values(media)]
    assert bodies
    for kind, value in bodies:
        body = value if isinstance(value, str) else json.dumps(value)
        for query in ["", "?explain=true"] if path == "/predict" else [""]:
            answer = ask(
                service, method.upper(), address(service, method, path) + query, body,
                ADMIN | ({"Content-Type": kind} if kind else {}))
            assert answer.status in (200, 201), answer.body
            assert_as_documented(answer, path, method)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_every_example_of_an_answer_is_as_its_schema_says(method, path, operation):
    for status, response in operation["responses"].items():
        response = resolved(response)
        assert response["description"] and response["headers"]["X-Request-ID"]
        for kind, media in response.get("content", {}).items():
            for value in values(media):
                jsonschema_rs.Draft202012Validator(schema_of(media)).validate(value)
            if "problem" in kind:
                assert [value["status"] for value in values(media)] == [int(status)]


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/predict", "{", JSON, 400), ("/predict?explain=maybe", json.dumps(PATIENT), JSON, 400),
        ("/predict", "x" * 65_537, JSON, 413), ("/predict?" + "x" * 17_000, "", JSON, 414),
        ("/predict", "{}", {"Content-Type": "text/plain"}, 415), ("/predict", json.dumps(WRONG), JSON, 422),
        ("/predict", "{}", JSON | {"X-A": "a" * 17_000}, 431),
        ("/predict/batch", "{", JSON, 400), ("/predict/batch", " " * (5 << 20), JSON, 413),
        ("/predict/batch", json.dumps({"patients": [PATIENT] * 10_001}), JSON, 413),
        ("/predict/batch", "{}", {"Content-Type": "text/plain"}, 415),
        ("/predict/batch", json.dumps({"patients": [PATIENT, WRONG]}), JSON, 422),
        ("/predict/batch", "Age\n1\n", {"Content-Type": "text/csv"}, 422),
        (f"{INFERENCE}/infer", "{", JSON, 400), (f"{INFERENCE}/infer", "{}", JSON, 400),
        (f"{INFERENCE}/infer", "{}", JSON | {"Inference-Header-Content-Length": "x"}, 400),
        (f"{INFERENCE}/infer", '{"inputs":[{"name":"Age","datatype":"FP64","shape":[10001],"data":[]}]}', JSON, 413),
        (f"{INFERENCE}/infer", " " * (5 << 20), JSON, 413), (f"{INFERENCE}/infer?" + "x" * 17_000, "", JSON, 414),
        (f"{INFERENCE}/infer", "{}", {"Content-Type": "text/plain"}, 415),
        (f"{INFERENCE}/infer", "{}", JSON | {"X-A": "a" * 17_000}, 431),
        (f"{INFERENCE}/versions/{{version}}/infer", "{}", JSON, 404),
    ])
def test_every_refusal_is_as_documented(service, path, body, headers, status):
    answer = ask(service, "POST", some_address(path), body, headers)
    assert answer.status == status
    assert_as_documented(answer, path.split("?")[0], "post")


@pytest.mark.parametrize(
    ("method", "path", "operation"), [entry for entry in OPERATIONS if "415" in entry[2]["responses"]])
def test_a_compressed_body_is_refused_wherever_one_is_read(service, method, path, operation):
    for kind in operation["requestBody"]["content"]:
        answer = ask(
            service, method.upper(), address(service, method, path), gzip.compress(b"{}"),
            ADMIN | {"Content-Type": kind, "Content-Encoding": "gzip"})
        assert answer.status == 415
        assert answer.headers["Accept-Encoding"] == "identity"
        assert_as_documented(answer, path, method)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_another_method_is_refused_as_documented(service, method, path, operation):
    for other in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - {method.upper()}:
        if other.lower() in DOCUMENT["paths"][path]:
            continue
        answer = ask(service, other, some_address(path), headers=ADMIN)
        assert answer.status == 405
        assert method.upper() in answer.headers["Allow"]
        assert_as_documented(answer, path, method)


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("get", "/me", None, {}, 401), ("post", "/retrain", "{}", JSON, 401),
        ("put", "/datasets/{name}", "Age", {"Content-Type": "text/csv"}, 401),
        ("post", "/retrain", "{}", ADMIN | JSON | {"Sec-Fetch-Site": "cross-site"}, 403),
        ("delete", "/retrain/jobs/{id}", None, ADMIN | {"Sec-Fetch-Site": "same-site"}, 403),
        ("get", "/models/{version}", None, {}, 404), ("get", f"{INFERENCE}/versions/{{version}}", None, {}, 404),
        ("get", f"{INFERENCE}/versions/{{version}}/ready", None, {}, 404), ("get", "/retrain/jobs/{id}", None, ADMIN, 404),
        ("post", "/models/{version}/activate", "{}", ADMIN | JSON, 404),
        ("post", "/predictions/{id}/outcome", '{"drug":"DrugY"}', ADMIN | JSON, 404),
        ("get", "/predictions/{id}", None, ADMIN, 404), ("get", "/predictions/{id}", None, {}, 401),
        ("get", "/models/{version}/shadow", None, {}, 401), ("get", "/models/{version}/shadow", None, ADMIN, 404),
        ("delete", "/models/{version}/shadow", None, ADMIN, 404), ("post", "/models/{version}/shadow", "{}", JSON, 401),
        ("get", "/models/{version}/shadow/disagreements", None, ADMIN, 404),
        ("get", "/runs", None, {}, 401), ("get", "/runs/{number}", None, ADMIN, 404),
        ("put", "/runs/{number}/remark", "{}", ADMIN | JSON, 404),
        ("put", "/runs/{number}/remark", '{"name":7}', ADMIN | JSON, 422),
        ("put", "/models/{version}/labels", "{}", ADMIN | JSON, 404),
        ("put", "/models/{version}/aliases/{alias}", None, {}, 401),
        ("delete", "/models/{version}/aliases/{alias}", None, ADMIN, 404),
        ("get", "/me", None, {"Authorization": "Basic !"}, 400),
        ("put", "/datasets/{name}", "Age", {"Content-Type": "text/csv", "Authorization": "Basic !"}, 400),
        ("delete", "/predictions/{id}", None, ADMIN, 404), ("delete", "/predictions/{id}", None, {}, 401),
        ("post", "/retrain", "{}", ADMIN, 415),
        ("put", "/datasets/{name}", "Age", ADMIN | {"Content-Type": "text/plain"}, 415),
        ("post", "/retrain", '{"n_estimators":0}', ADMIN | JSON, 422),
        ("post", "/models/{version}/activate", '{"reason":7}', ADMIN | JSON, 422),
        ("put", "/datasets/{name}", "Age,Sex,BP,Cholesterol,Na_to_K,Drug\n1,X,LOW,HIGH,,y\n",
         ADMIN | {"Content-Type": "text/csv"}, 422),
        ("post", "/retrain", "x" * 65_537, ADMIN | JSON, 413), ("post", "/retrain", "{", ADMIN | JSON, 400),
    ])
def test_every_refusal_to_administrators_is_as_documented(service, method, path, body, headers, status):
    answer = ask(service, method.upper(), some_address(path), body, headers)
    assert answer.status == status
    assert_as_documented(answer, path, method)


def test_what_there_is_without_a_model_is_as_documented(tmp_path):
    with Service(tmp_path / "models") as service:
        for path in ["/models", "/datasets", "/metrics", "/monitoring"]:
            answer = ask(service, "GET", path)
            assert answer.status == 200
            assert_as_documented(answer, path, "get")
        for method, path, operation in OPERATIONS:
            if not {"predictions", "inference", "model", "health"} & set(operation["tags"]):
                continue
            body = json.dumps(PATIENT if path == "/predict" else {"patients": []})
            answer = ask(
                service, method.upper(), some_address(path), body if method == "post" else None, JSON)
            always = path in ["/health/live", "/v2", "/v2/health/live"]
            assert answer.status == (200 if always else 404 if "{version}" in path else 503)
            assert_as_documented(answer, path, method)


def test_what_there_is_without_a_responder_is_as_documented(models):
    with Service(models) as service:
        service.detach_responders()
        for method, path, _ in OPERATIONS:
            body = "{}" if method == "post" else None
            answer = ask(service, method.upper(), some_address(path), body, ADMIN | JSON)
            assert answer.status == 503
            assert_as_documented(answer, path, method)


def test_no_request_that_it_allows_or_forbids_is_answered_otherwise(own_models, capfd):
    # What is tried is the interface: a training would take a second each time.
    with Service(own_models, DRUGCTL=str(ROOT / "Tests/System/trained")) as service:
        done, requests = fuzz(service, 20)
        assert done.returncode == 0, capfd.readouterr().out[:5000]
        # Fewer where there is less to vary, and where nginx has refused those without a password.
        assert all(requests[path] >= 15 for path in DOCUMENT["paths"]), requests
