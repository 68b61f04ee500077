"""The table of bad requests over the live socket, through nginx; the router's own tests have the same."""

import base64
import json

import pytest

from client import ask, connect, predict
from service import ROOT

TABLE = json.loads((ROOT / "Tests/TestSupport/bad-requests.json").read_text())


def body_of(row):
    if "body_base64" in row:
        return base64.b64decode(row["body_base64"])
    if isinstance(row["body"], str):
        return row["body"].encode()
    return "".join(text * times for text, times in row["body"]).encode()


def headers_of(row):
    return {} if row["content_type"] is None else {"Content-Type": row["content_type"]}


@pytest.fixture(scope="module")
def connection(service):
    """One kept connection for the good requests in between."""
    connection = connect(service)
    yield connection
    connection.close()


@pytest.mark.parametrize("row", TABLE["bad"], ids=lambda row: row["name"])
def test_a_bad_request_gets_its_status_and_errors_and_the_next_is_answered(service, connection, row):
    answer = ask(service, "POST", "/predict", body_of(row), headers_of(row))
    assert answer.status == row["status"]
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == row["status"]
    assert [[entry["pointer"], entry["code"]] for entry in problem.get("errors", [])] == row["errors"]
    if "secret" in row:
        assert row["secret"] not in answer.body.decode()
    assert predict(service, connection=connection).status == 200


@pytest.mark.parametrize("row", TABLE["good"], ids=lambda row: row["name"])
def test_a_request_beside_the_limits_gets_a_drug(service, row):
    answer = ask(service, "POST", "/predict", body_of(row), headers_of(row))
    assert answer.status == 200


def test_bad_requests_leave_a_kept_connection_whole(service):
    connection = connect(service)
    # nginx itself closes a connection after a body that it does not read.
    rows = [row for row in TABLE["bad"] if row["status"] != 413]
    for row in rows[::7]:
        answer = ask(service, "POST", "/predict", body_of(row), headers_of(row), connection)
        assert answer.status == row["status"]
        assert predict(service, connection=connection).status == 200
    connection.close()
