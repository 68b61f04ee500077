"""The attacks of `make attack`, with less of everything."""

import subprocess
import sys

from service import ROOT


def test_no_attack_is_noticed_by_others():
    done = subprocess.run(
        [sys.executable, ROOT / "Tests/attack.py", "--short"], capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
