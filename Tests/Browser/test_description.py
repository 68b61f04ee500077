"""Pages that are drawn from the description of what the served model measures: other fields, other drugs,
any names, values that may be missing, and a model that is exchanged under an open page."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from descriptions import (
    DRUG200, FORTY, HOLES, LONG, MARKUP, NAMES, ODD, at, choice, choice_of, described, drugs_of, number)
from replies import pointer_to, problem
from shows import sign_in

NEW_VERSION = "0123456789ab"
OBSERVE = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def recommend(page):
    page.get_by_role("button", name="Recommend", exact=True).click()
    expect(page.locator("#drug")).to_be_visible()


def test_titles_units_help_and_ranges_stand_at_their_fields(page, replies):
    replies.describe(HOLES)
    page.goto("/predict.html")
    expect(page.get_by_label("Age", exact=True)).to_have_accessible_description("years Whole number, 0 to 120; trained on 1 to 99")
    weight = page.get_by_label("Weight if measured")
    expect(weight).to_have_accessible_description("kg Without shoes. 2 to 300; trained on 1 to 99")
    expect(weight).to_have_attribute("placeholder", "Not measured")
    keys = {name: page.locator(at(name, HOLES)).get_attribute("inputmode") for name in ("age", "weight", "excess")}
    # The keys for numbers of a telephone have no minus.
    assert keys == {"age": "numeric", "weight": "decimal", "excess": None}
    expect(page.get_by_role("radiogroup", name="Smoker").locator("label")).to_have_text(["Yes", "No", "Not measured"])
    expect(page.get_by_role("radiogroup", name="Stage").locator("label")).to_have_text(
        ["Early", "Late", "Very late", "Not measured"])
    expect(page.get_by_role("combobox", name="Ward").locator("option")).to_have_count(11)
    expect(page.get_by_role("radiogroup")).to_have_count(2)


def test_what_is_sent_are_names_and_values_and_what_was_not_measured_is_left_out(page, replies):
    asked = replies.describe(HOLES)
    page.goto("/predict.html")
    page.get_by_label("Age", exact=True).fill("61")
    recommend(page)
    page.fill(at("weight", HOLES), "71.50")
    page.click(f"label[for={at('smoker', HOLES)[1:]}-1]")
    page.click(choice_of("stage", 2, HOLES))
    page.get_by_label("Ward").select_option("ward C")
    recommend(page)
    page.get_by_role("radiogroup", name="Stage").get_by_text("Not measured").click()
    page.get_by_label("Ward").select_option("Not measured")
    page.fill(at("weight", HOLES), "")
    recommend(page)
    whole = {"age": 61, "weight": 71.5, "smoker": False, "stage": 2, "ward": "ward C"}
    assert asked == [{"age": 61}, whole, {"age": 61, "smoker": False}]
    assert [type(value) for value in asked[1].values()] == [int, float, bool, int, str]


def test_an_answer_is_told_in_the_words_of_the_description(page, replies):
    replies.describe(HOLES)
    page.goto("/predict.html")
    page.get_by_role("button", name="Age 61, Weight 71.5").click()
    expect(page.locator("#drug")).to_have_text("Drug A")
    expect(page.locator("#asked")).to_have_text(
        "Asked for: age 61 years, weight 71.5 kg, smoker no, stage late, not measured: base excess and ward")
    expect(page.locator("#reasons tr").nth(2)).to_contain_text("Base excess not measured")
    expect(page.locator("#reason")).to_have_text("Age (61) and weight (71.5) speak most for Drug A.")
    expect(page.locator("#flip")).to_be_hidden()
    warnings = page.locator("#warnings li")
    expect(warnings.first).to_contain_text("Age lies outside")
    expect(warnings.nth(1)).to_have_text(
        "Stage is none of those that the model was trained on (late, very late).")
    expect(page.locator("#says")).to_have_text("Not like its patients: do not rely on this")
    page.get_by_role("link", name="See it step by step").click()
    expect(page.locator("#patient")).to_contain_text("age 61 years, weight 71.5 kg, smoker no, stage late")
    expect(page.get_by_role("button", name="Age 61")).to_have_attribute("aria-pressed", "true")
    # The next example takes back what it does not hold.
    page.goto("/predict.html")
    page.get_by_role("button", name="Age 61").click()
    page.get_by_role("button", name="Age 8").click()
    expect(page.locator("#asked")).to_contain_text("Asked for: age 8 years, not measured: weight")
    expect(page.locator("#says")).to_have_text("Drug A or Drug B: a person must look")
    expect(page.locator("#flip")).to_have_text("Age: 7 is 4 above where it becomes Drug B.")


def test_the_steps_are_told_with_the_served_fields(page, replies):
    replies.describe(HOLES)
    page.goto("/about.html")
    expect(page.get_by_role("heading", name="Six measurements are checked")).to_be_visible()
    expect(page.locator("#continuous li.on")).to_have_text(["Age 61", "Weight 71.5", "Smoker no 1", "Stage late 1"])
    expect(page.locator("#content")).not_to_contain_text(re.compile("DrugY|drugA|cholesterol|ratio"), use_inner_text=True)
    page.get_by_role("button", name="Ask the forest").click()
    expect(page.locator("#votes-text")).to_contain_text("90 of 100 trees vote for Drug A")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Six measurements, one drug, and how sure it is")
    expect(page.locator("pre")).to_contain_text('{"age":61,"weight":71.5,"smoker":false,"stage":2}')


def test_a_table_like_drug200_with_another_drug_is_not_told_its_story(page, replies):
    drugs = choice("Drug", *drugs_of(DRUG200), "drugZ")
    replies.describe(described(*DRUG200["fields"][:-1], drugs, target="Drug", group="Sex"))
    page.goto("/about.html")
    expect(page.locator("#binned li")).to_have_count(18)
    expect(page.locator("#bins")).to_be_hidden()
    page.goto("/about.html?Age=45&Sex=X&BP=HIGH&Cholesterol=NORMAL&Na_to_K=15")
    # What names a wrong patient names none.
    expect(page.locator("#patient")).to_contain_text("age 50 years, sex female")
    page.goto("/model.html")
    expect(page.locator("#facts")).to_contain_text("drugZ 9")
    expect(page.get_by_role("link", name="Why the bins do worse")).to_be_hidden()


def test_any_name_is_text_and_a_field_like_any_other(page, replies):
    asked = replies.describe(ODD)
    page.goto("/predict.html")
    for place, name in enumerate(NAMES):
        expect(page.get_by_role("textbox", name=name, exact=True)).to_have_attribute("id", f"field-{place}")
        page.fill(f"#field-{place}", str(place + 1))
    page.click(choice_of("hasOwnProperty", LONG, ODD))
    recommend(page)
    assert asked == [{name: place + 1 for place, name in enumerate(NAMES)} | {"hasOwnProperty": LONG}]
    expect(page.locator("#drug")).to_have_text(MARKUP)
    expect(page.locator("#rows tr")).to_have_count(len(NAMES))
    expect(page.locator("#reasons tr")).to_have_count(len(NAMES) + 1)
    expect(page.locator("#reasons")).to_contain_text("__proto__ 2")
    assert "%3Cimg" in page.locator("#steps").get_attribute("href")
    page.locator("#steps").click()
    expect(page.locator("#patient")).to_contain_text("__proto__ 2, constructor 3")
    replies.know_who("clinician")
    for path, place in (("/monitor.html", "#drift"), ("/model.html", "#importances"), ("/predict.html#many", "#columns")):
        page.goto(path)
        for name in (MARKUP, "__proto__", "constructor"):
            expect(page.locator(place)).to_contain_text(name)
    page.get_by_role("button", name="Try three rows").click()
    expect(page.locator("#table-body thead th").nth(3)).to_have_text(NAMES[3])
    assert page.locator("main img").count() == 0
    assert page.evaluate("[window.intruded, {}.constructor === Object]") == [None, True]


@pytest.mark.parametrize("description", [FORTY, HOLES, ODD], ids=["forty", "holes", "odd"])
@pytest.mark.parametrize("view", [{"viewport": {"width": width, "height": 844}, "color_scheme": "dark"}
                                  for width in (320, 390)], ids=["320", "390"])
def test_no_page_is_too_wide_and_no_rule_of_accessibility_is_broken(page, replies, description, view):
    replies.describe(description)
    replies.know_who("clinician")
    page.goto("/predict.html")
    page.get_by_role("button", name="Recommend", exact=True).click()
    sign_in(page, page.get_by_role("button", name="Sign in to record it"))
    page.get_by_role("button", name="No, another").click()
    drawn = {None: "", "/predict.html#many": "#drop", "/about.html": "#continuous", "/model.html": "#facts",
             "/monitor.html": "#drift table", "/": "pre"}
    for path in drawn:
        if path:
            page.goto(path)
            expect(page.locator(drawn[path])).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == view["viewport"]["width"], path
        if path in (None, "/about.html", "/monitor.html"):
            results = Axe().run(page)
            assert results.violations_count == 0, results.generate_report()


@pytest.mark.expects("422")
def test_what_is_wrong_is_told_at_fields_of_any_name_and_linked_to(page, replies):
    replies.describe(ODD)
    errors = [{"pointer": pointer_to(name), "code": "out_of_range", "detail": f"{name} must be smaller"}
              for name in ("toString", "a/b~c", "__proto__")]
    replies.table["POST /predict"] = 422, problem("invalid-patient", 422, "Three are wrong.", errors=errors)
    page.goto("/predict.html")
    page.get_by_role("button", name="Recommend", exact=True).click()
    page.get_by_role("alert").get_by_role("link").first.click()
    expect(page.locator("#field-1")).to_be_focused()
    expect(page.locator(".error:visible")).to_have_text([f"{error['detail']}." for error in reversed(errors)])
    expect(page.locator("[aria-invalid]")).to_have_count(3)


def test_the_keyboard_goes_through_forty_fields_in_their_order(page, replies):
    asked = replies.describe(FORTY)
    page.goto("/predict.html")
    page.locator("#field-0").focus()
    page.keyboard.type("7")
    for _ in range(8):
        # A whole number, three grades, yes or no, a list; then the next of its kind.
        for keys in (["Tab", "7"], ["Tab", "Space"], ["Tab", "Space"], ["Tab", "w"], ["Tab", "7"]):
            for key in keys:
                page.keyboard.press(key)
    page.keyboard.press("Backspace")
    recommend(page)
    expected = {field["name"]: 7 for field in FORTY["fields"][:-1]}
    for place in range(8):
        expected |= {f"grade_{place}": "LOW", f"given_{place}": True, f"ward_{place}": "ward A"}
    assert asked == [expected]


OTHER = described(
    number("Age", 0, 120, "integer", title="Age"), choice("BP", "NORMAL", "ODD", title="Blood pressure"),
    number("Weight", 1, 300, title="Weight", unit="kg"), choice("Drug", "DrugY", "drugZ"), target="Drug")


def test_another_model_under_an_open_page_draws_the_form_anew_and_keeps_what_fits(page, replies):
    page.goto("/predict.html")
    page.fill(at("Age"), "61")
    page.click(choice_of("BP", "NORMAL"))
    page.click(choice_of("Sex", "F"))
    replies.describe(OTHER, NEW_VERSION)
    recommend(page)
    told = page.locator("#redrawn")
    expect(told).to_contain_text("Another model is served now")
    expect(told).to_contain_text("New: Weight. Not asked for any more: Sex, Cholesterol and Sodium to potassium ratio.")
    expect(page.locator("#fields > *")).to_have_count(3)
    expect(page.get_by_label("Age", exact=True)).to_have_value("61")
    expect(page.get_by_role("radio", name="Normal")).to_be_checked()
    expect(page.locator("#asked")).to_contain_text("age 61")
    recommend(page)
    asks = [one for one in replies.asked if one == "GET /model/schema"]
    page.get_by_label("Weight").fill("70")
    recommend(page)
    # The same model as before is not asked about.
    assert asks == [one for one in replies.asked if one == "GET /model/schema"]


@pytest.mark.expects("422")
def test_a_patient_of_fields_that_are_not_served_any_more_draws_the_form_anew(page, replies):
    page.goto("/predict.html")
    page.get_by_label("Age", exact=True).fill("61")
    replies.describe(OTHER, NEW_VERSION)
    replies.table["POST /predict"] = 422, problem("invalid-patient", 422, "The patient is not right.", errors=[
        {"pointer": "/Weight", "code": "missing", "detail": "Weight is missing"},
        {"pointer": "/Sex", "code": "unknown_field", "detail": "no field has this name"}])
    page.get_by_role("button", name="Recommend", exact=True).click()
    page.get_by_role("alert").get_by_role("link", name="Weight is missing.").click()
    expect(page.get_by_label("Weight")).to_be_focused()
    expect(page.get_by_label("Age", exact=True)).to_have_value("61")
    expect(page.locator("#redrawn")).to_contain_text("New: Weight.")
    expect(page.locator(".error:visible")).to_have_text(["Weight is missing."])


@pytest.mark.expects("503")
def test_without_a_description_the_page_says_why_and_draws_the_form_as_soon_as_it_can(page, replies):
    replies.table["GET /model/schema"] = 503, {
        "type": "urn:drug-classifier:problem:no-model", "status": 503, "detail": "No model."}
    page.goto("/predict.html")
    expect(page.locator("#waiting")).to_have_text("The service runs, but no model is loaded yet.")
    expect(page.locator("#patient")).to_be_hidden()
    replies.describe(DRUG200)
    page.get_by_label("Age", exact=True).fill("45")
    expect(page.locator("#waiting")).to_be_hidden()


def test_a_page_is_drawn_as_it_was_remembered_before_the_service_has_answered(page, replies):
    page.goto("/predict.html")
    expect(page.locator(at("Age"))).to_be_visible()
    held = []
    page.route("**/model/schema", lambda route: held.append(route))
    page.reload()
    page.get_by_label("Age", exact=True).fill("45")
    assert len(held) == 1
    # What nobody can read is asked for again.
    page.unroute("**/model/schema")
    for text in ("{", "null", '{"given":{}}', '{"given":{"fields":[null]}}'):
        page.evaluate("text => localStorage.setItem('description', text)", text)
        page.reload()
        expect(page.get_by_label("Age", exact=True)).to_be_visible()


@pytest.mark.parametrize("description, most", [(DRUG200, 0.01), (FORTY, 0.05)], ids=["drug200", "forty"])
@pytest.mark.parametrize("view", [{"viewport": {"width": width, "height": height}, "color_scheme": "light"}
                                  for width, height in ((390, 844), (1280, 720))], ids=["390", "1280"])
def test_drawing_moves_nothing(page, replies, description, most):
    replies.describe(description)
    page.add_init_script(OBSERVE)
    drawn = {"/": "pre", "/predict.html": "#field-0", "/predict.html#many": "#drop", "/about.html": "#continuous",
             "/model.html": "#facts", "/monitor.html": "#drift table", "/retrain.html": "#gate"}

    def visit(path, is_first):
        page.goto("about:blank")
        page.goto(path)
        expect(page.locator(drawn[path])).to_be_visible()
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 80)))")
        assert page.evaluate("window.shift") <= most, (path, is_first)
    for path in drawn:
        visit(path, True)
        page.evaluate("localStorage.clear()")
    visit("/predict.html", True)
    visit("/predict.html", False)


def test_many_drugs_have_a_list_and_the_rare_ones_one_colour(page, replies):
    replies.describe(FORTY)
    replies.know_who("clinician")
    recorded = []

    def record(request):
        recorded.append(request.post_data_json)
        return 201, {"agreed": False}
    replies.table["POST /predictions/" + "0" * 32 + "/outcome"] = replies.signed_in(record)
    page.goto("/predict.html")
    page.get_by_role("button", name="Recommend", exact=True).click()
    sign_in(page, page.get_by_role("button", name="Sign in to record it"))
    page.get_by_role("button", name="No, another").click()
    page.get_by_label("The drug that was given").select_option("drug 7")
    page.get_by_label("The reason").select_option("Allergy")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#outcome")).to_contain_text("Recorded: drug 7 was given instead.")
    assert recorded == [{"drug": "drug 7", "reason": "allergy"}]
    page.goto("/monitor.html")
    expect(page.locator("#drug-legend li")).to_have_text(
        [*(f"drug {place} {1000 - 7 * place if place else '1,000'}" for place in range(8)), "four others 3,734"])


def test_scores_are_divided_by_the_described_group(page, replies):
    replies.describe(DRUG200)
    page.goto("/model.html")
    group = page.get_by_role("table").filter(has=page.get_by_role("columnheader", name="Sex"))
    expect(group.locator("tbody tr")).to_have_text("Male33 of 3497.0%85.0% – 99.0%")


def test_columns_are_known_by_their_other_names_too(page, service):
    page.goto("/predict.html#many")
    expect(page.locator("#columns")).to_have_text(" Age, Sex, BP, Cholesterol and Na_to_K")
    page.get_by_text("What the columns hold").click()
    expect(page.locator("#columns-table tbody tr").nth(2)).to_have_text("BPBlood pressureLOW (low), NORMAL (normal), HIGH (high)")
    table = "age, SEX,bp,cholesterol,na/k\n45,M,HIGH,NORMAL,15.5\n"
    page.locator("#file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": table.encode()})
    expect(page.get_by_role("button", name="Recommend for every row")).to_be_visible()


def test_what_trains_is_named_as_it_is_described(page, replies):
    page.goto("/retrain.html")
    expect(page.locator("#features-title")).to_have_text("Age and sodium to potassium ratio are read")
    expect(page.locator("#table-file-hint")).to_contain_text("Age, Sex, BP, Cholesterol, Na_to_K and Drug")
    replies.describe(HOLES)
    page.reload()
    # Without bins there is one way to read numbers.
    expect(page.locator("#table-file-hint")).to_contain_text("age, weight, excess, smoker, stage, ward and Drug")
    assert page.locator("[data-field=features]").get_attribute("hidden") is not None
