"""Who gets in with what, and what it costs when somebody guesses."""

import base64
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import threading
import time

import pytest

import fastcgi
from client import ADMIN, JSON, PATIENT, administer, ask, connect, credentials, kind, predict, receive
from people import add_slow_user
from processes import wait_until
from service import PASSWORD, PROGRAMS, Service, children_of

TABLE = "Age,Sex,BP,Cholesterol,Na_to_K,Drug\n45,M,HIGH,NORMAL,15.5,DrugY\n"
CSV = {"Content-Type": "text/csv"}


def basic(text):
    return {"Authorization": "Basic " + base64.b64encode(text).decode()}


def drugctl(*arguments, **options):
    return subprocess.run(
        [PROGRAMS / "drugctl", *arguments], check=True, capture_output=True, text=True, **options).stdout


def add_user(service, name, roles, password="correct horse"):
    drugctl("users", "add", name, "--roles", roles, "--passwords", service.log_folder / "htpasswd", input=password)
    return credentials(name, password)


def events(service):
    """The lines of the log that are JSON by their first letter; all must be."""
    return [json.loads(line) for line in service.log().split("\n") if line.startswith("{")]


@pytest.fixture(scope="module")
def service(models, tmp_path_factory):
    """A service that takes each client for whom it says it is, with models of its own."""
    folder = tmp_path_factory.mktemp("sign-in") / "models"
    shutil.copytree(models, folder, symlinks=True)
    with Service(folder, TRUSTED_PROXY="127.0.0.1") as service:
        yield service


def from_address(address):
    return {"X-Forwarded-For": address}


