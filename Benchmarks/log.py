"""How questions of a long prediction log grow: the same service on SQLite and on PostgreSQL with ROWS predictions.

The rows are of a year, of 3,000 different patients, a thousandth of them with an outcome. Each question is asked 200 times
through nginx; the drift and the agreement are found out anew for each `/monitoring`, which is asked for when they have
aged. ROWS and DATABASES may say less or more.
"""
import base64
import calendar
import json
import os
import sqlite3
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from report import Report

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Tests"))
from postgres import Postgres  # noqa: E402
from service import PASSWORD, Service, train  # noqa: E402

ROWS = int(os.environ.get("ROWS", 10_000_000))
DATABASES = os.environ.get("DATABASES", "SQLite PostgreSQL").split()
DAY = 86_400_000_000
PATIENT = {"Age": 45, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 15.5}
ADMIN = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()


def predict(service, count=1):
    body = json.dumps(PATIENT).encode()
    for _ in range(count):
        request = urllib.request.Request(f"{service.url}/predict", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            found = json.load(answer)
    return found


def ask(service, path):
    """Seconds until the answer is there."""
    start = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(service.url + path, headers={"Authorization": ADMIN})) as answer:
        answer.read()
    return time.perf_counter() - start


# The columns of a row, by its place behind the newest, in the SQL of both.
def columns(place, digest, text):
    return f"""{digest}, {START} + {place} * {365 * DAY // ROWS}, 1,
      '{{"Age":' || (20 + {place} % 50) || ',"Sex":"M","BP":"HIGH","Cholesterol":"NORMAL","Na_to_K":' || (10 + {place} % 60 / 4.0) || '}}',
      CASE {place} % 3 WHEN 0 THEN 'drugA' ELSE 'DrugY' END, 0.97, '["DrugY"]', '{text}', NULL, 0, NULL"""


def fill_postgres(server, version):
    first = time.gmtime(START / 1e6)
    for place in range(14):
        year, month = divmod(first.tm_year * 12 + first.tm_mon - 1 + place, 12)
        bounds = [calendar.timegm((year + (month + step) // 12, (month + step) % 12 + 1, 1, 0, 0, 0)) * 1_000_000 for step in (0, 1)]
        name = f"prediction_{year}_{month + 1:02}"
        if server.query(f"SELECT to_regclass('{name}') IS NOT NULL") == [["f"]]:
            server.query(f"CREATE TABLE {name} (LIKE prediction INCLUDING DEFAULTS)")
            server.query(f"ALTER TABLE prediction ATTACH PARTITION {name} FOR VALUES FROM ({bounds[0]}) TO ({bounds[1]})")
    # Indexes are made when the rows are there, which is how a table of such a length is brought over too.
    server.query("DROP INDEX prediction_number_index")
    server.query(
        f"""INSERT INTO prediction (id, time, description, inputs, drug, probability, prediction_set, model_version,
              requested_by, needs_review, trace)
            SELECT {columns("n", "md5(n::text)", version)} FROM generate_series(0::bigint, {ROWS - 1}) AS n""")
    server.query("CREATE INDEX prediction_number_index ON prediction (number)")
    for name, in server.query("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'prediction'::regclass"):
        server.query(f"CREATE UNIQUE INDEX IF NOT EXISTS {name}_id ON {name} (id)")
    server.query(f"""INSERT INTO outcome SELECT number, time, 'admin', drug, 1, NULL FROM prediction
                     WHERE number % 1000 = 0""")
    server.query("ANALYZE")


def fill_sqlite(path, version):
    database = sqlite3.connect(path)
    database.create_function("digest", 1, lambda n: f"{n * 0x9E3779B97F4A7C15 % (1 << 128):032x}", deterministic=True)
    newest, = database.execute("SELECT COALESCE(MAX(number), 0) FROM prediction").fetchone()
    for first in range(0, ROWS, 500_000):
        database.execute(
            f"""WITH RECURSIVE place(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM place
                  WHERE n + 1 < {min(first + 500_000, ROWS)})
                INSERT INTO prediction SELECT {newest} + 1 + n, {columns("n", "digest(n)", version)} FROM place""")
        database.commit()
    database.execute("""INSERT INTO outcome SELECT number, time, 'admin', drug, 1, NULL FROM prediction
                        WHERE number % 1000 = 0""")
    database.execute("INSERT OR IGNORE INTO prediction_id SELECT id, number FROM prediction ORDER BY id")
    database.execute("UPDATE indexed SET last = (SELECT MAX(number) FROM prediction)")
    database.commit()
    database.close()


def questions(service):
    """Medians and the slowest of a hundred, in milliseconds, by what was asked."""
    identifier = predict(service, 200)["id"]
    found = {}
    for name, path, count in [
        ("/predictions, the newest 50", "/predictions?limit=50", 200),
        ("/predictions, a page of a year ago", "/predictions?limit=50&before=5000", 200),
        ("/predictions/{id}", f"/predictions/{identifier}", 200),
        ("/monitoring, found out anew", "/monitoring", 20),
        ("/predict", None, 200),
    ]:
        times = []
        for _ in range(count):
            if path == "/monitoring":
                time.sleep(1.1)
            if path is None:
                start = time.perf_counter()
                predict(service)
                times.append(time.perf_counter() - start)
            else:
                times.append(ask(service, path))
        times.sort()
        found[name] = [times[len(times) // 2] * 1000, times[-max(1, len(times) // 100)] * 1000]
    return found


def main():
    global START
    START = int(time.time() * 1e6) - 365 * DAY
    report = Report("log")
    with tempfile.TemporaryDirectory() as models:
        train(models)
        found = {}
        if "SQLite" in DATABASES:
            with Service(models, RETENTION_DAYS="forever") as service:
                fill_sqlite(service.log_folder / "predictions.sqlite", predict(service)["model_version"])
                size = (service.log_folder / "predictions.sqlite").stat().st_size
                print(f"SQLite: {ROWS:,} rows, {size / 1e9:.1f} GB", flush=True)
                found["SQLite"] = questions(service)
        if "PostgreSQL" in DATABASES:
            with Postgres(fsync="on", max_wal_size="4GB", maintenance_work_mem="1GB", shared_buffers="1GB") as server, \
                    Service(models, LOG_DATABASE=server.place, RETENTION_DAYS="forever") as service:
                fill_postgres(server, predict(service)["model_version"])
                size = int(server.query("SELECT pg_database_size('predictions')")[0][0])
                print(f"PostgreSQL: {ROWS:,} rows, {size / 1e9:.1f} GB", flush=True)
                found["PostgreSQL"] = questions(service)
    for database, limit in [("SQLite", 200), ("PostgreSQL", 100)]:
        if database not in found:
            continue
        report.begin(f"Questions of a log of {ROWS:,} predictions in {database} (ms)")
        for name, (median, slow) in found[database].items():
            report.add(f"{name}: median", f"target: {limit} ms", median, limit, "ms")
            report.add(f"{name}: p99", f"target: {limit} ms", slow, limit, "ms")
    report.write()


if __name__ == "__main__":
    main()
