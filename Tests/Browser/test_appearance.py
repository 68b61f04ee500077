"""What every page owes to every reader: both themes, any width, assistive technology, and the
policy that keeps other scripts out."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from watch import watch


def show_home(page):
    page.goto("/")
    expect(page.get_by_role("status")).to_have_text("Ready to answer")


def show_form(page):
    page.goto("/predict.html")
    expect(page.locator("#Age-hint")).to_contain_text("trained on")


def show_errors(page):
    show_form(page)
    page.get_by_role("button", name="Recommend").click()
    expect(page.locator(".error:visible")).to_have_count(5)


def show_answer(page):
    show_form(page)
    page.get_by_role("button", name="Man, 45").click()
    page.fill("#Age", "99")
    page.keyboard.press("Enter")
    expect(page.locator("#warnings")).to_be_visible()
    page.fill("#Age", "98")
    expect(page.locator("#outdated")).to_be_visible()


def show_missing_page(page):
    page.goto("/nothing")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no page here")


PAGES = [show_home, show_form, show_errors, show_answer, show_missing_page]


@pytest.fixture
def view(request):
    width, theme = getattr(request, "param", (1280, "light"))
    return {"viewport": {"width": width, "height": 800}, "color_scheme": theme}


@pytest.mark.expects("422", "404")
@pytest.mark.parametrize("view", [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")],
                         indirect=True, ids=str)
@pytest.mark.parametrize("show", PAGES)
def test_no_rule_of_accessibility_is_broken(page, show):
    show(page)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.expects("422", "404")
@pytest.mark.parametrize("view", [(width, "light") for width in (360, 390, 768, 1000, 1920)],
                         indirect=True, ids=str)
@pytest.mark.parametrize("show", PAGES)
def test_no_page_is_wider_than_its_window(page, show):
    show(page)
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) == 0


@pytest.mark.parametrize("view", [(390, "dark")], indirect=True, ids=str)
def test_the_page_follows_the_systems_theme(page):
    page.goto("/")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.emulate_media(color_scheme="light")
    expect(root).to_have_attribute("data-bs-theme", "light")
    assert page.evaluate(background) != dark


def test_the_policy_keeps_other_scripts_and_hosts_out(browser, service):
    with browser.new_context(base_url=service.url) as context:
        page = context.new_page()
        faults = watch(page, service.url)
        page.goto("/")
        page.evaluate(
            """() => {
              const script = document.createElement("script");
              script.textContent = "window.intruded = true";
              document.head.append(script);
              document.body.setAttribute("style", "color: red");
              document.body.append(Object.assign(new Image(), { src: "http://127.0.0.2/a.png" }));
            }"""
        )
        expect(page.get_by_role("status")).to_have_text("Ready to answer")
        assert page.evaluate("window.intruded") is None
    # The same eye that watches every other test has seen all three.
    for directive in ("script-src", "style-src", "img-src"):
        assert any(directive in fault for fault in faults)
