"""What the product is made of: packages that were looked at, a list of all of them, and what is known of their holes."""

import contextlib
import datetime
import hashlib
import http.server
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import threading

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
    for name in ["Package.swift", "Dockerfile", "compose.yaml", "Benchmarks/requirements.txt"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "supply", root / "supply")
    return root


def run(root, program, *words, **settings):
    # The interpreter that has the tests' packages.
    command = [sys.executable] if "python" in (root / "supply" / program).read_text().partition("\n")[0] else []
    return subprocess.run(
        [*command, root / "supply" / program, *map(str, words)], env=os.environ | settings, capture_output=True, text=True)


def program(folder, name, text):
    """A program that answers instead of another."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n" + text)
    (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


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


# Known holes.

@contextlib.contextmanager
def osv(holes):
    """A list of holes on this machine: {(ecosystem, name, version): hole}."""
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            keys = [(each["package"]["ecosystem"], each["package"]["name"], each["version"]) for each in queries]
            self.answer({"results": [{"vulns": [{"id": holes[key]}]} if key in holes else {} for key in keys]})

        def do_GET(self):
            self.answer({"id": self.path.split("/")[-1], "summary": "Lets everybody in"})

        def answer(self, value):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def audit(project, parts, tmp_path):
    """Looks for holes in the parts, with another's answers for apt's."""
    lists = tmp_path / "sbom.json"
    release = platform.freedesktop_os_release()
    if release["ID"] != "debian":
        pytest.skip("this machine is no Debian")
    lists.write_text(parts.replace("distro=debian-12", f"distro=debian-{release['VERSION_ID']}"))

    def audit(address, newest="1.22.1-9+deb12u3", **settings):
        source = f"http://example.org {release['VERSION_CODENAME']}-security/main"
        apt = program(tmp_path / "apt", "apt-cache", f"""case $1 in
madison) echo ' nginx | {newest} | {source} amd64 Packages'
  echo ' nginx | 9.9 | http://example.org {release['VERSION_CODENAME']}/main amd64 Packages' ;;
policy) echo '500 {source}' ;;
esac
""")
        return run(project, "audit", lists, OSV=address, **apt | settings)

    return audit


NOWHERE = "http://127.0.0.1:9"


def test_no_known_hole_is_no_failure(audit):
    with osv({("npm", "swagger-ui-dist", "5.33.9"): "GHSA-1"}) as address:
        done = audit(address)
    assert done.returncode == 0, done.stderr
    assert "vulnerable:" not in done.stdout and "not reachable" not in done.stdout


@pytest.mark.parametrize("part", [
    ("SwiftURL", "github.com/apple/swift-log", "1.16.2"), ("npm", "swagger-ui-dist", "5.34.0"),
    ("PyPI", "pytest", pytest.__version__), ("PyPI", "fastapi", "0.165.0")])
def test_a_known_hole_is_a_failure_until_somebody_accepts_it(audit, project, part):
    today = datetime.date.today()
    with osv({part: "GHSA-1"}) as address:
        done = audit(address)
        assert done.returncode == 1
        assert f"vulnerable: {part[1]} {part[2]}: GHSA-1: Lets everybody in\n" in done.stdout
        for until, status in [(today, 0), (today - datetime.timedelta(1), 1)]:
            with open(project / "supply/accepted.txt", "a") as lines:
                lines.write(f"GHSA-1 {until} nobody comes there\n")
            assert audit(address).returncode == status
            (project / "supply/accepted.txt").write_text("# nothing\n")


@pytest.mark.parametrize("line", ["GHSA-1 2999-01-01", "GHSA-1 soon it does not matter", "GHSA-1"])
def test_a_line_that_accepts_nothing_is_told_by_its_number(audit, project, line):
    (project / "supply/accepted.txt").write_text(f"# why\n{line}\n")
    with osv({}) as address:
        done = audit(address)
    assert done.returncode == 1 and done.stderr.startswith("supply/accepted.txt, line 2: ")


def test_a_package_that_debian_has_mended_is_a_failure(audit):
    with osv({}) as address:
        done = audit(address, newest="1.22.1-9+deb12u4")
    assert done.returncode == 1
    assert "vulnerable: nginx 1.22.1-9+deb12u3: nginx=1.22.1-9+deb12u4: " in done.stdout


@pytest.mark.parametrize("strict, status", [("no", 0), ("yes", 1)])
def test_a_list_that_is_not_reached_is_told_with_what_is_not_known(audit, strict, status):
    done = audit(NOWHERE, STRICT=strict)
    assert done.returncode == status
    line, = (line for line in done.stdout.splitlines() if line.startswith("not reachable"))
    assert NOWHERE in line and "nothing is known of 4 Swift packages" in line
    assert done.stdout.splitlines()[-1].endswith("could not be told (above)")


def test_what_is_not_known_hides_no_hole(audit):
    done = audit(NOWHERE, newest="1.22.1-9+deb12u4")
    assert done.returncode == 1 and "not reachable" in done.stdout


# Base images.

def images(project):
    return re.findall(r"^ARG \w+_IMAGE=(\S+)|image: (prom/\S+)$",
                      (project / "Dockerfile").read_text() + (project / "compose.yaml").read_text(), re.M)


def bare(project):
    """Takes away what was pinned."""
    for name in ["Dockerfile", "compose.yaml"]:
        (project / name).write_text(re.sub(r"@sha256:[0-9a-f]{64}", "", (project / name).read_text()))


ENGINE = """case "$1 $2" in
"pull --quiet") test "$3" != "{unknown}" || {{ echo "not found: $3" >&2; exit 1; }} ;;
"image inspect") echo "somewhere/image@sha256:$(printf '%s {more}' "$5" | sha256sum | cut -d ' ' -f 1)" ;;
*) exit 64 ;;
esac
"""


def test_images_are_named_by_what_they_are(project, tmp_path):
    bare(project)
    assert run(project, "pin-images", "--check").returncode == 1
    before = images(project)
    for more in "once", "again":
        done = run(project, "pin-images", **program(tmp_path / "engine", "docker", ENGINE.format(unknown="-", more=more)))
        assert done.returncode == 0, done.stderr
    wanted = [tuple(name and f"{name}@sha256:{hashlib.sha256(f'{name} again'.encode()).hexdigest()}" for name in pair)
              for pair in before]
    assert images(project) == wanted and len(wanted) == 3
    assert run(project, "pin-images", "--check").returncode == 0


def test_an_image_that_is_not_known_leaves_all_as_they_were(project, tmp_path):
    bare(project)
    before = images(project)
    engine = program(tmp_path / "engine", "docker", ENGINE.format(unknown="debian:bookworm-slim", more=""))
    done = run(project, "pin-images", **engine)
    assert done.returncode == 1 and "not found: debian:bookworm-slim" in done.stderr
    assert images(project) == before


def test_what_is_installed_from_elsewhere_has_one_version():
    for name in ["Tests/requirements.txt", "Benchmarks/requirements.txt", "www/vendor.txt"]:
        for line in (ROOT / name).read_text().splitlines():
            assert line.startswith(("#", "    --hash=sha256:")) or re.match(r"[\w.-]+(\[[\w-]+\])?==[\w.]+( \\)?$", line), line
