"""The prediction page while the service is slow, dead or gone: calm, and back by itself."""

import os
import signal

import pytest
from playwright.sync_api import expect

EXAMPLE = "Woman, 52"


def open_form(page):
    page.goto("/predict.html")
    expect(page.get_by_role("button", name=EXAMPLE)).to_be_visible()


@pytest.fixture
def waiting(page):
    return page.get_by_text("The service does not answer at the moment.", exact=True)


@pytest.mark.expects("503")
def test_a_dead_responder_is_told_calmly_and_asked_again(page, service, waiting):
    open_form(page)
    service.detach_responders()
    try:
        page.get_by_role("button", name=EXAMPLE).click()
        expect(waiting).to_be_visible()
        expect(page.locator("#announcement")).to_contain_text("asked again by itself")
        expect(page.get_by_role("alert")).to_be_hidden()
        expect(page.locator("#field-0")).to_have_value("52")
    finally:
        service.attach_responders()
    expect(page.locator("#drug")).to_have_text("DrugY")
    expect(waiting).to_be_hidden()


@pytest.mark.expects("ERR_CONNECTION_REFUSED")
def test_a_service_that_is_gone_is_asked_again_when_it_is_back(page, service, waiting):
    open_form(page)
    service.stop()
    try:
        page.get_by_role("button", name=EXAMPLE).click()
        expect(waiting).to_be_visible()
    finally:
        service.start()
    expect(page.locator("#drug")).to_have_text("DrugY")


@pytest.mark.expects("503")
def test_a_new_patient_takes_the_place_of_the_one_that_waits(page, service, waiting):
    open_form(page)
    service.detach_responders()
    try:
        page.get_by_role("button", name="Man, 45").click()
        expect(waiting).to_be_visible()
        page.get_by_role("button", name=EXAMPLE).click()
    finally:
        service.attach_responders()
    expect(page.locator("#asked")).to_contain_text("age 52 years")


@pytest.mark.expects("503")
def test_clearing_the_form_ends_the_wait(page, service, waiting):
    open_form(page)
    service.detach_responders()
    try:
        page.get_by_role("button", name=EXAMPLE).click()
        expect(waiting).to_be_visible()
        page.get_by_role("button", name="Clear").click()
        expect(waiting).to_be_hidden()
    finally:
        service.attach_responders()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    # Longer than the pause between two questions.
    page.wait_for_timeout(3000)
    assert asked == []
    expect(page.locator("#drug")).to_be_hidden()


def test_a_slow_responder_is_waited_for(page, service):
    open_form(page)
    responders = service.responders()
    for pid in responders:
        os.kill(pid, signal.SIGSTOP)
    try:
        page.get_by_role("button", name=EXAMPLE).click()
        expect(page.get_by_text("Asking the service…")).to_be_visible()
    finally:
        for pid in responders:
            os.kill(pid, signal.SIGCONT)
    expect(page.locator("#drug")).to_have_text("DrugY")
