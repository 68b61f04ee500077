"""What is deployed fits the program: settings, manifests, dashboards. `make docker-test` tries the image."""

import json
import re
import subprocess
import sys

import pytest
import yaml

from service import ROOT

DEPLOY = ROOT / "docs/deploy.md"


def settings_of_serve():
    """The environment variables that `nginx/serve` reads."""
    text = (ROOT / "nginx/serve").read_text()
    return set(re.findall(r"\$\{([A-Z][A-Z_]+):", text))


def documents(name):
    return list(yaml.safe_load_all((ROOT / name).read_text()))


def test_every_setting_stands_in_the_table_and_no_other():
    table = DEPLOY.read_text().split("### Settings")[1].split("###")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert told == settings_of_serve()


@pytest.mark.parametrize("place", ["Dockerfile", "compose.yaml", "deploy/kubernetes.yaml"])
def test_only_settings_that_exist_are_set(place):
    if place == "Dockerfile":
        text = (ROOT / place).read_text().replace("\\\n", " ")
        names = {pair.split("=")[0] for pair in re.search(r"^ENV (.*)$", text, re.M)[1].split()}
    elif place == "compose.yaml":
        names = set(documents(place)[0]["services"]["drug-classifier"]["environment"])
    else:
        deployment = next(each for each in documents(place) if each["kind"] == "Deployment")
        names = {each["name"] for each in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert names and names <= settings_of_serve()


def test_the_manifests_are_as_kubernetes_defines_them():
    done = subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "--strict", "--no-warn", "-k", "1.31",
         ROOT / "deploy/kubernetes.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_volumes_are_mounted_where_the_image_keeps_its_data():
    volumes = set(re.search(r"^VOLUME (.*)$", (ROOT / "Dockerfile").read_text(), re.M)[1].split())
    service = documents("compose.yaml")[0]["services"]["drug-classifier"]
    assert {each.split(":")[1] for each in service["volumes"]} == volumes
    deployment = next(each for each in documents("deploy/kubernetes.yaml") if each["kind"] == "Deployment")
    mounts = deployment["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert volumes <= {each["mountPath"] for each in mounts}


def test_the_alerts_are_explained():
    names = [rule["alert"] for group in documents("deploy/alerts.yml")[0]["groups"] for rule in group["rules"]]
    table = DEPLOY.read_text().split("| alert |")[1]
    explained = re.findall(r"^\| ([A-Z]\w+) \|", table, re.M)
    assert [name.removeprefix("DrugClassifier") for name in names] == explained[:len(names)]


def test_the_labels_of_the_image_tell_the_program_s_version():
    source = (ROOT / "Sources/DrugClassifier/TrainedModel.swift").read_text()
    version = re.search(r'programVersion = "(.*)"', source)[1]
    assert f"ARG VERSION={version}\n" in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("place", ["deploy/alerts.yml", "deploy/grafana-dashboard.json"])
def test_only_metrics_that_exist_are_asked_for(place):
    source = "".join(
        path.read_text() for path in (ROOT / "Sources/DrugService").rglob("*.swift"))
    asked = set(re.findall(r"\b(?:drug_classifier|process)_[a-z_]+", (ROOT / place).read_text()))
    assert asked
    for name in asked - {"process"}:
        assert f'"{re.sub("_(bucket|sum|count)$", "", name)}"' in source, name


def test_the_dashboard_is_one():
    dashboard = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())
    identifiers = [panel["id"] for panel in dashboard["panels"]]
    assert len(identifiers) == len(set(identifiers)) > 10
    assert all(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
