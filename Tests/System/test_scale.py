"""A table counted by the statement of docs/scale.md trains as its rows do; `make scale` does the same on Spark."""

import csv
import json
import random
import subprocess
import sys

import pytest

from client import predict
from service import PROGRAMS, ROOT, Service, train

sys.path.insert(0, str(ROOT / "Benchmarks"))
import scale_tables  # noqa: E402

ROWS = 100_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The same patients in Parquet, counted, and one by one in another order."""
    folder = tmp_path_factory.mktemp("scale")
    scale_tables.draw(folder, ROWS)
    scale_tables.count_on_duckdb(folder)
    scale_tables.write_rows(folder)
    header, *rows = (folder / "rows.csv").read_text().splitlines(keepends=True)
    random.Random(0).shuffle(rows)
    (folder / "rows.csv").write_text(header + "".join(rows))
    return folder


def forest_of(folder, table, *arguments):
    train(folder / f"models-{table}", "--data", folder / f"{table}.csv", *arguments)
    card = json.loads((folder / f"models-{table}/current/card.json").read_text())
    assert card["data"]["samples"] == ROWS
    return (folder / f"models-{table}/current/forest.rf").read_bytes()


def test_the_counts_are_those_of_the_rows(folder):
    with open(folder / "counted.csv", newline="") as lines:
        counted = list(csv.DictReader(lines))
    assert sum(int(row["count"]) for row in counted) == ROWS
    assert scale_tables.distinct(folder / "rows.csv") == ROWS
    assert ROWS / 10 < len(counted) < ROWS <= scale_tables.MOST_DISTINCT


@pytest.mark.parametrize("features", ["binned", "continuous"])
def test_the_counts_train_the_forest_that_the_rows_train(folder, features):
    forests = [forest_of(folder, table, "--features", features, "--trees", "20") for table in ("counted", "rows")]
    assert forests[0] == forests[1]


def test_what_was_trained_on_counts_is_served_and_right(folder):
    forest_of(folder, "counted")
    with open(folder / "counted.csv", newline="") as lines:
        rows = random.Random(1).sample(list(csv.DictReader(lines)), 100)
    with Service(folder / "models-counted") as service:
        for row in rows:
            patient = {"Age": int(row["Age"]), "Na_to_K": float(row["Na_to_K"]),
                       **{name: row[name] for name in ("Sex", "BP", "Cholesterol")}}
            assert predict(service, patient).json()["prediction"] == row["Drug"]


def test_a_bad_count_is_refused_with_its_line(folder):
    first, *rest = (folder / "counted.csv").read_text().splitlines(keepends=True)
    bad = folder / "bad.csv"
    bad.write_text(first + rest[0] + rest[1].rpartition(",")[0] + ",0\n")
    done = subprocess.run(
        [PROGRAMS / "drugctl", "train", "--data", bad, "--models", folder / "models-bad"],
        capture_output=True, text=True)
    assert done.returncode == 1
    assert 'line 3, column count: count must be a whole number from 1 to 1000000000 (found "0")' in done.stderr
    assert not (folder / "models-bad/current").exists()


def test_the_documented_statements_are_one():
    """The engines count the same columns; what differs is how each writes its result."""
    words = " ".join(scale_tables.statement("DuckDB").split())
    select = words[words.index("SELECT"):words.index(" FROM")]
    group = words[words.index("GROUP"):words.index(" ) TO")]
    spark = " ".join(scale_tables.statement("Spark", "python").split())
    assert select in spark and group in spark
    postgres = scale_tables.statement("PostgreSQL")
    plain = postgres.replace('"', "")
    for column in [*scale_tables.COLUMNS, "Drug"]:
        assert f"{column.lower()} AS {column}" in plain
    assert group.lower() in postgres.lower()
