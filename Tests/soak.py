#!/usr/bin/env python3
"""Keeps the real service busy and watches what it costs: no failed answer, a steady p99, and memory and
descriptors that do not grow. Then far more connections than it can serve at once, and how soon it is
itself again.

    Tests/soak.py

Settings by environment variables:
    DURATION   seconds of the load of 64 connections   60
    ROWS       rows of the long table                  1000000
"""

import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "System"))

from kept import kept  # noqa: E402
from processes import open_files, resident  # noqa: E402
from service import Service, train  # noqa: E402

DURATION = int(os.environ.get("DURATION", "60"))
ROWS = int(os.environ.get("ROWS", "1000000"))
OVERLOAD = 30

# Answers by status, and the slowest hundredth, in a line that a program reads.
SCRIPT = """
wrk.method = "POST"
wrk.body = '{"Age":45,"Sex":"M","BP":"HIGH","Cholesterol":"NORMAL","Na_to_K":15.5}'
wrk.headers["Content-Type"] = "application/json"
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() statuses = {} end
function response(status) statuses[status] = (statuses[status] or 0) + 1 end
function done(summary, latency)
  local all = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses")) do all[status] = (all[status] or 0) + count end
  end
  local parts = {}
  for status, count in pairs(all) do table.insert(parts, string.format('"%d":%d', status, count)) end
  local errors = summary.errors
  io.write(string.format('\\nRESULT {"statuses":{%s},"p50":%.3f,"p99":%.3f,"socket_errors":%d,"rate":%.0f}\\n',
    table.concat(parts, ","), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.timeout,
    summary.requests / summary.duration * 1e6))
end
"""


class Watch:
    """Notes the largest memory and the most descriptors of a responder, once a second."""

    def __init__(self, service):
        self.service, self.samples, self.ending = service, [], threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.ending.wait(1):
            pids = self.service.responders()
            self.samples.append((max(map(resident, pids)), max(len(open_files(pid)) for pid in pids)))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()

    def halves(self):
        """The most memory and the fewest descriptors, in the first half without its beginning and in
        the second. Each connection of one of the 64 threads holds a descriptor; a leak has no bound."""
        samples = self.samples[min(5, len(self.samples) // 5):]
        middle = max(1, len(samples) // 2)
        return [
            (max(memory for memory, _ in half), min(files for _, files in half))
            for half in (samples[:middle], samples[middle:])]


def load(service, connections, seconds, script):
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", script,
         f"{service.url}/predict"], check=True, capture_output=True, text=True).stdout
    return json.loads(re.search(r"RESULT (.*)", text)[1])


def table(rows):
    """A table of patients in pieces, as a client sends what it does not hold whole."""
    yield b"Age,Sex,BP,Cholesterol,Na_to_K\n"
    piece = b"".join(b"%d,F,LOW,HIGH,%d.5\n" % (n % 121, n % 40) for n in range(1000))
    for _ in range(rows // 1000):
        yield piece


def ask_for_table(service, rows):
    """Answers to a table, counted without keeping them."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=600)
    connection.request("POST", "/predict/batch", table(rows), {"Content-Type": "text/csv"})
    answer = connection.getresponse()
    lines = 0
    while piece := answer.read(1 << 16):
        lines += piece.count(b"\n")
    connection.close()
    return answer.status, lines - 1


class Report:
    def __init__(self):
        self.failed = False

    def say(self, what, found, right):
        print(f"{'ok   ' if right else 'WRONG'} {what}: {found}", flush=True)
        self.failed |= not right


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "load.lua"
        script.write_text(SCRIPT)
        models = pathlib.Path(folder) / "models"
        train(models)
        with Service(models) as service:
            load(service, 64, 3, script)
            with Watch(service) as watch:
                found = load(service, 64, DURATION, script)
            report.say(f"64 connections, {DURATION} s", found, set(found["statuses"]) == {"200"} and not found["socket_errors"])
            report.say("p99 (ms), at most 10", found["p99"], found["p99"] <= 10)
            before, after = watch.halves()
            report.say("memory of a responder (MB), first and second half",
                       [f"{half[0] / 1e6:.1f}" for half in (before, after)], after[0] < before[0] * 1.1 + 2e6)
            report.say("fewest descriptors, first and second half", [before[1], after[1]], after[1] <= before[1] + 64)
            identifiers = kept(service)
            answered = found["statuses"].get("200", 0)
            report.say("kept predictions, each once", f"{len(identifiers)} of at least {answered}",
                       len(identifiers) == len(set(identifiers)) >= answered)

            found = load(service, 400, OVERLOAD, script)
            report.say(f"400 connections, {OVERLOAD} s: no 502", found,
                       set(found["statuses"]) <= {"200", "429", "503"} and "200" in found["statuses"])
            time.sleep(1)
            found = load(service, 16, 2, script)
            report.say("16 connections a second later: p99 (ms), at most 10", found["p99"],
                       found["p99"] <= 10 and set(found["statuses"]) == {"200"})

        with Service(models) as service:
            sizes = []
            for rows in (10_000, ROWS):
                for _ in range(2):
                    start = time.monotonic()
                    with Watch(service) as watch:
                        status, lines = ask_for_table(service, rows)
                        time.sleep(1.1)
                    report.say(f"a table of {rows} rows", f"{status}, {lines} rows, {time.monotonic() - start:.1f} s",
                               (status, lines) == (200, rows))
                    sizes.append(max(sample[0] for sample in watch.samples))
            report.say("memory of a responder (MB), short and long tables", [f"{size / 1e6:.1f}" for size in sizes],
                       max(sizes[2:]) < max(sizes[:2]) + 16e6)
    sys.exit(report.failed)


if __name__ == "__main__":
    main()
