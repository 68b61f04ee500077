"""Administrators' addresses: who gets in, what is recorded, and where the password lies."""

import contextlib
import os
import re
import signal
import sqlite3
import stat
import subprocess

import pytest

from client import ADMIN, JSON, PATIENT, administer, ask, credentials, kind, predict
from disks import fill, root_alone, small_disk
from processes import wait_until
from service import PASSWORD, PROGRAMS, ROOT, Service, children_of, train

ADDRESSES = [
    ("GET", "/me"), ("GET", "/audit"), ("GET", "/predictions"), ("GET", "/retrain/jobs"),
    ("GET", "/runs"), ("GET", "/runs/1"), ("PUT", "/runs/1/remark"),
    ("GET", "/models/0123456789ab/changes"), ("GET", "/models/0123456789ab/misses"),
    ("GET", "/retrain/jobs/x"), ("DELETE", "/retrain/jobs/x"), ("POST", "/retrain"),
    ("POST", "/models/0123456789ab/activate"), ("POST", "/predictions/x/outcome"), ("PUT", "/predictions/x/outcome"),
    ("PUT", "/datasets/x"),
    ("GET", "/predictions/x"), ("DELETE", "/predictions/x"), ("PUT", "/models/0123456789ab/labels"),
    ("PUT", "/models/0123456789ab/aliases/x"), ("DELETE", "/models/0123456789ab/aliases/x"),
    ("GET", "/models/0123456789ab/shadow"), ("POST", "/models/0123456789ab/shadow"),
    ("DELETE", "/models/0123456789ab/shadow"), ("GET", "/models/0123456789ab/shadow/disagreements"),
]
TABLE = "Age,Sex,BP,Cholesterol,Na_to_K,Drug\n45,M,HIGH,NORMAL,15.5,DrugY\n"
ROLES = ["clinician", "engineer", "auditor"]
CSV = {"Content-Type": "text/csv"}


def acts(service):
    """What the audit log tells, the oldest first."""
    trail = administer(service, "GET", "/audit?limit=1000").json()
    assert trail["intact"]
    return [(act["user"], act["action"], act["outcome"], act["detail"]) for act in trail["entries"][::-1]]


def audit_path(service):
    return service.log_folder / "audit.sqlite"


@pytest.fixture
def two_models(own_models):
    """A folder of two models that a test may change; the second is served."""
    train(own_models, "--seed", "1")
    return own_models


def versions(service):
    return [model["version"] for model in ask(service, "GET", "/models").json()["models"]]


# Of wrong passwords thirty are looked at before others have to wait.
WRONG = [credentials("admin", "wrong"), credentials("eve", PASSWORD)]


@pytest.mark.parametrize(("method", "path", "headers"), [
    (*address, headers) for place, address in enumerate(ADDRESSES)
    for headers in ({}, WRONG[place % 2], {"Authorization": "Bearer x"})])
def test_nobody_gets_in_without_the_password(service, method, path, headers):
    answer = ask(service, method, path, "{}", JSON | headers)
    assert (answer.status, kind(answer)) == (401, "unauthorized")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers.get_all("WWW-Authenticate")[0].startswith('Basic realm="Drug Classifier"')
    assert len(answer.headers.get_all("WWW-Authenticate")) == 1
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_who_signs_in_is_told(service):
    assert administer(service, "GET", "/me").json() == {"user": "admin", "roles": ROLES}


def test_open_addresses_pass_no_name_on(service):
    # nginx would take the name of any header for the user where it does not check the password.
    assert ask(service, "GET", "/models", headers=credentials("eve", "x")).status == 200
    configuration = (ROOT / "nginx/responder.conf").read_text()
    assert "remote_user" not in configuration.lower()


def test_a_wrong_setting_of_nginx_opens_nothing(models, tmp_path):
    with Service(models) as service:
        path = service.run / "nginx.conf"
        text = path.read_text()
        assert "location = /me { include admin.conf; }" in text
        path.write_text(text.replace("location = /me { include admin.conf; }", "location = /me { include responder.conf; }"))
        pid = int((service.run / "nginx.pid").read_text())
        former = children_of(pid, "nginx")
        os.kill(pid, signal.SIGHUP)
        # While the former workers end, they still answer as before.
        wait_until(lambda: not set(former) & set(children_of(pid, "nginx")))
        answer = ask(service, "GET", "/me", headers=ADMIN)
        assert (answer.status, kind(answer)) == (401, "unauthorized")


