"""`nginx/serve`: who may start it, what it refuses, and that it leaves nothing behind."""

import contextlib
import functools
import http.client
import os
import pathlib
import pty
import shutil
import signal
import socket
import stat
import subprocess
import time

import pytest

from client import administer, ask, predict
from processes import living, open_files, processes_of, wait_until
from service import PROGRAMS, ROOT, Service, children_of, free_port, train

NOBODY = 65_534


def attempt(**settings):
    """Runs `nginx/serve` to its end, which must come by itself."""
    return subprocess.run(
        [ROOT / "nginx/serve"], env=os.environ | {"LOG": settings["RUN"] + "/kept"} | settings, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(models, number):
    with Service(models) as service:
        processes = processes_of(service)
        assert len(processes) == 5
        service.process.send_signal(number)
        assert service.process.wait(20) == 0
        assert living(processes) == []
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", service.port))


def test_control_c_stops_everything(models):
    service = Service(models)
    settings = {
        "RUN": str(service.run), "PORT": str(service.port), "MODELS": str(models),
        "LOG": str(service.log_folder),
    }
    terminal, inside = pty.openpty()
    try:
        # A session of its own, with the terminal that Ctrl-C is typed on.
        service.process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", ROOT / "nginx/serve"], env=os.environ | settings, stdin=inside,
            stdout=inside, stderr=inside)
        os.close(inside)
        shown = b""
        while b"stop with Ctrl-C" not in shown:
            shown += os.read(terminal, 1000)
        assert predict(service).status == 200
        os.write(terminal, b"\x03")
        assert service.process.wait(20) == 0
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", service.port))
    finally:
        os.close(terminal)
        service.process.kill()
        shutil.rmtree(service.run)


def test_what_is_started_does_not_outlive_a_killed_script(models):
    with Service(models) as service:
        processes = processes_of(service)
        service.process.kill()
        service.process.wait(20)
        wait_until(lambda: not living(processes))


@pytest.mark.parametrize("victim", ["multiwatch", "nginx"])
def test_a_supervisor_that_is_killed_is_replaced_with_all_that_it_started(models, victim):
    with Service(models) as service:
        wait_until(lambda: "serving http" in service.log())
        before = processes_of(service)
        killed = children_of(service.process.pid, victim)[0]
        below = [pid for name in ["nginx", "drug-responder"] for pid in children_of(killed, name)]
        assert len(below) == (2 if victim == "nginx" else 1)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: not living([killed, *below]) and len(processes_of(service)) == len(before))
        service.wait_until_answering()
        assert predict(service).status == 200
        assert "has ended: starting it again" in service.log()


def test_a_supervisor_that_ends_again_and_again_ends_the_service(models):
    with Service(models) as service:
        wait_until(lambda: "serving http" in service.log())
        processes = processes_of(service)
        for number in range(6):
            wait_until(lambda: children_of(service.process.pid, "nginx"))
            os.kill(children_of(service.process.pid, "nginx")[0], signal.SIGKILL)
            wait_until(lambda: service.log().count("nginx has ended") > number)
        assert service.process.wait(20) == 1
        assert living(processes) == []
        assert "nginx has ended, after 5 repairs within a minute: stopping" in service.log()


def test_a_batch_that_takes_long_does_not_hold_up_the_end(models):
    with Service(models) as service, socket.create_connection(("127.0.0.1", service.port)) as wire:
        # A body of which half is never sent: nginx would wait for it.
        wire.sendall(b"POST /predict/batch HTTP/1.1\r\nHost: h\r\nContent-Type: text/csv\r\n"
                     b"Content-Length: 100\r\n\r\nAge")
        predict(service)
        begin = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - begin < 8


def test_an_empty_folder_of_models_gets_the_built_in_one(models, tmp_path):
    with Service(tmp_path / "models", BUILT_IN=str(models)) as service:
        assert predict(service).json()["prediction"] == "DrugY"
        version = (models / "current").readlink()
        assert (tmp_path / "models/current").readlink() == version
        for file in (models / version).iterdir():
            assert (tmp_path / "models" / version / file.name).read_bytes() == file.read_bytes()
        assert [path.name for path in (tmp_path / "models/registry").iterdir()] == [version.name]


def test_a_start_that_was_cut_short_while_it_put_the_model_there_is_made_good(models, tmp_path):
    version = (models / "current").readlink()
    shutil.copytree(models / version, tmp_path / "models" / version)
    (tmp_path / "models/registry/.built-in.1.tmp").mkdir()
    with Service(tmp_path / "models", BUILT_IN=str(models)) as service:
        assert predict(service).status == 200


