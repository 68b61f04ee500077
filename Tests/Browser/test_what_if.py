"""What if a value were another: the charts, the sliders and the map of the prediction page."""

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from descriptions import HOLES, ODD, at
from shows import show_answer, show_what_if, sign_in

UNCERTAIN = {"Age": 45, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 14.8}


def asked(service, patient, query=""):
    request = urllib.request.Request(
        f"{service.url}/predict/what-if{query}", json.dumps(patient).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def slider(page, name):
    return page.get_by_role("slider", name=name)


def test_the_charts_show_what_the_service_says_over_the_whole_range(page, service):
    show_what_if(page)
    told = asked(service, UNCERTAIN, "?x=4&y=0")
    for place, name in enumerate(["Age", "Sodium to potassium ratio"]):
        curve = told["curves"][place]
        chart = page.locator(".bands").nth(place)
        pieces = sum(share > 0 for shares in curve["probabilities"].values() for share in shares)
        expect(chart.locator("rect[class]")).to_have_count(pieces)
        # What lies below and above the training.
        hatched = chart.locator("rect[fill]")
        expect(hatched).to_have_count(2)
        low = curve["trained"][0] / curve["edges"][-1]
        assert float(hatched.first.get_attribute("width").rstrip("%")) == pytest.approx(100 * low, abs=0.01)
        value = UNCERTAIN["Age" if place == 0 else "Na_to_K"] / curve["edges"][-1]
        assert float(chart.locator(".now").get_attribute("x1").rstrip("%")) == pytest.approx(100 * value, abs=0.01)
        expect(slider(page, name)).to_be_visible()
    said = page.locator(".what-if-number").nth(1)
    curve = told["curves"][1]
    cut = next(edge for edge, share in zip(curve["edges"], curve["probabilities"]["DrugY"]) if share > 0.5)
    expect(said).to_contain_text(f"drugA to {float(f'{cut:.4g}'):g}, then DrugY")
    # Each drug by a colour and a letter.
    expect(page.locator("#what-if .legend b")).to_have_text(["Y", "A", "B", "C", "X"])
    expect(page.locator(".map .letter").get_by_text("Y")).to_be_visible()
    assert len(set(page.locator("#what-if .swatch").evaluate_all(
        "(all) => all.map((one) => getComputedStyle(one).backgroundColor)"))) == 5


def test_a_slider_moves_the_patient_and_nothing_is_kept(page):
    paths = []
    show_answer(page)
    page.on("request", lambda request: paths.append(f"{request.method} {request.url.split('/', 3)[3].split('?')[0]}"))
    page.get_by_text("What if a value were another").click()
    says = page.locator("#what-if .says")
    expect(says).to_have_text("drugA or DrugY: a person must look")
    ratio = slider(page, "Sodium to potassium ratio")
    ratio.focus()
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    expect(says).to_have_text("Only DrugY fits")
    expect(ratio).to_have_attribute("aria-valuetext", "20.8 Na : K: DrugY 100.0%")
    expect(page.locator(".bands .before")).to_have_count(2)
    slider(page, "Age").focus()
    page.keyboard.press("End")
    expect(says).to_have_text("Not like its patients: do not rely on this")
    page.get_by_role("button", name="Back to the patient").click()
    expect(says).to_have_text("drugA or DrugY: a person must look")
    page.locator("#what-if").get_by_text("Low", exact=True).click()
    expect(page.locator(".what-if-number").first).to_contain_text("drugX")
    # A place on the map: what the training saw of both.
    page.locator(".map").scroll_into_view_if_needed()
    box = page.locator(".map").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
    expect(page.locator(".what-if-number output")).to_have_text(["60 years", "25 Na : K"])
    expect(says).to_have_text("Only DrugY fits")
    # Only what is asked of the form is a prediction.
    assert {path for path in paths if path.startswith("POST")} == {"POST predict/what-if"}
    expect(page.locator(at("Age"))).to_have_value("45")
    page.get_by_role("button", name="Take these values into the form").click()
    expect(page.locator(at("Age"))).to_have_value("60")
    expect(page.locator("#outdated")).to_be_visible()
    with page.expect_request("**/predict?explain=true"):
        page.keyboard.press("Enter")


@pytest.mark.expects("401")
def test_who_is_not_signed_in_any_more_signs_in_where_it_is_told_and_goes_on(page, replies, service):
    def answer(request):
        return 200, asked(service, json.loads(request.post_data), "?x=4&y=0")
    replies.know_who("clinician")
    replies.table["POST /predict/what-if"] = replies.signed_in(answer)
    show_answer(page)
    page.get_by_text("What if a value were another").click()
    panel = page.locator("#what-if")
    # Nobody has yet: there is nothing else to be seen.
    expect(panel.get_by_role("status")).to_contain_text("Sign in to go on; what you entered is kept.")
    sign_in(page, panel.get_by_role("button", name="Sign in"))
    expect(panel.locator(".says")).to_have_text("drugA or DrugY: a person must look")
    expect(panel.get_by_role("button", name="Sign in")).to_have_count(0)

    # The session ends: what is shown stays, and the newest question is asked again.
    page.evaluate("sessionStorage.clear()")
    slider(page, "Age").focus()
    page.keyboard.press("End")
    expect(panel.get_by_role("button", name="Sign in")).to_be_visible()
    expect(panel.locator(".bands")).to_have_count(2)
    sign_in(page, panel.get_by_role("button", name="Sign in"))
    expect(panel.locator(".says")).to_have_text("Not like its patients: do not rely on this")
    expect(panel.get_by_role("button", name="Sign in")).to_have_count(0)


@pytest.mark.parametrize("description", [HOLES, ODD], ids=["holes", "odd"])
def test_whatever_is_measured_can_be_asked_about(page, replies, description):
    replies.describe(description)
    page.goto("/predict.html")
    page.get_by_text("What if a value were another").click()
    numbers = [field for field in description["fields"]
               if field["type"] in ("integer", "number") and "categories" not in field]
    expect(page.locator("#what-if .bands")).to_have_count(len(numbers))
    expect(page.locator("#what-if .legend b").first).to_have_text("A" if description is HOLES else "1")
    first = page.locator("#what-if input[type=range]").first
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#what-if .now").first).to_be_attached()
    assert not page.evaluate("window.intruded")
