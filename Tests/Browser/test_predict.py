"""The prediction page: the answer, by mouse and by keyboard, and errors at their fields."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import expect

from descriptions import at, choice_of

PATIENT = {"Age": 61, "Sex": "F", "BP": "LOW", "Cholesterol": "HIGH", "Na_to_K": 9.5}


def recommended(service, patient):
    """What the service itself answers to a program."""
    request = urllib.request.Request(
        f"{service.url}/predict?explain=true",
        json.dumps(patient).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def enter(page, patient):
    """Enters a patient by typing and by clicking on the choices that are seen."""
    for name in ("Age", "Na_to_K"):
        page.fill(at(name), str(patient[name]))
    for name in ("Sex", "BP", "Cholesterol"):
        page.click(choice_of(name, patient[name]))


def expect_answer(page, service, patient):
    """Expects the panel to show just what the service answers."""
    answer = recommended(service, patient)
    expect(page.locator("#drug")).to_have_text(answer["prediction"])
    page.locator("#numbers").evaluate("(numbers) => (numbers.open = true)")
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(len(answer["probabilities"]))
    for drug, probability in answer["probabilities"].items():
        row = rows.filter(has=page.get_by_role("rowheader", name=drug, exact=True))
        expect(row.locator(".share")).to_have_text(f"{probability * 100:.1f}%")
        expect(row.locator(".votes")).to_have_text(str(answer["votes"][drug]))
        if probability == 0:
            expect(row.locator(".bar")).to_have_count(0)
        else:
            width = row.locator(".bar").get_attribute("width")
            assert float(width.rstrip("%")) == pytest.approx(probability * 100)
    expect(rows.first.get_by_role("rowheader")).to_have_text(answer["prediction"])
    expect(page.locator("#model-version")).to_have_text(answer["model_version"])
    expect(page.locator("#prediction-id")).to_have_text(re.compile("^[0-9a-f]{32}$"))
    expect(page.locator("#announcement")).to_contain_text(answer["prediction"])


@pytest.mark.parametrize(
    "example, patient",
    [
        (
            "Man, 45",
            {"Age": 45, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 15.5},
        ),
        (
            "Woman, 52",
            {"Age": 52, "Sex": "F", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 18.3},
        ),
    ],
)
def test_a_documented_patient_is_one_click_away(page, service, example, patient):
    page.goto("/predict.html")
    page.get_by_role("button", name=example).click()
    expect(page.locator("#drug")).to_have_text("DrugY")
    expect_answer(page, service, patient)


def test_a_number_is_read_as_people_write_it(page, service):
    page.goto("/predict.html")
    enter(page, PATIENT)
    said = page.locator(".understood").filter(visible=True)
    for written, read in [("9,5", 9.5), ("9.", 9), (",5", 0.5), (" 9,5\u00a0", 9.5), (".75", 0.75)]:
        page.fill(at("Na_to_K"), written)
        expect(said).to_have_text(f"Read as {read}")
        page.get_by_role("button", name="Recommend").click()
        expect_answer(page, service, PATIENT | {"Na_to_K": read})
    for written in ("9.50", "+9.5"):
        page.fill(at("Na_to_K"), written)
        expect(said).to_have_count(0)


@pytest.mark.expects("422")
def test_what_may_be_another_number_is_refused(page):
    page.goto("/predict.html")
    enter(page, PATIENT)
    for written in ("9,5,1", "1.234,5", "9,5 mmol", "9 5", "1,234.5", "1e1", "--5", ",", "0x9"):
        page.fill(at("Na_to_K"), written)
        expect(page.locator(f"{at('Na_to_K')}-error")).to_be_hidden()
        expect(page.get_by_text("Read as")).to_have_count(0)
        page.get_by_role("button", name="Recommend").click()
        expect(page.locator(f"{at('Na_to_K')}-error")).to_contain_text("must be a number")


def test_a_patient_entered_with_the_mouse_gets_an_answer_without_a_page_load(page, service):
    page.goto("/predict.html")
    page.evaluate("window.sameDocument = true")
    enter(page, PATIENT)
    page.get_by_role("button", name="Recommend").click()
    expect_answer(page, service, PATIENT)
    assert page.evaluate("window.sameDocument")
    assert page.url == f"{service.url}/predict.html"


def test_a_patient_entered_with_the_keyboard_alone_gets_an_answer(page, service):
    page.goto("/predict.html")
    page.get_by_role("link", name="Skip to the content").focus()
    # The skip link, the tabs, three examples, then the five fields.
    for key in ["Enter", "Tab", "Tab", "Tab", "Tab", "Tab"]:
        page.keyboard.press(key)
    page.keyboard.type("61")
    for key in ["Tab", "Space", "Tab", "Space", "Tab", "Space", "ArrowRight", "Tab"]:
        page.keyboard.press(key)
    page.keyboard.type("9.5")
    page.keyboard.press("Enter")
    expect_answer(page, service, PATIENT)
    # The next patient begins at the first field; sodium and potassium are offered before that.
    for key in ["Tab", "Tab", "Tab", "Enter"]:
        page.keyboard.press(key)
    expect(page.locator(at("Age"))).to_be_focused()
    expect(page.locator(at("Age"))).to_have_value("")
    expect(page.locator("#drug")).to_be_hidden()


def parts(page):
    return page.get_by_role("textbox", name="Sodium", exact=True), page.get_by_role("textbox", name="Potassium", exact=True)


def test_sodium_and_potassium_are_entered_in_place_of_their_ratio(page, service):
    page.goto("/predict.html")
    enter(page, PATIENT | {"Na_to_K": ""})
    page.get_by_role("button", name="I have sodium and potassium").click()
    sodium, potassium = parts(page)
    expect(sodium).to_be_focused()
    page.keyboard.type("0.792535")
    expect(page.locator(at("Na_to_K"))).to_have_value("")
    potassium.fill("0.031258")
    expect(page.locator(at("Na_to_K"))).to_have_value("25.355")
    with page.expect_request("**/predict?*") as asked:
        page.keyboard.press("Enter")
    given = {name: PATIENT[name] for name in ["Age", "Sex", "BP", "Cholesterol"]} | {"Na": 0.792535, "K": 0.031258}
    assert asked.value.post_data_json == given
    expect_answer(page, service, given)
    expect(page.locator("#asked")).to_contain_text("25.355")
    expect(page.locator("#outdated")).to_be_hidden()
    potassium.fill("0.0312")
    expect(page.locator("#outdated")).to_be_visible()
    # The ratio stays, to be changed by hand.
    page.get_by_role("button", name="I have the sodium to potassium ratio").click()
    expect(sodium).to_be_hidden()
    expect(page.locator(at("Na_to_K"))).to_have_value("25.402")
    with page.expect_request("**/predict?*") as asked:
        page.keyboard.press("Enter")
    assert asked.value.post_data_json == PATIENT | {"Na_to_K": 25.402}
    # An example is one of the ratio.
    page.get_by_role("button", name="I have sodium and potassium").click()
    page.get_by_role("button", name="Man, 45").click()
    expect(sodium).to_be_hidden()
    expect(page.locator(at("Na_to_K"))).to_have_value("15.5")


@pytest.mark.expects("422")
def test_what_is_wrong_with_sodium_or_potassium_is_told_there(page):
    page.goto("/predict.html")
    enter(page, PATIENT | {"Na_to_K": ""})
    page.get_by_role("button", name="I have sodium and potassium").click()
    sodium, potassium = parts(page)
    for given, wrong, error in [
        (("0.79", ""), potassium, "Potassium is missing."), (("0.79", "0"), potassium, "Potassium must be a number above 0."),
        (("a lot", "0.03"), sodium, "Sodium must be a number."),
        (("79", "0.03"), page.locator(at("Na_to_K")),
         "Sodium to potassium ratio, which is Na divided by K, must be a number above 0, at most 100."),
    ]:
        sodium.fill(given[0])
        potassium.fill(given[1])
        page.get_by_role("button", name="Recommend").click()
        expect(wrong).to_have_attribute("aria-invalid", "true")
        page.get_by_role("alert").get_by_role("link").click()
        expect(wrong).to_be_focused()
        expect(page.locator(".error:visible")).to_have_text([error])


@pytest.mark.expects("422")
@pytest.mark.parametrize(
    "changes, errors",
    [
        ({"Age": ""}, {"Age": "Age is missing."}),
        ({"Age": "45.5"}, {"Age": "Age must be a whole number."}),
        ({"Age": "121"}, {"Age": "Age must be a whole number from 0 to 120."}),
        ({"Age": "forty"}, {"Age": "Age must be a number."}),
        (
            {"Na_to_K": "0"},
            {"Na_to_K": "Sodium to potassium ratio must be a number above 0, at most 100."},
        ),
        ({"Na_to_K": "9,5,"}, {"Na_to_K": "Sodium to potassium ratio must be a number."}),
        (
            {"Age": "-1", "Na_to_K": "1e3"},
            {
                "Age": "Age must be a whole number from 0 to 120.",
                "Na_to_K": "Sodium to potassium ratio must be a number.",
            },
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_field(page, service, changes, errors):
    page.goto("/predict.html")
    enter(page, PATIENT | changes)
    page.get_by_role("button", name="Recommend").click()
    for name, text in errors.items():
        expect(page.locator(at(name))).to_have_attribute("aria-invalid", "true")
        expect(page.locator(at(name))).to_have_accessible_description(re.compile(re.escape(text)))
    expect(page.locator(".error:visible")).to_have_text(list(errors.values()))
    # All of it once more above the form, where a link leads to each field.
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(summary).to_contain_text("There is a problem")
    expect(summary).to_contain_text("no drug was recommended")
    expect(summary.get_by_role("link")).to_have_text(list(errors.values()))
    for name, text in errors.items():
        summary.get_by_role("link", name=text).click()
        expect(page.locator(at(name))).to_be_focused()
    # Right values take the errors away.
    enter(page, PATIENT)
    expect(page.locator(".error:visible")).to_have_count(0)
    for name in errors:
        field = page.locator(at(name))
        expect(field).not_to_have_accessible_description(re.compile("must|missing"))
    expect(summary).to_be_hidden()
    page.keyboard.press("Enter")
    expect_answer(page, service, PATIENT)
    expect(page).not_to_have_title(re.compile("^Error: "))


@pytest.mark.expects("422")
def test_an_empty_form_names_every_field(page):
    page.goto("/predict.html")
    page.get_by_role("button", name="Recommend").click()
    expect(page.locator(".error:visible")).to_have_text(
        [
            "Age is missing.",
            "Sex is missing.",
            "Blood pressure is missing.",
            "Cholesterol is missing.",
            "Sodium to potassium ratio is missing.",
        ]
    )
    links = page.get_by_role("alert").get_by_role("link")
    expect(links).to_have_count(5)
    links.nth(1).click()
    expect(page.get_by_role("radio", name="Female")).to_be_focused()
    # What is mended is told of no more.
    page.keyboard.press("Space")
    expect(links).to_have_count(4)
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Recommend").click()
    expect(links).to_have_count(5)
    for name in ("Sex", "Blood pressure", "Cholesterol"):
        group = page.get_by_role("radiogroup", name=name)
        expect(group).to_have_attribute("aria-invalid", "true")
        expect(group).to_have_accessible_description(f"{name} is missing.")


VERDICTS = {
    "good": (PATIENT, "Only drugC fits"),
    "caution": ({"Age": 45, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 14.8},
                "drugA or DrugY: a person must look"),
    "danger": (PATIENT | {"Age": 118, "Na_to_K": 95}, "Not like its patients: do not rely on this"),
}


def test_the_three_verdicts_differ_in_colour_in_words_and_in_shape(page, service):
    seen = []
    page.goto("/predict.html")
    for kind, (patient, says) in VERDICTS.items():
        answer = recommended(service, patient)
        assert answer["needs_review"] == (kind != "good")
        enter(page, patient)
        page.get_by_role("button", name="Recommend").click()
        expect(page.locator("#says")).to_have_text(says)
        expect(page.locator("#announcement")).to_contain_text(says)
        verdict = page.locator("#verdict")
        style = "(element) => [getComputedStyle(element).backgroundColor, getComputedStyle(element).borderLeftColor]"
        shapes = verdict.locator("svg > *").evaluate_all(
            "(parts) => parts.filter((part) => getComputedStyle(part).display !== 'none').map((part) => part.tagName + part.getAttribute('d'))")
        assert len(shapes) == 2
        seen += [(verdict.evaluate(style), shapes)]
        said = page.locator("#answer").inner_text()
        assert ("In about 95 of 100 patients like those it learned from" in said) == (kind != "danger")
        assert ("No drug is ruled out" in said) == (kind == "danger")
    assert len({str(one) for one, _ in seen}) == len({str(one) for _, one in seen}) == 3


@pytest.mark.parametrize("size", [(1280, 720), (1366, 650)], ids=str)
def test_the_form_and_the_verdict_fit_a_small_window_together(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/predict.html")
    for patient, says in [*VERDICTS.values(), *VERDICTS.values()]:
        enter(page, patient)
        page.get_by_role("button", name="Recommend").click()
        expect(page.locator("#says")).to_have_text(says)
        assert page.evaluate("scrollY") == 0
        for part in ("#submit", "#verdict", "#asked"):
            box = page.locator(part).bounding_box()
            assert box["y"] >= 0 and box["y"] + box["height"] <= size[1], part
    page.get_by_role("button", name="I have sodium and potassium").click()
    box = page.locator("#submit").bounding_box()
    assert box["y"] + box["height"] <= size[1]


@pytest.mark.parametrize("size", [(320, 640), (390, 844), (768, 1024), (1280, 720), (1920, 1080)], ids=str)
def test_the_verdict_is_in_view_after_each_asking(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/predict.html")
    for patient, says in VERDICTS.values():
        enter(page, patient)
        # From wherever somebody has read on to.
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.evaluate("document.getElementById('patient').requestSubmit()")
        expect(page.locator("#says")).to_have_text(says)
        box = page.locator("#says").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= size[1]


def test_a_drug_that_nobody_was_trained_on_is_not_ruled_out(page, replies, service):
    info = json.load(urllib.request.urlopen(f"{service.url}/model/info"))
    info["training_data"]["class_counts"]["drugB"] = 0
    replies.table["GET /model/info"] = 200, info
    page.goto("/predict.html")
    enter(page, PATIENT)
    page.get_by_role("button", name="Recommend").click()
    expect(page.locator("#says")).to_have_text("Of the drugs it knows, only drugC fits")
    expect(page.locator("#set")).to_contain_text("It never learned of drugB, of which this says nothing.")


def test_a_patient_unlike_the_training_rows_gets_a_warning(page, service):
    patient = PATIENT | {"Age": 99, "Na_to_K": 60.5}
    warnings = recommended(service, patient)["warnings"]
    assert len(warnings) == 2
    page.goto("/predict.html")
    enter(page, patient)
    page.keyboard.press("Enter")
    expect(page.locator("#warnings li")).to_have_text(
        [
            f"Age lies outside of what the model was trained on ({warnings[0]['allowed']}).",
            "Sodium to potassium ratio lies outside of what the model was trained on "
            f"({warnings[1]['allowed']}).",
        ]
    )
    expect_answer(page, service, patient)
    enter(page, PATIENT)
    page.keyboard.press("Enter")
    expect(page.locator("#warnings")).to_be_hidden()


def test_an_answer_tells_what_each_measurement_adds_and_what_would_change_the_drug(page, service):
    patient = {"Age": 45, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 14.6}
    explanation = recommended(service, patient)["explanation"]
    page.goto("/predict.html")
    enter(page, patient)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Why drugA")).to_be_visible()
    facts = page.locator("#reasons tr")
    expect(facts).to_have_count(5)
    pressure = facts.filter(has_text="Blood pressure")
    points = explanation["contributions"]["BP"] * 100
    expect(pressure).to_have_text(f"Blood pressure high+ {points:.1f}")
    expect(pressure.locator(".bar")).to_have_class("bar for")
    expect(page.locator("#reason")).to_contain_text("Blood pressure (high)")
    expect(page.locator("#sums tr").first).to_contain_text(f"{explanation['base_value'] * 100:.1f}%")
    flip = explanation["nearest_flip"]
    expect(page.locator("#flip")).to_have_text(
        f"Sodium to potassium ratio: 14.6 is {round(flip['to'] - 14.6, 3):g} below where it becomes {flip['prediction']}.")


def test_a_patient_whose_drug_is_open_is_for_a_person_to_look_at(page, service):
    ratios = [ratio / 1000 for ratio in range(14_600, 15_100, 20)]
    patients = [PATIENT | {"Age": 45, "BP": "HIGH", "Na_to_K": ratio} for ratio in ratios]
    patient = next(one for one in patients if recommended(service, one)["needs_review"])
    answer = recommended(service, patient)
    page.goto("/predict.html")
    enter(page, patient)
    page.keyboard.press("Enter")
    expect(page.locator("#says")).to_contain_text("a person must look")
    for drug in answer["prediction_set"]:
        expect(page.locator("#says")).to_contain_text(drug)
    expect(page.locator("#announcement")).to_contain_text("a person must look")
    enter(page, PATIENT)
    page.keyboard.press("Enter")
    expect(page.locator("#says")).to_have_text("Only drugC fits")


def test_the_fields_tell_what_the_model_was_trained_on(page, service):
    info = json.load(urllib.request.urlopen(f"{service.url}/model/info"))
    page.goto("/predict.html")
    for name, (low, high) in info["training_ranges"].items():
        expect(page.locator(f"{at(name)}-hint")).to_contain_text(f"trained on {low:g} to {high:g}")


def test_an_answer_says_when_the_form_has_changed_since(page):
    page.goto("/predict.html")
    enter(page, PATIENT)
    page.keyboard.press("Enter")
    outdated = page.get_by_text("The form has changed since this answer.")
    expect(page.locator("#asked")).to_contain_text("age 61 years, sex female, blood pressure low")
    expect(outdated).to_be_hidden()
    page.fill(at("Age"), "62")
    expect(outdated).to_be_visible()
    page.fill(at("Age"), "61")
    expect(outdated).to_be_hidden()


@pytest.mark.parametrize("kind", VERDICTS)
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_an_answer_is_printed_on_one_page_with_its_caveat(page, kind, paper, tmp_path):
    page.goto("/predict.html")
    enter(page, VERDICTS[kind][0])
    page.get_by_role("button", name="Recommend").click()
    expect(page.locator("#says")).to_be_visible()
    printed = page.pdf(format=paper, path=tmp_path / "answer.pdf")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.emulate_media(media="print")
    for part in ("#says", "#asked", "#rows", "#reasons", ".modest", "#prediction-id"):
        expect(page.locator(part)).to_be_visible()


def test_an_uncertain_patient_is_one_click_away(page):
    page.goto("/predict.html")
    page.get_by_role("button", name="Uncertain").click()
    expect(page.locator("#says")).to_have_text("drugA or DrugY: a person must look")


def test_the_identifier_can_be_copied(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/predict.html")
    page.get_by_role("button", name="Man, 45").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#prediction-id").inner_text()


def test_an_answer_leads_to_its_steps(page):
    page.goto("/predict.html")
    page.get_by_role("button", name="Woman, 52").click()
    page.get_by_role("link", name="See it step by step").click()
    expect(page.locator("#patient")).to_contain_text("age 52 years, sex female")
    expect(page.get_by_role("button", name="Woman, 52")).to_have_attribute("aria-pressed", "true")
