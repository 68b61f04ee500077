"""The main tasks of who is signed in, on the real service: train, compare, promote, go back, record
what was given."""

import base64
import json
import re
import shutil
import urllib.request

import pytest
from playwright.sync_api import expect

from service import PASSWORD, ROOT, Service

TRAINED = 120_000


@pytest.fixture(scope="module")
def service(models, tmp_path_factory):
    """A service of its own, because its models change."""
    folder = shutil.copytree(models, tmp_path_factory.mktemp("loop") / "models", symlinks=True)
    with Service(folder) as service:
        yield service


def served(service):
    return json.load(urllib.request.urlopen(f"{service.url}/health"))["model_version"]


def acts(service):
    """The newest rows of the audit log."""
    request = urllib.request.Request(f"{service.url}/audit")
    request.add_header("Authorization", "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode())
    return json.load(urllib.request.urlopen(request))["entries"]


def sign_in(page, button):
    button.click()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.fixture
def room(page):
    page.goto("/retrain.html")
    sign_in(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    expect(page.locator("#dataset")).to_have_value("drug200")
    return page


def test_a_worse_challenger_is_compared_promoted_and_taken_back(room, service):
    champion = served(service)
    room.click("label[for=features-binned]")
    room.get_by_role("button", name="Train the challenger").click()
    expect(room.get_by_role("heading", name="The challenger waits for a decision")).to_be_visible(timeout=TRAINED)
    expect(room.locator("#matrices table")).to_have_count(2)
    expect(room.locator("#job")).to_contain_text("worse beyond what chance explains")
    challenger = room.locator(".versus .mono").last.inner_text()
    assert challenger != champion == served(service)
    room.get_by_role("button", name="Serve it nevertheless").click()
    room.get_by_label("Why", exact=True).fill("to see bins at work")
    room.keyboard.press("Enter")
    expect(room.locator("#job .settled")).to_contain_text(f"{challenger} is served now")
    assert served(service) == challenger
    assert f"instead of {champion}: to see bins at work" in [act["detail"] for act in acts(service)]
    # The history of all versions leads back.
    room.goto("/model.html")
    expect(room.locator("#facts")).to_contain_text(challenger)
    room.get_by_role("button", name=f"Serve version {champion}").click()
    room.get_by_label("Why", exact=True).fill("bins do worse")
    # Nobody serves what has not been looked at.
    expect(room.get_by_role("button", name="Serve it", exact=True)).to_be_enabled()
    room.keyboard.press("Enter")
    expect(room.locator("#served")).to_contain_text(f"{champion} is served now")
    expect(room.locator("#facts")).to_contain_text(champion)
    assert served(service) == champion
    for name in ("forest.rf", "card.json", "confusion_matrix.png"):
        with room.expect_download() as download:
            room.locator(f"a[download='{name}']").click()
        kept = service.models / "registry" / champion / name
        assert open(download.value.path(), "rb").read() == kept.read_bytes()


def test_a_long_training_is_watched_and_cancelled(room, service):
    champion = served(service)
    room.fill("#n_estimators", "2000")
    room.get_by_role("button", name="Train the challenger").click()
    expect(room.locator("#job")).to_contain_text(re.compile("Step [1-6] of 6"), timeout=TRAINED)
    room.get_by_role("button", name="Cancel the training").click()
    expect(room.locator("#job .note")).to_contain_text("Cancelled", timeout=TRAINED)
    assert served(service) == champion


@pytest.mark.expects("422")
def test_wrong_parameters_are_named_at_their_fields(room):
    room.fill("#n_estimators", "0")
    room.fill("#test_size", "0.9")
    room.get_by_role("button", name="Train the challenger").click()
    expect(room.locator(".error:visible")).to_have_count(2)
    expect(room.locator("#n_estimators")).to_be_focused()


@pytest.mark.expects("422")
def test_a_table_is_added_and_trained_on(room):
    room.get_by_text("Add a table").click()
    room.get_by_label("Its name").fill("half")
    lines = (ROOT / "data/drug200.csv").read_text().splitlines()
    wrong = "\n".join([lines[0], lines[1].replace("F", "Q", 1)])
    upload = {"name": "half.csv", "mimeType": "text/csv"}
    room.locator("#table-file").set_input_files(upload | {"buffer": wrong.encode()})
    room.get_by_role("button", name="Add it").click()
    expect(room.locator("#upload-result li")).not_to_have_count(0)
    right = "\n".join([lines[0], *lines[1::2]])
    room.locator("#table-file").set_input_files(upload | {"buffer": right.encode()})
    room.get_by_role("button", name="Add it").click()
    expect(room.locator("#upload-result")).to_contain_text("half holds 100 patients")
    expect(room.locator("#dataset")).to_have_value("half")
    room.fill("#n_estimators", "20")
    room.get_by_role("button", name="Train the challenger").click()
    expect(room.locator("#job .note").first).to_be_visible(timeout=TRAINED)
    expect(room.locator("#matrices table")).to_have_count(2)
    expect(room.locator("#jobs tbody tr").first).to_contain_text("Done")


@pytest.mark.expects("401")
def test_a_wrong_password_opens_nothing(page):
    page.goto("/retrain.html")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This name and password do not go together.")


def test_what_was_given_is_recorded_once(page, service):
    page.goto("/predict.html")
    page.get_by_role("button", name="Man, 45").click()
    sign_in(page, page.get_by_role("button", name="Sign in to record it"))
    page.get_by_role("button", name="No, another").click()
    page.get_by_text("drugB", exact=True).last.click()
    page.select_option("#reason-given", label="Allergy")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#outcome")).to_contain_text("Recorded: drugB was given instead.")
    page.get_by_role("button", name="Woman, 52").click()
    page.get_by_role("button", name="Yes, DrugY").click()
    expect(page.locator("#outcome")).to_contain_text("Recorded: DrugY was given, as recommended.")


def test_the_service_is_watched(page):
    page.goto("/predict.html")
    page.get_by_role("button", name="Man, 45").click()
    expect(page.locator("#drug")).to_have_text("DrugY")
    page.goto("/monitor.html")
    expect(page.locator("#latency")).to_contain_text("99 of 100")
    expect(page.locator("#drugs")).to_contain_text("Sign in to see this")
    sign_in(page, page.locator("#drift").get_by_role("button", name="Sign in"))
    expect(page.locator("#drift")).to_contain_text("Too few to say")
    expect(page.locator("#drugs")).not_to_contain_text("Sign in to see this")
    expect(page.locator("#accuracy")).to_contain_text("Too few to say")
    expect(page.locator("#health")).to_contain_text("Written")
