"""The page that explains the forest: the chosen patient's values go through every step."""

import pytest
from playwright.sync_api import expect

DOCUMENTED = ["Sex=M", "BP=HIGH", "Cholesterol=NORMAL", "Age=40s", "Na_to_K=10-20"]


def ones(page, place):
    return page.locator(f"#{place} .on").evaluate_all("chips => chips.map(chip => chip.dataset.column)")


def test_the_documented_patient_goes_through_every_step(page):
    page.goto("/about.html")
    expect(page.locator("[data-bin=Age]")).to_have_text("40s")
    expect(page.locator("[data-bin=Na_to_K]")).to_have_text("10-20")
    assert page.locator("#binned li").count() == 18
    assert page.locator("#continuous li").count() == 9
    assert sorted(ones(page, "binned")) == sorted(DOCUMENTED)
    expect(page.locator("#continuous [data-column=Na_to_K] b")).to_have_text("15.5")


@pytest.mark.parametrize(
    "patient, columns, leaf",
    [
        ("Age=19&Sex=F&BP=LOW&Cholesterol=HIGH&Na_to_K=9", ["Age=<20s", "Na_to_K=<10"], "C"),
        ("Age=20&Sex=F&BP=LOW&Cholesterol=NORMAL&Na_to_K=9.1", ["Age=20s", "Na_to_K=10-20"], "X"),
        ("Age=70&Sex=M&BP=HIGH&Cholesterol=HIGH&Na_to_K=14.8", ["Age=>60s", "Na_to_K=10-20"], "B"),
        ("Age=50&Sex=M&BP=HIGH&Cholesterol=HIGH&Na_to_K=14.5", ["Age=50s", "Na_to_K=10-20"], "A"),
        ("Age=50&Sex=M&BP=HIGH&Cholesterol=HIGH&Na_to_K=14.9", ["Age=50s", "Na_to_K=10-20"], "Y"),
        ("Age=49&Sex=M&BP=NORMAL&Cholesterol=HIGH&Na_to_K=29", ["Age=40s", "Na_to_K=20-30"], "Y"),
        ("Age=50&Sex=M&BP=NORMAL&Cholesterol=HIGH&Na_to_K=2.5", ["Age=50s", "Na_to_K=<10"], "X"),
    ],
)
def test_another_patient_is_encoded_and_sorted_as_the_service_does(page, patient, columns, leaf):
    page.goto(f"/about.html?{patient}")
    expect(page.locator("#binned li")).to_have_count(18)
    for column in columns:
        assert column in ones(page, "binned")
    taken = page.locator("#tree .taken").evaluate_all("nodes => nodes.map(node => node.dataset.node)")
    assert taken[-1] == leaf


def test_the_served_forest_votes_when_it_is_asked(page):
    asked = []
    page.on("request", lambda request: asked.append(request.method))
    page.goto("/about.html")
    page.get_by_role("button", name="Uncertain").click()
    assert "POST" not in asked
    page.get_by_role("button", name="Ask the forest").click()
    expect(page.locator("#votes-text")).to_contain_text("of 100 trees vote for drugA")
    expect(page.locator("#votes-text")).to_contain_text("a person must look")
    page.get_by_role("button", name="Man, 45").click()
    expect(page.locator("#votes-chart table")).to_have_count(0)


def test_the_slider_shows_what_each_way_of_reading_sees(page):
    page.goto("/about.html")
    slider = page.get_by_role("slider")
    slider.fill("14.8")
    expect(page.locator("#bin-sees")).to_contain_text("nobody can tell")
    expect(page.locator("#measured-sees")).to_contain_text("below 14.83")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#measured-sees")).to_have_text("14.9: 14.83 or more, so DrugY.")


@pytest.mark.parametrize("patient, leaf", [
    ("Age=45&Sex=M&BP=HIGH&Cholesterol=NORMAL&Na_to_K=14.9", "Y"), ("Age=45&Sex=M&BP=HIGH&Cholesterol=NORMAL&Na_to_K=14.7", "A")])
def test_the_marked_way_is_the_one_that_the_forest_takes(page, patient, leaf):
    page.goto(f"/about.html?{patient}")
    page.get_by_role("button", name="Ask the forest").click()
    expect(page.locator("#votes-text")).to_contain_text(f"for {'Drug' if leaf == 'Y' else 'drug'}{leaf}.")
    assert page.locator("#tree .taken").last.get_attribute("data-node") == leaf
    expect(page.locator("#votes-chart .note")).to_have_count(0)


def test_a_forest_that_says_otherwise_is_told_of(page):
    # At the border of the age most trees put this patient to DrugY, and the rule to drugB.
    page.goto("/about.html?Age=51&Sex=F&BP=HIGH&Cholesterol=NORMAL&Na_to_K=14.76")
    page.get_by_role("button", name="Ask the forest").click()
    expect(page.locator("#votes-chart .note")).to_contain_text("The tree above says drugB, and the forest DrugY.")


@pytest.mark.expects("503")
def test_a_dead_responder_is_told_calmly(page, service):
    page.goto("/about.html")
    service.detach_responders()
    try:
        page.get_by_role("button", name="Ask the forest").click()
        expect(page.locator("#votes-text")).to_contain_text("cannot answer at the moment")
    finally:
        service.attach_responders()
    page.get_by_role("button", name="Ask the forest").click()
    expect(page.locator("#votes-chart table")).to_be_visible()


@pytest.mark.parametrize("address", ["/about.html", "/", "/model.html", "/monitor.html"])
def test_without_scripts_everything_can_be_read(browser, service, address):
    with browser.new_context(base_url=service.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        # Nobody asks, so nobody is told to wait.
        for asking in page.get_by_text("Asking the service").all():
            expect(asking).to_be_hidden()
        expect(page.get_by_text("A person decides").or_(page.get_by_text("a person")).first).to_be_visible()
