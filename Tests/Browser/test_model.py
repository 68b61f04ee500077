"""The card of a model, and the history of all."""

import pytest
from playwright.sync_api import expect

from replies import MODELS, NEW, OLD, PASSWORD, listed, problem
from shows import show_model_of_others, show_no_model, sign_in


@pytest.fixture
def card(page, replies):
    replies.know_trainings()
    page.goto("/model.html")
    expect(page.locator("#versions tbody tr")).to_have_count(2)
    return replies


def test_the_served_model_is_described(page, card):
    expect(page.locator("#badges")).to_have_text("Served now")
    expect(page.locator("#figures")).to_contain_text("60 of 60 right; 95% interval 94.0% to 100.0%")
    expect(page.locator("#figures")).to_contain_text("10 folds × 5; 95% interval 96.4% to 99.7%")
    expect(page.locator("#facts")).to_contain_text(OLD)
    expect(page.locator("#facts")).to_contain_text(MODELS[OLD]["model_digest"])
    for drug, row in zip(MODELS[OLD]["evaluation"]["classes"], MODELS[OLD]["evaluation"]["confusion_matrix"]):
        cells = page.locator("#matrix").get_by_role("row").filter(
            has=page.get_by_role("rowheader", name=drug)).locator("td")
        expect(cells).to_have_text([str(number) for number in row])
    expect(page.locator("#importances tr").nth(1)).to_contain_text("Sodium to potassium ratio48.6%")


def test_an_earlier_version_is_one_click_away_with_its_comparison(page, card):
    page.get_by_role("link", name=NEW).click()
    expect(page.locator("#badges")).to_have_text("Not served now")
    expect(page.locator("#comparison")).to_contain_text("worse beyond what chance explains")


def test_older_versions_are_listed_when_they_are_asked_for(page, replies):
    replies.know_models()

    def listing(request):
        is_first = "?" not in request.url
        return 200, {
            "current": OLD, "models": [listed(NEW if is_first else OLD)], "total": 2,
            "next": "/models?limit=1&from=1" if is_first else None}
    replies.table["GET /models"] = listing
    page.goto("/model.html")
    rows = page.locator("#versions tbody tr")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Show older versions").click()
    expect(rows).to_have_count(2)
    expect(page.get_by_role("button", name="Show older versions")).to_have_count(0)


def test_its_files_can_be_taken_along(page, card):
    for name in ("forest.rf", "card.json", "confusion_matrix.png", "inspection.json"):
        expect(page.locator(f"a[download='{name}']")).to_have_attribute("href", f"/models/{OLD}/{name}")


def test_its_plots_can_be_taken_along_as_drawings_and_as_pictures(page, service):
    """From the real service."""
    page.goto("/model.html")
    plots = page.get_by_role("list", name="Plots")
    expect(plots.get_by_role("listitem")).to_have_count(4)
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            plots.get_by_role("link", name=kind).last.click()
        assert open(download.value.path(), "rb").read().startswith(start)
    with page.expect_download() as download:
        page.get_by_role("link", name="A report (HTML)").click()
    assert b"of 60 held-out patients" in open(download.value.path(), "rb").read()


def ask_to_serve(page, button):
    """The dialog, which looks for what speaks against it once somebody has signed in."""
    button.click()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Serve {NEW}?")
    expect(dialog.get_by_role("listitem")).to_have_count(4)
    return dialog


def test_going_back_needs_somebody_signed_in_and_goes_on_from_there(page, card):
    def activate(request):
        assert request.post_data_json == {"reason": "It was asked for."}
        return 200, {"status": "success", "model_version": NEW, "previous_version": OLD}
    card.table[f"POST /models/{NEW}/activate"] = card.signed_in(activate)
    dialog = ask_to_serve(page, page.get_by_role("button", name=f"Serve version {NEW}"))
    expect(dialog.get_by_role("listitem").last).to_contain_text("worse beyond what chance explains")
    dialog.get_by_label("Why").fill("It was asked for.")
    dialog.get_by_role("button", name="Serve it nevertheless").click()
    expect(page.locator("#served")).to_contain_text(f"{NEW} is served now")
    assert f"POST /models/{NEW}/activate" in card.asked
    page.get_by_role("button", name=f"Go back to {OLD}").click()
    expect(page.get_by_role("dialog", name=f"Serve {OLD}?")).to_be_visible()