def test_a_page_of_another_site_changes_nothing_and_is_recorded(two_models):
    with Service(two_models) as service:
        before = ask(service, "GET", "/models").json()["current"]
        for site in ["cross-site", "same-site"]:
            answer = administer(
                service, "POST", f"/models/{versions(service)[1]}/activate", {}, {"Sec-Fetch-Site": site})
            assert (answer.status, kind(answer)) == (403, "foreign-site")
        assert ask(service, "GET", "/models").json()["current"] == before
        assert acts(service) == [("admin", "activate", "refused", "foreign-site")] * 2


def test_guessing_is_slowed_down(models):
    with Service(models, ADMIN_RATE="1") as service:
        statuses = [ask(service, "GET", "/me", headers=credentials("admin", str(n))) for n in range(80)]
        assert {answer.status for answer in statuses} == {401, 429}
        limited = next(answer for answer in statuses if answer.status == 429)
        assert kind(limited) == "too-many-requests"
        assert int(limited.headers["Retry-After"]) >= 1
        # Predictions are not meant.
        assert predict(service).status == 200


def test_models_are_listed_shown_downloaded_and_activated(two_models):
    with Service(two_models) as service:
        newest, oldest = versions(service)
        assert ask(service, "GET", "/models").json()["current"] == newest
        details = ask(service, "GET", f"/models/{oldest}").json()
        assert details["card"]["model_version"] == oldest and not details["is_current"]
        for name, start in [("forest.rf", b""), ("card.json", b"{"), ("inspection.json", b"{"), ("confusion_matrix.png", b"\x89PNG")]:
            answer = ask(service, "GET", f"/models/{oldest}/{name}")
            assert answer.status == 200
            assert answer.body == (two_models / "registry" / oldest / name).read_bytes()
            assert answer.body.startswith(start)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        for path in ["evaluation.json", "../../runs.sqlite", "%2e%2e/current/forest.rf", "x"]:
            assert ask(service, "GET", f"/models/{oldest}/{path}").status in (400, 404)
        done = administer(service, "POST", f"/models/{oldest}/activate", {"reason": "a test"})
        assert done.json() == {"status": "success", "model_version": oldest, "previous_version": newest}
        for _ in range(20):
            wait_until(lambda: predict(service).json()["model_version"] == oldest)
        assert acts(service) == [("admin", "activate", "done", f"instead of {newest}: a test")]


def test_a_damaged_model_is_not_activated(two_models):
    with Service(two_models) as service:
        newest, oldest = versions(service)
        path = two_models / "registry" / oldest / "forest.rf"
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-100])
        answer = administer(service, "POST", f"/models/{oldest}/activate", {})
        assert (answer.status, kind(answer)) == (409, "model-refused")
        assert str(two_models) not in answer.body.decode()
        assert predict(service).json()["model_version"] == newest


def test_outcomes_are_kept_beside_their_predictions(models):
    with Service(models) as service:
        identifiers = [predict(service, PATIENT | {"Age": 20 + n}).json()["id"] for n in range(3)]
        kept = administer(
            service, "POST", f"/predictions/{identifiers[0]}/outcome", {"drug": "drugA", "reason": "allergy"})
        assert kept.status == 201
        page = administer(service, "GET", "/predictions?limit=2").json()
        assert [entry["id"] for entry in page["predictions"]] == identifiers[:0:-1]
        last = administer(service, "GET", page["next"]).json()
        assert last["predictions"][0]["outcome"] == kept.json() and last["next"] is None
        assert ask(service, "GET", "/predictions").status == 401


def test_a_table_is_stored_or_its_wrong_rows_are_named(two_models):
    with Service(two_models) as service:
        stored = administer(service, "PUT", "/datasets/clinic", TABLE, CSV)
        assert stored.status == 201
        assert stored.json()["samples"] == 1
        assert administer(service, "PUT", "/datasets/clinic", TABLE, CSV).status == 200
        secret = "Zzyzx"
        wrong = TABLE + "".join(f"{n % 100},{secret},HIGH,NORMAL,15.5,DrugY\n" for n in range(150))
        answer = administer(service, "PUT", "/datasets/clinic", wrong, CSV)
        assert (answer.status, kind(answer)) == (422, "invalid-dataset")
        problem = answer.json()
        assert problem["problem_count"] == 150 and len(problem["errors"]) == 100
        assert (problem["errors"][0]["line"], problem["errors"][0]["column"]) == (3, "Sex")
        assert secret not in answer.body.decode()
        names = {entry["name"]: entry["samples"] for entry in ask(service, "GET", "/datasets").json()["datasets"]}
        assert names == {"drug200": 200, "clinic": 1}
        for name in ["drug200", "Clinic", "x" * 41, "a.b"]:
            assert administer(service, "PUT", f"/datasets/{name}", TABLE, CSV).status == 422
        assert not list(service.run.glob("tmp/dataset-*"))
        large = administer(service, "PUT", "/datasets/clinic", "x" * (65 << 20), CSV)
        assert (large.status, kind(large)) == (413, "body-too-large")


