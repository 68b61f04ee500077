"""The example of Examples/README.md: a package of its own that uses the forest library alone."""

import os
import re
import subprocess

import pytest

from service import ROOT

EXAMPLE = ROOT / "Examples/penguins"
BUILT = EXAMPLE / ".build/debug"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The example run as its README says, and the file that it wrote."""
    path = tmp_path_factory.mktemp("example") / "penguins.rf"
    command = ["swift", "run", "-c", "debug", "--package-path", EXAMPLE, "penguins", path]
    # From nothing it fetches the project's dependencies and builds the library.
    return subprocess.run(command, capture_output=True, text=True, timeout=600), path


def test_it_runs_and_prints_what_it_found(run):
    done, path = run
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == '600 penguins to train on, 300 to test: ["Adelie", "Chinstrap", "Gentoo"]'
    accuracies = re.findall(r"^(out of bag|test): accuracy (0\.\d+), macro F1 0\.\d+, log-loss", done.stdout, re.M)
    assert [name for name, _ in accuracies] == ["out of bag", "test"]
    assert all(0.86 < float(accuracy) < 0.97 for _, accuracy in accuracies)
    assert f"{path} is written, mapped and verified" in lines
    assert sum(" = mean " in line for line in lines) == 3
    assert 'at 95% coverage: ["Chinstrap", "Adelie"]; ' in done.stdout
    assert re.match(r"tree 0 has \d+ nodes; its root sends \d+ of 600 penguins left", lines[-1])
    assert len(path.read_bytes()) == int(re.search(r"(\d+) bytes$", done.stdout, re.M)[1])


def test_it_says_why_it_cannot_write_and_fails(run, tmp_path):
    environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"}
    done = subprocess.run(
        [BUILT / "penguins", tmp_path / "missing/penguins.rf"], cwd=tmp_path, env=environment,
        capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "No such file or directory" in done.stderr
    assert "is written" not in done.stdout


def test_the_library_needs_nothing_else_of_the_project(run):
    modules = {path.stem for path in (BUILT / "Modules").glob("*.swiftmodule")}
    assert modules == {"POSIX", "RandomForest", "penguins"}
    imports = {
        line for path in EXAMPLE.glob("Sources/**/*.swift") for line in path.read_text().splitlines()
        if "import " in line}
    assert imports == {"import RandomForest"}


def test_no_foundation_is_linked(run):
    linked = subprocess.run(["ldd", BUILT / "penguins"], check=True, capture_output=True, text=True).stdout
    assert "libswiftCore.so" in linked
    assert "Foundation" not in linked
