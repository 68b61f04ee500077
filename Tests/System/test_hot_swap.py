"""Models that come and go under load: no request fails, and each answer is that of its model."""

import json
import os
import resource
import shutil
import time

import pytest

from client import PATIENT, ask, predict
from load import Load
from processes import open_files, wait_until
from service import Service, train


@pytest.fixture(scope="module")
def two_models(tmp_path_factory):
    """A folder of two models; what each answers differs."""
    folder = tmp_path_factory.mktemp("two")
    train(folder)
    train(folder, "--seed", "1")
    return folder


@pytest.fixture
def models(two_models, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(two_models, tmp_path / "models", symlinks=True)


def versions(models):
    return sorted(folder.name for folder in (models / "registry").iterdir())


def activate(models, version):
    """Swaps the served model, as the registry does."""
    (models / ".current").symlink_to(f"registry/{version}")
    os.rename(models / ".current", models / "current")


def served(service):
    """The version that each responder serves, asked often enough to meet all."""
    return {ask(service, "GET", "/health").json()["model_version"] for _ in range(40)}


def offline(models, version, tmp_path):
    """What a model answers to the clients of a load, from a service of its own."""
    alone = shutil.copytree(models, tmp_path / f"alone-{version}", symlinks=True)
    activate(alone, version)
    with Service(alone) as service:
        patients = [PATIENT | {"Age": 20 + number, "Na_to_K": 14.6} for number in range(8)]
        return {json.dumps(patient): judged(predict(service, patient).json()) for patient in patients}


def judged(answer):
    return {name: answer[name] for name in ("prediction", "probabilities", "votes", "prediction_set")}


def test_models_that_are_swapped_two_hundred_times_cost_no_answer(models, tmp_path):
    first, second = versions(models)
    expected = {version: offline(models, version, tmp_path) for version in (first, second)}
    assert expected[first] != expected[second]
    with Service(models) as service:
        with Load(service, patient=PATIENT | {"Na_to_K": 14.6}) as load:
            for turn in range(200):
                activate(models, [first, second][turn % 2])
                time.sleep(0.05)
        assert load.faults == []
        for answer in load.answers:
            assert judged(answer) == expected[answer["model_version"]][json.dumps(answer["patient_data"])]
        assert {answer["model_version"] for answer in load.answers} == {first, second}


def test_a_new_model_is_served_within_a_second(models):
    first, second = versions(models)
    activate(models, first)
    with Service(models) as service:
        assert served(service) == {first}
        activate(models, second)
        wait_until(lambda: served(service) == {second}, seconds=1)


@pytest.mark.parametrize("damage", ["cut", "altered", "no card", "empty folder"])
def test_a_bad_model_is_refused_with_the_reason_and_the_old_one_stays(models, damage):
    first, second = versions(models)
    activate(models, first)
    folder = models / "registry" / second
    forest = folder / "forest.rf"
    content = forest.read_bytes()
    forest.unlink()
    if damage == "cut":
        forest.write_bytes(content[:-100])
    elif damage == "altered":
        forest.write_bytes(content[:5000] + b"\xff" + content[5001:])
    elif damage == "no card":
        forest.write_bytes(content)
        (folder / "card.json").unlink()
    with Service(models) as service:
        activate(models, second)
        wait_until(lambda: "model refused" in service.log())
        wait_until(lambda: refusal(service) is not None)
        assert served(service) == {first}
        assert predict(service).status == 200
        assert str(models) not in json.dumps(refusal(service))
        lines = [json.loads(line) for line in service.log().splitlines() if "model refused" in line]
        assert all(line["level"] == "error" and line["reason"] for line in lines)
        # Said once by each responder, not five times a second.
        time.sleep(0.6)
        assert service.log().count("model refused") == len(service.responders())
        activate(models, first)
        wait_until(lambda: refusal(service) is None)


def refusal(service):
    answers = [ask(service, "GET", "/health/ready") for _ in range(20)]
    assert {answer.status for answer in answers} == {200}
    found = [answer.json()["refused_model"] for answer in answers]
    return found[0] if all(found) else None


def test_a_service_without_a_model_takes_the_first_that_comes(two_models, tmp_path):
    with Service(tmp_path / "models") as service:
        answer = ask(service, "GET", "/health/ready")
        assert (answer.status, answer.json()["status"]) == (503, "not ready")
        shutil.copytree(two_models, tmp_path / "models", symlinks=True, dirs_exist_ok=True)
        wait_until(lambda: None not in served(service))
        wait_until(lambda: ask(service, "GET", "/health/ready").status == 200)
        assert predict(service).status == 200


def test_a_model_that_could_not_be_opened_for_want_of_descriptors_is_tried_again(models):
    first, second = versions(models)
    activate(models, first)
    with Service(models, PROCESSES="1") as service:
        [pid] = service.responders()
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(open_files(pid)), limits[1]))
        activate(models, second)
        wait_until(lambda: "model refused" in service.log())
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        wait_until(lambda: served(service) == {second})
