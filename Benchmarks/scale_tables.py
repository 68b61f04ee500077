"""Tables of patients too large to be of interest row by row, and how DuckDB and Spark count them.

The statements are those of docs/scale.md: what it shows is what runs. Rows are drawn column by column
from drug200's own values and labelled by its rule, so that there are at most 57 ages · 2 · 3 · 2
levels · 198 ratios = 135,432 different ones, however many are drawn.
"""
import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ["Age", "Sex", "BP", "Cholesterol", "Na_to_K"]
MOST_DISTINCT = 57 * 2 * 3 * 2 * 198
RULE = """CASE
  WHEN Na_to_K >= 15 THEN 'DrugY'
  WHEN BP = 'HIGH' THEN CASE WHEN Age <= 50 THEN 'drugA' ELSE 'drugB' END
  WHEN BP = 'LOW' AND Cholesterol = 'HIGH' THEN 'drugC'
  ELSE 'drugX' END"""


def statement(engine, language="sql"):
    """The first block of a language below the heading of an engine in docs/scale.md."""
    page = (ROOT / "docs/scale.md").read_text()
    section = re.split(rf"^### {engine}$", page, flags=re.M)[1].split("\n### ")[0]
    return re.search(rf"```{language}\n(.*?)```", section, re.S)[1]


def connect():
    import duckdb
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    return connection


def draw(folder, rows):
    """Writes patients.parquet; each row's values follow from its number alone."""
    duck = connect()
    for column in COLUMNS:
        duck.execute(f"SET VARIABLE {column}_values = "
                     f"(SELECT list({column}) FROM read_csv('{ROOT / 'data/drug200.csv'}'))")
    drawn = ", ".join(f"getvariable('{column}_values')[1 + (hash(number * 5 + {place}) % 200)::BIGINT] AS {column}"
                      for place, column in enumerate(COLUMNS))
    duck.execute(f"""COPY (
        SELECT *, {RULE} AS Drug FROM (SELECT {drawn} FROM range({rows}) AS numbers(number))
        ) TO '{folder / 'patients.parquet'}' (FORMAT parquet)""")


def write_rows(folder):
    """Writes the patients row by row, as rows.csv."""
    connect().execute(
        f"COPY (FROM '{folder / 'patients.parquet'}') TO '{folder / 'rows.csv'}' (HEADER)")


def count_on_duckdb(folder):
    """Runs the statement for DuckDB in a folder that holds patients.parquet; gives the table."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        connect().execute(statement("DuckDB"))
    finally:
        os.chdir(before)
    return folder / "counted.csv"


def distinct(table):
    with open(table) as lines:
        return sum(1 for _ in lines) - 1
