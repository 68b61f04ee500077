"""The documented calls through nginx: shapes, statuses, headers."""

import json
import re

import pytest

from client import JSON, PATIENT, administer, ask, predict, send
from service import ROOT

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; worker-src 'self'; manifest-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DRUGS = {"DrugY", "drugA", "drugB", "drugC", "drugX"}
REST = ["/health", "/model/info", "/predict"]

# What nginx refuses by itself: bytes, status, name of the problem.
REFUSALS = {
    "no HTTP": (b"GARBAGE\r\n\r\n", 400, "bad-request"),
    "an unknown version": (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505, "version-not-supported"),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "bad-request"),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, "bad-request"),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "bad-request"),
    "a NUL in the address": (b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
    "a way out of the root": (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
    "an encoded way out": (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
    "CONNECT": (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
    "a length that is no number": (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400, "bad-request"),
    "two lengths": (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400,
        "bad-request"),
    "a length and chunks": (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        400, "bad-request"),
    "a broken chunk": (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "bad-request"),
    "an unknown coding": (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "not-implemented"),
    "a long address": (b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "address-too-long"),
    "a long header": (
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 17_000 + b"\r\n\r\n", 431, "headers-too-large"),
    "many headers": (
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: aaaaaaaa\r\n" * 4000 + b"\r\n", 431, "headers-too-large"),
    "a body too large": (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", 413, "body-too-large"),
    "a body too large for a page": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", 413, "body-too-large"),
    "a body of astronomic size": (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000000000000\r\n\r\n", 413,
        "body-too-large"),
    "TRACE": (b"TRACE /predict HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method-not-allowed"),
    "an unmet condition": (b'GET / HTTP/1.1\r\nHost: x\r\nIf-Match: "x"\r\n\r\n', 412, "precondition-failed"),
    "an unknown address": (b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
    "a problem's own address": (b"GET /problem/500 HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
    "what installs the pages": (b"GET /install-vendor HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"),
}


def test_health(service):
    answer = ask(service, "GET", "/health")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    health = answer.json()
    version = (service.models / "current").resolve().name
    assert health["status"] == "healthy"
    assert health["model_loaded"] is True
    assert health["model_path"] == f"{service.models.name}/current/forest.rf"
    assert health["model_version"] == version
    assert set(health) == {"status", "model_loaded", "model_path", "version", "model_version"}


@pytest.mark.parametrize(
    "patient", [PATIENT, {"Age": 52, "Sex": "F", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 18.3}])
def test_the_documented_patients_get_drug_y(service, patient):
    answer = predict(service, patient)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    prediction = answer.json()
    assert prediction["prediction"] == "DrugY"
    assert prediction["patient_data"] == patient
    assert prediction["status"] == "success"
    assert set(prediction["probabilities"]) == DRUGS
    assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-9)
    assert max(prediction["probabilities"], key=prediction["probabilities"].get) == "DrugY"
    assert set(prediction["votes"]) == DRUGS
    assert sum(prediction["votes"].values()) == 100
    assert prediction["warnings"] == []
    assert prediction["model_version"] == ask(service, "GET", "/health").json()["model_version"]
    assert prediction["id"] == answer.headers["X-Request-ID"]


def test_a_large_cookie_of_another_program_on_the_host_does_no_harm(service):
    assert ask(service, "GET", "/health", headers={"Cookie": "session=" + "x" * 8192}).status == 200


def test_what_would_be_recommended_over_a_range_is_told_and_not_kept(service):
    answer = ask(service, "POST", "/predict/what-if?x=4&y=0", json.dumps(PATIENT), JSON)
    assert answer.status == 200
    told = answer.json()
    assert told["what_if"] is True and told["prediction"] == "DrugY" and "id" not in told
    assert [curve["field"] for curve in told["curves"]] == ["Age", "Na_to_K"]
    assert len(told["map"]["labels"]) == len(told["map"]["y"]["edges"]) - 1
    assert administer(service, "GET", f"/predictions/{answer.headers['X-Request-ID']}").status == 404
    assert ask(service, "GET", "/predict/what-if").headers["Allow"] == "POST"


def test_a_value_outside_of_training_gets_a_warning(service):
    answer = predict(service, PATIENT | {"Age": 110}).json()
    warnings = answer["warnings"]
    assert answer["needs_review"] is True
    assert [(entry["pointer"], entry["code"]) for entry in warnings] == [("/Age", "outside_training_range")]
    assert "110" not in json.dumps(warnings)


def test_the_model_tells_of_itself(service):
    answer = ask(service, "GET", "/model/info")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    info = answer.json()
    assert info["model_type"] == "RandomForestClassifier"
    assert info["n_features"] == len(info["feature_names"]) == 9
    assert set(info["classes"]) == DRUGS
    assert info["n_estimators"] == 100
    assert info["model_path"].endswith("current/forest.rf")
    assert info["training_data"]["samples"] == 200
    assert len(info["training_data"]["sha256"]) == 64
    assert info["parameters"]["max_leaf_nodes"] == 30
    assert sum(info["importances"].values()) == pytest.approx(1)
    assert set(info["importances"]) == set(PATIENT)
    assert {"binned", "continuous"} == set(info["feature_sets"])
    assert {"accuracy", "precision", "recall", "f1", "confusion_matrix"} <= flat_names(info["evaluation"])


def flat_names(value):
    """All the names of an object and of those inside of it."""
    if isinstance(value, dict):
        return set(value).union(*map(flat_names, value.values()))
    return set()


@pytest.mark.parametrize("path", ["/health", "/model/info", "/"])
def test_head_is_get_without_its_body(service, path):
    get, head = (ask(service, method, path) for method in ["GET", "HEAD"])
    assert (head.status, head.body) == (200, b"")
    for name in ["Content-Type", "Content-Length", *SECURITY]:
        assert head.headers.get_all(name) == get.headers.get_all(name)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_predict_answers_to_post_alone(service, method):
    answer = ask(service, method, "/predict")
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("path", ["/health", "/model/info", "/"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_is_read_answers_to_get_and_head_alone(service, method, path):
    answer = ask(service, method, path, "{}", JSON)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert problem_of(answer)["status"] == 405


@pytest.mark.parametrize("path", ["/predict/", "/predict/x", "/Predict", "/health/x", "/model", "/models/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_address_is_not_found(service, method, path):
    answer = ask(service, method, path, "{}", JSON)
    assert answer.status == 404
    assert problem_of(answer)["status"] == 404


def test_a_browser_gets_a_page_for_what_is_not_found(service):
    answer = ask(service, "GET", "/nothing", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.body.startswith(b"<!doctype html>")
    assert_secure(answer)


@pytest.mark.parametrize("name", REFUSALS)
def test_what_nginx_refuses_is_a_problem_too(service, name):
    request, status, problem = REFUSALS[name]
    answer = send(service, request)
    assert answer.status == status
    assert problem_of(answer)["type"] == f"urn:drug-classifier:problem:{problem}"
    assert_secure(answer)
    assert predict(service).status == 200


def test_trace_is_told_the_methods_of_its_address(service):
    assert ask(service, "TRACE", "/predict?explain=true").headers["Allow"] == "POST"
    assert ask(service, "TRACE", "/health").headers["Allow"] == "GET, HEAD"


def test_every_answer_has_the_security_headers_once(service):
    answers = [ask(service, method, path) for path in ["/", "/nothing", *REST] for method in ["GET", "DELETE"]]
    answers += [predict(service), predict(service, {}), ask(service, "POST", "/predict", "{")]
    answers += [ask(service, "POST", "/predict", b"x" * 65_537, JSON)]
    assert {answer.status for answer in answers} == {200, 404, 405, 413, 415, 422}
    for answer in answers:
        assert_secure(answer)


def test_styles_and_scripts_have_the_headers_that_rule_no_page(service):
    page = ask(service, "GET", "/predict.html")
    assert_secure(page)
    names = re.findall(r'"(/assets/[^"]+)"', page.body.decode())
    assert {name.rsplit(".")[-1] for name in names} == {"css", "js"}
    for name in names:
        answer = ask(service, "GET", name)
        assert answer.status == 200
        kept = ["X-Content-Type-Options", "Cross-Origin-Resource-Policy"]
        assert {header: answer.headers.get_all(header) for header in SECURITY if header in answer.headers} == {
            header: [SECURITY[header]] for header in kept}
        assert sum(len(f"{header}: {value}\r\n") for header, value in answer.headers.items()) < 400
    # Whatever else lies there is no asset, and a name that is none is told as any other.
    assert_secure(ask(service, "GET", names[0] + ".js"))
    folder = names[0].rsplit("/", 2)[0]
    assert ask(service, "GET", f"{folder}/vendor/swagger-ui/LICENSE").status == 404


def test_each_request_has_an_identifier_of_its_own(service):
    answers = [ask(service, "GET", path) for path in [*REST, "/", "/x"] * 3]
    identifiers = {answer.headers["X-Request-ID"] for answer in answers}
    assert len(identifiers) == len(answers)
    assert all(len(identifier) == 32 for identifier in identifiers)


def test_a_name_that_the_client_gives_its_request_comes_back_if_it_is_one(service):
    told = lambda name: ask(
        service, "GET", "/health", headers={"X-Request-ID": name}).headers["X-Request-ID"]
    assert told("visit-17.b_2") == "visit-17.b_2"
    for name in ("", "two words", "x" * 65, "quo\"te", "a;b"):
        assert len(told(name)) == 32 and told(name) != name


def test_no_answer_reveals_a_path_or_who_runs_here(service):
    answers = [ask(service, method, path) for path in ["/", "/x", *REST] for method in ["GET", "POST"]]
    answers += [send(service, request) for request, _, _ in REFUSALS.values()]
    answers += [predict(service), predict(service, {}), ask(service, "GET", "/nothing?a=/etc")]
    parents = [str(service.run), str(service.models.parent), str(ROOT), "/tmp/", "/etc/", "/usr/", ".build"]
    for answer in answers:
        text = str(answer.headers) + answer.body.decode()
        assert [path for path in parents if path in text] == []
        assert answer.headers["Server"] == "nginx"


def test_without_a_responder_the_answer_is_a_problem_with_a_time_to_come_back(service):
    service.detach_responders()
    try:
        # A body that is longer than other addresses accept makes no difference.
        table = ask(service, "POST", "/predict/batch", "x" * 100_000, {"Content-Type": "text/csv"})
        for answer in [predict(service), table, ask(service, "GET", "/health"), ask(service, "GET", "/model/info")]:
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "2"
            assert answer.headers["Cache-Control"] == "no-store"
            assert problem_of(answer)["type"] == "urn:drug-classifier:problem:unavailable"
            assert_secure(answer)
        assert ask(service, "GET", "/").status == 200
    finally:
        service.attach_responders()
    assert predict(service).status == 200


def problem_of(answer):
    """The problem of an answer, checked for what all have."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status
    assert problem["title"] and problem["detail"]
    return problem


def assert_secure(answer):
    for name, value in SECURITY.items():
        assert answer.headers.get_all(name) == [value], name
    assert len(answer.headers.get_all("X-Request-ID")) == 1