def test_what_is_other_than_in_the_served_model_stands_beside_the_button_that_serves(page):
    replies = show_model_of_others(page)
    told = page.locator("#differences li")
    expect(told).to_have_count(10)
    expect(told.nth(1)).to_have_text("Weight: is new: number from 2 to 300, in kg, may be missing")
    expect(page.locator("#differences")).to_contain_text("the two cannot be compared")
    line = page.locator("#versions tbody tr").first.locator("td").last
    expect(line).to_contain_text(
        "Without Cholesterol; with Weight; other values of Age, Blood pressure and Sex; without the drug drugC; "
        "with the drug tablet B drip; few patients of drugX and drugB; and 4 more.")
    expect(line.get_by_role("button")).to_be_visible()
    replies.table[f"POST /models/{NEW}/activate"] = replies.signed_in(
        (200, {"status": "success", "model_version": NEW, "previous_version": OLD}))
    dialog = ask_to_serve(page, page.locator("#differences").get_by_role("button", name=f"Serve version {NEW}"))
    expect(dialog.get_by_role("listitem").first).to_contain_text("Others than the served model's")
    dialog.get_by_label("Why").fill("Another ward.")
    dialog.get_by_role("button", name="Serve it nevertheless").click()
    expect(page.locator("#served")).to_contain_text(f"{NEW} is served now")


def test_nothing_is_said_of_a_version_that_asks_for_the_same(page, card):
    page.get_by_role("link", name=NEW).click()
    expect(page.locator("#badges")).to_have_text("Not served now")
    expect(page.locator("#differences")).to_be_hidden()


@pytest.mark.expects("409")
def test_a_version_that_fails_its_check_is_told(page, card):
    card.table[f"POST /models/{NEW}/activate"] = card.signed_in(
        (409, problem("unsound-model", 409, "The version fails its check.")))
    dialog = ask_to_serve(page, page.get_by_role("button", name=f"Serve version {NEW}"))
    dialog.get_by_label("Why").fill("To see.")
    dialog.get_by_role("button", name="Serve it nevertheless").click()
    expect(dialog.get_by_role("alert")).to_have_text("The version fails its check.")


def test_without_a_model_the_page_says_so(page):
    show_no_model(page)
    expect(page.locator("#card")).to_be_hidden()


@pytest.mark.expects("404")
def test_a_version_that_is_not_there_is_told_beside_the_others(page, replies):
    replies.know_models()
    replies.table["GET /models/aaaaaaaaaaaa"] = 404, problem("not-found", 404, "Not there.")
    page.goto("/model.html?version=aaaaaaaaaaaa")
    expect(page.get_by_role("status")).to_have_text("There is no version aaaaaaaaaaaa.")
    expect(page.locator("#versions tbody tr")).to_have_count(2)


@pytest.mark.expects("503")
def test_a_dead_responder_is_told_calmly_and_its_return_too(page, replies):
    replies.table["GET /models"] = 503, problem("unavailable", 503, "Not now.")
    page.goto("/model.html")
    expect(page.get_by_role("status")).to_contain_text("does not answer at the moment")
    replies.know_models()
    expect(page.locator("#versions tbody tr")).to_have_count(2)


def test_an_imported_model_says_where_it_comes_from_and_shows_no_scores(page, replies):
    replies.know_trainings()
    origin = {"format": "ONNX", "producer": "skl2onnx 1.20.0", "sha256": "6ff0e2c0" * 8, "trees": 50, "folded": True}
    card = MODELS[OLD]["card"] | {"imported": origin, "feature_sets": {}}
    for name in ("parameters", "data", "importances"):
        del card[name]
    replies.table[f"GET /models/{OLD}"] = 200, MODELS[OLD] | {
        "card": card, "evaluation": None, "files": ["card.json", "forest.rf", "schema.json"]}
    known = listed(OLD) | {"test_accuracy": None, "data_sha256": None, "imported_from": "ONNX"}
    replies.table["GET /models"] = 200, {"current": OLD, "models": [known, listed(NEW)]}
    page.goto("/model.html")
    expect(page.locator("#facts")).to_contain_text("ONNX, by skl2onnx 1.20.0")
    expect(page.locator("#facts")).to_contain_text("50, folded into one")
    for part in ("#figures", "#held", "#measures", "#sets-panel"):
        expect(page.locator(part)).to_be_hidden()
    expect(page.locator("#files a")).to_have_count(3)
    expect(page.locator("#versions tbody tr").first.locator("td").nth(2)).to_have_text("–")


