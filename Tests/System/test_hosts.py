"""Responders on two hosts behind the nginx of a third, each a network namespace of this machine."""

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

import namespaces
from client import PATIENT, administer, ask, kind, predict
from kept import kept, kept_identifiers
from load import Load
from processes import wait_until
from service import ROOT, Service, children_of, free_port, train

PORT = 9000
CUT = 4
# Where the namespaces will be reached.
ONE, TWO = namespaces.address(1), namespaces.address(2)


def certify(folder, *names):
    return subprocess.run([ROOT / "deploy/certificates", folder, *names], check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates") / "made"
    certify(folder, "front", ONE, TWO)
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
                       CERTIFICATES=str(certificates / place.address))
            for place in others]
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
        place.cut_off()
        try:
            time.sleep(CUT)
            load.wait_for(50)
        finally:
            place.come_back()
        # It is asked again once it answers again.
        count = len(kept(host))
        wait_until(lambda: len(kept(host)) > count, seconds=20)
    assert load.faults == []
    held = kept_identifiers(hosts.responders[0]) | kept_identifiers(hosts.responders[1])
    assert set(load.identifiers) <= held


def test_responders_that_die_on_a_host_cost_no_request(hosts, front):
    with Load(front) as load:
        for _ in range(5):
            for host in hosts.responders:
                for pid in host.responders():
                    subprocess.run(["kill", "-KILL", str(pid)])
                load.wait_for(20)
    assert load.faults == []


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
        identifiers = []
        # A host that has just been in trouble is left alone for a while.
        wait_until(lambda: identifiers.append(predict(front).json()["id"]) or identifiers[-1] in kept_identifiers(host))
        identifier = identifiers[-1]
        answer = administer(front, "POST", f"/predictions/{identifier}/outcome", {"drug": "DrugY"})
        assert answer.status in (200, 201), answer.body
    unknown = administer(front, "POST", f"/predictions/{'0' * 32}/outcome", {"drug": "DrugY"})
    assert (unknown.status, kind(unknown)) == (404, "unknown-prediction")


def test_nobody_is_told_that_a_prediction_is_not_there_while_a_host_that_may_have_it_is_silent(hosts, front):
    address = f"/predictions/{'0' * 32}"
    stopped = hosts.responders[1]
    stopped.stop()
    try:
        for method in ["GET", "DELETE"] * 3:
            answer = administer(front, method, address)
            assert (answer.status, kind(answer)) == (503, "unavailable"), answer.body
            assert answer.headers["retry-after"]
    finally:
        with hosts.places[2].inside():
            stopped.start()
    wait_until(lambda: administer(front, "DELETE", address).status == 404)
    assert ask(front, "GET", address).status == 401


def test_what_the_front_refuses_itself_is_told_as_everywhere(hosts, front):
    try:
        front.stop()
        front.settings["ADMIN_RATE"] = "1"
        front.start()
        answers = []
        # A slow machine asks hardly faster than it may.
        while len(answers) < 500 and (not answers or answers[-1].status != 429):
            answers.append(administer(front, "GET", f"/predictions/{'0' * 32}"))
        assert {(404, "unknown-prediction"), (429, "too-many-requests")} == {
            (answer.status, kind(answer)) for answer in answers}
    finally:
        front.stop()
        del front.settings["ADMIN_RATE"]
        front.start()


def test_figures_are_asked_of_each_host_not_of_the_front(hosts, front):
    assert ask(front, "GET", "/metrics").status == 404
    assert administer(front, "GET", "/audit").status == 200
    with hosts.places[1].inside():
        assert ask(hosts.responders[0], "GET", "/metrics").status == 200


def asking(folder=None):
    """How a program connects that has the certificate in a folder and believes everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if folder:
        context.load_cert_chain(folder / "own.pem", folder / "own.key")
    return context


def is_let_in(context, place, port=PORT):
    """Whether whoever connects so is left waiting for something to do."""
    with socket.create_connection((place.address, port), timeout=10) as plain:
        try:
            with context.wrap_socket(plain) as connection:
                # A refusal comes with the first byte that is read.
                connection.settimeout(2)
                connection.recv(1)
                return False
        except TimeoutError:
            return True
        except (ssl.SSLError, ConnectionError):
            return False


@pytest.mark.parametrize("name", [None, ONE, "stranger", "front"])
def test_no_responder_is_reached_without_a_certificate_for_asking(hosts, certificates, tmp_path, name):
    folder = certificates
    if name == "stranger":
        folder = tmp_path / "made"
        certify(folder, name, "other")
    with hosts.front.inside():
        assert is_let_in(asking(name and folder / name), hosts.places[1]) == (name == "front")
        assert predict(hosts.service, PATIENT).status == 200


@pytest.fixture
def own_certificates(certificates, tmp_path):
    """The same authority's, for a test to change."""
    return shutil.copytree(certificates, tmp_path / "certificates")


