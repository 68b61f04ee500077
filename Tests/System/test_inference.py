"""The Open Inference Protocol by its own client, unmodified: tritonclient, as it comes from PyPI."""

import asyncio
import concurrent.futures
import json
import re

import numpy
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

from client import JSON, PATIENT, administer, ask, predict
from service import ROOT, Service, train

MODEL = "drug-classifier"
TYPES = {"Age": "FP64", "Sex": "BYTES", "BP": "BYTES", "Cholesterol": "BYTES", "Na_to_K": "FP64"}
PATIENTS = [
    {"Age": age, "Sex": sex, "BP": bp, "Cholesterol": cholesterol, "Na_to_K": ratio}
    for age, ratio in [(45, 15.5), (52, 18.3), (20, 8.123456789), (74, 14.829), (33, 9.5)]
    for sex in ["F", "M"] for bp in ["HIGH", "LOW", "NORMAL"] for cholesterol in ["HIGH", "NORMAL"]]


@pytest.fixture
def client(service):
    """A client as its documentation makes it."""
    with triton.InferenceServerClient(f"127.0.0.1:{service.port}", concurrency=4) as client:
        yield client


def tensors(patients, binary, types=TYPES, column=False):
    """The inputs of patients, as a program makes them of its arrays."""
    shape = [len(patients), 1] if column else [len(patients)]
    inputs = []
    for name, datatype in types.items():
        tensor = triton.InferInput(name, shape, datatype)
        kind = object if datatype == "BYTES" else triton_type(datatype)
        values = numpy.array([patient[name] for patient in patients], dtype=kind).reshape(shape)
        tensor.set_data_from_numpy(values, binary_data=binary)
        inputs.append(tensor)
    return inputs


def triton_type(datatype):
    return {"FP64": numpy.float64, "FP32": numpy.float32, "INT64": numpy.int64, "UINT8": numpy.uint8}[datatype]


def outputs(binary, names=("label", "probabilities")):
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


def texts(array):
    """Labels as texts: in binary they come as bytes."""
    return [value.decode() if isinstance(value, bytes) else value for value in array.tolist()]


def assert_same_as_alone(service, result, patients):
    """What came is what POST /predict says of each patient, to the last bit."""
    alone = [predict(service, patient).json() for patient in patients]
    classes = result.get_output("probabilities")["parameters"]["classes"].split()
    assert texts(result.as_numpy("label")) == [answer["prediction"] for answer in alone]
    expected = [[answer["probabilities"][name] for name in classes] for answer in alone]
    assert result.as_numpy("probabilities").tolist() == expected


@pytest.mark.parametrize("binary_inputs", [False, True])
@pytest.mark.parametrize("asked", [None, False, True])
def test_tensors_get_the_answers_of_predict(service, client, binary_inputs, asked):
    result = client.infer(
        MODEL, tensors(PATIENTS, binary_inputs), outputs=None if asked is None else outputs(asked),
        request_id="ward-3")
    assert result.get_response()["id"] == "ward-3"
    assert result.get_response()["model_name"] == MODEL
    assert_same_as_alone(service, result, PATIENTS)


def test_other_numbers_and_columns_get_the_same_answers(service, client):
    types = TYPES | {"Age": "INT64", "Na_to_K": "FP32"}
    patients = [patient | {"Na_to_K": 15.5} for patient in PATIENTS]
    for binary in [False, True]:
        for column in [False, True]:
            result = client.infer(MODEL, tensors(patients, binary, types, column))
            assert_same_as_alone(service, result, patients)


def test_requests_that_run_at_once_get_each_their_own_answer(service, client):
    groups = [PATIENTS[start:start + 6] for start in range(0, len(PATIENTS), 6)]
    running = [
        client.async_infer(MODEL, tensors(group, True), request_id=str(number))
        for number, group in enumerate(groups)]
    for number, (group, request) in enumerate(zip(groups, running)):
        result = request.get_result(timeout=20)
        assert result.get_response()["id"] == str(number)
        assert_same_as_alone(service, result, group)


def test_the_client_for_asyncio_gets_them_too(service):
    async def ask_all(groups):
        async with triton_aio.InferenceServerClient(f"127.0.0.1:{service.port}") as client:
            assert await client.is_server_ready()
            return await asyncio.gather(*[client.infer(MODEL, tensors(group, True)) for group in groups])

    groups = [PATIENTS[start:start + 20] for start in range(0, len(PATIENTS), 20)]
    # On a thread of its own: a browser's tests leave a loop behind on this one.
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        results = thread.submit(lambda: asyncio.run(ask_all(groups))).result()
    for group, result in zip(groups, results):
        assert_same_as_alone(service, result, group)


def test_outputs_are_chosen_and_ordered(client):
    result = client.infer(MODEL, tensors(PATIENTS, True), outputs=outputs(True, ["probabilities", "label"]))
    assert [output["name"] for output in result.get_response()["outputs"]] == ["probabilities", "label"]
    result = client.infer(MODEL, tensors(PATIENTS, True), outputs=outputs(False, ["label"]))
    assert [output["name"] for output in result.get_response()["outputs"]] == ["label"]
    assert result.as_numpy("probabilities") is None


def test_the_largest_request_and_none_at_all_are_answered(client):
    patients = (PATIENTS * 167)[:10_000]
    for binary in [False, True]:
        result = client.infer(MODEL, tensors(patients, binary))
        assert result.as_numpy("probabilities").shape == (10_000, 5)
    assert client.infer(MODEL, tensors([], True)).as_numpy("probabilities").shape == (0, 5)


def test_answers_come_compressed_to_whoever_asks(service, client):
    result = client.infer(
        MODEL, tensors(PATIENTS, True), outputs=outputs(True), response_compression_algorithm="gzip")
    assert_same_as_alone(service, result, PATIENTS)


