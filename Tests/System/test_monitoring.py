"""GET /metrics and GET /monitoring of the running service, and a real Prometheus that scrapes it."""

import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import urllib.parse
import urllib.request

from client import PATIENT, administer, ask, credentials, predict
from fastcgi import Responder
from load import Load
from processes import open_files, wait_until
from service import Service, free_port


def scrape(service):
    """The metrics by their series, for example `process_open_fds{process="0"}`."""
    answer = ask(service, "GET", "/metrics")
    assert answer.status == 200
    lines = answer.body.decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


def total(metrics, name, **labels):
    """The sum over a metric's series that have these labels."""
    return sum(
        value for series, value in metrics.items()
        if series.split("{")[0] == name and all(f'{key}="{label}"' in series for key, label in labels.items()))


def counters(metrics):
    """The series that may only grow."""
    return {
        series: value for series, value in metrics.items()
        if re.search(r"_(total|bucket|sum|count)$", series.split("{")[0])}


class Prometheus:
    """A Prometheus of its own that scrapes a service, with its own configuration, data and port."""

    def __init__(self, service, folder):
        self.folder = folder
        self.port = free_port()
        self.process = None
        configuration = {
            "global": {"scrape_interval": "250ms", "scrape_timeout": "250ms"},
            "scrape_configs": [{
                "job_name": "drug-classifier",
                "static_configs": [{"targets": [f"127.0.0.1:{service.port}"]}],
            }],
        }
        # JSON is YAML.
        (folder / "prometheus.yml").write_text(json.dumps(configuration))

    def __enter__(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [
                    "prometheus", f"--config.file={self.folder}/prometheus.yml",
                    f"--storage.tsdb.path={self.folder}/data",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def query(self, expression):
        """The value that an expression has now; None when there is none yet."""
        assert self.process.poll() is None, (self.folder / "log").read_text()
        address = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                found = json.loads(answer.read())["data"]["result"]
        except OSError:
            return None
        return float(found[0]["value"][1]) if found else None


def test_prometheus_scrapes_it_and_answers_with_the_right_numbers(models, tmp_path):
    with Service(models, PROCESSES="2") as service, Prometheus(service, tmp_path) as prometheus:
        for _ in range(30):
            assert predict(service).status == 200
        for _ in range(4):
            assert predict(service, PATIENT | {"Age": 121}).status == 422
        version = predict(service).json()["model_version"]

        def waits_for(expression, value):
            wait_until(lambda: prometheus.query(expression) == value, 60)

        waits_for('drug_classifier_predictions_total{drug="DrugY",model_version="%s"}' % version, 31)
        waits_for('sum(drug_classifier_http_requests_total{route="/predict",code="422"})', 4)
        waits_for('sum(drug_classifier_http_requests_total{route="/predict"})', 35)
        waits_for('drug_classifier_http_request_duration_seconds_count{route="/predict"}', 35)
        waits_for('drug_classifier_rejected_inputs_total{field="Age",reason="out_of_range"}', 4)
        waits_for("drug_classifier_log_commit_records_sum", 31)
        waits_for('count(process_resident_memory_bytes{process=~".+"})', 2)
        waits_for("up", 1)
        # Its own judgement of a quantile lies within the buckets.
        quantile = prometheus.query(
            'histogram_quantile(0.5, sum by (le) (drug_classifier_http_request_duration_seconds_bucket{route="/predict"}))')
        assert 0 < quantile <= 10


def test_promtool_finds_no_fault_in_them(service):
    predict(service)
    predict(service, {})
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=ask(service, "GET", "/metrics").body, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_every_scrape_tells_of_both_processes(models):
    with Service(models, PROCESSES="2") as service:
        # Each connection of nginx may lead to either process.
        for _ in range(40):
            assert predict(service).status == 200
        wait_until(lambda: total(scrape(service), "process_start_time_seconds") > 2 * 1.7e9)
        for _ in range(20):
            metrics = scrape(service)
            assert total(metrics, "drug_classifier_predictions_total") == 40
            assert len([series for series in metrics if series.startswith("process_open_fds{")]) == 2


def test_no_counter_goes_backwards_when_responders_are_killed(models):
    with Service(models, PROCESSES="2") as service:
        seen = [counters(scrape(service))]
        ending = threading.Event()

        def watch():
            while not ending.is_set():
                try:
                    seen.append(counters(scrape(service)))
                except (AssertionError, OSError, http.client.HTTPException):
                    # /metrics is not asked for a second time when its process dies, nor mended when it is cut.
                    continue

        watcher = threading.Thread(target=watch)
        with Load(service) as load:
            watcher.start()
            for _ in range(8):
                before = service.responders()
                os.kill(before[0], signal.SIGKILL)
                wait_until(lambda: len(now := service.responders()) == 2 and before[0] not in now)
                load.wait_for(10)
            wait_until(lambda: len(seen) > 10)
        ending.set()
        watcher.join()
        assert load.faults == []
        seen.append(counters(scrape(service)))
        for old, new in zip(seen, seen[1:]):
            assert {series: (old[series], new.get(series)) for series in old if new.get(series, -1) < old[series]} == {}
        # What was answered was counted; a process that was killed between the two may have counted one
        # whose answer another gave once more.
        counted = total(seen[-1], "drug_classifier_predictions_total")
        assert len(load.identifiers) <= counted <= len(load.identifiers) + 8 * 64
        # The places of the killed are taken over.
        assert len([series for series in scrape(service) if series.startswith("process_open_fds{")]) == 2


def test_nginx_refuses_metrics_to_any_address_but_its_own(service):
    # Of all addresses that reach a service on the loopback, one that its configuration does not name.
    other = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20, source_address=("127.0.0.2", 0))
    answer = ask(service, "GET", "/metrics", connection=other)
    assert (answer.status, b"drug_classifier_" in answer.body) == (404, False)
    assert ask(service, "GET", "/health", connection=other).status == 200
    other.close()


def test_the_responder_refuses_metrics_to_other_machines(models):
    with Responder(models) as responder:
        connection = responder.connect()

        def asked_from(address):
            return connection.ask(
                method="GET", path="/metrics", body=b"", parameters={"REMOTE_ADDR": address})

        for address in ["192.168.0.7", "10.1.2.3", "2001:db8::1", ""]:
            status, body = asked_from(address)
            assert (status, b"drug_classifier_" in body) == (404, False)
        assert connection.ask(method="GET", path="/metrics", body=b"")[0] == 404
        assert asked_from("127.0.0.1")[0] == 200
        connection.close()


def test_monitoring_is_open_and_tells_no_patient(models):
    with Service(models, PROCESSES="2") as service:
        for _ in range(3):
            predict(service, PATIENT | {"Na_to_K": 23.456789})
        answer = ask(service, "GET", "/monitoring")
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        body = answer.json()
        assert body["predictions"]["total"] == 3
        assert body["latency"]["count"] == 3
        assert body["drift"] is None and body["predictions"]["by_drug"] is None
        named = administer(service, "GET", "/monitoring").json()
        assert [feature["status"] for feature in named["drift"]["features"]] == ["too_few"] * 5
        assert ask(service, "GET", "/monitoring", headers=credentials("admin", "wrong")).status == 401
        assert b"23.456789" not in answer.body
        assert b"/" not in answer.body


def test_drift_is_seen_in_the_running_service(models):
    with Service(models, PROCESSES="2") as service:
        for n in range(200):
            patient = {"Age": 20 + n % 50, "Sex": "MF"[n % 2], "BP": "HIGH",
                       "Cholesterol": ["HIGH", "NORMAL"][n % 2], "Na_to_K": 40 + n % 20}
            assert predict(service, patient).status == 200
        found = {}

        def is_known():
            drift = administer(service, "GET", "/monitoring").json()["drift"]
            found.update({feature["feature"]: feature["status"] for feature in drift["features"]})
            return drift["sample_size"] >= 120

        wait_until(is_known)
        wait_until(lambda: scrape(service)["drug_classifier_drift_samples"] == 200)
        assert found["Na_to_K"] == "drift" and found["BP"] == "drift" and found["Sex"] == "ok"
        # A scrape tells what the one before made known, each process for itself.
        wait_until(lambda: scrape(service).get('drug_classifier_drift_detected{feature="Na_to_K"}') == 1)


def test_responders_that_end_again_and_again_need_somebody(models):
    with Service(models) as service:
        def told():
            return ask(service, "GET", "/monitoring").json()

        def codes():
            return [item["code"] for item in told()["attention"]]

        assert "restarting" not in codes()
        for number in range(1, 4):
            [responder] = service.responders()
            os.kill(responder, signal.SIGKILL)
            wait_until(lambda: service.responders() not in ([], [responder]))
            wait_until(lambda: ask(service, "GET", "/health").status == 200)
            assert [event["kind"] for event in told()["events"]] == ["process_started"] + ["process_replaced"] * number
        assert "restarting" in codes()
        assert scrape(service)['drug_classifier_attention{code="restarting"}'] == 1


def test_the_counters_leave_nothing_behind(models):
    before = set(pathlib.Path("/dev/shm").glob("drug-classifier.*"))
    with Service(models, PROCESSES="2") as service:
        files = [file for pid in service.responders() for file in open_files(pid)]
        assert len([file for file in files if "/dev/shm/drug-classifier." in file]) >= 2
        assert set(pathlib.Path("/dev/shm").glob("drug-classifier.*")) == before
    assert set(pathlib.Path("/dev/shm").glob("drug-classifier.*")) == before
