"""Writes expected-accuracy.csv, what a service kept of 350 random patients as `drugctl log --format csv` shows it, and
expected-accuracy.json, what NannyML expects of them and the confusion matrix of the version's held-out patients.

Run it with NannyML's own Python, for the built programs (`make build install-nannyml`):

        .venv-nannyml/bin/python Tests/ModelsTests/Golden/make-expected-accuracy.py

Times and identifiers are new each time. The model is a small one of bins, which is often in doubt.
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile
import urllib.request

TESTS = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS), str(TESTS / "System")]

import nannyml  # noqa: E402
from nannyml_estimate import estimate  # noqa: E402
from service import PROGRAMS, Service, train  # noqa: E402

CHUNK = 100


def patient(chance):
    return {
        "Age": chance.randint(15, 74), "Sex": chance.choice("FM"), "BP": chance.choice(["HIGH", "LOW", "NORMAL"]),
        "Cholesterol": chance.choice(["HIGH", "NORMAL"]), "Na_to_K": round(chance.uniform(6, 38), 3)}


def main():
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as models:
        train(models, "--features", "binned", "--n-estimators", "10")
        with Service(models) as service:
            for _ in range(350):
                urllib.request.urlopen(urllib.request.Request(
                    f"{service.url}/predict", json.dumps(patient(chance)).encode(),
                    {"Content-Type": "application/json"})).read()
            log = subprocess.run(
                [PROGRAMS / "drugctl", "log", "--prediction-log", service.log_folder / "predictions.sqlite",
                 "--limit", "350", "--format", "csv"], check=True, capture_output=True).stdout
        (HERE / "expected-accuracy.csv").write_bytes(log)
        current = (pathlib.Path(models) / "current").resolve()
        evaluation = json.loads((current / "evaluation.json").read_text())
        chunks = estimate(HERE / "expected-accuracy.csv", current.name, evaluation, CHUNK)
    golden = {
        "nannyml": nannyml.__version__, "version": current.name, "chunk": CHUNK,
        "confusion_matrix": evaluation["confusion_matrix"], "chunks": chunks}
    (HERE / "expected-accuracy.json").write_text(json.dumps(golden, indent=1) + "\n")


main()
