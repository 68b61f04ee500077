"""Tries the image that `make docker-build` built, as a server would run it: read-only, without rights.

        make docker-test                    with Docker
        make docker-test DOCKER=podman      with Podman

DOCKER and IMAGE are environment variables. Containers and volumes are named after
this process and removed at the end.
"""

import base64
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCKER = os.environ.get("DOCKER", "docker")
IMAGE = os.environ.get("IMAGE", "drug-classifier")
NAME = f"drug-classifier-test-{os.getpid()}"
PATIENT = {"Age": 45, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 15.5}
PASSWORD = "correct horse battery staple"
RIGHTS = [
    "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
]
# The largest size, in bytes: 170 MB were asked for before libpq was in it.
LARGEST = 175_000_000

urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))


def docker(*arguments, check=True):
    """Runs the engine's program and returns what it printed."""
    done = subprocess.run(
        [DOCKER, *map(str, arguments)], stdin=subprocess.DEVNULL, text=True, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode != 0:
        raise AssertionError(f"{DOCKER} {' '.join(map(str, arguments))}: {done.stdout}")
    return done.stdout.strip()


def wait_until(condition, what, seconds=30):
    """Waits for something to become true, and fails when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


class Container:
    """A container of the image on a port of its own, with two volumes that outlive it."""

    def __init__(self, name, *options, port=True):
        self.name = f"{NAME}-{name}"
        publish = ["--publish", "127.0.0.1::8000"] if port else []
        docker("run", "--detach", "--name", self.name, *RIGHTS, *publish, *options, IMAGE)

    @property
    def url(self):
        # A new port each time that the container starts.
        return f"http://{docker('port', self.name, '8000').splitlines()[0]}"

    @property
    def log(self):
        return docker("logs", self.name)

    def state(self, field):
        return docker("inspect", "--format", f"{{{{.State.{field}}}}}", self.name)

    def ask(self, method, path, body=None, **headers):
        """Sends a request and returns the answer's status and its JSON, or its text."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | headers if data else headers
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            status, text = answer.code, answer.read()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text.decode(errors="replace")

    def predict(self):
        return self.ask("POST", "/predict", PATIENT)

    def is_answering(self):
        try:
            return self.predict()[0] == 200
        except OSError:
            return False

    def wait_until_answering(self):
        def answers_or_ended():
            return self.state("Running") != "true" or self.is_answering()

        wait_until(answers_or_ended, f"no answer:\n{self.log}")
        assert self.state("Running") == "true", f"ended:\n{self.log}"
        return self

    def inside(self, command):
        """Runs a line of bash in the container."""
        return docker("exec", self.name, "bash", "-c", command)

    def processes(self, name):
        """The ids, inside, of the processes whose program has this name."""
        line = f'for each in /proc/[0-9]*; do [[ $(< $each/comm) == {name[:15]} ]] && echo ${{each#/proc/}}; done; true'
        return [int(pid) for pid in self.inside(line + " 2> /dev/null").split()]

    def parent(self, pid):
        return int(self.inside(f"while read -r a b; do [[ $a == PPid: ]] && echo $b; done < /proc/{pid}/status; true"))

    def kill(self, *pids):
        self.inside(f"kill -KILL {' '.join(map(str, pids))}")

    def stop(self):
        """Stops the container; returns the seconds that took and its exit status."""
        begin = time.monotonic()
        docker("stop", "-t", 20, self.name)
        return time.monotonic() - begin, int(self.state("ExitCode"))

    def kept(self):
        """How many predictions the log holds."""
        lines = self.inside("drugctl log --limit 100000 --format csv | wc -l")
        return int(lines) - 1

    def remove(self):
        docker("rm", "--force", self.name, check=False)


class ImageTests(unittest.TestCase):
    """In the order of their names, because the later ones use what the earlier ones left in the volumes."""

    models, log = f"{NAME}-models", f"{NAME}-log"
    volumes = ["--volume", f"{models}:/srv/models", "--volume", f"{log}:/srv/log"]

    @classmethod
    def setUpClass(cls):
        cls.container = Container(
            "served", *cls.volumes, "--env", f"ADMIN_PASSWORD={PASSWORD}").wait_until_answering()

    @classmethod
    def tearDownClass(cls):
        ours = docker("ps", "--all", "--quiet", "--filter", f"name={NAME}", check=False).split()
        if ours:
            docker("rm", "--force", *ours, check=False)
        volumes = docker("volume", "ls", "--quiet", "--filter", f"name={NAME}", check=False).split()
        if volumes:
            docker("volume", "rm", *volumes, check=False)

    def other(self, name, *options, port=True):
        container = Container(name, *options, port=port)
        self.addCleanup(container.remove)
        return container

    def ended(self, name, *options):
        """A container that must end by itself; returns its exit status and its log."""
        container = self.other(name, *options, port=False)
        wait_until(lambda: container.state("Running") != "true", f"still runs:\n{container.log}")
        return int(container.state("ExitCode")), container.log

    def test_01_it_is_small_and_says_what_it_is(self):
        image = json.loads(docker("image", "inspect", IMAGE))[0]
        print(f"{image['Size'] / 1e6:.1f} MB ", end="", file=sys.stderr)
        self.assertLessEqual(image["Size"], LARGEST)
        settings = image["Config"]
        self.assertEqual(settings["User"], "10001:0")
        self.assertEqual(settings["StopSignal"], "SIGTERM")
        # Podman tells it beside the settings.
        check = settings.get("Healthcheck") or image["Healthcheck"]
        self.assertIn("nginx/healthy", check["Test"])
        for label in ["title", "description", "version", "revision"]:
            self.assertTrue(settings["Labels"][f"org.opencontainers.image.{label}"])

    def test_02_it_holds_no_compiler_and_no_client(self):
        found = self.container.inside("type -P swift gcc cc clang curl wget python3 pip make git || true")
        self.assertEqual(found, "")

    def test_03_everything_runs_as_the_ordinary_user_without_rights(self):
        lines = self.container.inside(
            "for each in /proc/[0-9]*; do while read -r key first rest; do case $key in "
            "Uid:|CapEff:|NoNewPrivs:) echo $key $first;; esac; done < $each/status; done")
        self.assertEqual(
            set(lines.splitlines()), {"Uid: 10001", "CapEff: 0000000000000000", "NoNewPrivs: 1"})
        self.assertIn("Read-only", self.container.inside("touch /opt/drug-classifier/x 2>&1 || true"))

    def test_04_the_documented_calls_are_answered(self):
        done = subprocess.run(
            [ROOT / "nginx/test-api", self.container.url], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        for path in ["/", "/predict.html", "/docs", "/openapi.json", "/vendor/swagger-ui/swagger-ui.css"]:
            self.assertEqual(self.container.ask("GET", path)[0], 200, path)
        for path in ["/vendor.txt", "/install-vendor", "/vendor/SHA256SUMS"]:
            self.assertEqual(self.container.ask("GET", path)[0], 404, path)

    def test_05_the_health_check_says_so(self):
        self.assertEqual(json.loads(self.container.inside("nginx/healthy"))["status"], "healthy")

    def test_06_a_responder_that_is_killed_is_replaced(self):
        for pid in self.container.processes("drug-responder"):
            self.container.kill(pid)
            self.assertTrue(self.container.is_answering())
        self.container.kill(*self.container.processes("drug-responder"))
        self.container.wait_until_answering()

    def test_07_nginx_and_the_supervisor_are_started_again(self):
        for name in ["nginx", "multiwatch"]:
            master = next(pid for pid in self.container.processes(name) if self.container.parent(pid) == 1)
            self.container.kill(master)
            wait_until(lambda: master not in self.container.processes(name), f"{name} {master} lives")
            self.container.wait_until_answering()
        self.assertIn("nginx has ended: starting it again", self.container.log)
        self.assertIn("the responder's supervisor has ended: starting it again", self.container.log)

    def test_08_a_model_can_be_trained_here(self):
        before = self.container.ask("GET", "/health")[1]["model_version"]
        admin = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        body = {"n_estimators": 20, "force": True}
        status, answer = self.container.ask("POST", "/retrain", body, Authorization=f"Basic {admin}")
        if status in (404, 405):
            self.container.inside("drugctl train --n-estimators 20 > /dev/null")
        else:
            self.assertEqual((status, answer["status"]), (200, "success"), answer)
            self.assertEqual(self.container.ask("POST", "/retrain", body)[0], 401)
        wait_until(
            lambda: self.container.ask("GET", "/health")[1]["model_version"] != before,
            "the new model is not served")

    def test_09_a_restart_keeps_the_model_and_the_predictions(self):
        model, kept = self.container.ask("GET", "/health")[1]["model_version"], self.container.kept()
        self.assertGreater(kept, 0)
        seconds, status = self.container.stop()
        self.assertEqual(status, 0, self.container.log)
        print(f"ended after {seconds:.1f} s ", end="", file=sys.stderr)
        docker("start", self.container.name)
        wait_until(lambda: self.container.is_answering(), self.container.log)
        self.assertEqual(self.container.ask("GET", "/health")[1]["model_version"], model)
        self.assertGreater(self.container.kept(), kept)

    def test_10_the_next_image_finds_what_this_one_left(self):
        model = self.container.ask("GET", "/health")[1]["model_version"]
        self.container.stop()
        upgraded = self.other("upgraded", *self.volumes).wait_until_answering()
        self.assertEqual(upgraded.ask("GET", "/health")[1]["model_version"], model)
        self.assertGreater(upgraded.kept(), 1)

    def test_11_a_backup_restores_to_an_empty_volume(self):
        docker("start", self.container.name)
        wait_until(lambda: self.container.is_answering(), self.container.log)
        model, kept = self.container.ask("GET", "/health")[1]["model_version"], self.container.kept()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "backup.tar"
            restored = [
                "--volume", f"{NAME}-models-2:/srv/models", "--volume", f"{NAME}-log-2:/srv/log"]
            # Frozen, not stopped: requests wait for the second that it takes.
            docker("pause", self.container.name)
            try:
                with open(path, "wb") as file:
                    subprocess.run(
                        [DOCKER, "run", "--rm", *self.volumes, "--entrypoint", "tar", IMAGE, "-C", "/srv",
                         "-c", "models", "log"], stdout=file, check=True)
            finally:
                docker("unpause", self.container.name)
            with open(path, "rb") as file:
                subprocess.run(
                    [DOCKER, "run", "--rm", "--interactive", *restored, "--entrypoint", "tar", IMAGE, "-C",
                     "/srv", "-x"], stdin=file, check=True)
        second = self.other("restored", *restored)
        wait_until(lambda: second.inside("nginx/healthy || true"), second.log)
        self.assertEqual(second.kept(), kept)
        self.assertEqual(second.ask("GET", "/health")[1]["model_version"], model)
        self.assertTrue(self.container.is_answering())

    def test_12_any_user_of_group_0_can_run_it(self):
        volumes = ["--volume", f"{NAME}-models-3:/srv/models", "--volume", f"{NAME}-log-3:/srv/log"]
        container = self.other("any", "--user", "54321:0", *volumes).wait_until_answering()
        self.assertEqual(container.inside("echo $UID"), "54321")

    def test_12b_prometheus_in_another_container_reads_the_metrics(self):
        container = self.other("metrics", "--env", "METRICS_ALLOW=0.0.0.0/0").wait_until_answering()
        status, text = container.ask("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertIn('drug_classifier_predictions_total{drug="DrugY"', text)
        self.assertEqual(self.container.ask("GET", "/metrics")[0], 404)

    def test_13_a_folder_that_it_cannot_write_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            status, log = self.ended("unwritable", "--user", "54321:54321", "--volume", f"{folder}:/srv/models")
        self.assertEqual(status, 1)
        self.assertIn("user 54321 cannot write /srv/models", log)

    def test_14_settings_that_make_no_sense_end_it_with_the_reason(self):
        status, log = self.ended("senseless", "--env", "THREADS=0")
        self.assertEqual(status, 1)
        self.assertIn("--threads is a number of threads from 1 to 4096", log)

    def test_15_what_cannot_be_repaired_ends_it_with_the_reason(self):
        container = self.other("failing").wait_until_answering()
        for number in range(6):
            wait_until(
                lambda: container.state("Running") != "true" or container.processes("multiwatch"), "no supervisor")
            container.kill(*container.processes("multiwatch"))
            wait_until(
                lambda: container.log.count("supervisor has ended") > number, f"not noticed:\n{container.log}")
        wait_until(lambda: container.state("Running") != "true", "still runs")
        self.assertEqual(container.state("ExitCode"), "1")
        self.assertIn("supervisor has ended, after 5 repairs within a minute: stopping", container.log)

    def test_16_make_starts_and_stops_it(self):
        def make(target, port):
            return subprocess.run(
                ["make", "-s", "-C", ROOT, target, f"DOCKER={DOCKER}", f"IMAGE={IMAGE}", f"PORT={port}",
                 f"CONTAINER={NAME}-made"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

        taken = re.search(r":(\d+)$", self.container.url)[1]
        self.assertNotEqual(make("docker-run", taken).returncode, 0)
        port = free_port()
        done = make("docker-run", port)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(f"http://127.0.0.1:{port}/ answers", done.stdout)
        for _ in range(2):
            done = make("docker-stop", port)
            self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("There is no container", done.stdout)

    def test_17_it_ends_in_time_while_it_is_asked(self):
        self.container.wait_until_answering()
        seconds, status = self.container.stop()
        print(f"ended after {seconds:.1f} s ", end="", file=sys.stderr)
        self.assertEqual(status, 0, self.container.log)
        self.assertNotIn("do not end", self.container.log)


def free_port():
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    try:
        reached = subprocess.run([DOCKER, "version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        missing = reached.returncode != 0
    except OSError:
        missing = True
    if missing:
        sys.exit(f"No engine answers to {DOCKER}: the image was not tried")
    unittest.main(verbosity=2)
