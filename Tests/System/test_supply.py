"""What the product is made of: packages that were looked at, and a list of all parts."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from service import ROOT

BASE = "debian:bookworm-slim@sha256:" + "1" * 64
STATUS = """\
Package: nginx
Status: install ok installed
Maintainer: Somebody <somebody@example.org>
Architecture: amd64
Version: 1.22.1-9+deb12u3

Package: libssl3
Status: install ok installed
Maintainer: Somebody <somebody@example.org>
Architecture: amd64
Source: openssl (3.0.17-1)
Version: 3.0.17-1+b1
Description: several
 lines of it
 Version: 9

Package: gone
Status: deinstall ok config-files
Maintainer: Somebody <somebody@example.org>
Architecture: amd64
Version: 1

Package: iproute2
Status: install ok installed
Maintainer: nobody <nobody@localhost>
Architecture: all
Version: 9:99
"""


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


# The list of all parts.

@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    status = tmp_path_factory.mktemp("status") / "status"
    status.write_text(STATUS)
    done = run(ROOT, "sbom", "--debian", status, "--base", BASE, "--swift", "6.3.1")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_list_of_parts_is_as_cyclonedx_defines_it(parts):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(parts) is None
    source = (ROOT / "Sources/Models/Training/TrainedModel.swift").read_text()
    product = json.loads(parts)["metadata"]["component"]
    assert (product["name"], product["version"]) == (
        "drug-classifier", re.search(r'programVersion = "(.*)"', source)[1])


def test_the_list_of_parts_has_every_part(parts):
    parts = {each["name"]: each for each in json.loads(parts)["components"]}
    for name, version, terms, _, digest in listed():
        part = parts.pop(name.split("/")[1])
        assert part["purl"] == f"pkg:swift/github.com/{name}@{version}"
        assert part["hashes"] == [{"alg": "SHA-256", "content": digest}]
        assert part["licenses"] == [{"license": {"id": terms}}]
    swagger = parts.pop("swagger-ui-dist")
    assert f"flask-swagger-ui=={swagger['version']}" in (ROOT / "www/vendor.txt").read_text()
    files = {each["name"]: each["hashes"][0]["content"] for each in swagger["components"]}
    assert files == {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (ROOT / "www/vendor").rglob("*") if path.suffix in (".js", ".css")}
    assert parts.pop("swift")["version"] == "6.3.1"
    assert parts.pop("debian") == {
        "type": "container", "name": "debian", "version": "bookworm-slim",
        "hashes": [{"alg": "SHA-256", "content": "1" * 64}], "purl": f"pkg:oci/debian@sha256%3A{'1' * 64}"}
    assert {name: part["purl"] for name, part in parts.items()} == {
        "nginx": "pkg:deb/debian/nginx@1.22.1-9%2Bdeb12u3?arch=amd64&distro=debian-12",
        "libssl3": "pkg:deb/debian/libssl3@3.0.17-1%2Bb1?arch=amd64&distro=debian-12&upstream=openssl%403.0.17-1"}


def test_the_same_parts_have_the_same_list(parts):
    first, second = (json.loads(run(ROOT, "sbom", SOURCE_DATE_EPOCH="1").stdout) for _ in range(2))
    assert first == second and first["serialNumber"] != json.loads(parts)["serialNumber"]
    assert first["metadata"]["timestamp"] == "1970-01-01T00:00:01Z"


def test_the_image_holds_its_list_where_the_documentation_says():
    place = "/usr/share/doc/drug-classifier/"
    assert f"/sbom.cdx.json {place}\n" in (ROOT / "Dockerfile").read_text()
    for name in ["Makefile", "docs/deploy.md"]:
        assert place + "sbom.cdx.json" in (ROOT / name).read_text()


def test_what_is_installed_from_elsewhere_has_one_version():
    for name in ["Tests/requirements.txt", "Benchmarks/requirements.txt", "www/vendor.txt"]:
        for line in (ROOT / name).read_text().splitlines():
            assert line.startswith(("#", "    --hash=sha256:")) or re.match(r"[\w.-]+(\[[\w-]+\])?==[\w.]+( \\)?$", line), line
