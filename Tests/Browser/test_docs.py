"""The page of the REST interface: offline, under the strict policy, and able to ask the service."""

import json
import urllib.request

import pytest
from playwright.sync_api import expect


def operation(page, name):
    """One call, opened."""
    block = page.locator(f"[id$='-{name}'].opblock")
    block.locator(".opblock-summary-control").click()
    return block


def test_every_call_of_the_description_is_shown(page, service):
    document = json.load(urllib.request.urlopen(f"{service.url}/openapi.json"))
    page.goto("/docs")
    paths = page.locator(".opblock-summary-path")
    methods = {"get", "post", "put", "delete"}
    calls = sum(len(methods & set(path)) for path in document["paths"].values())
    expect(paths).to_have_count(calls)
    assert {path.inner_text().replace("\u200b", "") for path in paths.all()} == set(document["paths"])


def test_a_prediction_can_be_tried_out(page):
    page.goto("/docs")
    block = operation(page, "predict")
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").last).to_contain_text("200")
    expect(answer).to_contain_text('"prediction": "DrugY"')


@pytest.mark.expects("422")
def test_what_the_service_refuses_is_shown_as_it_says_it(page):
    page.goto("/docs")
    block = operation(page, "predict")
    block.locator("textarea").fill('{"Age": 121}')
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table")).to_contain_text("urn:drug-classifier:problem:invalid-patient")


def test_the_model_can_be_asked_for(page):
    page.goto("/docs")
    block = operation(page, "modelInfo")
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table")).to_contain_text('"model_type": "RandomForestClassifier"')


@pytest.mark.parametrize("view", [{"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}])
def test_it_follows_the_systems_theme_in_the_sites_frame(page, view):
    page.goto("/docs")
    expect(page.locator(".opblock").first).to_be_visible()
    expect(page.locator("html")).to_have_class("dark-mode")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).not_to_have_class("dark-mode")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Home").click()
    expect(page.get_by_role("status")).to_have_text("Ready to answer")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="API").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The REST interface")
