"""What the responders write to standard error: one JSON object a line, and nothing of a patient."""

import datetime
import json
import re

import pytest

from client import JSON, PATIENT, ask, predict
from fastcgi import Responder
from processes import wait_until
from service import Service

REQUEST = {"time", "level", "event", "request_id", "route", "status", "duration_s", "model_version"}


@pytest.fixture(scope="module")
def service(models):
    with Service(models) as service:
        yield service


def events(service, **wanted):
    """The logged events with these members; the lines of `serve` itself are not JSON."""
    lines = [json.loads(line) for line in service.log().splitlines() if line.startswith("{")]
    return [line for line in lines if wanted.items() <= line.items()]


def logged(service, **wanted):
    """The one event with these members, as soon as it is written."""
    wait_until(lambda: events(service, **wanted))
    [event] = events(service, **wanted)
    return event


def test_a_request_is_one_event(service):
    answer = predict(service)
    event = logged(service, request_id=answer.json()["id"])
    assert set(event) == REQUEST
    moment = datetime.datetime.fromisoformat(event["time"])
    assert event["time"].endswith("Z")
    assert abs(moment - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=1)
    assert (event["level"], event["event"]) == ("info", "request")
    assert (event["route"], event["status"]) == ("/predict", 200)
    assert 0 < event["duration_s"] < 20
    assert event["model_version"] == answer.json()["model_version"]


def test_a_clients_own_name_for_its_request_is_logged_and_comes_back(service):
    headers = JSON | {"X-Request-ID": "visit-17"}
    answer = ask(service, "POST", "/predict", json.dumps(PATIENT), headers)
    assert answer.headers["X-Request-ID"] == "visit-17"
    event = logged(service, client_request_id="visit-17")
    assert event["request_id"] == answer.json()["id"] != "visit-17"


@pytest.mark.parametrize(
    ("method", "path", "body", "route", "status", "problem"),
    [
        ("POST", "/predict", "{}", "/predict", 422, "invalid-patient"),
        ("POST", "/predict", "{", "/predict", 400, "malformed-json"),
        ("POST", "/predict?x", json.dumps(PATIENT), "/predict", 400, "invalid-query"),
        ("DELETE", "/health", "", "/health", 405, "method-not-allowed"),
        ("POST", "/predict/batch", '{"patients":[{}]}', "/predict/batch", 422, "invalid-patient"),
    ])
def test_a_refused_request_is_an_event_with_its_problem(
        service, method, path, body, route, status, problem):
    name = f"refused-{problem}-{route.count('/')}"
    ask(service, method, path, body, JSON | {"X-Request-ID": name})
    event = logged(service, client_request_id=name)
    assert (event["route"], event["status"], event["problem"]) == (route, status, problem)
    assert event["level"] == "info"


def test_no_event_holds_a_value_of_a_patient(service):
    patient = PATIENT | {"Age": 113, "Na_to_K": 43.21098}
    ask(service, "POST", "/predict?explain=true", json.dumps(patient), JSON)
    ask(service, "POST", "/predict", json.dumps(patient | {"Age": 12_345, "Name": "Zaphod"}), JSON)
    ask(service, "POST", "/predict/batch", json.dumps({"patients": [patient, {"Zaphod": 1}]}), JSON)
    ask(service, "POST", "/predict/batch", "Age,Sex,BP,Cholesterol,Na_to_K\n113,M,Zaphod,NORMAL,43.21098\n",
        {"Content-Type": "text/csv"})
    ask(service, "POST", "/predict/batch", "Zaphod,43.21098\n", {"Content-Type": "text/csv"})
    logged(service, request_id=predict(service).json()["id"])
    assert [text for text in ["Zaphod", "43.21098", "12345", "12_345"] if text in service.log()] == []
    for event in events(service):
        assert 113 not in event.values() and "HIGH" not in json.dumps(event)


def test_every_line_of_a_responder_is_one_json_object(models):
    with Responder(models, "--prediction-log", "/proc/nowhere") as responder:
        for _ in range(50):
            connection = responder.connect()
            connection.ask()
            connection.ask(path='/no"thing\n', method="GET", body=b"")
            connection.close()
        assert responder.stop() == 0
        lines = responder.log().splitlines()
    assert len(lines) > 100
    found = [json.loads(line) for line in lines]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in found)
    assert {line["event"] for line in found} >= {"request", "serving", "stopped", "prediction log not writable"}
