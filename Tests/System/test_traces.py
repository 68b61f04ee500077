"""Traces: W3C's `traceparent` through nginx, answer, log lines and log, and spans at a collector."""

import json
import signal
import socket
import time

import pytest

from client import JSON, PATIENT, administer, ask, predict
from collector import ERROR, INTERNAL, SERVER, Collector, attributes
from fastcgi import Responder
from processes import wait_until
from service import Service, free_port
from test_logs import logged
from test_monitoring import scrape, total

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"
# Spans go out at once, so that no test waits for them.
QUICK = {"OTEL_BSP_SCHEDULE_DELAY": "20"}


def sending(collector, **settings):
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": getattr(collector, "address", collector)} | QUICK | settings


def traced(service, parent=SAMPLED, path="/predict", body=PATIENT, **headers):
    """Asks as a part of a trace."""
    return ask(service, "POST", path, json.dumps(body), JSON | {"traceparent": parent} | headers)


def told(answer):
    """The trace, the responder's span and the flags that an answer tells."""
    version, trace, span, flags = answer.headers["traceparent"].split("-")
    assert version == "00" and len(span) == 16 and int(span, 16)
    return trace, span, flags


def kept(service, answer):
    """The prediction of an answer, as the log tells it."""
    return administer(service, "GET", f"/predictions/{answer.json()['id']}").json()


@pytest.fixture(scope="module")
def plain(models):
    """A service that sends no spans."""
    with Service(models) as service:
        yield service


@pytest.mark.parametrize("flags", ["00", "01"])
def test_a_trace_is_given_back_and_kept_with_the_prediction(plain, flags):
    answer = traced(plain, f"00-{TRACE}-{PARENT}-{flags}")
    trace, span, given = told(answer)
    assert (trace, given) == (TRACE, flags) and span != PARENT
    assert kept(plain, answer)["trace"] == TRACE
    event = logged(plain, request_id=answer.json()["id"])
    assert (event["trace_id"], event["span_id"]) == (TRACE, span)


@pytest.mark.parametrize(
    ("path", "body", "type"),
    [
        ("/predict/batch", json.dumps({"patients": [PATIENT] * 2}), "application/json"),
        ("/predict/batch", "Age,Sex,BP,Cholesterol,Na_to_K\n45,M,HIGH,NORMAL,15.5\n", "text/csv"),
        ("/v2/models/drug-classifier/infer", json.dumps({"inputs": [
            {"name": name, "shape": [1], "datatype": "BYTES" if isinstance(value, str) else "FP64", "data": [value]}
            for name, value in PATIENT.items()]}), "application/json"),
    ],
    ids=["list", "table", "tensors"])
def test_each_row_of_many_patients_has_the_trace(plain, path, body, type):
    answer = ask(plain, "POST", path, body, {"Content-Type": type, "traceparent": SAMPLED})
    assert answer.status == 200 and told(answer)[0] == TRACE
    newest = administer(plain, "GET", "/predictions?limit=1").json()["predictions"][0]
    assert newest["trace"] == TRACE and "-" in newest["id"]


def test_without_a_trace_there_is_none(plain):
    answer = predict(plain)
    assert answer.headers["traceparent"] is None and kept(plain, answer)["trace"] is None
    assert "trace_id" not in logged(plain, request_id=answer.json()["id"])


@pytest.mark.parametrize("header", [
    "none", f"00-{TRACE.upper()}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01",
    f"ff-{TRACE}-{PARENT}-01", f"{SAMPLED}-more", SAMPLED + "x" * 2000, "ü" * 60])
def test_a_header_that_is_none_begins_a_new_trace(plain, header):
    answer = traced(plain, header.encode())
    trace, _, flags = told(answer)
    assert trace != TRACE and flags == "00" and int(trace, 16)
    assert kept(plain, answer)["trace"] == trace


def test_a_later_version_is_read_as_far_as_it_is_known(plain):
    assert told(traced(plain, f"cc-{TRACE}-{PARENT}-01-and-more"))[0] == TRACE


def test_problems_and_pages_of_the_service_have_the_trace_too(plain):
    assert told(traced(plain, body={}))[0] == TRACE
    assert told(ask(plain, "GET", "/health", headers={"traceparent": SAMPLED}))[0] == TRACE
    assert told(ask(plain, "GET", "/v2/none", headers={"traceparent": SAMPLED}))[0] == TRACE


@pytest.mark.parametrize("length", [100, 512, 513, 8000])
def test_a_long_state_of_a_trace_costs_no_answer(plain, length):
    answer = traced(plain, tracestate=("a=" + "x" * (length - 2)))
    assert answer.status == 200 and told(answer)[0] == TRACE


