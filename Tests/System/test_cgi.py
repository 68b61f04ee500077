"""The same program as a plain CGI program (RFC 3875)."""

import json
import os
import subprocess

import pytest

from fastcgi import BODY
from service import PROGRAMS


def answer(models, body=BODY, rest=b"", **environment):
    """Runs the program for one request; gives its status, headers and body."""
    variables = {
        "PATH": os.environ["PATH"], "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "", "PATH_INFO": "/predict", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
    } | environment
    done = subprocess.run(
        [PROGRAMS / "drug-responder", "--models", models], input=body + rest, capture_output=True,
        timeout=20, env={name: value for name, value in variables.items() if value is not None})
    assert done.returncode == 0, done.stderr
    head, body = done.stdout.split(b"\r\n\r\n", 1)
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(headers["Status"].split()[0]), headers, body


def test_a_patient_gets_a_drug(models):
    status, headers, body = answer(models)
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert int(headers["Content-Length"]) == len(body)
    assert json.loads(body)["prediction"] == "DrugY"
    assert len(json.loads(body)["id"]) == 32


def test_health_needs_no_body(models):
    status, _, body = answer(
        models, b"", REQUEST_METHOD="GET", PATH_INFO="/health", CONTENT_TYPE=None, CONTENT_LENGTH=None)
    assert (status, json.loads(body)["status"]) == (200, "healthy")


def test_head_gets_headers_alone(models):
    status, headers, body = answer(models, b"", REQUEST_METHOD="HEAD", PATH_INFO="/health")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 0


def test_bytes_behind_the_body_are_not_read(models):
    assert answer(models, rest=b"GET / HTTP/1.1")[0] == 200


@pytest.mark.parametrize("length", ["x", "-1", "+70", "7e1", " 70", "70 ", "0x46"])
def test_a_length_that_is_no_number_is_refused(models, length):
    status, _, body = answer(models, CONTENT_LENGTH=length)
    assert (status, json.loads(body)["type"]) == (400, "urn:drug-classifier:problem:broken-body")


def test_a_body_that_ends_early_is_refused(models):
    status, _, body = answer(models, CONTENT_LENGTH=str(len(BODY) + 1))
    assert (status, json.loads(body)["type"]) == (400, "urn:drug-classifier:problem:broken-body")


@pytest.mark.parametrize("length", ["65537", "99999999999999999999999"])
def test_a_length_beyond_the_limit_is_refused(models, length):
    status, _, body = answer(models, CONTENT_LENGTH=length)
    assert (status, json.loads(body)["type"]) == (413, "urn:drug-classifier:problem:body-too-large")


@pytest.mark.parametrize("length", ["", "0", None])
def test_no_length_is_no_body(models, length):
    status, _, body = answer(models, CONTENT_LENGTH=length)
    assert (status, json.loads(body)["type"]) == (400, "urn:drug-classifier:problem:malformed-json")


def test_the_largest_body_is_read(models):
    assert answer(models, BODY.rjust(65_536))[0] == 200


def test_an_unknown_address_is_not_found(models):
    assert answer(models, PATH_INFO="/nothing")[0] == 404
    assert answer(models, PATH_INFO=None)[0] == 404


def test_without_a_model_it_says_so(tmp_path):
    status, headers, _ = answer(tmp_path)
    assert (status, headers["Retry-After"]) == (503, "5")
