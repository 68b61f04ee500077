"""Clients as they come: in pieces, slow, silent, many at once."""

import asyncio
import collections
import concurrent.futures
import json
import socket
import threading
import time

import pytest

from client import JSON, PATIENT, Answer, ask, connect, predict, receive, send
from processes import open_files

BODY = json.dumps(PATIENT).encode()


def request(headers, body=b""):
    """The bytes of a POST /predict."""
    lines = ["POST /predict HTTP/1.1", "Host: x", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunks(body, size):
    """A body in the chunked coding."""
    pieces = [body[start:start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


@pytest.fixture
def wires(service):
    """Opens connections to nginx and closes them all in the end."""
    opened = []

    def open_one(request=b""):
        wire = socket.create_connection(("127.0.0.1", service.port), timeout=20)
        opened.append(wire)
        wire.sendall(request)
        return wire

    yield open_one
    for wire in opened:
        wire.close()


def threads_taken(service):
    """How many connections the responders hold; each holds a thread."""
    return sum(file.startswith("socket:") for pid in service.responders() for file in open_files(pid))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_chunked_body_is_answered(service, size):
    answer = send(service, request(["Transfer-Encoding: chunked"], chunks(BODY, size)))
    assert answer.status == 200
    assert answer.json()["patient_data"] == PATIENT


def test_a_chunked_body_beyond_the_limit_is_refused(service):
    answer = send(service, request(["Transfer-Encoding: chunked"], chunks(b" " * 70_000, 5000)))
    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_chunked_body_of_the_largest_size_is_answered(service):
    body = BODY.rjust(65_536)
    assert send(service, request(["Transfer-Encoding: chunked"], chunks(body, 4096))).status == 200


def test_an_empty_chunked_body_is_refused(service):
    assert send(service, request(["Transfer-Encoding: chunked"], b"0\r\n\r\n")).status == 400


def test_no_body_at_all_is_refused(service):
    assert send(service, request([])).status == 400


def test_a_client_that_asks_first_is_told_to_go_on(service, wires):
    wire = wires(request([f"Content-Length: {len(BODY)}", "Expect: 100-continue"]))
    assert wire.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n")
    wire.sendall(BODY)
    assert receive(wire).status == 200


def test_requests_sent_ahead_are_answered_in_turn(service, wires):
    ages = range(20, 40)
    bodies = [json.dumps(PATIENT | {"Age": age}).encode() for age in ages]
    wire = wires(b"".join(request([f"Content-Length: {len(body)}"], body) for body in bodies))
    stream = wire.makefile("rb")
    answers = [receive_from(stream) for _ in ages]
    assert [answer.json()["patient_data"]["Age"] for answer in answers] == list(ages)


def receive_from(stream):
    """Reads one answer of several, whose length is stated."""
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().strip():
        name, value = line.decode().split(": ", 1)
        headers[name] = value
    return Answer(status, headers, stream.read(int(headers["Content-Length"])))


def test_a_client_of_http_1_0_is_answered(service, wires):
    first = request([f"Content-Length: {len(BODY)}"], BODY).replace(b"HTTP/1.1", b"HTTP/1.0")
    answer = receive(wires(first))
    assert answer.status == 200
    assert answer.headers["Connection"] == "close"


def test_idle_and_slow_clients_hold_no_thread(service, wires):
    predict(service)
    before = threads_taken(service)
    for _ in range(200):
        wires()
    half_headers = [wires(request([])[:30]) for _ in range(20)]
    half_bodies = [wires(request([f"Content-Length: {len(BODY)}"], BODY[:20])) for _ in range(20)]
    trickling = [wires(request(["Transfer-Encoding: chunked"], b"1\r\n{\r\n")) for _ in range(20)]
    time.sleep(0.3)
    assert threads_taken(service) <= before
    assert all(predict(service).status == 200 for _ in range(50))

    for wire in half_headers:
        wire.sendall(request([f"Content-Length: {len(BODY)}"], BODY)[30:])
    for wire in half_bodies:
        wire.sendall(BODY[20:])
    for wire in trickling:
        wire.sendall(chunks(BODY[1:], 10))
    for wire in half_headers + half_bodies + trickling:
        assert receive(wire).status == 200


def test_clients_that_go_away_cost_nothing(service, wires):
    whole = request([f"Content-Length: {len(BODY)}"], BODY)
    for length in range(1, len(whole), 3):
        wires(whole[:length]).close()
    for _ in range(50):
        wires(whole).close()
    assert all(predict(service).status == 200 for _ in range(50))


def test_many_clients_at_once_get_each_their_own_answer(service):
    clients, requests = 64, 20
    answers, faults = [], []
    start = threading.Barrier(clients)

    def work(number):
        connection = connect(service)
        try:
            start.wait()
            for turn in range(requests):
                patient = PATIENT | {"Age": number, "Na_to_K": turn + 1.5}
                answer = predict(service, patient, connection)
                assert answer.status == 200
                assert answer.json()["patient_data"] == patient
                answers.append(answer.json()["id"])
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(answers) == len(set(answers)) == clients * requests


def test_more_connections_than_there_are_threads_wait_and_none_fails(service):
    # As many as 400 at once: beyond what is kept, beyond every thread.
    body = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    whole = body % len(BODY) + BODY

    async def client(statuses):
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        for _ in range(10):
            writer.write(whole)
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            await reader.readexactly(int(head.split("Content-Length: ")[1].split()[0]))
            statuses.append((int(head.split()[1]), "Retry-After" in head))
        writer.close()

    async def all_clients():
        statuses = []
        await asyncio.wait_for(asyncio.gather(*[client(statuses) for _ in range(400)]), 60)
        return statuses

    # On a thread of its own: a browser's tests leave a loop behind on this one.
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        statuses = collections.Counter(thread.submit(lambda: asyncio.run(all_clients())).result())
    assert statuses.total() == 4000
    assert set(statuses) <= {(200, False), (429, True), (503, True)}
    assert statuses[200, False] > 3000
    assert all(predict(service).status == 200 for _ in range(50))


def test_a_request_is_logged_with_none_of_its_values(service):
    # So long that no identifier or time of thousands of lines holds it by chance.
    ask(service, "POST", "/predict", '{"Name":"Zaphod","Age":987654321098765}', JSON)
    ask(service, "POST", "/predict", "x" * 70_000, JSON)
    predict(service, PATIENT | {"Age": 119, "Na_to_K": 43.21098})
    assert [value for value in ["Zaphod", "987654321098765", "43.21098"] if value in service.log()] == []
