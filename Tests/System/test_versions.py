"""What a version's name stands for: changed under it, linked past it, signed, and not."""

import hashlib
import json
import re
import shutil
import subprocess

import pytest

from client import PATIENT, administer, ask, predict
from processes import wait_until
from service import PROGRAMS, ROOT, Service, train

SMALL = ("--trees", "5", "--features", "continuous")
BESIDE = {"SHA256SUMS", "signature"}


@pytest.fixture(scope="module")
def two_models(tmp_path_factory):
    """A folder of two models, the second of which is served."""
    folder = tmp_path_factory.mktemp("versions")
    train(folder, *SMALL, "--seed", "7")
    train(folder, *SMALL)
    return folder


@pytest.fixture
def models(two_models, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(two_models, tmp_path / "models", symlinks=True)


def served_and_other(models):
    served = (models / "current").readlink().name
    return served, next(folder.name for folder in (models / "registry").iterdir() if folder.name != served)


def drugctl(*arguments, **environment):
    return subprocess.run(
        [PROGRAMS / "drugctl", *map(str, arguments)], capture_output=True, text=True, cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment})


def list_files(folder):
    """Writes the list of a folder's files anew, as somebody would who can write there."""
    names = sorted(path.name for path in folder.iterdir() if path.name not in BESIDE)
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(lines))


def refused(service):
    return ask(service, "GET", "/health/ready").json()["refused_model"]


def replace(path, content):
    """A file of the same name, never written into the one that is mapped."""
    path.unlink()
    path.write_bytes(content)


def test_the_digest_is_what_the_page_says_it_is(two_models):
    served, _ = served_and_other(two_models)
    folder = two_models / "registry" / served
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    page = (ROOT / "docs/decisions/registry.md").read_text()
    script = page.split("```\n")[3]
    assert script.startswith("list() {")
    found = subprocess.run(["bash", "-c", script], cwd=folder, check=True, capture_output=True, text=True)
    digest = found.stdout.split()[0]
    assert digest[:12] == served
    with Service(two_models) as service:
        assert ask(service, "GET", "/model/info").json()["model_digest"] == digest
        assert ask(service, "GET", f"/models/{served}").json()["model_digest"] == digest
        assert ask(service, "GET", f"/models/{served}/SHA256SUMS").body == (folder / "SHA256SUMS").read_bytes()


@pytest.mark.parametrize("lists", [False, True])
def test_what_is_changed_under_an_approved_name_is_not_served(models, lists):
    served, other = served_and_other(models)
    folder, foreign = models / "registry" / served, models / "registry" / other
    with Service(models, PROCESSES="1") as service:
        before = predict(service, PATIENT).json()["probabilities"]
        for name in ("forest.rf", "card.json", "evaluation.json"):
            content = (foreign / name).read_bytes()
            replace(folder / name, content.replace(other.encode(), served.encode()))
        if lists:
            list_files(folder)
        wait_until(lambda: refused(service))
        assert "its files are not those that its name stands for" in refused(service)
        assert ask(service, "GET", "/health/ready").json()["status"] == "ready"
        assert predict(service, PATIENT).json()["probabilities"] == before
        checked = drugctl("models", "verify", "--models", models)
        assert checked.returncode == 1 and f"{served}  WRONG" in checked.stdout
        assert f"{other}  sound" in checked.stdout
    # Nobody who starts then has it either.
    with Service(models) as service:
        assert predict(service, PATIENT).status == 503
        assert refused(service)


def test_writing_into_the_served_files_changes_no_answer(models):
    served, other = served_and_other(models)
    with Service(models, PROCESSES="1") as service:
        patients = [PATIENT | {"Age": age, "Na_to_K": 14.6} for age in range(20, 70, 5)]
        before = [predict(service, patient).json()["probabilities"] for patient in patients]
        content = (models / "registry" / other / "forest.rf").read_bytes()
        (models / "registry" / served / "forest.rf").write_bytes(content)
        after = [predict(service, patient).json()["probabilities"] for patient in patients]
        wait_until(lambda: refused(service))
        assert before == after == [predict(service, patient).json()["probabilities"] for patient in patients]


def test_a_link_in_a_version_leads_nowhere(models, tmp_path):
    served, other = served_and_other(models)
    secret = tmp_path / "secret"
    secret.write_text("admin:hash")
    with Service(models, PROCESSES="1") as service:
        for name in ("card.json", "forest.rf", "SHA256SUMS", "confusion_matrix.png"):
            path = models / "registry" / other / name
            assert ask(service, "GET", f"/models/{other}/{name}").status == 200
            path.unlink()
            path.symlink_to(secret)
            answer = ask(service, "GET", f"/models/{other}/{name}")
            assert answer.status == 404 and b"hash" not in answer.body
        (models / "registry" / other / "signature").symlink_to(secret)
        assert ask(service, "GET", f"/models/{other}/signature").status == 404
        # A folder that is a link is no version either.
        outside = shutil.copytree(models / "registry" / served, tmp_path / served)
        shutil.rmtree(models / "registry" / other)
        (models / "registry" / other).symlink_to(outside)
        assert ask(service, "GET", f"/models/{other}/forest.rf").status == 404
        assert administer(service, "POST", f"/models/{other}/activate", {}).status == 409
        assert ask(service, "GET", f"/models/{other}").status >= 400
        assert predict(service).json()["model_version"] == served


