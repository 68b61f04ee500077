"""The responder by itself: its socket, its limits, its end."""

import os
import pathlib
import resource
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

from fastcgi import BODY, Connection, Responder, request, tail
from processes import open_files, wait_until
from service import PROGRAMS

# A process must end within a second; the rest is for a busy machine.
END = 3


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o777])
def test_the_socket_is_open_to_its_user_and_group_at_any_umask(models, mask):
    with Responder(models, prepare=lambda: os.umask(mask)) as responder:
        status = responder.socket.stat()
        assert stat.S_ISSOCK(status.st_mode)
        assert stat.S_IMODE(status.st_mode) == 0o660


def test_the_socket_of_a_killed_process_is_replaced(models):
    with Responder(models) as responder:
        responder.stop(signal.SIGKILL)
        assert responder.socket.exists()
        responder.start()
        assert Connection(responder.socket).ask()[0] == 200


def test_the_socket_of_a_living_process_is_left_alone(models):
    with Responder(models) as responder:
        second = subprocess.run(responder.command, capture_output=True, text=True, timeout=20)
        assert second.returncode != 0
        assert "another process listens on" in second.stderr
        assert Connection(responder.socket).ask()[0] == 200


def test_the_socket_goes_with_its_process(models):
    with Responder(models) as responder:
        assert responder.stop() == 0
        assert not responder.socket.exists()


def test_a_burst_of_4096_connections_waits_for_a_responder_that_does_not_come(models):
    limit = int(pathlib.Path("/proc/sys/net/core/somaxconn").read_text())
    expected = min(4096, limit)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(expected + 500, hard)), hard))
    waiting = []
    with Responder(models) as responder:
        responder.process.send_signal(signal.SIGSTOP)
        try:
            for _ in range(expected):
                wire = socket.socket(socket.AF_UNIX)
                waiting.append(wire)
                wire.setblocking(False)
                wire.connect(str(responder.socket))
        finally:
            for wire in waiting:
                wire.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            responder.process.send_signal(signal.SIGCONT)
        assert Connection(responder.socket).ask()[0] == 200


def seconds_of_processor(pid):
    """What a process has used until now, all threads together."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("limit", [16, 24])
def test_running_out_of_descriptors_costs_no_thread(models, tmp_path, limit):
    threads = 40

    def starve():
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, 4096))

    log = tmp_path / "predictions.sqlite"
    with Responder(models, "--threads", str(threads), "--prediction-log", log, prepare=starve) as responder:
        answered, waiting = [], []
        for _ in range(threads):
            connection = Connection(responder.socket)
            connection.send(request())
            waiting.append(connection)
        wait_until(lambda: len(open_files(responder.process.pid)) == limit)
        # Meanwhile accepting rests: trying again without a pause would take a processor.
        used = seconds_of_processor(responder.process.pid)
        time.sleep(0.5)
        assert seconds_of_processor(responder.process.pid) - used < 0.25
        assert len(open_files(responder.process.pid)) == limit

        # Those that got a descriptor are answered; each that closes makes room for another.
        while waiting:
            connection = waiting.pop(0)
            assert connection.answer()[0] == 200
            connection.close()

        # Every thread is still there: all answer at once, each holding its connection.
        resource.prlimit(responder.process.pid, resource.RLIMIT_NOFILE, (4096, 4096))
        for _ in range(threads):
            connection = Connection(responder.socket)
            assert connection.ask()[0] == 200
            answered.append(connection)
        for connection in answered:
            assert connection.ask()[0] == 200
            connection.close()
        assert responder.stop(seconds=END) == 0


@pytest.mark.parametrize("size", [0, 1000, 65_536, 65_537, 1_000_000])
def test_a_body_is_read_to_its_end_whatever_it_is(models, size):
    with Responder(models) as responder:
        connection = Connection(responder.socket)
        statuses = {"/predict": 400 if size <= 65_536 else 413, "/nothing": 404, "/health": 405}
        for path, status in statuses.items():
            assert connection.ask(body=b"x" * size, path=path)[0] == status
            assert connection.ask()[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_ends_a_busy_responder_and_requests_in_flight_are_answered(models, number):
    with Responder(models) as responder:
        idle = [Connection(responder.socket) for _ in range(20)]
        for connection in idle[:10]:
            assert connection.ask()[0] == 200
        in_flight = [Connection(responder.socket) for _ in range(10)]
        whole = request()
        for connection in in_flight:
            connection.send(whole[:-len(tail(BODY))])
        # A thread has an idle connection and waits for more, or reads a body that has not come.
        time.sleep(0.1)
        responder.process.send_signal(number)
        time.sleep(0.2)
        for connection in in_flight:
            connection.send(tail(BODY))
        for connection in in_flight:
            assert connection.answer()[0] == 200
        assert responder.process.wait(END) == 0
        assert "\"complete\":\"true\"" in responder.log()


def test_clients_that_do_not_close_free_their_threads_soon(models):
    with Responder(models, "--threads", "8") as responder:
        lingering = [Connection(responder.socket) for _ in range(8)]
        for connection in lingering:
            assert connection.ask(keep=False)[0] == 200
        # The library by itself would wait for them for 2 seconds.
        assert Connection(responder.socket, timeout=1.5).ask()[0] == 200
        for connection in lingering:
            connection.close()


def test_a_request_that_never_ends_does_not_keep_a_responder_alive(models):
    with Responder(models) as responder:
        connection = Connection(responder.socket)
        connection.send(request()[:-len(tail(BODY))])
        time.sleep(0.1)
        assert responder.stop(seconds=END) == 0
        assert "\"complete\":\"false\"" in responder.log()


def test_a_responder_that_is_never_idle_ends_and_cuts_no_answer(models):
    with Responder(models) as responder:
        counts, faults = [], []

        def work(keep):
            answers = 0
            try:
                while True:
                    connection = Connection(responder.socket)
                    for _ in range(50 if keep else 1):
                        try:
                            connection.send(request(keep=keep))
                            # Nothing at all, or all of it: the web server can ask another.
                            first = connection.wire.recv(1, socket.MSG_PEEK)
                        except ConnectionError:
                            break
                        if not first:
                            break
                        assert connection.answer()[0] == 200
                        answers += 1
                    connection.close()
            except (ConnectionRefusedError, FileNotFoundError):
                counts.append(answers)
            except Exception as fault:
                faults.append(fault)

        clients = [threading.Thread(target=work, args=[number % 2 == 0]) for number in range(8)]
        for client in clients:
            client.start()
        time.sleep(0.3)
        status = responder.stop(seconds=END)
        for client in clients:
            client.join()
        assert (status, faults) == (0, [])
        assert len(counts) == 8 and all(counts)
        assert "\"complete\":\"true\"" in responder.log()


def test_without_a_socket_it_says_what_is_missing(models):
    done = subprocess.run(
        [PROGRAMS / "drug-responder", "--models", models], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=20)
    assert done.returncode == 64
    assert "Nothing to listen on: give --socket" in done.stderr


def test_a_socket_of_a_network_is_not_taken_over(models):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = subprocess.run(
            [PROGRAMS / "drug-responder", "--models", models], stdin=listener.fileno(), capture_output=True,
            text=True, timeout=20)
    assert done.returncode == 64
    assert "Nothing to listen on" in done.stderr
