"""What is deployed fits the program: settings, manifests, dashboards. `make docker-test` tries the image."""

import ipaddress
import json
import re
import shutil
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


def test_what_the_sources_link_to_is_there_when_the_image_builds_them():
    before = (ROOT / "Dockerfile").read_text().split("RUN swift build")[0]
    copied = [ROOT / name for line in re.findall(r"^COPY ([^-].*) \S+$", before, re.M) for name in line.split()]
    links = [path for path in (ROOT / "Sources").rglob("*") if path.is_symlink()]
    assert links
    for link in links:
        assert any(link.resolve().is_relative_to(path) for path in copied), link


def workload(place):
    """What runs the pods of a manifest."""
    return next(each for each in documents(place) if each["kind"] in ("Deployment", "StatefulSet"))


@pytest.mark.parametrize("place", [
    "Dockerfile", "compose.yaml", "deploy/kubernetes.yaml", "deploy/kubernetes-scaled.yaml", "deploy/host.env",
    "deploy/front.env"])
def test_only_settings_that_exist_are_set(place):
    if place == "Dockerfile":
        text = (ROOT / place).read_text().replace("\\\n", " ")
        names = {pair.split("=")[0] for pair in re.search(r"^ENV (.*)$", text, re.M)[1].split()}
    elif place == "compose.yaml":
        names = set(documents(place)[0]["services"]["drug-classifier"]["environment"])
    elif place.endswith(".env"):
        names = set(re.findall(r"^([A-Z_]+)=", (ROOT / place).read_text(), re.M))
    else:
        deployment = workload(place)
        names = {each["name"] for each in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert names and names <= settings_of_serve()


MANIFESTS = ["deploy/kubernetes.yaml", "deploy/kubernetes-scaled.yaml"]


@pytest.mark.parametrize("place", MANIFESTS)
def test_the_manifests_are_as_kubernetes_defines_them(place):
    done = subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "--strict", "--no-warn", "-k", "1.31", ROOT / place],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("place", MANIFESTS)
def test_the_parts_of_a_manifest_fit_each_other(place):
    workload_spec = workload(place)["spec"]
    pod = workload_spec["template"]
    labels = pod["metadata"]["labels"]
    kinds = {}
    for each in documents(place):
        kinds.setdefault(each["kind"], {})[each["metadata"]["name"]] = each["spec"]
    container, = pod["spec"]["containers"]
    probes = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert probes == {"startupProbe": "/health/live", "readinessProbe": "/health/ready",
                      "livenessProbe": "/health/live"}
    claims = set(kinds["PersistentVolumeClaim"])
    own = {each["metadata"]["name"] for each in workload_spec.get("volumeClaimTemplates", [])}
    for job in [workload_spec, *kinds.get("Job", {}).values()]:
        spec = job["template"]["spec"]
        volumes = {each["name"] for each in spec["volumes"]}
        if job is workload_spec:
            volumes |= own
        assert {each["name"] for each in spec["containers"][0]["volumeMounts"]} <= volumes
        used = {each["persistentVolumeClaim"]["claimName"] for each in spec["volumes"] if "persistentVolumeClaim" in each}
        assert used <= claims
    for path in (each for ingress in kinds["Ingress"].values() for rule in ingress["rules"]
                 for each in rule["http"]["paths"]):
        assert path["backend"]["service"]["name"] in kinds["Service"]
    for disruption in kinds.get("PodDisruptionBudget", {}).values():
        assert disruption["selector"]["matchLabels"].items() <= labels.items()


def megabytes_that_wait(settings):
    """Of a table that is sent; of an answer that is made and, in nginx's copy, fetched; of tensors in all."""
    template = (ROOT / "nginx/nginx.conf.template").read_text()
    tensors, size = re.search(r"limit_conn all_tensors (\d+);\n *client_max_body_size (\d+)m;", template).groups()
    times = int(re.search(r"answer_size=\$\(\((\d+) \* table_size\)\)", (ROOT / "nginx/serve").read_text())[1])
    table = int(settings["TABLE_SIZE"])
    return table, 2 * times * table, int(tensors) * int(size)


@pytest.mark.parametrize("place", MANIFESTS)
def test_what_may_wait_fits_into_the_temporary_folder(place):
    pod = workload(place)["spec"]["template"]["spec"]
    settings = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
    room, = (each["emptyDir"]["sizeLimit"] for each in pod["volumes"] if "emptyDir" in each)
    table, answer, tensors = megabytes_that_wait(settings)
    assert int(settings["TABLES"]) * (table + answer) + tensors <= 1024 * int(room.removesuffix("Gi"))


def test_tables_and_their_answers_fit_into_the_temporary_folder_of_compose():
    service = documents("compose.yaml")[0]["services"]["drug-classifier"]
    settings = {name: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", value)
                for name, value in service["environment"].items()}
    table, answer, _ = megabytes_that_wait(settings)
    room = 1024 * int(re.search(r"size=(\d+)g", service["tmpfs"][0])[1])
    assert int(settings["TABLES"]) * (table + answer) <= room


def pods(place):
    """The templates of all pods of a manifest."""
    return [each["spec"]["template"] for each in documents(place)
            if each["kind"] in ("Deployment", "StatefulSet", "Job")]


