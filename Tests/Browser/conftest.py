"""A real browser on the real service."""

import pytest
from playwright.sync_api import sync_playwright

from replies import Replies
from service import Service
from watch import watch


def pytest_configure(config):
    config.addinivalue_line("markers", "expects(*texts): errors that the console may show")


@pytest.fixture(scope="session")
def browser():
    # No page may need another host; as root, the browser's sandbox must be off.
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def service(models):
    with Service(models) as service:
        yield service


@pytest.fixture
def view():
    """The window of `page`; a test may be parameterised with its own."""
    return {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}


@pytest.fixture
def page(browser, service, view, request):
    """A page of the service; the test fails if it logs an error or asks another origin."""
    marker = request.node.get_closest_marker("expects")
    expected = marker.args if marker else ()
    with browser.new_context(base_url=service.url, **view) as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        faults = watch(page, service.url)
        yield page
    assert [fault for fault in faults if not any(text in fault for text in expected)] == []


@pytest.fixture
def replies(page):
    """Replies in the service's place, for states that it reaches slowly or never."""
    return Replies(page)
