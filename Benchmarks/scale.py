"""A table of many patients, counted by DuckDB and by Spark, trained on and served:

        scale.py ROWS

The forests must be the same file, and that of the rows one by one (up to SINGLY of them). The figures go
to .bench/scale.json beside those of other numbers of rows.
"""
import csv
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import scale_tables as tables
from report import BENCH

sys.path.insert(0, str(tables.ROOT / "Tests"))
from service import PROGRAMS, Service  # noqa: E402

SINGLY = int(os.environ.get("SINGLY", 20_000_000))
RESULTS = BENCH / "scale.json"


def timed(action, *arguments):
    start = time.perf_counter()
    result = action(*arguments)
    return result, time.perf_counter() - start


def train(table, models):
    """The seconds and the peak of the resident memory that `drugctl train` takes, and its forest."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [PROGRAMS / "drugctl", "train", "--data", table, "--models", models], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"drugctl train failed on {table}")
    forest = (models / "current/forest.rf").read_bytes()
    return {"seconds": seconds, "megabytes": usage.ru_maxrss / 1024,
            "forest": hashlib.sha256(forest).hexdigest()}


def count_on_spark(folder):
    done = subprocess.run(
        [sys.executable, Path(__file__).parent / "scale_spark.py", folder], stdout=subprocess.PIPE,
        text=True)
    if done.returncode != 0:
        sys.exit("Spark failed")
    table, = (folder / "counted").glob("part-*.csv")
    return table, json.loads(done.stdout.splitlines()[-1])


def wrong_answers(models, table, count=200):
    """How many of some patients of a table the served model recommends another drug for than the rule."""
    with open(table, newline="") as lines:
        rows = random.Random(0).sample(list(csv.DictReader(lines)), count)
    wrong = 0
    with Service(models) as service:
        for row in rows:
            patient = {"Age": int(row["Age"]), "Na_to_K": float(row["Na_to_K"]),
                       **{name: row[name] for name in ("Sex", "BP", "Cholesterol")}}
            request = urllib.request.Request(
                service.url + "/predict", json.dumps(patient).encode(),
                {"Content-Type": "application/json"})
            with urllib.request.urlopen(request) as answer:
                wrong += json.load(answer)["prediction"] != row["Drug"]
    return {"asked": count, "wrong": wrong}


def measure(rows, folder):
    print(f"{rows:,} rows: drawing them", flush=True)
    _, drawing = timed(tables.draw, folder, rows)
    figures = {"rows": rows, "drawing": drawing,
               "parquet": (folder / "patients.parquet").stat().st_size / 1e6}

    print("counting them on DuckDB", flush=True)
    duck, seconds = timed(tables.count_on_duckdb, folder)
    figures |= {"distinct": tables.distinct(duck), "duckdb": seconds}
    if figures["distinct"] > tables.MOST_DISTINCT:
        sys.exit(f"{figures['distinct']} different rows are more than there can be")
    print("counting them on Spark", flush=True)
    spark, figures["spark"] = count_on_spark(folder)

    sources = {"duckdb": duck, "spark": spark}
    if rows <= SINGLY:
        tables.write_rows(folder)
        sources["rows"] = folder / "rows.csv"
    figures["training"] = {}
    for name, table in sources.items():
        print(f"training on {table.name} of {name}", flush=True)
        figures["training"][name] = train(table, folder / f"models-{name}")
        figures["training"][name]["table"] = table.stat().st_size / 1e6
    forests = {each["forest"] for each in figures["training"].values()}
    if len(forests) != 1:
        sys.exit(f"the forests differ: {figures['training']}")
    print(f"one forest: {forests.pop()}", flush=True)

    figures["served"] = wrong_answers(folder / "models-spark", spark)
    return figures


def show(results):
    print("\n| rows | different | Parquet | DuckDB counts | Spark counts (and starts) | `drugctl train` on "
          "the counts | its peak memory | on the rows one by one | its peak memory |")
    print("|" + "---|" * 9)
    for each in results:
        counted, singly = each["training"]["spark"], each["training"].get("rows")
        print(f"| {each['rows']:,} | {each['distinct']:,} | {each['parquet']:,.0f} MB "
              f"| {each['duckdb']:.2f} s | {each['spark']['counting']:.1f} s ({each['spark']['session']:.1f} s) "
              f"| {counted['seconds']:.2f} s | {counted['megabytes']:.0f} MB "
              + (f"| {singly['seconds']:.2f} s | {singly['megabytes']:,.0f} MB |" if singly else "| | |"))


def main(rows):
    BENCH.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="scale-", dir=BENCH))
    try:
        figures = measure(rows, folder)
    finally:
        shutil.rmtree(folder)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    results = [each for each in results if each["rows"] != rows] + [figures]
    results.sort(key=lambda each: each["rows"])
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    show(results)
    asked, wrong = figures["served"]["asked"], figures["served"]["wrong"]
    print(f"\nserved on Spark's counts: {asked - wrong} of {asked} patients got their drug")
    print("written: .bench/scale.json")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
