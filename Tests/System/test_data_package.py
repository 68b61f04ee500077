"""Descriptions of tables: those that others write, and those that drugctl drafts for others."""

import json
import random
import shutil
import sqlite3
import subprocess

import duckdb
import pytest
from frictionless import describe, system, validate

import test_tables
from service import PROGRAMS, ROOT

FOREST = ("--n-estimators", "5")


def drugctl(*arguments, succeeds=True):
    run = subprocess.run([PROGRAMS / "drugctl", *map(str, arguments)], text=True, capture_output=True)
    assert (run.returncode == 0) == succeeds, run.stderr
    return run.stdout if succeeds else run.stderr


def faults(package):
    with system.use_context(trusted=True):
        return validate(str(package)).flatten(["type", "fieldName", "rowNumber", "note"])


@pytest.fixture
def stranger(tmp_path):
    """A table with a text, a number with holes, a truth, a date, whoever it is, and a drug."""
    draw = random.Random(4)
    lines = ["case,born,weight,region,smokes,therapy"]
    for number in range(120):
        weight = draw.choice(["", "NA", *(round(draw.uniform(45, 130), 1) for _ in range(8))])
        therapy = "drip" if isinstance(weight, float) and weight > 95 else draw.choice(["oral", "none"])
        lines.append(
            f"P{number},19{draw.randint(20, 99)}-02-01,{weight},{draw.choice(['Nord', 'Süd', '東'])},"
            f"{draw.choice(['true', 'false'])},{therapy}")
    path = tmp_path / "stranger.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_description_of_drug200_is_right_for_its_data():
    assert faults(ROOT / "data/datapackage.json") == []


@pytest.mark.parametrize("rows", [test_tables.ward, test_tables.laboratory, test_tables.cells])
def test_a_description_with_members_of_our_own_is_right_for_its_data(rows, tmp_path):
    name = rows.__name__
    package = tmp_path / "datapackage.json"
    shutil.copy(test_tables.DESCRIPTIONS / f"{name}.json", package)
    schema = json.loads(package.read_text())["resources"][0]["schema"]
    header = [field["name"] for field in schema["fields"]]
    (tmp_path / f"{name}.csv").write_text(test_tables.Table.text(header, rows()))
    assert faults(package) == []


def test_a_description_that_frictionless_wrote_is_taken_as_it_is(stranger, tmp_path):
    clean = stranger.read_text().replace(",NA,", ",,")
    stranger.write_text(clean)
    resource = describe("stranger.csv", basepath=str(tmp_path))
    types = {field.name: field.type for field in resource.schema.fields}
    assert {"number", "string", "boolean", "date"} <= set(types.values())
    path = tmp_path / "theirs.json"
    resource.to_json(str(path))
    said = drugctl("train", "--data", stranger, "--schema", path, "--models", tmp_path / "none", succeeds=False)
    assert f"{path}: /schema/target: is missing" in said
    output = drugctl(
        "train", "--data", stranger, "--schema", path, "--target", "therapy", "--models", tmp_path / "models", *FOREST)
    assert "120 patients in 120 rows, 4 measurements and the drug" in output
    assert "ignored columns: born" in output


def test_a_drug_that_frictionless_takes_for_a_number_is_a_drug(stranger, tmp_path):
    text = stranger.read_text().replace(",NA,", ",,")
    for number, drug in enumerate(["oral", "none", "drip"]):
        text = text.replace(drug, str(number))
    stranger.write_text(text)
    resource = describe("stranger.csv", basepath=str(tmp_path))
    assert resource.schema.get_field("therapy").type == "integer"
    resource.to_json(str(tmp_path / "theirs.json"))
    drugctl(
        "train", "--data", stranger, "--schema", tmp_path / "theirs.json", "--target", "therapy", "--models",
        tmp_path / "models", *FOREST)


def test_a_draft_of_a_table_with_holes_is_right_for_both(stranger, tmp_path):
    package = tmp_path / "datapackage.json"
    drugctl("describe", stranger, "--output", package)
    schema = json.loads(package.read_text())["resources"][0]["schema"]
    assert schema["missingValues"] == ["", "NA"] and schema["target"] == "therapy"
    assert faults(package) == []
    drugctl("pipeline", "--data", stranger, "--schema", package, "--models", tmp_path / "models", *FOREST)


def test_a_draft_of_a_spreadsheets_table_is_right_for_both(tmp_path):
    draw = random.Random(5)
    rows = [
        f"{draw.randint(100, 900) / 100:.2f}".replace(".", ",") + f";{draw.choice(['größer', 'kleiner'])};"
        + draw.choice(["ja", "nein"]) for _ in range(60)]
    table = tmp_path / "export.csv"
    table.write_text("\r\n".join(["Kalium;Größe;Medikament", *rows, ""]), encoding="latin-1", newline="")
    package = tmp_path / "datapackage.json"
    drugctl("describe", table, "--output", package, "--target", "Medikament")
    assert faults(package) == []
    drugctl("train", "--data", table, "--models", tmp_path / "models", *FOREST)


def test_what_is_wrong_names_the_file_and_the_place(stranger, tmp_path):
    package = tmp_path / "datapackage.json"
    drugctl("describe", stranger, "--output", package)
    broken = json.loads(package.read_text())
    broken["resources"][0]["schema"]["fields"][2]["type"] = "weight"
    package.write_text(json.dumps(broken))
    said = drugctl("explore", "--data", stranger, succeeds=False)
    assert said.startswith(f"Error: {package}: /resources/0/schema/fields/2/type: must be one of ")


def forest(data, models, *options):
    drugctl("train", "--data", data, "--models", models, *FOREST, *options)
    return (models / "current/forest.rf").read_bytes()


def counted(cursor, path):
    names = [column[0] for column in cursor.description]
    path.write_text("\n".join(",".join(map(str, row)) for row in [names, *cursor.fetchall()]) + "\n")
    return path


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_the_statement_counts_rows_that_train_the_same_forest(engine, tmp_path):
    data = ROOT / "data/drug200.csv"
    lines = data.read_text().splitlines()
    # Each patient twice, so that there is something to count.
    twice = tmp_path / "drug200.csv"
    twice.write_text("\n".join([*lines, *lines[1:]]) + "\n")
    description = ("--schema", ROOT / "data/datapackage.json")
    statement = drugctl("describe", *description, "--sql")
    if engine == "sqlite":
        database = sqlite3.connect(":memory:")
        database.execute('CREATE TABLE drug200 ("Age" INTEGER, "Sex", "BP", "Cholesterol", "Na_to_K" REAL, "Drug")')
        rows = [line.split(",") for line in twice.read_text().splitlines()[1:]]
        database.executemany("INSERT INTO drug200 VALUES (?, ?, ?, ?, ?, ?)", rows)
    else:
        database = duckdb.connect()
        database.execute(f"CREATE TABLE drug200 AS FROM '{twice}'")
    table = counted(database.execute(statement), tmp_path / "counted.csv")
    assert len(table.read_text().splitlines()) == 201
    options = (*description, "--features", "continuous")
    assert forest(table, tmp_path / "a", *options) == forest(twice, tmp_path / "b", *options)
