"""Responders that die or are replaced under load: nginx and the supervisor hide it from clients."""

import os
import signal

import pytest

import fastcgi
from client import predict
from load import Load
from processes import wait_until
from service import Service


@pytest.fixture(scope="module")
def service(models):
    with Service(models, PROCESSES="2") as service:
        yield service


def replace_one(service, number):
    """Sends a signal to one responder and waits until another has taken its place."""
    before = service.responders()
    os.kill(before[0], number)
    wait_until(lambda: len(now := service.responders()) == len(before) and before[0] not in now)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_responder_that_dies_under_load_is_replaced_and_costs_no_request(models, processes, number):
    # One worker, so that a request may meet all the dead connections before a living one.
    with Service(models, PROCESSES=processes, WORKERS="1") as service, Load(service) as load:
        for _ in range(10):
            replace_one(service, number)
            load.wait_for(10)
    assert load.faults == []
    assert len(load.identifiers) == len(set(load.identifiers))


def test_a_responder_that_stops_leaves_the_shared_socket_to_the_other(service):
    stopped, other = service.responders()
    os.kill(other, signal.SIGSTOP)
    try:
        os.kill(stopped, signal.SIGTERM)
        wait_until(lambda: stopped not in service.responders())
    finally:
        os.kill(other, signal.SIGCONT)
    assert other in service.responders()
    assert all(predict(service).status == 200 for _ in range(20))


def test_both_responders_killed_at_once_come_back(service):
    for pid in service.responders():
        os.kill(pid, signal.SIGKILL)
    service.wait_until_answering()
    assert predict(service).status == 200


@pytest.mark.parametrize(
    "parameters",
    [
        b"\xff\xff\xff\xff\xff\xff\xff\xff", b"\xff\xff\xff\xff\x00a", b"\x80\x00\x00\x05\x7f\xff\xff\xffPATH_",
        b"\x01\xff\xff\xff\xffa" * 20, b"\x7f" * 100,
    ])
def test_hostile_records_on_the_socket_cost_no_other_request(service, parameters):
    begin = fastcgi.request()[:16]
    for _ in range(5):
        connection = fastcgi.Connection(service.run / "responder.sock")
        connection.send(begin + fastcgi.record(fastcgi.PARAMETERS, parameters) + fastcgi.tail(b""))
        connection.close()
    assert all(predict(service).status == 200 for _ in range(20))


def test_the_service_stops_under_load_and_cuts_no_answer(models):
    with Service(models) as service:
        load = Load(service)
        with load:
            status = service.stop()
            load.ending.set()
        assert status == 0
        # What came too late finds no service or a closed connection; no answer is an error.
        assert [fault for fault in load.faults if isinstance(fault, tuple)] == []
        assert load.identifiers