def test_health_and_metadata_are_what_the_client_expects(service, client):
    version = ask(service, "GET", "/model/info").json()["model_version"]
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL)
    assert client.is_model_ready(MODEL, version)
    assert not client.is_model_ready("other")
    assert not client.is_model_ready(MODEL, "0123456789ab")
    assert client.get_server_metadata() == {
        "name": MODEL, "version": ask(service, "GET", "/health").json()["version"],
        "extensions": ["binary_tensor_data"]}
    metadata = client.get_model_metadata(MODEL)
    assert metadata == client.get_model_metadata(MODEL, version)
    assert metadata["versions"] == [version]
    assert {tensor["name"]: tensor["datatype"] for tensor in metadata["inputs"]} == TYPES
    assert [tensor["shape"] for tensor in metadata["outputs"]] == [[-1], [-1, 5]]


@pytest.mark.parametrize(
    ("status", "words", "call"),
    [
        ("404", "nothing at this address", lambda client: client.infer("other", tensors(PATIENTS, True))),
        ("404", "no such model", lambda client: client.infer(MODEL, tensors(PATIENTS, True), "0123456789ab")),
        ("404", "no such model", lambda client: client.get_model_metadata(MODEL, "1")),
        ("404", "nothing at this address", lambda client: client.get_model_repository_index()),
        ("400", "inputs are missing: Na_to_K", lambda client: client.infer(MODEL, tensors(PATIENTS, True)[:4])),
        ("400", "row 1: Age must be", lambda client: client.infer(
            MODEL, tensors([PATIENT, PATIENT | {"Age": 121}], True))),
        ("400", "row 0: Na_to_K must be", lambda client: client.infer(
            MODEL, tensors([PATIENT | {"Na_to_K": numpy.nan}], True))),
        ("400", "a value cannot begin like this", lambda client: client.infer(
            MODEL, tensors([PATIENT | {"Na_to_K": numpy.nan}], False))),
        ("400", "classification is not supported", lambda client: client.infer(
            MODEL, tensors(PATIENTS, True), outputs=[triton.InferRequestedOutput("label", class_count=2)])),
        ("413", "at most 10000", lambda client: client.infer(MODEL, tensors(PATIENTS * 200, True))),
        ("413", "longer than this address accepts", lambda client: client.infer(
            MODEL, tensors(PATIENTS * 4000, True))),
        ("415", "must not be compressed", lambda client: client.infer(
            MODEL, tensors(PATIENTS, True), request_compression_algorithm="gzip")),
    ])
def test_the_client_gets_the_reason_of_each_refusal(client, status, words, call):
    with pytest.raises(InferenceServerException) as raised:
        call(client)
    assert raised.value.status() == status
    assert words in raised.value.message()


def test_every_prediction_is_kept_and_can_be_told_of(service, client):
    result = client.infer(MODEL, tensors(PATIENTS[:3], True))
    name = result.get_response()["parameters"]["prediction_id"]
    kept = administer(service, "GET", "/predictions?limit=3").json()["predictions"]
    assert [entry["id"] for entry in kept] == [f"{name}-2", f"{name}-1", f"{name}-0"]
    drug = kept[0]["prediction"]
    told = administer(service, "POST", f"/predictions/{name}-2/outcome", {"drug": drug})
    assert told.status == 201


def test_an_older_version_answers_beside_the_served_one(own_models):
    train(own_models, "--trees", "3")
    with Service(own_models) as service:
        listed = ask(service, "GET", "/models").json()
        old = next(model["version"] for model in listed["models"] if not model["is_current"])
        with triton.InferenceServerClient(f"127.0.0.1:{service.port}") as client:
            assert set(client.get_model_metadata(MODEL)["versions"]) == {old, listed["current"]}
            for version in [old, listed["current"]]:
                result = client.infer(MODEL, tensors(PATIENTS, True), model_version=version)
                assert result.get_response()["model_version"] == version
            assert client.infer(MODEL, tensors(PATIENTS, True)).get_response()["model_version"] == listed["current"]
        service.stop()
        logged = [json.loads(line) for line in service.log().splitlines() if '"event":"request"' in line]
        infer = [line["model_version"] for line in logged if line["route"].endswith("/infer")]
        assert infer == [old, listed["current"], listed["current"]]


def test_what_nginx_refuses_is_told_in_the_protocols_form(models):
    with Service(models) as service:
        service.detach_responders()
        for path in ["/v2", "/v2/health/ready", f"/v2/models/{MODEL}/infer"]:
            answer = ask(service, "POST" if "infer" in path else "GET", path, "{}" + " " * 100_000 * ("infer" in path), JSON)
            assert answer.status == 503
            assert answer.headers["Content-Type"] == "application/json" and answer.headers["Retry-After"]
            assert list(answer.json()) == ["error"]


def test_the_documented_program_runs_as_it_stands(service, tmp_path, capsys):
    page = (ROOT / "docs/inference-protocol.md").read_text()
    program = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    shown = re.search(r"```python\n.*?```.*?```\n(.*?)```", page, re.DOTALL)[1]
    assert '"127.0.0.1:8000"' in program
    exec(compile(program.replace("127.0.0.1:8000", f"127.0.0.1:{service.port}"), "page", "exec"), {})
    assert capsys.readouterr().out == shown


def test_the_documented_command_runs_as_it_stands(service):
    page = (ROOT / "docs/inference-protocol.md").read_text()
    body = re.search(r"-d '(.*?)'", page, re.DOTALL)[1]
    answer = ask(service, "POST", f"/v2/models/{MODEL}/infer", body, JSON)
    assert answer.status == 200
    assert answer.json()["outputs"][0]["data"] == ["DrugY", "DrugY"]
