"""The report of a model, as somebody opens it who has nothing but the file."""

import json
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect


@pytest.fixture
def report(service, tmp_path):
    """The served model's report as a file."""
    version = json.load(urllib.request.urlopen(f"{service.url}/health"))["model_version"]
    with urllib.request.urlopen(f"{service.url}/models/{version}/report") as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="model-{version}.html"'
        path = tmp_path / "report.html"
        path.write_bytes(answer.read())
    return version, path


def test_a_report_needs_nothing_else(browser, report):
    version, path = report
    asked, said = [], []
    for width in (320, 390, 1280):
        with browser.new_context(viewport={"width": width, "height": 800}) as context:
            page = context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: said.append(message.text))
            page.goto(path.as_uri())
            expect(page.get_by_role("heading", level=1)).to_have_text(f"Model {version}")
            expect(page.get_by_role("img").first).to_have_accessible_name("Confusion matrix of 60 held-out patients")
            assert page.get_by_role("img").count() == page.locator("figure").count() > 5
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert set(asked) == {path.as_uri()} and said == []


def test_a_report_can_be_read_by_everybody(browser, report):
    with browser.new_context(bypass_csp=True) as context:
        page = context.new_page()
        page.goto(report[1].as_uri())
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()


def test_a_plot_is_a_file_of_its_own(service, report):
    for ending, kind, start in [("svg", "image/svg+xml", b"<svg "), ("png", "image/png", b"\x89PNG")]:
        with urllib.request.urlopen(f"{service.url}/models/{report[0]}/plots/curve-1.{ending}") as answer:
            assert answer.headers["Content-Type"] == kind
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.read().startswith(start)