def test_nginx_writes_traces_too_where_it_is_told_a_file(models, tmp_path):
    path = tmp_path / "access"
    with Service(models, ACCESS_LOG=str(path)) as service:
        answered = traced(service)
        begun = traced(service, "wrong")
        untraced = predict(service)
        assert ask(service, "POST", "/predict", "x" * 100_000, JSON | {"traceparent": SAMPLED}).status == 413
        ask(service, "GET", "/predictions/Ann-Miller", headers={"traceparent": "\"},{"})
        wait_until(lambda: path.read_text().count('"POST"') >= 4)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        traces = {line["request_id"]: line["trace_id"] for line in lines}
        assert [traces[answer.json()["id"]] for answer in [answered, begun, untraced]] == [TRACE, told(begun)[0], ""]
        assert [line["trace_id"] for line in lines if line["status"] == 413] == [TRACE]
        assert "Miller" not in path.read_text() and "127.0.0.1" not in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600


def test_spans_reach_the_collector(models):
    with Collector() as collector, Service(models, **sending(
            collector, OTEL_SERVICE_NAME="wards", OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
            OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20abc")) as service:
        before = time.time_ns()
        answer = traced(service, tracestate="congo=t61rcWkgMzE, rojo=1")
        trace, span, flags = told(answer)
        assert (trace, flags) == (TRACE, "01")
        [server] = collector.wait_for(1, http__route="/predict")
        assert (server.trace_id.hex(), server.span_id.hex(), server.parent_span_id.hex()) == (TRACE, span, PARENT)
        assert server.name == "POST /predict" and server.kind == SERVER and server.flags == 0x301
        assert server.trace_state == "congo=t61rcWkgMzE,rojo=1"
        assert before - 2_000_000 < server.start_time_unix_nano < server.end_time_unix_nano < time.time_ns()
        assert attributes(server) == {
            "http.request.method": "POST", "http.route": "/predict", "url.path": "/predict", "url.scheme": "http",
            "http.response.status_code": 200, "drug_classifier.model_version": answer.json()["model_version"]}
        parts = [part for part in collector.spans() if part.parent_span_id == server.span_id]
        assert sorted(part.name for part in parts) == ["commit", "predict"]
        for part in parts:
            assert part.kind == INTERNAL and part.trace_id == server.trace_id and part.span_id != server.span_id
            assert server.start_time_unix_nano <= part.start_time_unix_nano
            assert part.start_time_unix_nano < part.end_time_unix_nano <= server.end_time_unix_nano
        [resource] = [resource.resource for resource in collector.requests[0].resource_spans]
        assert attributes(resource) | {"process.pid": "", "service.version": ""} == {
            "service.name": "wards", "deployment.environment.name": "test", "process.pid": "", "service.version": ""}
        path, headers = collector.heads[0]
        assert path == "/v1/traces" and headers["Content-Type"] == "application/x-protobuf"
        assert headers["authorization"] == "Bearer abc"


def test_spans_tell_nothing_of_patients(models):
    with Collector() as collector, Service(models, **sending(collector)) as service:
        answer = predict(service)
        identifier = answer.json()["id"]
        administer(service, "GET", f"/predictions/{identifier}")
        ask(service, "GET", "/no/such/Ann-Miller?name=Ann-Miller")
        ask(service, "POST", "/predict", '{"Age":"Ann-Miller"}', JSON)
        ask(service, "BREW", "/predict")
        collector.wait_for(1, http__route="/predictions/{id}")
        collector.wait_for(1, http__response__status_code=422)
        everything = b"".join(request.SerializeToString() for request in collector.requests)
        for secret in [identifier, "Ann", "DrugY", "NORMAL", "Na_to_K", "127.0.0.1", "admin"]:
            assert secret.encode() not in everything, secret


def test_what_went_wrong_is_told(models):
    with Collector() as collector, Service(models, **sending(collector)) as service:
        traced(service, body={})
        [refused] = collector.wait_for(1, http__response__status_code=422)
        assert attributes(refused)["error.type"] == "invalid-patient" and refused.status.code != ERROR
    with Collector() as collector, Service("/nowhere", **sending(collector)) as service:
        traced(service)
        [failed] = collector.wait_for(1, http__response__status_code=503, http__route="/predict")
        assert failed.status.code == ERROR and attributes(failed)["error.type"] == "no-model"


def test_the_client_decides_what_is_recorded_and_else_the_sampler(models):
    with Collector() as collector, Service(models, **sending(
            collector, OTEL_TRACES_SAMPLER="parentbased_always_off")) as service:
        unsampled = traced(service, UNSAMPLED)
        assert told(unsampled)[2] == "00" and kept(service, unsampled)["trace"] == TRACE
        # Nobody asks, and nothing is recorded: there is no trace.
        assert predict(service).headers["traceparent"] is None
        sampled = traced(service)
        collector.wait_for(3)
        time.sleep(0.2)
        assert {span.trace_id.hex() for span in collector.spans()} == {TRACE} and len(collector.spans()) == 3
        assert told(sampled)[1] in [span.span_id.hex() for span in collector.spans()]
        assert told(unsampled)[1] not in [span.span_id.hex() for span in collector.spans()]
    with Collector() as collector, Service(models, **sending(collector)) as service:
        answer = predict(service)
        trace, span, flags = told(answer)
        [server] = collector.wait_for(1, http__route="/predict")
        assert (server.trace_id.hex(), server.span_id.hex(), flags) == (trace, span, "01")
        assert not server.parent_span_id and server.flags == 0x101 and kept(service, answer)["trace"] == trace


def spans_counted(service, outcome):
    return total(scrape(service), "drug_classifier_spans_total", outcome=outcome)


def test_a_collector_that_was_away_gets_what_waited(models):
    with Collector(statuses=[503]) as collector, Service(models, **sending(collector)) as service:
        answer = traced(service)
        collector.wait_for(1, http__route="/predict")
        assert told(answer)[1] in [span.span_id.hex() for span in collector.spans()]
        wait_until(lambda: spans_counted(service, "sent") >= 3)
        assert spans_counted(service, "not_taken") == 0
        assert logged(service, event="spans not sent")["reason"] == "status 503"
        assert logged(service, event="spans sent again")


class Silent:
    """Takes connections and says nothing."""

    def __enter__(self):
        self.wire = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.wire.getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self.wire.close()


class Refusing:
    """Nobody listens."""

    def __enter__(self):
        self.address = f"http://127.0.0.1:{free_port()}"
        return self

    def __exit__(self, *_):
        pass


@pytest.mark.parametrize(
    "collector", [
        Silent, Refusing, lambda: Collector(statuses=[503] * 10_000), lambda: Collector(statuses=[400] * 10_000),
        lambda: Collector(hold=60)],
    ids=["silent", "refusing", "503", "400", "holding"])
def test_a_collector_that_takes_nothing_costs_no_answer_and_is_counted(models, collector):
    with collector() as collector, Service(models, **sending(
            collector, OTEL_BSP_MAX_QUEUE_SIZE="16", OTEL_EXPORTER_OTLP_TIMEOUT="300")) as service:
        times = []
        for _ in range(200):
            start = time.monotonic()
            assert traced(service).status == 200
            times.append(time.monotonic() - start)
        # A try takes 0.3 s, and a batch three: whoever waited for one would be seen.
        assert sorted(times)[-5] < 0.25
        wait_until(lambda: spans_counted(service, "not_taken") > 0)
        assert spans_counted(service, "sent") == 0
        assert len([line for line in service.log().splitlines() if "spans not sent" in line]) == 1
        start = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - start < 4
        service.start()


def test_a_collector_that_dies_and_comes_back(models):
    with Collector() as first:
        with Service(models, **sending(first, OTEL_EXPORTER_OTLP_TIMEOUT="300")) as service:
            traced(service)
            first.wait_for(3)
            first.__exit__()
            assert traced(service).status == 200
            logged(service, event="spans not sent")
            with Collector(port=first.port) as second:
                wait_until(lambda: traced(service).status == 200 and second.spans())
                logged(service, event="spans sent again")


def test_what_waits_is_sent_at_the_end_and_no_longer(models):
    """A minute is waited for others, and the process ends before."""
    for hold, limit in [(0, 2), (60, 2)]:
        with Collector(hold=hold) as collector:
            environment = sending(collector, OTEL_BSP_SCHEDULE_DELAY="60000")
            with Responder(models, environment=environment) as responder:
                assert responder.connect().ask(parameters={"HTTP_TRACEPARENT": SAMPLED})[0] == 200
                assert not collector.spans()
                start = time.monotonic()
                responder.process.send_signal(signal.SIGTERM)
                assert responder.process.wait(10) == 0
                assert time.monotonic() - start < limit
            assert len(collector.spans(http__route="/predict")) == (0 if hold else 1)


@pytest.mark.parametrize("address", ["https://collector:4318", "collector:4318"])
def test_an_address_to_which_nothing_can_be_sent_ends_the_start(models, address):
    service = Service(models, OTEL_EXPORTER_OTLP_ENDPOINT=address)
    with pytest.raises(RuntimeError, match="http://127.0.0.1:4318"):
        service.start()
    with pytest.raises(RuntimeError, match="OTEL_EXPORTER_OTLP_ENDPOINT .* http://127.0.0.1:4318"):
        Responder(models, environment={"OTEL_EXPORTER_OTLP_ENDPOINT": address}).start()