@pytest.mark.parametrize("text", [r"\n", r"\r\nSet-Cookie: a=b\r\n\r\n<script>", "\u202e"])
def test_a_name_with_a_line_break_ends_no_responder(models, text):
    served, other = served_and_other(models)
    folder = models / "registry" / other
    card = (folder / "card.json").read_text()
    replace(folder / "card.json", card.replace(f'"{other}"', f'"{other}{text}"').encode())
    list_files(folder)
    with Service(models, PROCESSES="1") as service:
        [pid] = service.responders()
        (models / "next").symlink_to(f"registry/{other}")
        (models / "next").rename(models / "current")
        wait_until(lambda: refused(service))
        answer = predict(service)
        assert answer.status == 200 and answer.json()["model_version"] == served
        assert "Set-Cookie" not in answer.headers
        infer = {"inputs": []}
        ask(service, "POST", f"/v2/models/drug-classifier/versions/{other}/infer", json.dumps(infer),
            {"Content-Type": "application/json"})
        assert ask(service, "GET", "/models").status == 200
        assert service.responders() == [pid]


def test_a_registry_of_an_older_program_is_served_and_brought_over(models):
    served, _ = served_and_other(models)
    folder = models / "registry" / served
    card = (folder / "card.json").read_bytes()
    plain = re.sub(rb'^  "(model_version|trained_at)" : "[^"]*"', rb'  "\1" : ""', card, flags=re.M)
    older = hashlib.sha256((folder / "forest.rf").read_bytes() + plain).hexdigest()[:12]
    (folder / "SHA256SUMS").unlink()
    replace(folder / "card.json", card.replace(served.encode(), older.encode()))
    folder = folder.rename(models / "registry" / older)
    (models / "current").unlink()
    (models / "current").symlink_to(f"registry/{older}")
    with Service(models, PROCESSES="1") as service:
        assert predict(service).json()["model_version"] == older
        assert ask(service, "GET", "/model/info").json()["model_digest"] is None
        assert "model of an older program" in service.log()
        assert "older program" in drugctl("models", "verify", older, "--models", models).stdout
        done = drugctl("models", "verify", "--adopt", "--models", models)
        assert done.returncode == 0 and (folder / "SHA256SUMS").exists()
        wait_until(lambda: ask(service, "GET", "/model/info").json()["model_digest"])
        assert predict(service).json()["model_version"] == older
        assert refused(service) is None


@pytest.fixture
def key(tmp_path):
    """A private key beside its public one."""
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", key.with_suffix(".pub")], check=True)
    return key


def test_only_what_is_signed_is_served_where_that_is_asked_for(models, key):
    served, other = served_and_other(models)
    public = key.with_suffix(".pub")
    with Service(models, PROCESSES="1", TRUSTED_KEY=str(public)) as service:
        assert predict(service).status == 503
        assert refused(service) == f"model {served} is not signed"
        signed = drugctl("models", "sign", served, "--key", key, "--models", models)
        assert signed.returncode == 0, signed.stderr
        wait_until(lambda: predict(service).status == 200)
        # Another is not activated, by nobody, before it is signed too.
        answer = administer(service, "POST", f"/models/{other}/activate", {})
        assert answer.status == 409 and "is not signed" in answer.json()["detail"]
        refusal = drugctl("models", "activate", other, "--models", models, TRUSTED_KEY=str(public))
        assert refusal.returncode == 1 and "is not signed" in refusal.stderr
        # A retraining saves, and says why it does not serve.
        result = administer(service, "POST", "/retrain", {"n_estimators": 3, "features": "continuous", "force": True})
        assert result.status == 200, result.body
        assert not result.json()["promoted"] and "is not signed" in result.json()["message"]
        assert predict(service).json()["model_version"] == served
        drugctl("models", "sign", other, "--key", key, "--models", models)
        assert administer(service, "POST", f"/models/{other}/activate", {}).status == 200
        wait_until(lambda: predict(service).json()["model_version"] == other)
        assert b"ed25519 " in ask(service, "GET", f"/models/{other}/signature").body
        # What was signed before the other one was served is not brought out again; going back is possible.
        new = result.json()["model_version"]
        drugctl("models", "sign", new, "--key", key, "--replaces", served, "--models", models)
        stale = administer(service, "POST", f"/models/{new}/activate", {})
        assert stale.status == 409 and "sign it again" in stale.json()["detail"]
        back = drugctl("models", "rollback", "--models", models, TRUSTED_KEY=str(public))
        assert back.returncode == 0, back.stderr
        wait_until(lambda: predict(service).json()["model_version"] == served)
        # Every byte is signed, the time too.
        card = models / "registry" / served / "card.json"
        replace(card, re.sub(rb'"trained_at" : "\d+', b'"trained_at" : "1999', card.read_bytes()))
        list_files(card.parent)
        wait_until(lambda: refused(service))
        assert "others than those that were signed" in refused(service)
        assert predict(service).json()["model_version"] == served


def test_a_key_that_is_none_keeps_the_service_from_starting(models, tmp_path):
    for content in (None, "no key"):
        path = tmp_path / "wrong.pub"
        if content:
            path.write_text(content)
        with pytest.raises(RuntimeError, match="TRUSTED_KEY is no public key"):
            with Service(models, TRUSTED_KEY=str(path)):
                pass