@contextlib.contextmanager
def answering(place, port, folder):
    """A listener with the certificate in a folder; tells how each connection's handshake ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem", folder / "own.key")
    ends = []
    with place.inside():
        listener = socket.create_server((place.address, port))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                plain, _ = listener.accept()
                try:
                    with context.wrap_socket(plain, server_side=True) as connection:
                        # What the other side thinks of the certificate comes after its handshake.
                        connection.settimeout(5)
                        ends.append("asked" if connection.recv(1) else "closed")
                except OSError:
                    ends.append("refused")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield ends
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


class Front(Service):
    """A front, which is started although no host may answer it."""

    def wait_until_answering(self, seconds=15):
        wait_until(lambda: self.tried(), seconds)

    def tried(self):
        with contextlib.suppress(OSError):
            return ask(self, "GET", "/").status == 200


def ends_of(place, front, port, shown, known):
    """How a front with the certificates `known` ends its connections with a host that shows `shown`."""
    with answering(place, port, shown) as ends:
        with front.inside(), Front("/nowhere", CERTIFICATES=str(known), RESPONDERS=f"{place.address}:{port}") as service:
            assert ask(service, "GET", "/health").status == 503
        wait_until(lambda: ends)
    return set(ends)


def test_a_host_cannot_pose_as_another(hosts, certificates):
    # Nothing answers in FastCGI there; what matters is whether a request is sent at all.
    front, _, two = hosts.places
    known = certificates / "front"
    assert "asked" in ends_of(two, front, 9001, certificates / TWO, known)
    assert "asked" not in ends_of(two, front, 9002, certificates / ONE, known)
    assert "asked" not in ends_of(two, front, 9003, certificates / "front", known)


def test_a_host_whose_certificate_was_taken_back_is_not_asked(hosts, certificates, own_certificates):
    front, _, two = hosts.places
    stolen = certificates / TWO
    assert "asked" in ends_of(two, front, 9004, stolen, own_certificates / "front")
    assert "crl.pem" in certify(own_certificates, "revoke", TWO).stdout
    assert "asked" not in ends_of(two, front, 9005, stolen, own_certificates / "front")
    certify(own_certificates, "front", TWO)
    assert "asked" in ends_of(two, front, 9006, own_certificates / TWO, own_certificates / "front")


def test_a_front_whose_certificate_was_taken_back_is_not_answered(hosts, models, certificates, own_certificates):
    one, stolen = hosts.places[1], asking(certificates / "front")
    certify(own_certificates, "revoke", "front")
    certify(own_certificates, "front")
    with one.inside(), Service(models, FASTCGI_LISTEN=f"{ONE}:9007", CERTIFICATES=str(own_certificates / ONE)):
        with hosts.front.inside():
            assert is_let_in(stolen, one)
            assert not is_let_in(stolen, one, 9007)
            assert is_let_in(asking(own_certificates / "front"), one, 9007)


def test_a_list_of_certificates_that_cannot_be_read_ends_the_start(models, own_certificates):
    (own_certificates / ONE / "crl.pem").write_text("nobody")
    with pytest.raises(RuntimeError, match="crl.pem"):
        with Service(models, FASTCGI_LISTEN=f"127.0.0.1:{free_port()}", CERTIFICATES=str(own_certificates / ONE)):
            pass


@pytest.mark.parametrize("name, names", [
    ("host-b.internal", "DNS:host-b.internal"),
    ("10.7.0.2", "DNS:10.7.0.2, IP Address:10.7.0.2"),
    ("fd00::7", "DNS:[fd00::7], IP Address:FD00:0:0:0:0:0:0:7"),
])
def test_a_certificate_is_for_its_host_s_name_and_for_one_direction(tmp_path, name, names):
    certify(tmp_path, "front", name)

    def told(whose, *words):
        command = ["openssl", "x509", "-in", tmp_path / whose / "own.pem", "-noout", *words]
        return subprocess.run(command, capture_output=True, text=True).stdout

    assert told(name, "-ext", "subjectAltName").splitlines()[1:] == ["    " + names]
    assert told(name, "-ext", "extendedKeyUsage").splitlines()[1:] == ["    TLS Web Server Authentication"]
    assert told("front", "-ext", "extendedKeyUsage").splitlines()[1:] == ["    TLS Web Client Authentication"]
    assert len({told(whose, "-serial") for whose in ("front", name)}) == 2


def test_a_name_that_is_no_host_s_gets_no_certificate(tmp_path):
    for name in ["../other", "-days", "a b", "a/b", "a,IP:10.0.0.1"]:
        with pytest.raises(subprocess.CalledProcessError):
            certify(tmp_path / "made", "front", name)
    assert not (tmp_path / "made").exists()


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