def announce(service, headers, length=60_000_000):
    """Announces a table without sending it, and returns the answer."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as wire:
        lines = "".join(f"{name}: {value}\r\n" for name, value in (CSV | headers).items())
        wire.sendall(f"PUT /datasets/x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{lines}\r\n".encode())
        return receive(wire, "PUT")


def test_a_long_body_is_refused_before_it_is_sent(service):
    add_user(service, "doctor", "clinician")
    forwarded = from_address("10.9.0.1")
    for headers, status, name in [
        ({}, 401, "unauthorized"), (credentials("admin", "wrong"), 401, "unauthorized"),
        (basic(b"a\nb:c"), 400, "malformed-credentials"),
        (credentials("doctor", "correct horse"), 403, "forbidden"),
    ]:
        answer = announce(service, headers | forwarded)
        assert (answer.status, kind(answer)) == (status, name)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert len(answer.headers.get_all("WWW-Authenticate") or []) == (status == 401)
    assert "needs the role engineer" in answer.json()["detail"]
    for _ in range(40):
        answer = announce(service, credentials("admin", "guess") | forwarded)
    assert (answer.status, kind(answer)) == (429, "too-many-requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 12
    assert administer(service, "PUT", "/datasets/clinic", TABLE, CSV).status == 201
    assert administer(service, "PUT", "/datasets/clinic", TABLE, CSV | {"Sec-Fetch-Site": "cross-site"}).status == 403


def test_nobody_asks_from_outside_who_may_sign_in(service):
    for path in ["/sign-in", "/sign-in/silent", "/refusal/401", "/%73ign-in"]:
        answer = ask(service, "GET", path, headers=ADMIN)
        assert (answer.status, kind(answer)) == (404, "not-found")
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_wrong_passwords_from_a_hundred_addresses_stop_nobody_else(service):
    add_user(service, "late", "auditor")
    assert administer(service, "GET", "/me").status == 200
    ending, statuses, waits, lock = threading.Event(), [], [], threading.Lock()

    def guess(first):
        number = first
        while not ending.is_set():
            name = ["admin", "eve"][number % 2]
            answer = ask(service, "GET", "/me", headers=credentials(name, str(number)) | from_address(f"10.1.0.{number % 100}"))
            with lock:
                statuses.append(answer.status)
            number += 16
    threads = [threading.Thread(target=guess, args=[first]) for first in range(16)]
    for thread in threads:
        thread.start()
    try:
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline:
            start = time.monotonic()
            assert predict(service).status == 200
            waits.append(time.monotonic() - start)
            # Whoever has signed in before keeps working.
            assert administer(service, "GET", "/me").status == 200
            time.sleep(0.02)
        # Somebody new waits as well, with the right password too.
        late = ask(service, "GET", "/me", headers=credentials("late", "correct horse") | from_address("10.2.0.1"))
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    assert set(statuses) == {401, 429, 503} or set(statuses) == {401, 429}
    assert statuses.count(401) < 100
    print(f"{len(statuses)} guesses, {statuses.count(401)} looked at; predictions: "
          f"median {statistics.median(waits) * 1000:.1f} ms, p99 {statistics.quantiles(waits, n=100)[-1] * 1000:.1f} ms")
    assert (late.status, kind(late)) == (429, "too-many-requests")


def test_failures_stand_in_audit_metrics_and_log_without_filling_them(service):
    trail = administer(service, "GET", "/audit?limit=1000").json()
    failures = [entry for entry in trail["entries"] if entry["action"] == "sign-in"]
    assert trail["intact"] and 0 < len(failures) < 100
    assert all(entry["outcome"] == "refused" for entry in failures)
    assert any(entry["address"].startswith("10.1.0.") for entry in failures)
    figures = ask(service, "GET", "/metrics").body.decode()
    assert 'drug_classifier_sign_in_failures_total{reason="wrong"}' in figures
    wait_until(lambda: any(
        event["event"] == "sign-in refused" and event["user"] == "eve" for event in events(service)))


@pytest.mark.parametrize("text", [
    b"admin\n{\"event\":\"forged\"}:x", b"\x1b[2J:x", b"a\x00b:x", b"no colon", b"\xff\xfe:x", b"a\r:x",
    b"admin:" + PASSWORD.encode() + b"\x00"])
def test_credentials_that_are_none_are_refused_and_leave_no_trace(service, text):
    for method, path in [("GET", "/me"), ("POST", "/retrain"), ("PUT", "/datasets/x")]:
        answer = ask(service, method, path, "{}" if method != "GET" else None, JSON | basic(text))
        assert (answer.status, kind(answer)) == (400, "malformed-credentials")
    time.sleep(0.3)
    assert all(event["event"] != "forged" for event in events(service))
    assert b"\x1b" not in (service.run / "log").read_bytes()


def test_a_name_is_told_as_one_line(service):
    ask(service, "GET", "/me", headers=credentials("eve\u2028{\"event\":\"forged\"}" + "x" * 500, "x") | from_address("10.3.0.1"))
    time.sleep(0.3)
    assert all(event["event"] != "forged" for event in events(service))
    assert "x" * 80 not in service.log()


@pytest.fixture
def own(models):
    with Service(models) as service:
        yield service


def test_people_get_in_as_soon_as_they_are_in_the_file_and_not_longer(own):
    ann = add_user(own, "ann", "auditor")
    assert ask(own, "GET", "/me", headers=ann).json() == {"user": "ann", "roles": ["auditor"]}
    assert ask(own, "GET", "/audit", headers=ann).status == 200
    refused = ask(own, "POST", "/retrain", "{}", JSON | ann)
    assert (refused.status, kind(refused)) == (403, "forbidden")
    entry = administer(own, "GET", "/audit").json()["entries"][0]
    assert (entry["user"], entry["action"], entry["detail"]) == ("ann", "retrain", "forbidden")
    drugctl("users", "remove", "ann", "--passwords", own.log_folder / "htpasswd")
    assert ask(own, "GET", "/me", headers=ann).status == 401
    # A start with a password for admin leaves the others.
    add_user(own, "bob", "engineer")
    own.stop()
    own.start()
    assert ask(own, "GET", "/me", headers=credentials("bob", "correct horse")).status == 200
    assert administer(own, "GET", "/me").status == 200


def test_the_password_is_in_no_environment_and_no_command_line(own):
    def descendants(pid):
        return [pid] + [each for child in children_of(pid) for each in descendants(child)]
    found = descendants(own.process.pid)
    assert len(found) >= 5
    for pid in found:
        for name in ["environ", "cmdline"]:
            with contextlib.suppress(FileNotFoundError):
                text = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
                assert PASSWORD.encode() not in text and b"ADMIN_PASSWORD=" not in text, (pid, name)
    assert administer(own, "GET", "/me").status == 200


def test_without_responders_a_long_body_is_told_to_wait(own):
    own.detach_responders()
    try:
        answer = announce(own, ADMIN)
        assert (answer.status, kind(answer)) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
    finally:
        own.attach_responders()


def test_who_reaches_a_responder_is_nobody_without_a_password(own):
    # As a front does with its certificate, or an nginx with a wrong setting.
    connection = fastcgi.Connection(own.run / "responder.sock")
    for parameters in [{"REMOTE_USER": "admin"}, {"REMOTE_USER": "admin", "AUTH_TYPE": "Basic"}]:
        for method, path in [("GET", "/audit"), ("POST", "/retrain"), ("GET", "/predictions"), ("GET", "/me")]:
            status, _ = connection.ask(method=method, path=path, parameters=parameters)
            assert status == 401
    status, body = connection.ask(
        method="GET", path="/me", parameters={"HTTP_AUTHORIZATION": ADMIN["Authorization"]})
    assert status == 200 and b"admin" in body
    connection.close()


def test_lines_of_the_file_that_are_not_understood_are_told_and_let_nobody_in(models, tmp_path):
    people = tmp_path / "people"
    people.write_text("ann:{PLAIN}secret\nbob:$1$tests$CvIKzvfabbu7yjEzvHy7b/:doctor\n"
                      "cid:$1$tests$CvIKzvfabbu7yjEzvHy7b/:auditor\n")
    with Service(models, ADMIN_PASSWORD="", HTPASSWD=str(people)) as service:
        told = [event for event in events(service) if event["event"] == "line of the password file not in force"]
        assert [event["line"] for event in told] == ["1", "2"]
        assert "secret" not in service.log()
        for name, status in [("ann", 401), ("bob", 401), ("cid", 200)]:
            assert ask(service, "GET", "/me", headers=credentials(name, "secret")).status == status


INFERENCE = {"inputs": [
    {"name": name, "datatype": kind, "shape": [1], "data": [value]} for name, kind, value in [
        ("Age", "FP64", 45), ("Sex", "BYTES", "M"), ("BP", "BYTES", "HIGH"), ("Cholesterol", "BYTES", "NORMAL"),
        ("Na_to_K", "FP64", 15.5)]]}


def test_predictions_for_those_with_a_name_or_a_key(models):
    with Service(models, PREDICT_AUTH="yes") as service:
        keys = service.log_folder / "keys"
        key = drugctl("keys", "add", "ward-3", "--per-minute", "8", "--keys", keys).strip()
        bearer = {"Authorization": f"Bearer {key}"}
        places = [
            ("/predict", json.dumps(PATIENT), JSON), ("/predict/batch", json.dumps({"patients": [PATIENT]}), JSON),
            ("/predict/batch", "Age,Sex,BP,Cholesterol,Na_to_K\n45,M,HIGH,NORMAL,15.5\n", CSV),
            ("/v2/models/drug-classifier/infer", json.dumps(INFERENCE), JSON)]
        for path, body, headers in places:
            refused = ask(service, "POST", path, body, headers)
            assert refused.status == 401 and refused.headers["WWW-Authenticate"].startswith("Basic")
            assert refused.json().get("error", "problem") if path.startswith("/v2") else kind(refused) == "unauthorized"
            assert ask(service, "POST", path, body, headers | bearer).status == 200
            assert ask(service, "POST", path, body, headers | ADMIN).status == 200
            assert ask(service, "POST", path, body, headers | basic(b"a\nb:c")).status == 400
        for path in ["/health", "/model/info", "/v2", "/"]:
            assert ask(service, "GET", path).status == 200
        asked = [entry["requested_by"] for entry in administer(service, "GET", "/predictions").json()["predictions"]]
        assert sorted(asked) == ["admin"] * 4 + ["key:ward-3"] * 4
        statuses = [ask(service, "POST", *places[0][:2], JSON | bearer).status for _ in range(6)]
        assert statuses[:3] == [200] * 3 and statuses[-1] == 429
        drugctl("keys", "revoke", "ward-3", "--keys", keys)
        assert ask(service, "POST", *places[0][:2], JSON | bearer).status == 401


INFER = "/v2/models/drug-classifier/infer"


def test_who_is_known_waits_for_nobodys_password(models):
    with Service(models, PREDICT_AUTH="yes") as service:
        key = drugctl("keys", "add", "ward", "--per-minute", "100000", "--keys", service.log_folder / "keys").strip()
        add_slow_user(service, "slow", "right", "clinician", 1_000_000)
        assert administer(service, "GET", "/me").status == 200
        waiting = [
            threading.Thread(target=ask, args=(
                service, "POST", path, "{}", JSON | credentials("slow", f"wrong {turn} {path}")))
            for turn in range(4) for path in (INFER, "/predict")]
        for thread in waiting:
            thread.start()
        time.sleep(0.3)

        def work(headers):
            connection, answers = connect(service), []
            for path, body in [(INFER, INFERENCE), ("/predict", PATIENT)] * 4:
                start = time.monotonic()
                answer = ask(service, "POST", path, json.dumps(body), JSON | headers, connection)
                answers.append((answer.status, time.monotonic() - start))
            connection.close()
            return answers
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            ways = [{"Authorization": f"Bearer {key}"}, ADMIN] * 16
            answers = [answer for some in pool.map(work, ways) for answer in some]
        took = time.monotonic() - start
        busy = any(thread.is_alive() for thread in waiting)
        for thread in waiting:
            thread.join()
        statuses = collections.Counter(status for status, _ in answers)
        print(f"{statuses} in {took:.2f} s, the longest {max(wait for _, wait in answers) * 1000:.0f} ms, "
              f"while passwords waited: {busy}")
        assert statuses == {200: 256}


def test_too_many_passwords_that_wait_are_told_so(models):
    with Service(models, PREDICT_AUTH="yes") as service:
        slow = add_slow_user(service, "slow", "right", "clinician", 1_500_000)
        head = "".join(f"{name}: {value}\r\n" for name, value in (JSON | slow).items())

        def send(path, body):
            wire = socket.create_connection(("127.0.0.1", service.port), timeout=30)
            text = json.dumps(body)
            wire.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(text)}\r\n\r\n{text}".encode())
            return wire
        wires = [send("/predict", PATIENT) for _ in range(300)]
        time.sleep(0.2)
        late = ask(service, "POST", INFER, json.dumps(INFERENCE), JSON | slow)
        table = ask(service, "POST", "/predict/batch", json.dumps({"patients": [PATIENT]}), JSON | slow)
        answers = [receive(wire, "POST") for wire in wires]
        for wire in wires:
            wire.close()
        statuses = collections.Counter(answer.status for answer in answers)
        assert set(statuses) == {200, 503} and statuses[200] >= 257, statuses
        for answer in [late, table] + [answer for answer in answers if answer.status == 503]:
            assert answer.status == 503 and 1 <= int(answer.headers["Retry-After"]) <= 5
        assert late.json()["error"] and kind(table) == "unavailable"
        assert ask(service, "POST", INFER, json.dumps(INFERENCE), JSON | slow).status == 200


def test_who_may_not_predict_is_not_told_of_administrators(models):
    with Service(models, PREDICT_AUTH="yes") as service:
        for body, headers in [("{}", JSON), ("Age", CSV)]:
            for asked in [{}, credentials("admin", "wrong"), {"Authorization": "Bearer x"}]:
                refused = ask(service, "POST", "/predict/batch", body, headers | asked)
                assert refused.status == 401
                assert refused.json()["detail"] == "Predictions are for those who have a name or a key: sign in."
        assert "administrators" in announce(service, {}).json()["detail"]


def limit_descriptors(service, number):
    for pid in service.responders():
        subprocess.run(["prlimit", "-p", str(pid), f"--nofile={number}:"], check=True)


@pytest.mark.skipif(not shutil.which("prlimit"), reason="prlimit is missing")
def test_a_reading_that_fails_locks_nobody_out(models):
    with Service(models, PREDICT_AUTH="yes") as service:
        people, keys = service.log_folder / "htpasswd", service.log_folder / "keys"
        key = drugctl("keys", "add", "ward", "--keys", keys).strip()
        bearer = {"Authorization": f"Bearer {key}"}

        def statuses():
            return (administer(service, "GET", "/me").status,
                    ask(service, "POST", "/predict", json.dumps(PATIENT), JSON | bearer).status)
        assert statuses() == (200, 200)
        # The connections that it keeps need no new descriptor.
        for file in (people, keys):
            os.utime(file)
        limit_descriptors(service, 3)
        failing = statuses()
        limit_descriptors(service, 1024)
        assert failing == (200, 200)
        wait_until(lambda: any(event["event"] == "password file not readable" for event in events(service)))
        # Nothing needs to be touched: what was changed meanwhile is read within a second.
        drugctl("keys", "revoke", "ward", "--keys", keys)
        drugctl("users", "remove", "admin", "--passwords", people)
        wait_until(lambda: statuses() == (401, 401), 3)


def test_by_default_everybody_predicts_and_nobody_is_named(own):
    assert predict(own).status == 200
    assert ask(own, "POST", "/predict", json.dumps(PATIENT), JSON | credentials("admin", "wrong")).status == 200
    assert administer(own, "GET", "/predictions").json()["predictions"][0]["requested_by"] is None