@pytest.mark.parametrize("served", [True, False])
def test_a_folder_that_holds_models_keeps_them(models, tmp_path, served):
    train(tmp_path / "models", "--n-estimators", "3")
    own = (tmp_path / "models/current").readlink()
    if not served:
        (tmp_path / "models/current").unlink()
    with Service(tmp_path / "models", BUILT_IN=str(models)) as service:
        assert predict(service).status == (200 if served else 503)
        assert [path.name for path in (tmp_path / "models/registry").iterdir()] == [own.name]


@pytest.mark.parametrize(("trusted", "statuses"), [("10.0.0.0/8 127.0.0.1", {401}), ("", {401, 429})])
def test_a_proxy_that_is_trusted_says_who_the_clients_are(models, trusted, statuses):
    with Service(models, TRUSTED_PROXY=trusted, ADMIN_RATE="1") as service:
        answers = [
            ask(service, "GET", "/me", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status
            for number in range(60)]
    assert set(answers) == statuses


@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
@pytest.mark.parametrize("allowed", ["", "198.51.100.0/24 203.0.113.7"])
@pytest.mark.parametrize("told", [
    {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "198.51.100.9, 127.0.0.1"},
    {"Forwarded": "for=203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8", "Metrics-Reader": "yes"}])
def test_whoever_reads_metrics_is_told_by_the_connection_and_never_by_a_header(metered, trusted, allowed, told):
    service = metered(TRUSTED_PROXY=trusted, METRICS_ALLOW=allowed)
    assert ask(service, "GET", "/metrics").status == 200
    assert ask(service, "GET", "/metrics", headers=told).status == 404


@pytest.mark.parametrize("allowed, status", [
    ("", 404), ("127.0.0.0/30", 404), ("127.0.0.5", 200), ("127.0.0.0/8", 200), ("0.0.0.0/0 ::/0", 200)])
def test_metrics_are_for_this_machine_and_for_whom_it_is_told(metered, allowed, status):
    service = metered(TRUSTED_PROXY="", METRICS_ALLOW=allowed)
    assert ask(service, "GET", "/metrics").status == 200
    other = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20, source_address=("127.0.0.5", 0))
    assert ask(service, "GET", "/metrics", connection=other).status == status
    other.close()


@pytest.fixture(scope="module")
def metered(models):
    """Services by their settings, each started once."""
    with contextlib.ExitStack() as ends:
        yield functools.cache(lambda **settings: ends.enter_context(Service(models, **settings)))


def test_the_same_run_folder_serves_again_after_a_stop_or_a_crash(models):
    with Service(models) as service:
        for number in [signal.SIGTERM, signal.SIGKILL]:
            processes = processes_of(service)
            service.process.send_signal(number)
            service.process.wait(20)
            wait_until(lambda: not living(processes))
            service.start()
            assert predict(service).status == 200


def test_a_second_service_in_the_same_run_folder_is_refused(models):
    with Service(models) as service:
        done = attempt(RUN=str(service.run), PORT=str(free_port()), MODELS=str(models))
        assert done.returncode == 1
        assert f"another service runs in {service.run}" in done.stderr
        assert predict(service).status == 200


def test_a_port_that_is_taken_is_named(models, tmp_path):
    with Service(models) as service:
        done = attempt(RUN=str(tmp_path / "run"), PORT=str(service.port), MODELS=str(models))
        assert done.returncode == 1
        assert f"port {service.port} of 127.0.0.1 is taken: set PORT" in done.stderr
        assert "serving" not in done.stderr
        assert predict(service).status == 200


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"RESPONDER": "/nowhere/drug-responder"}, "/nowhere/drug-responder is not there: run make build"),
        ({"PORT": "http"}, "http is not a number"),
        ({"WORKERS": "-1"}, "-1 is not a number"),
        ({"BIND": "127.0.0.1; root /"}, "127.0.0.1; root / is not an address"),
        ({"TRUSTED_PROXY": "10.0.0.0/8;"}, "10.0.0.0/8; is not a network, as 10.0.0.0/8"),
        ({"BUILT_IN": "/nowhere"}, "/nowhere has no model: set BUILT_IN"),
        ({"RUN": "/proc/run"}, "/proc/run cannot be written: set RUN"),
    ])
def test_settings_that_make_no_sense_are_named(models, tmp_path, settings, message):
    done = attempt(**{"RUN": str(tmp_path / "run"), "PORT": str(free_port()), "MODELS": str(models)} | settings)
    assert done.returncode == 1
    assert f"serve: {message}\n" in done.stderr


