"""Another version answers the same patients unseen, beside a real service."""

import contextlib
import json
import os
import shutil
import signal
import subprocess

import pytest

from client import PATIENT, administer, ask, kind, predict
from kept import log_path
from postgres import Postgres
from processes import wait_until
from service import PROGRAMS, Service, children_of, train
from test_tables import Table, laboratory


@pytest.fixture(scope="module")
def two_models(tmp_path_factory):
    """A folder of two models that do not agree; the better one is served."""
    folder = tmp_path_factory.mktemp("two")
    train(folder, "--trees", "3", "--features", "binned", "--seed", "1")
    train(folder)
    return folder


@pytest.fixture
def models(two_models, tmp_path):
    return shutil.copytree(two_models, tmp_path / "models", symlinks=True)


def champion_and_shadow(models):
    champion = (models / "current").readlink().name
    return champion, next(one.name for one in (models / "registry").iterdir() if one.name != champion)


PATIENTS = [
    PATIENT | {"Age": 15 + 7 * (number % 9), "Sex": "FM"[number % 2], "BP": ("HIGH", "LOW", "NORMAL")[number % 3],
               "Cholesterol": ("HIGH", "NORMAL")[number // 2 % 2], "Na_to_K": 6.5 + number % 23}
    for number in range(60)]


def begin(service, version):
    answer = administer(service, "POST", f"/models/{version}/shadow", {})
    assert answer.status == 200, answer.body
    return answer.json()


def told(service, version):
    return administer(service, "GET", f"/models/{version}/shadow").json()


def wait_for(service, version, answered):
    """Waits until the shadow has answered so many, and returns what is told of it."""
    wait_until(lambda: ((told(service, version)["comparison"] or {}).get("answered") or 0) >= answered, 30)
    return told(service, version)


def disagreements(service, version, query=""):
    """All of them, page by page."""
    found, address = [], f"/models/{version}/shadow/disagreements?limit=7{query}"
    while address:
        page = administer(service, "GET", address).json()
        found, address = found + page["disagreements"], page["next"]
    return found


def replayed(service, version, log):
    """Whose answers are others by `drugctl replay`: the identifier, what was kept and what the version says."""
    done = subprocess.run(
        [PROGRAMS / "drugctl", "replay", "--newest", "1000", "--all", "--model", version,
         "--log", log, "--models", service.models], stdout=subprocess.PIPE, text=True)
    return [tuple(line.split()) for line in done.stdout.splitlines()[3:]]


def workers(service):
    return [child for one in service.responders() for child in children_of(one, "drugctl")]


@pytest.mark.parametrize("database", [contextlib.nullcontext, Postgres], ids=["SQLite", "PostgreSQL"])
def test_its_disagreements_are_those_of_a_replay_row_by_row(models, database):
    champion, shadow = champion_and_shadow(models)
    with database() as server, Service(models, **({"LOG_DATABASE": server.place} if server else {})) as service:
        assert predict(service).status == 200
        assert begin(service, shadow) == {"status": "success", "shadow": shadow, "previous_shadow": None}
        answers = [predict(service, patient).json() for patient in PATIENTS]
        found = wait_for(service, shadow, len(PATIENTS))
        # By its alias too.
        assert told(service, "shadow")["version"] == shadow
        assert (found["status"], found["user"], found["champion"]) == ("running", "admin", champion)
        comparison = found["comparison"]
        # The one of before it began is not among them.
        assert comparison["answered"] == len(PATIENTS) and comparison["behind"] == 0
        assert comparison["champions"] == [{"version": champion, "answered": len(PATIENTS)}]
        rows = replayed(service, shadow, server.place if server else log_path(service))
        known = {answer["id"]: answer for answer in answers}
        mine = disagreements(service, shadow, "&any=1")
        assert [(one["id"], one["champion"]["prediction"], one["shadow"]["prediction"]) for one in mine] == [
            row for row in rows if row[0] in known]
        changed = disagreements(service, shadow)
        assert [one["id"] for one in changed] == [row[0] for row in rows if row[0] in known and row[1] != row[2]]
        assert 0 < len(changed) == comparison["changed"]["count"] == sum(one["count"] for one in comparison["changes"])
        assert len(mine) == comparison["differing"]
        low, high = comparison["changed"]["interval"]
        assert low < len(changed) / len(PATIENTS) == comparison["changed"]["share"] < high
        assert sum(day["answered"] for day in comparison["days"]) == len(PATIENTS)
        # What the shadow says is what the version itself answers.
        one = changed[0]
        patient = administer(service, "GET", f"/predictions/{one['id']}").json()["patient_data"]
        assert one["champion"]["prediction"] == known[one["id"]]["prediction"]
        assert one["champion"]["probability"] == max(known[one["id"]]["probabilities"].values())
        # Outcomes judge both.
        for one in changed:
            administer(service, "POST", f"/predictions/{one['id']}/outcome", {"drug": one["champion"]["prediction"]})
        outcomes = told(service, shadow)["comparison"]["outcomes"]
        assert outcomes["count"] == outcomes["only_champion"] == outcomes["champion"]["count"] == len(changed)
        assert outcomes["shadow"]["count"] == 0
        # The other way: it becomes the one that is served, and then there is nothing to compare.
        administer(service, "POST", f"/models/{shadow}/activate", {})
        assert told(service, shadow)["status"] == "served"
        wait_until(lambda: "shadow_changed_total" in ask(service, "GET", "/metrics").body.decode(), 10)
        metrics = ask(service, "GET", "/metrics").body.decode()
        assert f'drug_classifier_shadow_changed_total{{model_version="{shadow}"}} {len(changed)}' in metrics
        assert patient["Cholesterol"] in ("HIGH", "NORMAL")


def test_it_goes_on_behind_the_last_row_after_a_restart_and_forgets_with_the_log(models):
    _, shadow = champion_and_shadow(models)
    with Service(models) as service:
        begin(service, shadow)
        for patient in PATIENTS:
            predict(service, patient)
        wait_for(service, shadow, len(PATIENTS))
        # However it ends: another is started, by whichever process comes first.
        worker, = workers(service)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: told(service, shadow)["status"] == "failed", 10)
        assert "signal 9" in told(service, shadow)["reason"]
        wait_until(lambda: service.log().count("shadow does not answer") == 1)
        log = shutil.copytree(service.log_folder, models / "kept")
    with Service(models, LOG=str(log)) as service:
        assert predict(service).status == 200
        found = wait_for(service, shadow, len(PATIENTS) + 1)
        assert found["comparison"]["answered"] == len(PATIENTS) + 1 and found["status"] == "running"
        os.kill(service.responders()[0], signal.SIGKILL)
        changed = disagreements(service, shadow)
        wait_until(lambda: len(workers(service)) == 1, 20)
        assert administer(service, "DELETE", f"/predictions/{changed[0]['id']}").status == 200
        assert [one["id"] for one in disagreements(service, shadow)] == [one["id"] for one in changed[1:]]
        for _ in range(5):
            predict(service)
        assert wait_for(service, shadow, len(PATIENTS) + 6)["comparison"]["answered"] == len(PATIENTS) + 6
        ended = administer(service, "DELETE", f"/models/{shadow}/shadow")
        assert ended.json() == {"status": "success", "shadow": None, "previous_shadow": shadow}
        assert kind(administer(service, "GET", f"/models/{shadow}/shadow")) == "unknown-shadow"
        wait_until(lambda: workers(service) == [], 10)
        assert list(models.glob("shadow*")) == []
        acts = administer(service, "GET", "/audit").json()["entries"]
        assert acts[0]["action"] == "end shadow" and "would have had another drug" in acts[0]["detail"]


def damage(folder):
    forest = folder / "forest.rf"
    os.chmod(forest, 0o644)
    bytes = bytearray(forest.read_bytes())
    bytes[len(bytes) // 2] ^= 1
    forest.write_bytes(bytes)


@pytest.mark.parametrize("spoil, reason", [(damage, "damaged"), (shutil.rmtree, "there is no model")])
def test_one_that_is_damaged_or_gone_costs_no_answer_and_says_why(models, spoil, reason):
    _, shadow = champion_and_shadow(models)
    with Service(models) as service:
        begin(service, shadow)
        wait_until(lambda: told(service, shadow)["status"] == "running", 10)
    spoil(models / "registry" / shadow)
    with Service(models) as service:
        assert all(predict(service, patient).status == 200 for patient in PATIENTS)
        wait_until(lambda: told(service, shadow)["status"] == "failed", 20)
        found = told(service, shadow)
        assert reason in found["reason"] and str(models) not in found["reason"]
        printed = subprocess.run(
            [PROGRAMS / "drugctl", "models", "shadow", "--models", models, "--log", log_path(service)],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        assert reason in printed


def test_one_that_asks_for_other_fields_leaves_the_patients_out(models, tmp_path):
    champion = (models / "current").readlink().name
    table = Table("laboratory", laboratory, tmp_path, train=False)
    table.models = models
    table.run("train", "--data", table.data, "--n-estimators", "3")
    other = (models / "current").readlink().name
    table.run("models activate", champion)
    with Service(models) as service:
        begin(service, other)
        assert all(predict(service, patient).status == 200 for patient in PATIENTS)
        wait_until(lambda: (told(service, other)["comparison"] or {}).get("left_out") == len(PATIENTS), 30)
        found = told(service, other)
        assert found["comparison"]["answered"] == 0 and found["status"] == "running"
        assert disagreements(service, other, "&any=1") == []


def test_who_may_do_what(models):
    champion, shadow = champion_and_shadow(models)
    with Service(models) as service:
        address = f"/models/{shadow}/shadow"
        assert ask(service, "POST", address, "{}", {"Content-Type": "application/json"}).status == 401
        assert ask(service, "GET", address).status == 401
        assert kind(administer(service, "GET", address)) == "unknown-shadow"
        assert kind(administer(service, "POST", f"/models/{champion}/shadow", {})) == "shadow-refused"
        assert kind(administer(service, "POST", "/models/0123456789ab/shadow", {})) == "unknown-model"
        assert ask(service, "PUT", address).status == 405
        begin(service, shadow)
        assert ask(service, "GET", f"{address}/disagreements").status == 401
        assert ask(service, "GET", "/models").json()["shadow"] == shadow
        assert json.loads((models / "shadow.json").read_text())["version"] == shadow
