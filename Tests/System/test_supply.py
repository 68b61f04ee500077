"""What the product is made of: packages that were looked at."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from service import ROOT



@pytest.fixture
def project(tmp_path):
    """What the programs of supply/ read, to be changed by a test."""
    root = tmp_path / "project"
    for name in ["Package.swift"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "supply", root / "supply")
    return root


def run(root, program, *words, **settings):
    # The interpreter that has the tests' packages.
    command = [sys.executable] if "python" in (root / "supply" / program).read_text().partition("\n")[0] else []
    return subprocess.run(
        [*command, root / "supply" / program, *map(str, words)], env=os.environ | settings, capture_output=True, text=True)


# Packages that were looked at.

def listed():
    lines = (ROOT / "supply/swift-packages.txt").read_text().splitlines()
    return [line.split() for line in lines if not line.startswith("#")]


def asked():
    return re.findall(r'url: "https://github.com/(\S+)", exact: "(\S+)"', (ROOT / "Package.swift").read_text())


def test_each_package_is_asked_for_in_the_version_that_was_looked_at():
    assert asked() and asked() == [(name, version) for name, version, *_ in listed()]


@pytest.fixture
def fetched(project):
    """Packages like the real ones, which the project's list holds."""
    for name, _, _, folders, _ in listed():
        package = project / ".build/checkouts" / name.split("/")[1]
        for folder in folders.split(","):
            (package / folder).mkdir(parents=True)
            (package / folder / "Code.swift").write_text(f"// {folder}\n")
        (package / "Tests").mkdir()
        (package / "Package.swift").write_text(f"// {name}\n")
    assert run(project, "check-packages", "--write").returncode == 0
    return project


def test_packages_as_they_were_looked_at_are_taken(fetched):
    done = run(fetched, "check-packages")
    assert (done.returncode, done.stderr) == (0, "")
    # What is not built matters to nobody.
    (fetched / ".build/checkouts/swift-log/Tests/More.swift").write_text("// more\n")
    assert run(fetched, "check-packages").returncode == 0


@pytest.mark.parametrize("change, words", [
    (lambda folder: (folder / "swift-log/Sources/Logging/Code.swift").write_text("// other\n"),
     "apple/swift-log 1.16.2 is not what was looked at"),
    (lambda folder: (folder / "swift-log/Sources/Logging/Code.swift").rename(folder / "swift-log/Sources/Logging/C.swift"),
     "apple/swift-log 1.16.2 is not what was looked at"),
    (lambda folder: (folder / "GRDB.swift/GRDB/More.swift").write_text(""),
     "groue/GRDB.swift 7.10.0 is not what was looked at"),
    (lambda folder: (folder / "swift-protobuf/Package@swift-7.0.swift").write_text(""),
     "apple/swift-protobuf 1.39.0 is not what was looked at"),
    (lambda folder: shutil.rmtree(folder / "swift-log/Sources/Logging"), "apple/swift-log 1.16.2 is not what was looked at"),
    (lambda folder: shutil.rmtree(folder / "swift-log"), "apple/swift-log was not fetched"),
    (lambda folder: (folder / "swift-more").mkdir(), "swift-more is not in swift-packages.txt"),
])
def test_a_package_that_nobody_looked_at_is_refused(fetched, change, words):
    change(fetched / ".build/checkouts")
    done = run(fetched, "check-packages")
    assert done.returncode == 1 and words in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("before, after, words", [
    ('exact: "1.16.2"', 'exact: "1.16.3"', "apple/swift-log 1.16.3 is not in swift-packages.txt"),
    ('exact: "1.16.2"', 'from: "1.16.2"', "asks for a range of versions of apple/swift-log"),
    ('exact: "1.16.2"', 'branch: "main"', "asks for a range of versions of apple/swift-log"),
    ('.package(url: "https://github.com/apple/swift-log"', '.package(name: "log", url: "https://example.org/log"',
     "is not written as the others are"),
])
def test_a_version_that_nobody_looked_at_is_refused(fetched, before, after, words):
    text = (fetched / "Package.swift").read_text()
    assert before in text
    (fetched / "Package.swift").write_text(text.replace(before, after))
    done = run(fetched, "check-packages")
    assert done.returncode == 1 and words in done.stderr


def test_what_is_installed_from_elsewhere_has_one_version():
    for name in ["Tests/requirements.txt", "Benchmarks/requirements.txt", "www/vendor.txt"]:
        for line in (ROOT / name).read_text().splitlines():
            assert line.startswith(("#", "    --hash=sha256:")) or re.match(r"[\w.-]+(\[[\w-]+\])?==[\w.]+( \\)?$", line), line
