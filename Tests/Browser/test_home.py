"""The home page and the page for addresses that do not exist."""

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from replies import SETS
from service import Service
from watch import watch


def test_the_served_model_is_described(page, service):
    info = json.load(urllib.request.urlopen(f"{service.url}/model/info"))
    page.goto("/")
    expect(page.get_by_role("status")).to_have_text("Ready to answer")
    facts = page.locator("#facts")
    expect(facts).to_contain_text(info["model_version"])
    expect(facts).to_contain_text(f"{info['n_estimators']} trees")
    samples = info["evaluation"]["samples"]
    right = round(info["evaluation"]["accuracy"] * samples)
    expect(facts).to_contain_text(f"{right} of {samples} right; 95% interval 94.0% to 100.0%")


def test_a_cross_validated_accuracy_has_its_interval(page, service, replies):
    info = json.load(urllib.request.urlopen(f"{service.url}/model/info"))
    replies.table["GET /model/info"] = 200, info | {"feature_sets": SETS}
    page.goto("/")
    # Of 198 of 200 right, by Wilson's formula.
    expect(page.locator("#cross-validation")).to_have_text("99.0% right (10 folds × 5); 95% interval 96.4% to 99.7%")


def test_one_click_leads_to_a_prediction(page):
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Recommend a drug").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recommend a drug")


def test_the_keyboard_leads_to_a_prediction(page):
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Recommend a drug")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recommend a drug")


def test_the_shown_request_is_sent_to_this_service(page, service):
    page.goto("/")
    expect(page.locator("pre")).to_contain_text(f"{service.url}/predict")


@pytest.mark.expects("503")
def test_a_dead_responder_is_told_calmly_and_its_return_too(page, service):
    page.goto("/")
    state = page.get_by_role("status")
    expect(state).to_have_text("Ready to answer")
    service.detach_responders()
    try:
        page.reload()
        expect(state).to_contain_text("does not answer at the moment")
    finally:
        service.attach_responders()
    expect(state).to_have_text("Ready to answer")


def test_a_service_without_a_model_says_so(browser, tmp_path):
    with Service(tmp_path) as service, browser.new_context(base_url=service.url) as context:
        page = context.new_page()
        faults = watch(page, service.url)
        page.goto("/")
        expect(page.get_by_role("status")).to_contain_text("no model is loaded")
        page.goto("/predict.html")
        expect(page.locator("#waiting")).to_contain_text("no model is loaded")
    assert [fault for fault in faults if "503" not in fault] == []


@pytest.mark.expects("404")
@pytest.mark.parametrize("address", ["/nothing", "/nothing/here.html", "/vendor.txt"])
def test_an_address_without_a_page_leads_on(page, address):
    answer = page.goto(address)
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no page here")
    page.get_by_role("link", name="Go home").click()
    expect(page.get_by_role("status")).to_have_text("Ready to answer")


def test_every_link_of_the_pages_leads_somewhere(page):
    for name in ("", "predict.html", "model.html", "retrain.html", "monitor.html", "about.html", "docs", "404.html"):
        address = f"/{name}"
        page.goto(address)
        for link in page.get_by_role("link").all():
            target = link.get_attribute("href")
            assert page.request.get(target).ok, f"{address} links to {target}"
