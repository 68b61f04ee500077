"""`nginx/test-api`, behind `make test-api`."""

import subprocess

from service import ROOT, Service, free_port


def run(url):
    return subprocess.run([ROOT / "nginx/test-api", url], capture_output=True, text=True, timeout=60)


def test_it_shows_the_documented_answers(service):
    done = run(service.url + "/")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[-1] == f"all answers of {service.url} are as documented"
    assert lines.count("  ok") == 10
    assert sum('"prediction":"DrugY"' in line for line in lines) == 2


def test_it_fails_when_nobody_answers():
    done = run(f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "10 of the answers" in done.stdout


def test_it_fails_when_the_service_has_no_model(tmp_path):
    with Service(tmp_path / "models") as service:
        done = run(service.url)
        assert done.returncode == 1
        assert "WRONG: expected 200 with" in done.stdout
