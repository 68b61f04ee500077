#!/usr/bin/env python3
"""Attacks a running service in every way that once brought one down, and watches what that costs others.

    Tests/attack.py [--short] [WORD ...]

Each attack is a line: what was done and what came of it, the slowest hundredth of a bystander's predictions
meanwhile, and the responder's memory before, at most and after. The bystander asks for one patient and for
/health/live every tenth of a second, and every answer must be 200. With words, only the attacks whose names hold
one of them are done; `--short` sends less of everything.
"""

import argparse
import base64
import collections
import concurrent.futures
import contextlib
import http.client
import inspect
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "System"))

from client import ADMIN, JSON, PATIENT, administer, ask, credentials, predict  # noqa: E402
from kept import log_path  # noqa: E402
from processes import processes_of, resident, wait_until  # noqa: E402
from service import PASSWORD, PROGRAMS, ROOT, Service, train  # noqa: E402

CSV = {"Content-Type": "text/csv"}
HEADER = b"Age,Sex,BP,Cholesterol,Na_to_K"
# What the bystander and the memory may show, in seconds and bytes.
PATIENCE, MOST, RETURNED = 0.050, 200e6, 20e6
attacks = {}
short = False


def attack(name, **settings):
    """Registers an attack on a service with these settings of `nginx/serve`; it returns what was seen."""
    def register(function):
        attacks[name] = (function, settings)
        return function
    return register


def less(whole, part):
    return part if short else whole


def drugctl(*arguments, seconds=60, **options):
    """Runs it as the service runs its trainings: after everything else."""
    return subprocess.run(
        ["nice", "-n", "19", PROGRAMS / "drugctl", *map(str, arguments)], capture_output=True, text=True,
        timeout=seconds, **options)


def at_once(count, function):
    """Calls a function with 0 to `count` - 1, all at the same time, and returns what came back."""
    with concurrent.futures.ThreadPoolExecutor(count) as threads:
        return list(threads.map(function, range(count)))


def wire(service, head, body=b"", source="127.0.0.1"):
    """A connection that has sent a request and waits for nothing."""
    connection = socket.create_connection(("127.0.0.1", service.port), 20, (source, 0))
    connection.sendall("\r\n".join([*head, "Host: x", "", ""]).encode() + body)
    return connection


def abandon(service, head, body, count):
    """Sends a request many times, and leaves before the answer."""
    wires = [wire(service, head, body) for _ in range(count)]
    time.sleep(0.05)
    for each in wires:
        each.close()


def post(path, body, kind="application/json"):
    return [f"POST {path} HTTP/1.1", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]


