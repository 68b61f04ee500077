"""Descriptions of tables in the form of the Data Package standard, held against a program of others."""

import json
import shutil
import subprocess

import frictionless
import pytest

import test_tables
from service import PROGRAMS, ROOT


def test_the_description_of_drug200_holds_for_its_data():
    report = frictionless.validate(str(ROOT / "data/datapackage.json"))
    assert report.valid, report.to_summary()


@pytest.mark.parametrize("rows", [test_tables.ward, test_tables.laboratory, test_tables.cells])
def test_a_description_with_members_of_our_own_holds_for_its_data(rows, tmp_path):
    name = rows.__name__
    shutil.copy(test_tables.DESCRIPTIONS / f"{name}.json", tmp_path / "datapackage.json")
    schema = json.loads((tmp_path / "datapackage.json").read_text())["resources"][0]["schema"]
    header = [field["name"] for field in schema["fields"]]
    (tmp_path / f"{name}.csv").write_text(test_tables.Table.text(header, rows()))
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.valid, report.to_summary()


def test_what_another_program_wrote_is_taken_as_it_is_once_the_drug_is_named(tmp_path):
    rows = list(test_tables.ward())
    header = ["age", "weight", "sex", "pressure", "ratio", "given"]
    table = tmp_path / "stranger.csv"
    table.write_text(test_tables.Table.text(header, rows))
    resource = frictionless.describe(str(table))
    description = tmp_path / "stranger.json"
    description.write_text(json.dumps(resource.to_descriptor()))

    def train(*target):
        return subprocess.run(
            [PROGRAMS / "drugctl", "train", "--data", table, "--schema", description, *target, "--n-estimators", "5",
             "--models", tmp_path / "models"], text=True, capture_output=True)
    refused = train()
    assert refused.returncode == 1
    assert f"{description}: /schema/target: is missing" in refused.stderr
    done = train("--target", "given")
    assert done.returncode == 0, done.stderr
    version = (tmp_path / "models/current").resolve()
    kept = json.loads((version / "schema.json").read_text())
    assert [field["name"] for field in kept["fields"]] == header and kept["target"] == "given"
    drugs = [category["value"] for category in kept["fields"][-1]["categories"]]
    assert drugs == sorted({row[-1] for row in rows})
