"""What the pages use of others: installed whole, with its licences, and only when needed."""

import shutil
import subprocess

import pytest

from service import ROOT


@pytest.fixture
def www(tmp_path):
    """A copy of the pages with what is installed in them."""
    return shutil.copytree(ROOT / "www", tmp_path / "www")


def install_without_pip(www):
    return subprocess.run(
        [www / "install-vendor"], env={"PATH": "/usr/bin", "PYTHON": "/bin/false"},
        capture_output=True, text=True,
    )


@pytest.mark.parametrize(
    "part, words",
    [
        ("swagger-ui", "SmartBear"),
        ("swagger-ui", "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"),
    ],
)
def test_each_part_has_its_licence(part, words):
    assert words in (ROOT / "www/vendor" / part / "LICENSE").read_text()


def test_nothing_is_fetched_while_everything_is_there(www):
    run = install_without_pip(www)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("change", ["alter", "remove", "add", "ask for another"])
def test_what_is_not_as_asked_is_noticed_and_a_failed_fetch_changes_nothing(www, change):
    style = www / "vendor/swagger-ui/swagger-ui.css"
    if change == "alter":
        style.write_bytes(style.read_bytes() + b" ")
    elif change == "remove":
        style.unlink()
    elif change == "add":
        (www / "vendor/stray.js").write_text("")
    else:
        (www / "vendor.txt").write_text("flask-swagger-ui==5.33.0\n")
    before = sorted(path for path in www.rglob("*"))
    run = install_without_pip(www)
    assert run.returncode != 0
    assert "cannot be fetched" in run.stderr
    assert "Traceback" not in run.stderr
    assert sorted(path for path in www.rglob("*")) == before
