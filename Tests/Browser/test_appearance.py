"""What every page owes to every reader: both themes, any width, assistive technology, and the
policy that keeps other scripts out."""

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from descriptions import FORTY
from replies import Replies
from shows import PAGES, show_about, show_answer, show_home, show_model, show_monitor
from watch import watch


@pytest.fixture
def view(request):
    width, theme = getattr(request, "param", (1280, "light"))
    return {"viewport": {"width": width, "height": 800}, "color_scheme": theme}


@pytest.mark.expects("401", "404", "422")
@pytest.mark.parametrize("view", [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")],
                         indirect=True, ids=str)
@pytest.mark.parametrize("show", PAGES)
def test_no_rule_of_accessibility_is_broken(page, show):
    show(page)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.expects("401", "404", "422")
@pytest.mark.parametrize("view", [(390, "light"), (1280, "dark")], indirect=True, ids=str)
@pytest.mark.parametrize("show", PAGES)
def test_no_rule_is_broken_with_all_opened_and_the_focus_and_the_mouse_somewhere(page, show):
    show(page)
    # A dialog lies over the rest of the page.
    place = page.get_by_role("dialog") if page.get_by_role("dialog").count() else page.get_by_role("main")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    focused = place.locator("input:enabled, select:enabled, a[href], summary").filter(visible=True)
    if focused.count():
        focused.last.focus()
    pressed = place.locator(".button:enabled, a.button").filter(visible=True)
    if pressed.count():
        pressed.first.hover(force=True)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("view", [(390, "light"), (390, "dark")], indirect=True, ids=str)
def test_no_rule_is_broken_with_the_menu_open(page):
    page.goto("/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Model", exact=True).hover()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


# The contrast of an element's text with what lies behind it, as WCAG 2 computes it.
CONTRAST = """(element) => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  while (behind && channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const background = getComputedStyle(behind ?? document.documentElement).backgroundColor;
  const [low, high] = [luminance(getComputedStyle(element).color), luminance(background)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""


@pytest.mark.expects("401", "404", "422")
@pytest.mark.parametrize("show", PAGES)
def test_what_can_be_pressed_can_be_read_under_the_mouse(page, show):
    show(page)
    pressed = page.locator("button:enabled, a[href]:not(.skip), summary, [role=tab], .choices label").filter(visible=True)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        seen = set()
        for control in pressed.all():
            # Of those that are styled alike one is looked at.
            style = control.evaluate("(element) => [element, element.parentElement].map((e) => e.tagName + e.className).join()")
            if style in seen:
                continue
            seen.add(style)
            said = control.inner_text() or control.get_attribute("aria-label")
            control.focus()
            assert control.evaluate(CONTRAST) >= 4.5, f"{said} with the focus, {theme}"
            control.hover(force=True)
            assert control.evaluate(CONTRAST) >= 4.5, f"{said} under the mouse, {theme}"


@pytest.mark.expects("401", "404", "422")
@pytest.mark.parametrize("show", PAGES)
def test_no_page_is_wider_than_its_window(page, show):
    show(page)
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width in (320, 360, 390, 600, 768, 900, 1000, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(wider) == 0, f"at {width} pixels"


# What is left of red, green and blue light where one kind of cones is missing (Machado, Oliveira and Fernandes, 2009).
SIGHT = {
    "all cones": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
# From light to cones and from those to Oklab (Ottosson, 2020).
CONES = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
OKLAB = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]


def turned(matrix, vector):
    return [sum(factor * value for factor, value in zip(row, vector)) for row in matrix]


def seen(colour, sight):
    """A colour `rgb(1, 2, 3)` in Oklab, as somebody of such sight sees it."""
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    light = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    left = [min(max(part, 0), 1) for part in turned(SIGHT[sight], light)]
    return turned(OKLAB, [part ** (1 / 3) for part in turned(CONES, left)])


@pytest.mark.parametrize("view", [(1280, "light"), (1280, "dark")], indirect=True, ids=str)
@pytest.mark.parametrize("sight", SIGHT)
def test_drugs_are_told_apart_whatever_colours_one_sees(page, sight):
    Replies(page).describe(FORTY)
    page.goto("/monitor.html")
    expect(page.locator("#drug-legend li")).to_have_count(9)
    swatches = page.locator("#drug-legend .swatch")
    colours = swatches.locator("rect:first-child").evaluate_all("all => all.map((one) => getComputedStyle(one).fill)")
    for one, other in itertools.combinations(colours[:-1], 2):
        distance = sum((a - b) ** 2 for a, b in zip(seen(one, sight), seen(other, sight))) ** 0.5
        assert distance >= 0.11, (one, other)
    # And by their strokes where no colour is seen at all.
    strokes = swatches.evaluate_all("all => all.map((one) => one.children[1]?.getAttribute('fill') ?? '')")
    assert len(set(strokes[:-1])) == 8


@pytest.mark.parametrize("view", [(390, "dark")], indirect=True, ids=str)
def test_the_page_follows_the_systems_theme(page):
    page.goto("/")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.emulate_media(color_scheme="light")
    assert page.evaluate(background) != dark


@pytest.mark.parametrize("view", [(390, "light")], indirect=True, ids=str)
def test_the_menu_of_a_narrow_window_works_by_keyboard(page):
    page.goto("/")
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Home", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recommend a drug")


@pytest.mark.parametrize("view", [(390, "light"), (1280, "light")], indirect=True, ids=str)
@pytest.mark.parametrize("show", [show_home, show_answer, show_model, show_monitor, show_about])
def test_what_stands_on_a_page_stays_where_it_is(page, show):
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    show(page)
    assert page.evaluate("window.shift") <= 0.05


@pytest.mark.parametrize("view", [(1280, "dark")], indirect=True, ids=str)
def test_an_answer_is_printed_alone_and_on_white(page):
    show_answer(page)
    page.emulate_media(media="print", color_scheme="dark")
    for part in (".masthead", ".footer", "#patient", ".tabs", "#outcome", "#print"):
        expect(page.locator(part)).to_be_hidden()
    for part in ("#drug", "#asked", "#says", "#rows", "#reasons", "#prediction-id"):
        expect(page.locator(part)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


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
