"""Serving: POST /predict through nginx with wrk, one thread of it on the same cores.

Ours beside a C responder that echoes bodies, on the same libfcgi behind the same nginx; beside itself with the log in
PostgreSQL, a server on the same cores, and with a shadow; and, where
REFERENCE names a folder with FastAPI services (app.py, app_fast.py with make_onnx.py), beside those.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from report import BENCH, Report

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Tests"))
from postgres import Postgres  # noqa: E402
from service import PROGRAMS, Service, free_port, train  # noqa: E402

CONNECTIONS = (1, 16, 64)
SECONDS = os.environ.get("SECONDS_EACH", "4")
REFERENCE = os.environ.get("REFERENCE")


def wrk(url, connections):
    """(requests a second, p50 and p99 in milliseconds, answers that were not 2xx or 3xx)."""
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", HERE / "predict.lua",
         f"{url}/predict"], check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    def latency(percent):
        value, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", text).groups()
        return float(value) * {"us": 1e-3, "ms": 1, "s": 1000}[unit]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return rate, latency(50), latency(99), int(failed[1]) if failed else 0


def measure(urls):
    """Medians for each service and number of connections, the services in turn: of nine rounds for
    ours and the echo, whose rates vary by a fifth from round to round, of three for the others."""
    found = {}
    for connections in CONNECTIONS:
        for number in range(9):
            for name, url in urls.items():
                if number < 3 or not name.startswith("FastAPI"):
                    found.setdefault((name, connections), []).append(wrk(url, connections))
    return {key: [sorted(column)[len(column) // 2] for column in zip(*rounds)]
            for key, rounds in found.items()}


def resident(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def fastapi(application):
    """A FastAPI service with one worker, as (process, url)."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", f"{application}:app", "--host", "127.0.0.1", "--port",
         str(port), "--log-level", "error"], cwd=REFERENCE)
    return process, f"http://127.0.0.1:{port}"


def first_answer(command, url, limit=20):
    """Seconds from the start of a process to the first 200 of /health; the process goes on."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while time.perf_counter() - start < limit:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=1):
                return time.perf_counter() - start, process
        except (urllib.error.URLError, OSError):
            time.sleep(0.001)
    process.kill()
    raise TimeoutError(f"{command} did not answer")


def starts(report, models):
    """The time to the first answer through nginx, which is up already."""
    with Service(models) as service:
        service.detach_responders()
        socket = service.run / "responder.sock"
        times = []
        for _ in range(5):
            socket.unlink(missing_ok=True)
            seconds, process = first_answer(
                [PROGRAMS / "drug-responder", "--models", models, "--socket", socket], service.url)
            times.append(seconds)
            process.terminate()
            process.wait()
        ours = sorted(times)[2] * 1000
    report.begin("Start: process to the first 200 from /health, through nginx (ms)")
    report.add("start", "target: 30 ms", ours, 30, "ms")
    if REFERENCE:
        for application in ("app", "app_fast"):
            port = free_port()
            seconds, process = first_answer(
                [sys.executable, "-m", "uvicorn", f"{application}:app", "--app-dir", REFERENCE,
                 "--host", "127.0.0.1", "--port", str(port), "--log-level", "error"],
                f"http://127.0.0.1:{port}")
            process.terminate()
            process.wait()
            report.add("start", f"FastAPI {application}.py", ours, seconds * 1000, "ms")


def with_shadow(models):
    """Two models, of which the better one is served and the other answers unseen."""
    train(models, "--trees", "50", "--features", "binned")
    other = (Path(models) / "current").readlink().name
    train(models)
    subprocess.run([PROGRAMS / "drugctl", "models", "shadow", other, "--models", models], check=True,
                   stdout=subprocess.DEVNULL)


def main():
    report = Report("serving")
    echo = BENCH / "echo-responder"
    subprocess.run(["gcc", "-O2", "-o", echo, HERE / "echo-responder.c", "-lfcgi", "-lpthread"],
                   check=True)
    with tempfile.TemporaryDirectory() as models, tempfile.TemporaryDirectory() as two_models:
        train(models)
        with_shadow(two_models)
        starts(report, models)
        others = {}
        if REFERENCE:
            others = {f"FastAPI {name}.py": fastapi(name) for name in ("app", "app_fast")}
        else:
            print("REFERENCE is not set: the FastAPI services are left out")
        try:
            # Each connection that nginx's two workers keep, 32 each, holds a thread of the echo.
            echoing = Service(models, RESPONDER=str(echo), THREADS="64")
            with Postgres() as server, Service(models) as ours, echoing, \
                    Service(models, LOG_DATABASE=server.place) as shared, Service(two_models) as shadowed:
                urls = {"ours": ours.url, "C echo": echoing.url, "log in PostgreSQL": shared.url,
                        "with a shadow": shadowed.url}
                urls |= {name: url for name, (_, url) in others.items()}
                for url in urls.values():
                    first_answer(["true"], url)
                found = measure(urls)
                memory = max(resident(pid) for pid in ours.responders())
                sizes = {name: resident(process.pid) for name, (process, _) in others.items()}
        finally:
            for process, _ in others.values():
                process.terminate()
                process.wait()
    for connections in CONNECTIONS:
        report.begin(f"POST /predict through nginx, {connections} connections")
        rate, p50, p99, failed = found["ours", connections]
        if failed:
            sys.exit(f"{failed} requests failed at {connections} connections")
        for name in urls:
            if name == "ours":
                continue
            other = found[name, connections]
            case = f"{connections} connections"
            report.add(f"requests a second, {case}", name, rate, other[0], "req/s",
                       less_is_better=False, note=f"p50 {p50:.2f} | {other[1]:.2f} ms")
            report.add(f"p99, {case}", name, p99, other[2], "ms")
    report.begin("Resident memory of one responder (MB)")
    report.add("memory", "target: 40 MB", memory / 1e6, 40, "MB")
    for name, size in sizes.items():
        report.add("memory", name, memory / 1e6, size / 1e6, "MB")
    report.write()


if __name__ == "__main__":
    main()
