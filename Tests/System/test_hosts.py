"""Responders on two hosts behind the nginx of a third, each a network namespace of this machine."""

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest

import namespaces
from client import PATIENT, administer, ask, predict
from kept import kept, kept_identifiers
from load import Load
from processes import wait_until
from service import ROOT, Service, children_of, train

PORT = 9000
CUT = 4


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates") / "made"
    subprocess.run([ROOT / "deploy/certificates", folder, "front", "one", "two"], check=True)
    return folder


class Reader(Service):
    """A service whose folder of models is mounted for reading only, as a share would be."""

    command = [
        "unshare", "--mount", "sh", "-ec",
        'mount --bind "$MODELS" "$MODELS"; mount -o remount,bind,ro "$MODELS"; exec "$0"', ROOT / "nginx/serve"]


class Hosts:
    """A front and two hosts of responders, which share a folder of models that they only read."""

    def __init__(self, network, models, certificates, ends):
        self.places = [network.host(name) for name in ("front", "one", "two")]
        self.front, *others = self.places
        for other in others:
            network.join(self.front, other)
        self.ends = ends
        self.responders = [
            self.start(place, models, FASTCGI_LISTEN=f"{place.address}:{PORT}",
                       CERTIFICATES=str(certificates / name))
            for place, name in zip(others, ("one", "two"))]
        self.service = self.start(
            self.front, models, CERTIFICATES=str(certificates / "front"),
            RESPONDERS=" ".join(f"{place.address}:{PORT}" for place in others))

    def start(self, place, models, **settings):
        with place.inside():
            return self.ends.enter_context(Reader(models, **settings))


@pytest.fixture(scope="module")
def hosts(models, certificates, tmp_path_factory):
    if reason := namespaces.why_not():
        pytest.skip(reason)
    shared = tmp_path_factory.mktemp("shared") / "models"
    shutil.copytree(models, shared, symlinks=True)
    with namespaces.Network() as network, contextlib.ExitStack() as ends:
        yield Hosts(network, shared, certificates, ends)


@pytest.fixture
def own_version(hosts):
    """A version that came to the shared models after the hosts had started."""
    train(hosts.service.models, "--trees", "10")
    return (hosts.service.models / "current").resolve().name


@pytest.fixture
def front(hosts):
    with hosts.front.inside():
        yield hosts.service


def test_a_model_that_is_trained_is_served_by_all_hosts_though_they_only_read(hosts, front, own_version):
    wait_until(lambda: {predict(front).json()["model_version"] for _ in range(8)} == {own_version})
    for place, host in zip(hosts.places[1:], hosts.responders):
        with place.inside():
            assert ask(host, "GET", "/health/ready").status == 200
            assert predict(host).json()["model_version"] == own_version


def test_both_hosts_answer_and_each_keeps_what_it_answered(hosts, front):
    before = [len(kept(host)) for host in hosts.responders]
    identifiers = {predict(front).json()["id"] for _ in range(20)}
    held = [kept_identifiers(host) & identifiers for host in hosts.responders]
    assert held[0] | held[1] == identifiers and not held[0] & held[1]
    assert all(len(kept(host)) > count for host, count in zip(hosts.responders, before))


@pytest.mark.parametrize("number", [0, 1])
def test_a_host_that_is_cut_off_under_load_costs_no_request(hosts, front, number):
    place, host = hosts.places[1 + number], hosts.responders[number]
    with Load(front) as load:
        time.sleep(1)
        place.cut_off()
        try:
            at_cut = len(load.answers)
            time.sleep(CUT)
            meanwhile = len(load.answers) - at_cut
        finally:
            place.come_back()
        # It is asked again once it answers again.
        count = len(kept(host))
        wait_until(lambda: len(kept(host)) > count, seconds=20)
    print(f"{len(load.answers)} answered, {meanwhile} of them in {CUT} s without host {number + 1}, "
          f"{len(load.faults)} failed")
    assert load.faults == []
    assert meanwhile > 100
    held = kept_identifiers(hosts.responders[0]) | kept_identifiers(hosts.responders[1])
    assert set(load.identifiers) <= held


def test_responders_that_die_on_a_host_cost_no_request(hosts, front):
    with Load(front) as load:
        for _ in range(5):
            for host in hosts.responders:
                for pid in host.responders():
                    subprocess.run(["kill", "-KILL", str(pid)])
                time.sleep(0.1)
    assert load.faults == []
    assert len(load.answers) > 100


def test_an_nginx_that_is_killed_is_started_again_beside_what_it_left(hosts, front):
    for service in [front, *hosts.responders]:
        killed, = children_of(service.process.pid, "nginx")
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: children_of(service.process.pid, "nginx") not in ([], [killed]))
    wait_until(lambda: answers(front))
    assert all(predict(front).status == 200 for _ in range(20))


def answers(service):
    try:
        return predict(service).status == 200
    except OSError:
        return False


def test_an_outcome_reaches_the_host_that_keeps_its_prediction(hosts, front):
    for host in hosts.responders:
        identifier = next(
            each for each in (predict(front).json()["id"] for _ in range(20)) if each in kept_identifiers(host))
        answer = administer(front, "POST", f"/predictions/{identifier}/outcome", {"drug": "DrugY"})
        assert answer.status in (200, 201), answer.body
    unknown = administer(front, "POST", f"/predictions/{'0' * 32}/outcome", {"drug": "DrugY"})
    assert unknown.status == 404


def test_figures_are_asked_of_each_host_not_of_the_front(hosts, front):
    assert ask(front, "GET", "/metrics").status == 404
    assert administer(front, "GET", "/audit").status == 200
    with hosts.places[1].inside():
        assert ask(hosts.responders[0], "GET", "/metrics").status == 200


@pytest.mark.parametrize("name", [None, "one", "stranger"])
def test_no_responder_is_reached_without_a_certificate_for_asking(hosts, certificates, tmp_path, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    folder = certificates
    if name == "stranger":
        subprocess.run([ROOT / "deploy/certificates", tmp_path / "made", name, "other"], check=True)
        folder = tmp_path / "made"
    if name:
        context.load_cert_chain(folder / name / "own.pem", folder / name / "own.key")
    with hosts.front.inside(), socket.create_connection((hosts.places[1].address, PORT), timeout=10) as plain:
        # The refusal comes with the first byte that is read.
        with pytest.raises((ssl.SSLError, ConnectionError)), context.wrap_socket(plain) as connection:
            if connection.recv(1) == b"":
                raise ConnectionError("closed")
    with hosts.front.inside():
        assert predict(hosts.service, PATIENT).status == 200


@pytest.mark.parametrize("settings, reason", [
    ({"FASTCGI_LISTEN": "10.213.1.2:9000"}, "set CERTIFICATES"),
    ({"RESPONDERS": "10.213.1.2:9000"}, "set CERTIFICATES"),
    ({"RESPONDERS": "10.213.1.2:9000", "FASTCGI_LISTEN": "10.213.1.2:9000"}, "not both"),
    ({"RESPONDERS": "10.213.1.2; include"}, "is not an address with a port"),
    ({"RESPONDERS": "10.213.1.2:9000", "CERTIFICATES": "/nowhere"}, "/nowhere/ca.pem cannot be read"),
])
def test_nothing_leaves_the_host_bare(models, settings, reason):
    with pytest.raises(RuntimeError, match=reason):
        with Service(models, **settings):
            pass
