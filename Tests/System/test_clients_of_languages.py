"""The scripts of deploy/clients, each run by its language against the service."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys

import pytest

from client import JSON, PATIENT, ask
from service import ROOT

SCRIPTS = ROOT / "deploy/clients"
PAGE = (ROOT / "docs/clients.md").read_text()
without_powershell = pytest.mark.skipif(
    not shutil.which("pwsh"), reason="PowerShell is not here, and neither Debian nor PyPI has it")
RUN = {
    "predict.py": [sys.executable], "predict.R": ["Rscript"], "predict.mjs": ["node"], "predict.sh": ["bash"],
    "predict.ps1": ["pwsh", "-NoProfile", "-File"]}
each_script = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=without_powershell if name.endswith(".ps1") else ()) for name in RUN])
ENVIRONMENT = os.environ | {"LC_ALL": "C.UTF-8", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def run(name, script, *arguments, **environment):
    return subprocess.run(
        [*RUN[name], script, *arguments], env=ENVIRONMENT | environment, encoding="utf-8", capture_output=True,
        timeout=60)


@each_script
def test_a_patient_and_a_table_are_answered(service, name):
    done = run(name, SCRIPTS / name, service.url)
    assert done.returncode == 0, done.stderr
    first, *rows = [re.split(r"[\s,]+", line.strip()) for line in done.stdout.splitlines()]
    assert first[0] == "DrugY" and float(first[1]) > 0.9
    told = {drug: row for row in rows for drug in {"DrugY", "drugC", "missing"} & set(row)}
    assert set(told) == ({"DrugY", "drugC"} if name == "predict.mjs" else {"DrugY", "drugC", "missing"})
    if name in ("predict.py", "predict.R", "predict.sh"):
        assert {"Süd"} < set(told["missing"]) & {"Süd", *"line 3: Na_to_K is missing".split()}


@each_script
def test_a_wrong_value_is_told_in_the_services_words(service, name, tmp_path):
    wrong = tmp_path / name
    wrong.write_text((SCRIPTS / name).read_text().replace("45", "121"))
    done = run(name, wrong, DRUG_CLASSIFIER_URL=service.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Invalid patient" in done.stderr
    assert "Age must be a whole number from 0 to 120" in done.stderr


def test_what_jsonlite_writes_is_answered_or_told_how_to_write_it(service):
    source = """
        patient <- list(Age = 45, Sex = "M", BP = "HIGH", Cholesterol = "NORMAL", Na_to_K = 15.5)
        write <- function(...) cat(jsonlite::toJSON(...), "", sep = "\n")
        write(patient)
        write(patient, auto_unbox = TRUE)
        write(as.data.frame(patient))
        write(list(patients = as.data.frame(patient)))
        write(list(Age = NA_real_), auto_unbox = TRUE)
        write(c(0.123456, 15.5), auto_unbox = TRUE)
        write(c(0.123456, 15.5), auto_unbox = TRUE, digits = NA)
    """
    written = subprocess.run(["Rscript", "-e", source], env=ENVIRONMENT, text=True, capture_output=True, check=True)
    boxed, unboxed, rows, patients, missing, *numbers = written.stdout.split()

    def details(body, path="/predict"):
        answer = ask(service, "POST", path, body, JSON)
        assert answer.status == 422
        return [error["detail"] for error in answer.json()["errors"]]

    advice = "not a list of one: in R, write JSON with auto_unbox = TRUE"
    assert [detail.split(", ")[1:] for detail in details(boxed)] == [advice.split(", ")] * 5
    assert ask(service, "POST", "/predict", unboxed, JSON).json()["patient_data"] == PATIENT
    assert details(rows) == ['a patient must be an object: /predict/batch takes lists, as {"patients":[…]}']
    assert ask(service, "POST", "/predict/batch", patients, JSON).json()["predictions"][0]["prediction"] == "DrugY"
    assert numbers == ["[0.1235,15.5]", "[0.123456,15.5]"]
    assert missing == '{"Age":"NA"}' and details(missing)[0] == "Age must be a number"


def test_a_row_of_a_data_frame_is_a_patient(service):
    import httpx
    import pandas

    rows = pandas.DataFrame([PATIENT, PATIENT | {"Na_to_K": None}]).to_dict("records")
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        assert client.post("/predict", json=rows[0]).json()["patient_data"] == PATIENT
        with pytest.raises(ValueError):
            client.post("/predict", json=rows[1])


def test_the_page_has_a_row_for_each_script():
    rows = dict(re.findall(r"^\| \[.*?\]\(\.\./deploy/clients/(.*?)\) \| (.*?) \|", PAGE, re.M))
    assert set(rows) == set(RUN) == {path.name for path in SCRIPTS.iterdir() if path.is_file()}
    for package in ("httpx", "pandas"):
        assert f"{package} {importlib.metadata.version(package)}" in rows["predict.py"]
    assert all(len((SCRIPTS / name).read_text().splitlines()) <= 45 for name in RUN)