def test_a_person_verifies_the_audit_log_and_a_change_is_found(two_models):
    with Service(two_models) as service:
        for version in versions(service) * 2:
            administer(service, "POST", f"/models/{version}/activate", {})
        command = [PROGRAMS / "drugctl", "audit", "--log", audit_path(service)]
        run = lambda *more: subprocess.run([*command, *more], capture_output=True, text=True, timeout=20)
        assert run("--verify").stdout.splitlines()[0] == "intact: 4 rows"
        assert run().stdout.count("activate") == 4
        with contextlib.closing(sqlite3.connect(audit_path(service))) as database, database:
            with pytest.raises(sqlite3.DatabaseError):
                database.execute("DELETE FROM audit")
            database.execute("DROP TRIGGER audit_row_stays")
            database.execute("UPDATE audit SET user = 'nobody' WHERE number = 3")
        done = run("--verify")
        assert done.returncode == 1 and "row 3" in done.stderr
        trail = administer(service, "GET", "/audit").json()
        assert not trail["intact"] and trail["first_broken"] == 3 and "changed" in trail["finding"]


@root_alone
def test_without_room_for_the_record_nothing_is_changed(two_models, tmp_path):
    with small_disk(tmp_path / "disk", "1m") as disk:
        with Service(two_models, LOG=str(disk / "log")) as service:
            newest, oldest = versions(service)
            assert administer(service, "POST", f"/models/{newest}/activate", {}).status == 200
            fill(disk / "filler")
            answer = administer(service, "POST", f"/models/{oldest}/activate", {})
            assert (answer.status, kind(answer)) == (503, "audit-not-writable")
            assert ask(service, "GET", "/models").json()["current"] == newest
            (disk / "filler").unlink()
            assert administer(service, "POST", f"/models/{oldest}/activate", {}).status == 200
            assert len(acts(service)) >= 2


def test_the_first_start_makes_a_password_and_tells_it_once(models):
    with Service(models, ADMIN_PASSWORD="") as service:
        password = re.search(r"the password (\S+) \(shown this once", service.log()).group(1)
        assert len(password) >= 20
        assert ask(service, "GET", "/me", headers=credentials("admin", password)).json()["user"] == "admin"
        path = service.log_folder / "htpasswd"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert password not in path.read_text() and path.read_text().startswith("admin:$6$")
        service.stop()
        service.start()
        assert service.log().count("shown this once") == 1
        assert ask(service, "GET", "/me", headers=credentials("admin", password)).status == 200
        for pid in service.responders():
            assert password.encode() not in open(f"/proc/{pid}/environ", "rb").read()


def test_a_password_can_come_from_a_file_and_replaces_the_old_one(models, tmp_path):
    file = tmp_path / "secret"
    file.write_text("from a file\nsecond line\n")
    with Service(models) as service:
        assert administer(service, "GET", "/me").status == 200
        for pid in service.responders():
            assert PASSWORD.encode() not in open(f"/proc/{pid}/environ", "rb").read()
        service.stop()
        service.settings |= {"ADMIN_PASSWORD": "", "ADMIN_PASSWORD_FILE": str(file)}
        service.start()
        assert administer(service, "GET", "/me").status == 401
        assert ask(service, "GET", "/me", headers=credentials("admin", "from a file")).status == 200


def test_a_password_file_of_ones_own_is_used_as_it_is(models, tmp_path):
    file = tmp_path / "people"
    hash = subprocess.run(
        ["openssl", "passwd", "-apr1", "-stdin"], input="hers", capture_output=True, text=True, check=True)
    file.write_text(f"ann:{hash.stdout}")
    with Service(models, ADMIN_PASSWORD="", HTPASSWD=str(file)) as service:
        assert ask(service, "GET", "/me", headers=credentials("ann", "hers")).json() == {"user": "ann", "roles": ROLES}
        assert "shown this once" not in service.log()


def test_where_no_password_can_be_kept_nobody_signs_in(models):
    with Service(models, LOG="/proc/nowhere", WITHOUT_LOG="yes", ADMIN_PASSWORD="") as service:
        assert "nobody can sign in" in service.log()
        for password in ["", "x"]:
            assert ask(service, "GET", "/me", headers=credentials("admin", password)).status == 401
        assert predict(service).status == 200