@pytest.mark.parametrize("place", MANIFESTS)
def test_pods_have_no_right_that_they_do_not_use(place):
    for pod in pods(place):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert not any("hostPath" in volume for volume in spec["volumes"])
        user = spec["securityContext"]
        assert user["runAsNonRoot"] and user["runAsUser"] > 0
        assert user["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"] + spec.get("initContainers", []):
            assert container["securityContext"] == {
                "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
            assert container["resources"]["limits"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("place", MANIFESTS)
def test_pods_reach_nobody_and_are_reached_by_named_pods_on_one_port_alone(place):
    policies = [each["spec"] for each in documents(place) if each["kind"] == "NetworkPolicy"]
    for pod in pods(place):
        policy, = (each for each in policies
                   if each["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items())
        assert set(policy["policyTypes"]) == {"Ingress", "Egress"} and "egress" not in policy
        container, = pod["spec"]["containers"]
        rules = policy.get("ingress", [])
        assert len(rules) == ("ports" in container)
        for rule in rules:
            assert [each["port"] for each in rule["ports"]] == [each["name"] for each in container["ports"]]
            # Both in one entry: these pods, in this namespace.
            assert all(each.keys() == {"namespaceSelector", "podSelector"} for each in rule["from"])
            assert all(selector["matchLabels"] for each in rule["from"] for selector in each.values())


@pytest.mark.parametrize("place", MANIFESTS)
def test_a_manifest_as_it_comes_believes_nobody(place):
    values = {each["name"]: each.get("value") for each in pods(place)[0]["spec"]["containers"][0]["env"]}
    nobody = ipaddress.ip_network("192.0.2.0/24")
    for name in ("TRUSTED_PROXY", "METRICS_ALLOW"):
        assert ipaddress.ip_network(values[name]).subnet_of(nobody)
        assert re.search(rf"name: {name}\n +value: {values[name]} # CHANGE\n", (ROOT / place).read_text())


def test_the_containers_of_one_server_have_no_right_that_they_do_not_use():
    compose, = documents("compose.yaml")
    for service in compose["services"].values():
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"] and service["pids_limit"]
    # What is published is published on this server alone.
    assert compose["services"]["drug-classifier"]["ports"] == ["${BIND:-127.0.0.1}:${PORT:-8000}:8000"]
    assert compose["services"]["prometheus"]["ports"] == ["127.0.0.1:9090:9090"]


def test_the_metrics_of_one_server_are_for_its_prometheus_alone():
    compose, = documents("compose.yaml")
    own = compose["services"]["prometheus"]["networks"]["monitoring"]["ipv4_address"]
    assert compose["services"]["drug-classifier"]["environment"]["METRICS_ALLOW"] == own


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_the_unit_is_confined():
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20",
         ROOT / "deploy/drug-classifier.service"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pods_are_added_by_a_metric_that_exists():
    scaler = next(each for each in documents("deploy/kubernetes-scaled.yaml")
                  if each["kind"] == "HorizontalPodAutoscaler")["spec"]
    target = workload("deploy/kubernetes-scaled.yaml")
    assert (scaler["scaleTargetRef"]["kind"], scaler["scaleTargetRef"]["name"]) == (
        target["kind"], target["metadata"]["name"])
    metric, = scaler["metrics"]
    rule, = documents("deploy/prometheus-adapter.yaml")[0]["rules"]["custom"]
    assert rule["name"]["as"] == metric["pods"]["metric"]["name"]
    assert rule["name"]["matches"] == f"^{rule['seriesQuery'].split('{')[0]}$"


def test_only_the_job_writes_models_that_pods_share():
    pods = workload("deploy/kubernetes-scaled.yaml")["spec"]["template"]["spec"]["containers"][0]
    job = next(each for each in documents("deploy/kubernetes-scaled.yaml") if each["kind"] == "Job")
    trainer = job["spec"]["template"]["spec"]["containers"][0]
    mounted = [{each["mountPath"]: each.get("readOnly", False) for each in one["volumeMounts"]}["/srv/models"]
               for one in (pods, trainer)]
    assert mounted == [True, False]


@pytest.mark.parametrize("place", MANIFESTS)
def test_volumes_are_mounted_where_the_image_keeps_its_data(place):
    volumes = set(re.search(r"^VOLUME (.*)$", (ROOT / "Dockerfile").read_text(), re.M)[1].split())
    service = documents("compose.yaml")[0]["services"]["drug-classifier"]
    assert {each.split(":")[1] for each in service["volumes"]} == volumes
    mounts = workload(place)["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert volumes <= {each["mountPath"] for each in mounts}


def test_the_alerts_are_explained():
    names = [rule["alert"] for group in documents("deploy/alerts.yml")[0]["groups"] for rule in group["rules"]]
    table = DEPLOY.read_text().split("| alert |")[1]
    explained = re.findall(r"^\| ([A-Z]\w+) \|", table, re.M)
    assert [name.removeprefix("DrugClassifier") for name in names] == explained[:len(names)]


def test_the_labels_of_the_image_tell_the_program_s_version():
    source = (ROOT / "Sources/Models/Training/TrainedModel.swift").read_text()
    version = re.search(r'programVersion = "(.*)"', source)[1]
    assert f"ARG VERSION={version}\n" in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize(
    "place", ["deploy/alerts.yml", "deploy/grafana-dashboard.json", "deploy/prometheus-adapter.yaml"])
def test_only_metrics_that_exist_are_asked_for(place):
    source = "".join(
        path.read_text() for path in (ROOT / "Sources/DrugService").rglob("*.swift"))
    asked = set(re.findall(r"\b(?:drug_classifier|process)_[a-z_]+", (ROOT / place).read_text()))
    # A name that the adapter gives is not one that the service has.
    asked -= set(re.findall(r'as: "(\w+)"', (ROOT / place).read_text()))
    assert asked
    for name in asked - {"process"}:
        assert f'"{re.sub("_(bucket|sum|count)$", "", name)}"' in source, name


def test_the_dashboard_is_one():
    dashboard = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())
    identifiers = [panel["id"] for panel in dashboard["panels"]]
    assert len(identifiers) == len(set(identifiers)) > 10
    assert all(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