def test_a_responder_that_does_not_start_ends_the_service_with_the_reason(models, tmp_path):
    done = attempt(RUN=str(tmp_path / "run"), PORT=str(free_port()), MODELS=str(models), THREADS="0")
    assert done.returncode == 1
    assert "--threads is a number of threads from 1 to 4096" in done.stderr
    assert "the responder's supervisor has ended: stopping" in done.stderr


def test_without_a_model_it_serves_and_says_so(tmp_path):
    with Service(tmp_path / "models") as service:
        answer = ask(service, "GET", "/health")
        assert (answer.status, answer.json()["status"]) == (503, "unhealthy")
        assert predict(service).status == 503
        wait_until(lambda: "WITHOUT a model: run make pipeline" in service.log())


def test_everything_lies_under_the_run_folder_closed_to_others(models):
    with Service(models) as service:
        assert stat.S_IMODE((service.run / "responder.sock").lstat().st_mode) == 0o660
        for path in service.run.rglob("*"):
            if path.name not in ["log", "responder.sock"] and not path.is_symlink():
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        known = (str(service.run), str(models), "/dev/", "/proc/", "socket:", "pipe:", "anon_inode:")
        files = {file for pid in processes_of(service) for file in open_files(pid)}
        assert {file for file in files if not file.startswith(known)} == set()


@pytest.mark.skipif(os.getuid() != 0, reason="the other tests run as an ordinary user already")
def test_folders_and_files_may_have_any_name(models, tmp_path):
    project = tmp_path / "prö 'jekt' 東"
    for name in ["nginx", "www"]:
        shutil.copytree(ROOT / name, project / name, symlinks=True)
    shutil.copytree(models, project / "mödels", symlinks=True)
    shutil.copytree(ROOT / "data", project / "däta")
    link = tmp_path / "sërve"
    link.symlink_to(project / "nginx/serve")

    class Linked(Service):
        command = [link]

    settings = {
        "LOG": str(project / "lög"), "DATA": str(project / "däta/drug200.csv"), "LC_ALL": "C",
        "RESPONDER": str(PROGRAMS / "drug-responder")}
    with Linked(project / "mödels", **settings) as service:
        assert predict(service).status == 200
        assert ask(service, "GET", "/").status == 200
        assert administer(service, "POST", "/retrain", {"n_estimators": 3}).status == 200
    assert (project / "lög/predictions.sqlite").exists()


def test_a_second_service_that_keeps_in_the_same_folder_changes_no_password(models, tmp_path):
    shared = str(tmp_path / "kept")
    with Service(models, LOG=shared) as first:
        with Service(models, LOG=shared, ADMIN_PASSWORD="another one") as second:
            assert "its passwords stay" in second.log()
            for service in [first, second]:
                assert administer(service, "GET", "/me").status == 200
                assert predict(service).status == 200
    with Service(models, LOG=shared, ADMIN_PASSWORD="another one") as later:
        assert administer(later, "GET", "/me").status == 401


def test_whoever_starts_it_with_signals_ignored_is_told_how_it_stops(models):
    class Background(Service):
        command = ["bash", "-c", "trap '' INT; exec \"$0\"", ROOT / "nginx/serve"]

    with Background(models) as service:
        wait_until(lambda: f"stop with kill {service.process.pid}:" in service.log())


def test_an_ordinary_user_can_start_it_from_any_place(models, tmp_path_factory):
    # A copy, because the tree may lie where others cannot read; in a folder whose name is a trap.
    folder = pathlib.Path("/tmp") / f"a place & {os.getpid()}|x"
    try:
        (folder / "run").mkdir(parents=True)
        for name in ["nginx", "www"]:
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy(PROGRAMS / "drug-responder", folder)
        shutil.copytree(models, folder / "models", symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        os.chown(folder / "run", NOBODY, NOBODY)
        port = free_port()
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen(
                [
                    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                    folder / "nginx/serve",
                ],
                env={
                    "PATH": os.environ["PATH"], "RUN": str(folder / "run"), "PORT": str(port),
                    "MODELS": str(folder / "models"), "RESPONDER": str(folder / "drug-responder"),
                    "LOG": str(folder / "run/kept"),
                },
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        service = Service(folder / "models")
        service.run.rmdir()
        service.run, service.port, service.process = folder / "run", port, process
        service.url = f"http://127.0.0.1:{port}"
        (folder / "run/log").symlink_to(folder / "log")
        try:
            service.wait_until_answering()
            assert predict(service).json()["prediction"] == "DrugY"
            assert ask(service, "GET", "/").status == 200
            owners = {pathlib.Path(f"/proc/{pid}").stat().st_uid for pid in processes_of(service)}
            assert owners == {NOBODY}
        finally:
            status = service.stop()
        assert status == 0
        assert "root" not in (folder / "log").read_text()
    finally:
        shutil.rmtree(folder)
