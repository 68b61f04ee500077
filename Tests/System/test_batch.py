"""POST /predict/batch through nginx: lists, tables, and what no memory may hold."""

import csv
import io
import json
import re
import socket

import pytest

from client import JSON, PATIENT, ask, predict, receive
from kept import kept_identifiers
from processes import resident

CSV = {"Content-Type": "text/csv"}
HEADER = "Age,Sex,BP,Cholesterol,Na_to_K\n"
ROW = "45,M,HIGH,NORMAL,15.5\n"
ADDED = ["prediction", "probability", "prediction_set", "needs_review", "warnings", "error", "id"]


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.body.decode())))


def test_a_list_of_patients_is_answered_and_kept(service):
    patients = [PATIENT | {"Age": age} for age in range(100)]
    answer = ask(service, "POST", "/predict/batch", json.dumps({"patients": patients}), JSON)
    assert answer.status == 200
    batch = answer.json()
    assert batch["id"] == answer.headers["X-Request-ID"]
    assert [one["patient_data"] for one in batch["predictions"]] == patients
    assert {one["id"] for one in batch["predictions"]} <= kept_identifiers(service)
    alone = predict(service, patients[7]).json()
    for name in ["prediction", "probabilities", "votes", "prediction_set", "needs_review", "warnings"]:
        assert batch["predictions"][7][name] == alone[name]


def test_a_wrong_patient_is_named_and_nothing_is_kept(service):
    before = kept_identifiers(service)
    patients = [PATIENT, PATIENT | {"Age": -1}, PATIENT]
    answer = ask(service, "POST", "/predict/batch", json.dumps({"patients": patients}), JSON)
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/patients/1/Age"]
    assert kept_identifiers(service) == before


def test_a_table_is_answered_row_by_row_and_kept(service):
    table = "bed," + HEADER + "".join(f"{n},{n % 130},F,LOW,HIGH,{n % 40 + 0.5}\n" for n in range(3000))
    answer = ask(service, "POST", "/predict/batch", table, CSV)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = rows_of(answer)
    assert list(rows[0]) == ["bed", *HEADER.strip().split(","), *ADDED]
    assert [row["bed"] for row in rows] == [str(n) for n in range(3000)]
    wrong = [row for row in rows if int(row["Age"]) > 120]
    assert all(re.fullmatch(r"line \d+: Age must be .*", row["error"]) for row in wrong)
    assert all(row["prediction"] == row["id"] == "" for row in wrong)
    right = [row for row in rows if int(row["Age"]) <= 120]
    assert all(row["prediction"] and not row["error"] for row in right)
    assert len({row["id"] for row in right}) == len(right) > 2700
    assert {row["id"] for row in right} <= kept_identifiers(service)


def test_a_table_whose_answer_nobody_reads_costs_no_other_request(service):
    body = (HEADER + ROW * 50_000).encode()
    head = f"POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as wire:
        wire.sendall(head.encode() + body)
    assert all(predict(service).status == 200 for _ in range(20))


def test_a_chunked_table_is_answered(service):
    body = (HEADER + ROW * 5000).encode()
    pieces = [body[start:start + 1000] for start in range(0, len(body), 1000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    head = "POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as wire:
        wire.sendall(head.encode() + chunks)
        assert len(rows_of(receive(wire))) == 5000


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ("", 422, "invalid-table"), ("Age,Sex\n1,F\n", 422, "invalid-table"), ("\0", 422, "invalid-table"),
    ])
def test_a_table_that_cannot_be_read_is_a_problem(service, body, status, problem):
    answer = ask(service, "POST", "/predict/batch", body, CSV)
    assert (answer.status, answer.json()["type"]) == (status, f"urn:drug-classifier:problem:{problem}")
    assert predict(service).status == 200


def test_a_long_table_takes_no_more_memory_than_a_short_one(service):
    def ask_for(rows):
        answer = ask(service, "POST", "/predict/batch", HEADER + ROW * rows, CSV)
        assert answer.status == 200 and answer.body.count(b"\n") == rows + 1
        return max(resident(pid) for pid in service.responders())

    # Twice, so that both responders have had a turn.
    short = max(ask_for(10_000) for _ in range(4))
    assert ask_for(100_000) < short + (8 << 20)


def test_a_body_beyond_the_limit_of_a_table_is_refused(service):
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as wire:
        wire.sendall(
            b"POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
            b"Content-Length: 268435457\r\n\r\n")
        answer = receive(wire)
    assert (answer.status, answer.json()["status"]) == (413, 413)
