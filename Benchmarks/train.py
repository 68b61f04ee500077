"""Training: our time from measured rows in memory to a forest, beside the peers' from their encoded
matrices. Medians of three runs, two threads, the accuracy on the test part beside each time.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import data
from report import BENCH, Report

HERE = Path(__file__).resolve().parent
FOREST = HERE / ".build/release/forest-bench"
DRUGCTL = HERE.parent / ".build/release/drugctl"
RUNS = "3"
CASES = [
    # title, data, rows, features, leaves, peers
    ("drug, binned, 100 k × 18, 30 leaves", "drug", 100_000, "binned", 30,
     ["scikit-learn", "sklearnex", "LightGBM rf", "XGBoost rf", "YDF"]),
    ("drug, continuous, 100 k × 9, 30 leaves", "drug", 100_000, "continuous", 30,
     ["scikit-learn", "sklearnex", "LightGBM rf", "XGBoost rf", "YDF"]),
    ("drug, continuous, 1 M × 9, 30 leaves", "drug", 1_000_000, "continuous", 30,
     ["scikit-learn", "sklearnex", "LightGBM rf", "XGBoost rf", "YDF"]),
    ("make_classification, 100 k × 28, full trees", "synthetic", 100_000, "synthetic", None,
     ["scikit-learn", "sklearnex", "XGBoost rf", "YDF", "Snap ML", "ranger", "CatBoost"]),
]


def run(command):
    """Runs a program and reads the JSON of its last line."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=HERE)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def folder(name):
    """The raw files of a table, written once."""
    path = BENCH / "tables" / name
    if not (path / "test.labels").exists():
        data.save(path, *data.named(name))
    return path


def ours(data_name, rows, features, leaves, runs=RUNS):
    command = [FOREST, "train", "--data", folder(f"{data_name}-{rows}"), "--kind", features,
               "--threads", "2", "--runs", runs]
    return run(command + (["--leaves", str(leaves)] if leaves else []))


def ranger(name, columns):
    """R's ranger, whose memory counts the rows too; None where it is not installed."""
    if not shutil.which("Rscript") or subprocess.run(
            ["Rscript", "-e", "library(ranger)"], capture_output=True).returncode != 0:
        return None
    return run(["Rscript", "ranger.R", folder(name), str(columns), "100", RUNS])


def note(ours, theirs):
    return (f"accuracy {ours['accuracy']:.4f} | {theirs['accuracy']:.4f}, "
            f"memory {ours['memory'] / 1e6:.0f} | {theirs['memory'] / 1e6:.0f} MB")


def fits(report):
    for title, data_name, rows, features, leaves, peers in CASES:
        report.begin(f"Training: {title} (seconds)")
        own = ours(data_name, rows, features, leaves)
        for peer in peers:
            theirs = ranger(f"{data_name}-{rows}", 28) if peer == "ranger" else run([
                sys.executable, "peers.py", peer, f"{data_name}-{rows}", features,
                str(leaves or "none"), "none", "100", RUNS])
            if theirs is None:
                print(f"  {peer} is not installed (Debian: r-cran-ranger)")
                continue
            report.add(title, peer, own["seconds"], theirs["seconds"], "s",
                       note=note(own, theirs))


def growth(report):
    report.begin("Growth: drug, continuous, 30 leaves (ours; peer: ours at 100 k rows, scaled)")
    base = None
    for rows in (100_000, 1_000_000, 10_000_000):
        own = ours("drug", rows, "continuous", 30)
        base = base or own
        scaled = base["seconds"] * rows / 100_000
        report.add(f"{rows:,} rows", "linear growth", own["seconds"], scaled, "s",
                   note=f"memory above the rows {own['memory'] / 1e6:.0f} MB")


def csv_to_model(report):
    report.begin("From a CSV of 1 M drug rows on disk to a saved model (seconds)")
    import numpy as np
    import pandas as pd
    (X, y), _ = data.drug(1_000_000)
    path = BENCH / "drug-1000000.csv"
    names = {n: np.array(levels)[X[:, i].astype(int)]
             for i, (n, levels) in enumerate(data.LEVELS.items())}
    frame = pd.DataFrame({"Age": X[:, 3].astype(int), **names, "Na_to_K": X[:, 4],
                          "Drug": np.array(data.DRUGS)[y]})
    frame.to_csv(path, index=False)
    times = []
    with tempfile.TemporaryDirectory() as models:
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run([DRUGCTL, "train", "--data", path, "--features", "continuous",
                            "--max-features", "sqrt", "--no-smote", "--models", models],
                           check=True, capture_output=True)
            times.append(time.perf_counter() - start)
    theirs = run([sys.executable, "csv_peer.py", str(path), RUNS])
    report.add("CSV to model, continuous, 30 leaves", "pandas + sklearnex",
               sorted(times)[1], theirs["seconds"], "s",
               note="ours: the whole of drugctl train, with split and evaluation")


if __name__ == "__main__":
    report = Report("train")
    fits(report)
    growth(report)
    csv_to_model(report)
    report.write()
