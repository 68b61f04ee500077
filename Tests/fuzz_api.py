#!/usr/bin/env python3
"""Sends a running service what its own description allows, and what it does not: schemathesis, all
checks, through nginx.

    Tests/fuzz_api.py [CASES]      cases of each operation, 2000 by default
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from service import PASSWORD, ROOT, Service, train

HERE = pathlib.Path(__file__).resolve().parent


def fuzz(service, cases, *arguments, **options):
    """Runs schemathesis and returns its result and how many requests each route has had.

    `arguments` are further ones of its own; the service is stopped then.
    """
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml",
        "run", f"{service.url}/openapi.json", "--checks", "all", "--max-examples", str(cases), "--no-color",
        "--auth", f"admin:{PASSWORD}", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command, cwd=folder, text=True, **options,
            env=os.environ | {"PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "fuzz_hooks", "NO_PROXY": "127.0.0.1"})
    service.stop()
    events = [json.loads(line) for line in service.log().splitlines() if line.startswith("{")]
    return done, collections.Counter(event["route"] for event in events if event["event"] == "request")


def main():
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as models:
        train(models)
        with Service(models, DRUGCTL=str(ROOT / "Tests/System/trained")) as service:
            done, requests = fuzz(service, cases)
    for route in json.loads((ROOT / "www/openapi.json").read_text())["paths"]:
        print(f"{requests[route]:8} requests of {route}")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