def work_of(service):
    """The seconds that the responders have computed."""
    ticks = 0
    for pid in service.responders():
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def until_idle(service, seconds=30):
    """How long the responders work on after everybody has gone."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        before = work_of(service)
        time.sleep(0.3)
        if work_of(service) - before < 0.1:
            break
    return time.monotonic() - start


def statuses(answers):
    return " ".join(f"{count}×{status}" for status, count in sorted(collections.Counter(answers).items()))


def served_version(service):
    return ask(service, "GET", "/health").json()["model_version"]


def serve(service, version):
    """Lets a version be served, and waits until it is."""
    done = drugctl("models", "activate", version, "--models", service.models)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: served_version(service) == version)


# Work and memory out of proportion


@attack("tables with a header of 60,000 columns")
def wide_tables(service):
    body = HEADER + b"," * 60_000 + b"\n" + b"1\n" * 3000

    def send(_):
        answer = ask(service, "POST", "/predict/batch", body, CSV)
        assert answer.status in (400, 422, 429, 503), answer.status
        assert len(answer.body) < 10_000, len(answer.body)
        return answer.status

    found = statuses(at_once(16, send))
    abandon(service, post("/predict/batch", body, "text/csv"), body, 16)
    idle = until_idle(service)
    assert idle < 2, f"still at work {idle:.1f} s after everybody had gone"
    return found


@attack("a table whose rows are shorter than its header")
def short_rows(service):
    body = HEADER + b"," + b",".join(b"c%d" % n for n in range(200)) + b"\n" + b"1\n" * less(1_000_000, 200_000)
    answer = ask(service, "POST", "/predict/batch", body, CSV)
    assert len(answer.body) < 100 * len(body), f"{len(answer.body)} bytes for {len(body)}"
    return f"{answer.status}, {len(answer.body) / len(body):.0f} bytes for each that was sent"


@attack("tables that are left in the middle of their answer")
def abandoned_tables(service):
    body = HEADER + b"\n" + b"45,M,HIGH,NORMAL,15.5\n" * less(500_000, 100_000)
    abandon(service, post("/predict/batch", body, "text/csv"), body, 4)
    idle = until_idle(service)
    assert idle < 3, f"still at work after {idle:.1f} s"
    return f"at rest {idle:.1f} s after"


@attack("long answers of tables that are read slowly", TABLE_SIZE="1")
def slow_readers(service):
    body = HEADER + b"," + b",".join(b"c%d" % n for n in range(200)) + b"\n" + b"1,1,1,1,1\n" * less(90_000, 20_000)
    wires = [wire(service, post("/predict/batch", body, "text/csv"), body) for _ in range(4)]
    seen = []
    try:
        for each in wires:
            each.recv(1000)
        for _ in range(less(20, 4)):
            for each in wires:
                each.recv(1000)
            start = time.monotonic()
            other = http.client.HTTPConnection(
                "127.0.0.1", service.port, timeout=20, source_address=("127.0.0.2", 0))
            seen.append(ask(service, "POST", "/predict/batch", HEADER + b"\n45,M,HIGH,NORMAL,15.5\n", CSV, other).status)
            other.close()
            assert time.monotonic() - start < 5, "a table waits for who reads another"
    finally:
        for each in wires:
            each.close()
    assert set(seen) == {200}, seen
    return f"4 of them, others' tables {statuses(seen)}"


@attack("explanations of a large forest, left before their answer")
def abandoned_explanations(service):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as table:
        table.write(HEADER.decode() + ",Drug\n")
        for n in range(20_000):
            drug = ["DrugY", "drugA", "drugB", "drugC", "drugX"][n * 2654435761 % 4294967291 % 5]
            table.write(f"{n % 100 + 1},{'FM'[n % 2]},{['HIGH', 'LOW', 'NORMAL'][n % 3]},NORMAL,{5 + n % 3001 / 100}"
                        f",{drug}\n")
        table.flush()
        served = served_version(service)
        done = drugctl("train", "--data", table.name, "--models", service.models, "--features", "continuous",
                       "--max-leaf-nodes", 6000, "--n-estimators", less(100, 40), seconds=300)
        assert done.returncode == 0, done.stderr
    wait_until(lambda: served_version(service) != served)
    size = (service.models / "current/forest.rf").stat().st_size
    body = json.dumps(PATIENT).encode()
    abandon(service, post("/predict?explain=true", body), body, 60)
    live = at_once(8, lambda _: ask(service, "GET", "/health/live").status)
    idle = until_idle(service)
    serve(service, served)
    assert set(live) == {200} and idle < 10, (live, idle)
    return f"60 of a forest of {size / 1e6:.0f} MB, at rest {idle:.1f} s after"


@attack("lists of many models, left before their answer")
def abandoned_lists(service):
    count = less(200, 15)
    served = served_version(service)
    for seed in range(1, count + 1):
        drugctl("train", "--data", ROOT / "data/drug200.csv", "--models", service.models, "--features", "binned",
                "--n-estimators", 2, "--seed", seed)
    serve(service, served)
    abandon(service, ["GET /models HTTP/1.1"], b"", 300)
    idle = until_idle(service)
    start = time.monotonic()
    answer = ask(service, "GET", "/models")
    duration = time.monotonic() - start
    assert answer.status == 200 and idle < 5, (answer.status, idle)
    return f"{count + 1} versions, at rest {idle:.1f} s after; one list {duration * 1e3:.0f} ms"


@attack("lists of 4 MB of empty patients")
def empty_patients(service):
    bodies = [
        ("/predict/batch", b'{"patients":[' + b"{}," * 1_390_000 + b"{}]}"),
        ("/v2/models/drug-classifier/infer", b'{"inputs":[' + b"{}," * 1_390_000 + b"{}]}"),
        ("/predict/batch", b'{"patients":[' + b"[]," * 1_390_000 + b"[]]}"),
        ("/predict/batch", b'{"patients":[' + b'"",' * 1_390_000 + b'""]}'),
    ]
    pids = service.responders()
    found = at_once(4, lambda n: [ask(service, "POST", path, body, JSON).status
                                  for path, body in bodies[n:] + bodies[:n]])
    assert {status for each in found for status in each} <= {400, 413, 422, 429, 503}, found
    assert service.responders() == pids, "a responder has died"
    return statuses(sum(found, []))


@attack("ONNX files of 4,000 stumps, and of a tree 600 deep")
def onnx_files(service):
    import onnx
    from onnx import TensorProto, helper

    columns = "Sex_F,Sex_M,BP_HIGH,BP_LOW,BP_NORMAL,Cholesterol_HIGH,Cholesterol_NORMAL,Age,Na_to_K"
    drugs = ["DrugY", "drugA", "drugB", "drugC", "drugX"]

    def model(trees, depth, transform):
        """Chains: each node sends what is at most its threshold to a leaf, the rest to the next node."""
        nodes = collections.defaultdict(list)
        leaves = collections.defaultdict(list)
        for tree in range(trees):
            for place in range(depth):
                inner, leaf = place * 2, place * 2 + 1
                for node, mode, value in [(inner, "BRANCH_LEQ", 1 + (tree + place) * 37.7 / (trees + depth)),
                                          (leaf, "LEAF", 0)]:
                    nodes["treeids"].append(tree)
                    nodes["nodeids"].append(node)
                    nodes["modes"].append(mode)
                    nodes["featureids"].append(7 + tree % 2)
                    nodes["values"].append(float(value))
                    nodes["hitrates"].append(1.0)
                    nodes["truenodeids"].append(leaf if mode != "LEAF" else 0)
                    nodes["falsenodeids"].append(inner + 2 if mode != "LEAF" else 0)
            nodes["treeids"].append(tree)
            nodes["nodeids"].append(depth * 2)
            nodes["modes"].append("LEAF")
            for name in ("featureids", "truenodeids", "falsenodeids"):
                nodes[name].append(0)
            nodes["values"].append(0.0)
            nodes["hitrates"].append(1.0)
            for leaf in [*range(1, depth * 2, 2), depth * 2]:
                leaves["treeids"].append(tree)
                leaves["nodeids"].append(leaf)
                leaves["ids"].append((leaf + tree) % 5)
                leaves["weights"].append(1 / trees)
        attributes = {f"nodes_{name}": value for name, value in nodes.items()}
        attributes |= {f"class_{name}": value for name, value in leaves.items()}
        node = helper.make_node(
            "TreeEnsembleClassifier", ["X"], ["label", "probabilities"], domain="ai.onnx.ml",
            classlabels_strings=drugs, post_transform=transform, **attributes)
        graph = helper.make_graph(
            [node], "forest", [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 9])],
            [helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
             helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 5])])
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)], ir_version=8)

    seen = []
    with tempfile.TemporaryDirectory() as folder:
        for name, made in [("stumps", model(4000, 1, "SOFTMAX")), ("deep", model(1, 600, "NONE"))]:
            path = pathlib.Path(folder) / f"{name}.onnx"
            path.write_bytes(made.SerializeToString())
            start = time.monotonic()
            done = drugctl("import", "--models", service.models, "--onnx", path, "--columns", columns, seconds=120)
            duration = time.monotonic() - start
            assert done.returncode in (0, 1), done.stderr
            assert duration < 30, f"{name}: {duration:.0f} s"
            told = "refused" if done.returncode else "imported"
            if done.returncode == 0:
                version = done.stdout.split()[1]
                served = served_version(service)
                serve(service, version)
                answer = ask(service, "POST", "/predict?explain=true", json.dumps(PATIENT), JSON)
                serve(service, served)
                told += f" and explained with {answer.status}"
                assert answer.status == 200, answer.body[:300]
            assert (done.returncode == 0) == (name == "deep"), f"{name}: {told}"
            seen.append(f"{name} {told} in {duration:.1f} s")
    return ", ".join(seen)


@attack("120 uploads from one address that stall")
def stalled_uploads(service):
    head = ["POST /predict/batch HTTP/1.1", "Content-Type: text/csv", "Content-Length: 200000000"]
    piece = HEADER + b"\n" + b"45,M,HIGH,NORMAL,15.5\n" * 100_000
    wires = [wire(service, head) for _ in range(120)]
    refused = 0
    for each in wires:
        each.settimeout(2)
        with contextlib.suppress(OSError):
            each.sendall(piece)
    time.sleep(0.5)
    waiting = sum(file.stat().st_size for file in (service.run / "tmp").rglob("*") if file.is_file())
    for each in wires:
        each.settimeout(0.2)
        with contextlib.suppress(OSError):
            refused += each.recv(12)[9:12] in (b"429", b"503")
        each.close()
    assert refused >= 100, f"{refused} of 120 refused"
    return f"{refused} refused, {waiting / 1e6:.0f} MB waited"


@attack("wrong passwords from 100 addresses")
def wrong_passwords(service):
    ending, seen, own = threading.Event(), collections.Counter(), collections.Counter()
    assert administer(service, "GET", "/me").status == 200

    def guess(number):
        for turn in range(less(100, 20)):
            connection = http.client.HTTPConnection(
                "127.0.0.1", service.port, timeout=20, source_address=(f"127.0.1.{number + 1}", 0))
            connection.request("GET", "/me", headers=credentials(["admin", "eve"][turn % 2], f"guess {turn}"))
            answer = connection.getresponse()
            answer.read()
            seen[answer.status] += 1
            connection.close()

    def stay():
        while not ending.wait(0.1):
            own[administer(service, "GET", "/me").status] += 1

    signed_in = threading.Thread(target=stay)
    signed_in.start()
    try:
        at_once(100, guess)
    finally:
        ending.set()
        signed_in.join()
    assert set(seen) <= {401, 429, 503} and 401 in seen, seen
    assert set(own) == {200}, own
    assert "sign-in" in {act["action"] for act in administer(service, "GET", "/audit?limit=1000").json()["entries"]}
    figures = ask(service, "GET", "/metrics").body.decode()
    assert "sign_in" in figures
    return f"{statuses(seen.elements())}; who was signed in: {statuses(own.elements())}"


# Who is who, and what is what


@contextlib.contextmanager
def another_version(service, seed):
    """A version that is there and not served; it is gone in the end."""
    served = served_version(service)
    before = set(os.listdir(service.models / "registry"))
    done = drugctl("train", "--data", ROOT / "data/drug200.csv", "--models", service.models, "--n-estimators", 5,
                   "--seed", seed)
    assert done.returncode == 0, done.stderr
    # Served by its training, and then no more; only then is it this one that is asked about next.
    serve(service, served)
    [version] = set(os.listdir(service.models / "registry")) - before
    try:
        yield service.models / "registry" / version
    finally:
        shutil.rmtree(service.models / "registry" / version)


def refuses(service, version):
    """Whether a version gets served neither by a person nor by the link."""
    served = served_version(service)
    done = drugctl("models", "activate", version, "--models", service.models)
    rest = administer(service, "POST", f"/models/{version}/activate", {"reason": "attack"})
    current = service.models / "current"
    target = os.readlink(current)
    link = service.models / "next"
    link.symlink_to(f"registry/{version}")
    link.rename(current)
    time.sleep(0.7)
    still = served_version(service)
    ready = ask(service, "GET", "/health/ready").json()["refused_model"]
    link.symlink_to(target)
    link.rename(current)
    wait_until(lambda: ask(service, "GET", "/health/ready").json()["refused_model"] is None)
    return done.returncode != 0 and rest.status == 409 and still == served and ready is not None


@attack("a forest and a card changed under an approved name")
def forged_version(service):
    with another_version(service, 901) as one, another_version(service, 902) as other:
        for name in ("forest.rf", "card.json"):
            shutil.copy(other / name, one / name)
        card = json.loads((one / "card.json").read_text())
        card["model_version"] = one.name
        (one / "card.json").write_text(json.dumps(card))
        assert refuses(service, one.name), "it was served"
    return "refused by drugctl, by REST and by the service"


@attack("a line break in a card's version")
def broken_name(service):
    pids = service.responders()
    with another_version(service, 903) as one:
        text = (one / "card.json").read_text()
        (one / "card.json").write_text(text.replace(one.name, f"{one.name}\\r\\nX-Evil: 1"))
        assert refuses(service, one.name), "it was served"
        ask(service, "GET", f"/models/{one.name}")
        ask(service, "GET", f"/v2/models/drug-classifier/versions/{one.name}")
        ask(service, "POST", "/predict/batch", HEADER + b"\n45,M,HIGH,NORMAL,15.5\n", CSV)
    assert service.responders() == pids, "a responder has died"
    return "refused, and no responder died"


@attack("a link in the folder of models to the password file")
def linked_file(service):
    with another_version(service, 904) as one:
        (one / "card.json").unlink()
        (one / "card.json").symlink_to(service.log_folder / "htpasswd")
        answer = ask(service, "GET", f"/models/{one.name}/card.json")
        assert b"admin:" not in answer.body and answer.status in (403, 404), answer.status
        assert refuses(service, one.name), "it was served"
    return f"{answer.status}"


@attack("people who do what their roles do not allow")
def roles(service):
    people = {"ann": "clinician", "bob": "engineer", "cat": "auditor"}
    for name, role in people.items():
        done = drugctl("users", "add", name, "--roles", role, "--passwords", service.log_folder / "htpasswd",
                       input=f"{PASSWORD} of {name}\n")
        assert done.returncode == 0, done.stderr
    asked = [
        ("GET", "/predictions", None), ("POST", "/predictions/x/outcome", {"drug": "drugA", "reason": "x"}),
        ("PUT", "/datasets/attack", HEADER + b",Drug\n"), ("POST", "/retrain", {"x": 1}),
        ("POST", "/models/0123456789ab/activate", {}), ("GET", "/audit", None), ("DELETE", "/predictions/x", None),
    ]
    seen = {}
    for name, role in people.items():
        headers = credentials(name, f"{PASSWORD} of {name}")
        seen[role] = []
        for method, path, body in asked:
            body, extra = (body, CSV) if isinstance(body, bytes) else (body and json.dumps(body), JSON)
            answer = ask(service, method, path, body, headers | extra)
            assert answer.status != 401, (name, path)
            if answer.status != 403:
                seen[role].append(path.split("/")[1] + ("*" if method != "GET" else ""))
        drugctl("users", "remove", name, "--passwords", service.log_folder / "htpasswd")
    assert "retrain*" not in seen["clinician"] + seen["auditor"], seen
    assert "models*" not in seen["clinician"] + seen["auditor"], seen
    assert "audit" in seen["auditor"] and "audit" not in seen["clinician"] + seen["engineer"], seen
    return "; ".join(f"{role}: {' '.join(paths)}" for role, paths in seen.items())


@attack("predictions without a name where names are asked for", PREDICT_AUTH="yes")
def predictions_without_name(service):
    body = json.dumps(PATIENT)
    infer = "/v2/models/drug-classifier/infer"
    open_ones = [predict(service), ask(service, "POST", "/predict/batch", json.dumps({"patients": [PATIENT]}), JSON),
                 ask(service, "POST", infer, "{}", JSON),
                 ask(service, "POST", "/predict", body, JSON | {"Authorization": "Bearer " + "0" * 64})]
    assert {answer.status for answer in open_ones} == {401}, [answer.status for answer in open_ones]
    done = drugctl("keys", "add", "ward", "--keys", service.log_folder / "keys")
    assert done.returncode == 0, done.stderr
    key = {"Authorization": f"Bearer {done.stdout.split()[-1]}"}
    wait_until(lambda: ask(service, "POST", "/predict", body, JSON | key).status == 200)
    with contextlib.closing(sqlite3.connect(f"file:{log_path(service)}?mode=ro", uri=True)) as log:
        names = {name for name, in log.execute("SELECT requested_by FROM prediction")}
    drugctl("keys", "revoke", "ward", "--keys", service.log_folder / "keys")
    wait_until(lambda: ask(service, "POST", "/predict", body, JSON | key).status == 401)
    assert "key:ward" in names and None not in names, names
    return "401 without a key, 200 with one and its name in the log, 401 once revoked"


@attack("rows cut from the audit, and the whole audit removed")
def cut_audit(service):
    for _ in range(3):
        administer(service, "GET", "/predictions")
    path, heads = service.log_folder / "audit.sqlite", service.log_folder / "audit.heads"
    entries = administer(service, "GET", "/audit?limit=1000").json()
    assert entries["intact"] and "predictions" in str(entries), "reading patients left no row"

    def verify():
        return drugctl("audit", "--log", path, "--verify")

    assert verify().returncode == 0, verify().stderr
    kept = path.read_bytes()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as audit:
        for trigger, in audit.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            audit.execute(f"DROP TRIGGER {trigger}")
        [(newest,)] = audit.execute("SELECT max(number) FROM audit").fetchall()
        audit.execute("DELETE FROM audit WHERE number > ?", [newest - 2])
        audit.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit'", [newest - 2])
    cut = verify()
    path.unlink()
    gone = verify()
    path.write_bytes(kept)
    path.chmod(0o600)
    moved = heads.rename(heads.with_suffix(".moved"))
    headless = verify()
    moved.rename(heads)
    assert cut.returncode and gone.returncode and headless.returncode, (cut, gone, headless)
    assert verify().returncode == 0, verify().stderr
    return (cut.stderr or cut.stdout).strip().removeprefix("Error: ")


@attack("the next patient from figures that known rows have calibrated")
def differences(service):
    def figures():
        found = ask(service, "GET", "/monitoring").json()
        # How many there were, and by which model, tells of nobody.
        counts = {name: value for name, value in found["predictions"].items() if name not in ("total", "by_model")}
        return counts | {name: found[name] for name in ("drift", "accuracy", "log", "disk")}

    def table(count):
        rows = "".join(f"{20 + n % 60},F,LOW,HIGH,{n % 30 + 1}\n" for n in range(count))
        ask(service, "POST", "/predict/batch", HEADER.decode() + "\n" + rows, CSV)

    def sample():
        time.sleep(1.1)
        return administer(service, "GET", "/monitoring").json()["drift"]["sample_size"]

    changes, before = 0, figures()
    for turn in range(less(200, 40)):
        table(50)
        if turn % 5 == 0:
            predict(service, PATIENT | {"Age": 30 + turn % 60, "Sex": "F", "Na_to_K": 7.7, "BP": "LOW"})
        changes += figures() != before
    assert not changes, f"{changes} answers of /monitoring differed"
    size = sample()
    table(2000)
    grown = sample() - size
    assert grown <= 100, f"a table moved the drift's sample by {grown}"
    return f"no answer of /monitoring differed, a table of 2,000 moved the drift's sample by {grown}"


# Data of people


@attack("a log of overdue predictions", RETENTION_DAYS="1")
def overdue(service):
    count = less(400_000, 50_000)
    old = int((time.time() - 3 * 86400) * 1e6)
    identifier = predict(service).json()["id"]
    with contextlib.closing(sqlite3.connect(log_path(service), timeout=30)) as log:
        columns = [row[1] for row in log.execute("PRAGMA table_info(prediction)") if not row[5]]
        names = ", ".join(columns)
        values = ", ".join({"id": "'old-' || n", "time": f"{old} + n"}.get(name, name) for name in columns)
        log.execute(f"""WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
            INSERT INTO prediction ({names}) SELECT {values} FROM numbers, prediction WHERE id = '{identifier}'""")
        # Those before them would be young.
        log.execute("UPDATE prediction SET time = ? WHERE number < (SELECT min(number) FROM prediction "
                    "WHERE id LIKE 'old-%') AND id <> ?", [old, identifier])
        log.commit()
        yield
        # All is looked at after a start, and each hour.
        for pid in service.responders():
            os.kill(pid, signal.SIGTERM)

        def left():
            return log.execute("SELECT count(*) FROM prediction WHERE id LIKE 'old-%'").fetchone()[0]

        start = time.monotonic()
        wait_until(lambda: time.sleep(0.5) or left() == 0, seconds=less(240, 60))
        duration = time.monotonic() - start
    forget = administer(service, "DELETE", f"/predictions/{identifier}")
    assert forget.status in (200, 204), forget.status
    again = administer(service, "DELETE", f"/predictions/{identifier}")
    assert again.status == 404, again.status
    yield f"{count} gone within {duration:.0f} s, and one by its identifier"


@attack("tables of patients that others may read, and one called --force")
def tables_at_rest(service):
    table = HEADER + b",Drug\n45,M,HIGH,NORMAL,15.5,DrugY\n"
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(table)
        file.flush()
        done = drugctl("datasets", "add", "attack", file.name, "--models", service.models)
        assert done.returncode == 0, done.stderr
        assert drugctl("datasets", "add", "--models", service.models, "--", "--force", file.name).returncode != 0
    assert administer(service, "PUT", "/datasets/--force", table.decode(), CSV).status == 422
    refused = administer(service, "PUT", "/datasets/refused", "nonsense", CSV)
    assert refused.status == 422 and not (service.models / "datasets/refused").exists()
    readable = [str(path) for path in (service.models / "datasets").rglob("*")
                if not path.is_symlink() and path.stat().st_mode & 0o077]
    readable += [str(path) for path in service.log_folder.rglob("*") if path.stat().st_mode & 0o077]
    assert not readable, readable
    return "0600, and the name refused"


# The rest


@attack("names that spoil the log, and passwords in the environment")
def names(service):
    seen = []
    for name in ["eve\n{", "eve\x1b[2J", "eve\x00", "eve\r\nX: 1", "\x7f"]:
        token = base64.b64encode(f"{name}:x".encode()).decode()
        seen.append(ask(service, "GET", "/me", headers={"Authorization": f"Basic {token}"}).status)
    assert set(seen) == {400}, seen
    for line in service.log().splitlines():
        if line.startswith("{"):
            json.loads(line)
    assert not any(ord(each) < 32 and each != "\n" for each in service.log()), "a control character in the log"
    for pid in [service.process.pid, *processes_of(service)]:
        assert PASSWORD.encode() not in pathlib.Path(f"/proc/{pid}/environ").read_bytes(), pid
    return "400, and no password in any environment"


@attack("figures asked for under another's address", TRUSTED_PROXY="127.0.0.1", METRICS_ALLOW="10.9.9.0/24")
def told_address(service):
    inside = ask(service, "GET", "/metrics", headers={"X-Forwarded-For": "10.9.9.9"})
    outside = ask(service, "GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (inside.status, outside.status) == (404, 404), (inside.status, outside.status)
    return "refused"


# The bystander


def watch(url):
    """Asks for one patient and for /health/live every tenth of a second until its input ends; a line each."""
    port = int(url.rpartition(":")[2])
    ending = threading.Event()
    headers = {"Content-Type": "application/json"} | json.loads(os.environ.get("HEADERS", "{}"))

    def keep_asking(what, method, path, body):
        due = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        while not ending.is_set():
            start = time.monotonic()
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException) as fault:
                status = repr(fault)
                connection.close()
            end = time.monotonic()
            # In one piece: both threads write.
            sys.stdout.write(json.dumps([what, status, end, end - start]) + "\n")
            sys.stdout.flush()
            due = max(due + 0.1, end)
            ending.wait(due - end)

    threads = [threading.Thread(target=keep_asking, args=args) for args in [
        ("predict", "POST", "/predict", json.dumps(PATIENT)), ("live", "GET", "/health/live", None)]]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ending.set()


class Bystander:
    """What an innocent client and the responder's memory go through."""

    def __init__(self, service):
        self.service, self.answers, self.memory = service, [], []
        self.ending = threading.Event()

    def __enter__(self):
        # A process of its own, which waits for nothing else.
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--watch", self.service.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=os.environ | {"HEADERS": json.dumps(
                ADMIN if self.service.settings.get("PREDICT_AUTH") == "yes" else {})})
        self.threads = [threading.Thread(target=self.listen), threading.Thread(target=self.weigh)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def listen(self):
        for line in self.process.stdout:
            self.answers.append(json.loads(line))

    def weigh(self):
        while not self.ending.wait(0.1):
            self.memory.append((time.monotonic(), self.weight()))

    def weight(self):
        with contextlib.suppress(OSError, IndexError):
            return max((resident(pid) for pid in self.service.responders()), default=0)
        return 0

    def since(self, start):
        """What was bad, the slowest hundredth of the predictions in seconds, and the most memory since then."""
        answers = [answer for answer in self.answers if answer[2] >= start]
        bad = [(what, status) for what, status, _, _ in answers if status != 200]
        times = sorted(answer[3] for answer in answers if answer[0] == "predict")
        return bad, times, max((weight for at, weight in self.memory if at >= start), default=0)


def slowest_hundredth(times):
    return times[min(len(times) - 1, int(len(times) * 0.99))] if times else 0.0


class Report:
    def __init__(self):
        self.failed, self.times = False, []

    def run(self, name, function, bystander):
        service = bystander.service
        before, start = bystander.weight(), time.monotonic()
        faults = []
        try:
            found = function(service)
            if inspect.isgenerator(found):
                # What is prepared, by a database's own program, is no attack.
                next(found)
                start = time.monotonic()
                found = "".join(found)
        except Exception as fault:
            found = f"{type(fault).__name__}: {fault}"
            faults.append(found)
        deadline = time.monotonic() + 10
        while bystander.weight() > before + RETURNED and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(0.3)
        bad, times, most = bystander.since(start)
        after = bystander.weight()
        self.times += times
        if bad:
            faults.append(f"a bystander saw {collections.Counter(bad).most_common(3)}")
        if most > MOST or after > before + RETURNED:
            faults.append("memory")
        print(f"{'WRONG' if faults else 'ok   '} {name}: {found}"
              f" | p99 {slowest_hundredth(times) * 1e3:.0f} ms of {len(times)}"
              f" | {before / 1e6:.0f} → {most / 1e6:.0f} → {after / 1e6:.0f} MB | {time.monotonic() - start:.0f} s"
              + "".join(f"\n      {fault}" for fault in faults if fault != found), flush=True)
        self.failed |= bool(faults)


def main():
    global short
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="send less of everything")
    parser.add_argument("--watch", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("words", nargs="*", help="attacks whose names hold one of these")
    options = parser.parse_args()
    if options.watch:
        return watch(options.watch)
    short = options.short
    report, start = Report(), time.monotonic()
    wanted = {name: each for name, each in attacks.items()
              if not options.words or any(word in name for word in options.words)}
    with tempfile.TemporaryDirectory() as folder:
        trained = pathlib.Path(folder) / "trained"
        train(trained)
        # The same settings, the same service.
        groups = collections.defaultdict(list)
        for name, (function, settings) in wanted.items():
            groups[tuple(settings.items())].append((name, function))
        for number, (settings, each) in enumerate(groups.items()):
            models = pathlib.Path(folder) / f"models{number}"
            shutil.copytree(trained, models, symlinks=True)
            with Service(models, **dict(settings)) as service, Bystander(service) as bystander:
                time.sleep(1)
                for name, function in each:
                    report.run(name, function, bystander)
    slow = slowest_hundredth(sorted(report.times))
    right = short or slow <= PATIENCE
    print(f"{'ok   ' if right else 'WRONG'} a bystander's {len(report.times)} predictions: p99 {slow * 1e3:.0f} ms"
          f" | {time.monotonic() - start:.0f} s in all")
    sys.exit(report.failed or not right)


if __name__ == "__main__":
    main()
