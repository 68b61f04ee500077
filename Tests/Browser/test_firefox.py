"""The main tasks in Firefox, on the real service."""

import pytest

from firefox import PROGRAM, Firefox
from service import PASSWORD, ROOT

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Firefox is not installed: make install-test")


@pytest.fixture(scope="module")
def browser():
    with Firefox() as browser:
        yield browser


@pytest.fixture(autouse=True)
def nothing_goes_wrong(browser):
    before = len(browser.errors())
    yield
    assert browser.errors()[before:] == []


def sign_in(browser):
    browser.click("#session")
    browser.waits_for("document.querySelector('dialog[open] input[type=password]') !== null")
    browser.fill("dialog input[type=password]", PASSWORD)
    browser.click("dialog button.primary")
    browser.waits_for("!document.querySelector('dialog[open]')")


def test_a_patient_is_recommended_a_drug(browser, service):
    browser.goto(f"{service.url}/predict.html")
    browser.waits_for("document.querySelector('#field-0')?.checkVisibility()")
    for place, text in ((0, "45"), (4, "15,5")):
        browser.fill(f"#field-{place}", text)
    browser.script("for (const group of document.querySelectorAll('#patient .choices'))"
                   " group.querySelector('label').click()")
    browser.click("#patient button[type=submit]")
    browser.shows("#drug", "DrugY")
    # What was read of the comma.
    browser.shows("#patient", "15.5")


def test_a_table_is_answered(browser, service):
    browser.goto("about:blank")
    browser.goto(f"{service.url}/predict.html#many")
    browser.waits_for("document.querySelector('#drop')?.checkVisibility()")
    browser.upload("input[type=file]", ROOT / "data/drug200.csv")
    browser.waits_for("[...document.querySelectorAll('#table-body button.primary')].some((one) => one.checkVisibility())")
    browser.click("#table-body button.primary")
    browser.shows("#table-body", "200 rows answered", 60)


def test_who_signs_in_finds_the_room_to_train(browser, service):
    browser.goto(f"{service.url}/retrain.html")
    browser.waits_for("!document.querySelector('#session').disabled")
    sign_in(browser)
    browser.waits_for("document.querySelector('#dataset')?.checkVisibility() && document.querySelector('#dataset').value === 'drug200'")
    browser.click("#session")
    browser.waits_for("document.querySelector('#gate').checkVisibility()")


def test_the_monitor_tells_what_needs_somebody(browser, service):
    browser.goto(f"{service.url}/monitor.html")
    browser.shows("#state .headline", "you")
    browser.shows("#figures", "Requests, last hour")
    browser.waits_for("document.querySelector('#board').checkVisibility()")


@pytest.mark.parametrize("width, height", [(500, 844), (1280, 720), (1920, 1080)])
def test_no_page_is_wider_than_its_window(browser, service, width, height):
    # Firefox has no narrower window than 500 pixels.
    browser.ask("WebDriver:SetWindowRect", width=width, height=height)
    for path in ("", "predict.html", "predict.html#many", "model.html", "retrain.html", "monitor.html", "about.html"):
        browser.goto("about:blank")
        browser.goto(f"{service.url}/{path}")
        browser.waits_for("!document.querySelector('[data-undrawn]') && document.readyState === 'complete'")
        wider = browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path