def test_what_its_percentages_and_sets_were_worth_is_shown(page, card):
    rows = page.locator("#reliability tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("80.0% to 90.0%1286.0% → 75.0%")
    expect(page.locator("#reliability svg rect")).to_have_count(2)
    expect(page.locator("#coverage")).to_contain_text("held the right drug for 60 of 60 patients; promised were 95.0%")
    expect(page.locator("#coverage")).to_contain_text("55 patients with one drug · 5 patients with 2 drugs")
    expect(page.locator("#coverage .note")).to_have_count(0)


def test_sets_that_hold_less_than_they_promise_are_called_so(page, card):
    page.goto(f"/model.html?version={NEW}")
    expect(page.locator("#coverage .danger")).to_contain_text("Do not rely on them")


def test_curves_show_all_drugs_or_one_with_single_patients(page, card):
    number = page.locator("#curves figure").filter(has_text="Sodium to potassium ratio")
    expect(number.locator("path.mean")).to_have_count(5)
    expect(number.locator("path.single")).to_have_count(0)
    page.get_by_label("Drug", exact=True).select_option("DrugY")
    expect(number.locator("path.mean")).to_have_count(1)
    expect(number.locator("path.single")).to_have_count(2)
    expect(number.get_by_role("img")).to_have_accessible_name("DrugY: 0.0% at 6, 100.0% at 38.")
    sex = page.locator("#curves figure").filter(has_text="Sex")
    expect(sex.locator("tbody tr").nth(1)).to_contain_text("male55.0%")


def test_a_patients_way_through_a_tree_is_marked(page, card):
    page.get_by_text("Its trees, one by one").click()
    tree = page.get_by_role("region", name="The tree")
    taken = tree.locator("li.taken > .test")
    expect(taken).to_have_text(["The patient's way: Sodium to potassium ratio > 14.8285"])
    page.get_by_label("Follow a patient").select_option("Uncertain")
    expect(taken).to_have_text([
        "The patient's way: Sodium to potassium ratio ≤ 14.8285", "The patient's way: Blood pressure is high"])
    expect(tree.locator("li.taken .leaf").last).to_contain_text("drugA 75.0% drugB 25.0% 46 patients")
    page.get_by_role("button", name="The tree before").click()
    expect(page.get_by_label("Tree, of 100")).to_have_value("100")
    page.get_by_label("Tree, of 100").fill("101")
    page.get_by_label("Tree, of 100").press("Enter")
    expect(page.get_by_text("There are trees 1 to 100.")).to_be_visible()


def test_whom_it_was_wrong_about_is_told_to_who_signs_in(page, card):
    expect(page.locator("#misses button")).to_have_count(0)
    page.goto(f"/model.html?version={NEW}")
    sign_in(page, page.get_by_role("button", name="Show the 12 patients it was wrong about"))
    rows = page.get_by_role("region", name="Patients it was wrong about").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("drugBdrugA60.0%drugA, drugB")


def test_a_model_that_was_trained_here_shows_all_of_it(page, service):
    """From the real service."""
    page.goto("/model.html")
    expect(page.locator("#curves figure")).to_have_count(5)
    expect(page.locator("#coverage")).to_contain_text("of 60 patients")
    page.get_by_text("Its trees, one by one").click()
    expect(page.get_by_role("region", name="The tree").locator("li.taken").last).to_contain_text("DrugY")
    expect(page.locator("#purpose")).to_contain_text("Treating anybody.")
