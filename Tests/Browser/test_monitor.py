"""The page that watches the service."""

import re

import pytest
from playwright.sync_api import expect

from replies import ATTENTION, EXPECTED, NO_REFERENCE, PROMISED, TOO_FEW, monitoring, nameless, problem
from shows import sign_in


def test_everything_that_is_watched_is_shown(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring()
    page.goto("/monitor.html")
    expect(page.locator("#figures")).to_contain_text("9,811")
    expect(page.locator("#latency")).to_contain_text("410 µs")
    expect(page.locator("#accuracy")).to_contain_text("119 of 124 recorded outcomes agree")
    expect(page.locator("#drift").get_by_role("row", name="Age")).to_contain_text("Drift")
    expect(page.locator("#drift").get_by_role("row", name="Sex")).to_contain_text("Alike")
    expect(page.locator("#model")).to_contain_text("was not promoted")
    expect(page.locator("#health")).to_contain_text("Written 2.4 MB")
    expect(page.locator("#drugs")).to_contain_text("As of the last step of 50 predictions")
    expect(page.locator("#accuracy")).to_contain_text("As of the last step of 50 outcomes")


def test_figures_of_patients_are_for_who_signs_in_and_go_with_them(page, replies):
    replies.know_who("clinician")

    def told(request):
        named = request.headers.get("authorization") is not None
        return 200, monitoring() if named else nameless(monitoring())
    replies.table["GET /monitoring"] = told
    page.clock.install()
    page.goto("/monitor.html")
    for place in ["#drugs", "#drift", "#expected"]:
        expect(page.locator(place)).to_contain_text("told only to people with a name")
    expect(page.locator("#promised")).to_contain_text("99.2%")
    expect(page.locator("#figures")).to_contain_text("9,811")
    expect(page.locator("#figures")).to_contain_text("told once you sign in")
    expect(page.locator("#traffic")).to_contain_text("The highest column")
    expect(page.locator("#health")).to_contain_text("Written")
    sign_in(page, page.locator("#drift").get_by_role("button", name="Sign in"))
    expect(page.locator("#drift").get_by_role("row", name="Age")).to_contain_text("Drift")
    expect(page.locator("#drugs")).to_contain_text("As of the last step")
    expect(page.locator("#health")).to_contain_text("2.4 MB")
    page.get_by_role("button", name="Sign out admin").click()
    expect(page.locator("#drift")).to_contain_text("told only to people with a name")
    expect(page.locator("#drugs")).not_to_contain_text("As of the last step")
    expect(page.locator("#drug-legend li")).to_have_count(0)
    expect(page.locator("#expected")).to_contain_text("told only to people with a name")
    expect(page.locator("#expected-chart *")).to_have_count(0)


def test_a_page_that_only_looks_keeps_nobody_signed_in(page, replies):
    replies.know_who("auditor")
    replies.table["GET /monitoring"] = lambda request: (
        200, monitoring() if request.headers.get("authorization") else nameless(monitoring()))
    page.clock.install()
    page.goto("/monitor.html")
    sign_in(page, page.locator("#drift").get_by_role("button", name="Sign in"))
    expect(page.locator("#drift").get_by_role("row", name="Age")).to_be_visible()
    page.clock.run_for(31 * 60_000)
    expect(page.locator("#drift")).to_contain_text("told only to people with a name")


@pytest.mark.expects("401")
def test_a_session_that_the_service_ends_leaves_what_everybody_sees(page, replies):
    replies.know_who("auditor")
    replies.table["GET /monitoring"] = lambda request: (
        (401, problem("unauthorized", 401, "Sign in.")) if request.headers.get("authorization")
        else (200, nameless(monitoring())))
    page.goto("/monitor.html")
    sign_in(page, page.locator("#drift").get_by_role("button", name="Sign in"))
    expect(page.locator("#session")).to_have_text("Sign in")
    expect(page.locator("#drift")).to_contain_text("told only to people with a name")
    expect(page.get_by_role("status")).to_contain_text("Nothing needs you")


def test_the_numbers_of_a_chart_stand_in_a_table(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring()
    page.goto("/monitor.html")
    traffic = page.locator("#traffic")
    traffic.get_by_text("The numbers").click()
    expect(traffic.locator("tbody tr")).to_have_count(60)


def test_what_is_expected_stands_beside_what_was_promised_and_recorded(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring()
    page.goto("/monitor.html")
    expect(page.locator("#promised")).to_contain_text("99.2%")
    expect(page.locator("#promised")).to_contain_text("In cross-validation with 200 patients")
    expect(page.locator("#expected")).to_contain_text("94.0%")
    expect(page.locator("#expected .badge")).to_have_text("less than promised")
    expect(page.locator("#expected")).to_contain_text("lay 0.8 points apart on average")
    expect(page.locator("#accuracy")).to_contain_text("96.0%")
    # What it cannot see is told without a click.
    expect(page.get_by_text("assumes that patients with the same measurements are still given the same drugs")).to_be_visible()
    chart = page.get_by_role("img", name="Expected accuracy over 10 chunks")
    expect(chart.locator("circle")).to_have_count(10)
    expect(chart.locator(".fill-danger")).to_have_count(3)
    # Too few outcomes make no share.
    expect(chart.locator(".recorded")).to_have_count(4)
    expect(chart.locator("title").first).to_have_text(re.compile("expected 98.1%.*39 of 40 outcomes agree"))
    page.locator("#expected-numbers").get_by_text("The numbers").click()
    rows = page.locator("#expected-numbers tbody tr")
    expect(rows).to_have_count(10)
    expect(rows.first).to_contain_text("39 of 40")
    page.get_by_text("Two other versions").click()
    expect(page.locator("#other-versions")).to_contain_text("expected 70.7%")
    expect(page.locator("#other-versions")).to_contain_text("too few to say, about 40 predictions")


def test_fewer_right_than_expected_is_told_as_a_changed_rule(page, replies):
    told = monitoring(expected=EXPECTED | {"accuracy": 0.985, "interval": [0.975, 0.995], "verdict": "within"},
                      accuracy={"outcomes": 200, "agreed": 120, "accuracy": 0.6, "interval": [0.53, 0.67],
                                "status": "ok", "needed": 50})
    replies.table["GET /monitoring"] = 200, told
    page.goto("/monitor.html")
    expect(page.locator("#expected .badge")).to_have_text("as promised")
    expect(page.locator("#accuracy .badge")).to_have_text("less than promised")
    expect(page.locator("#expected")).to_contain_text("what is given to such patients may have changed")


@pytest.mark.parametrize("promise, changed, text", [
    (None, {"keeps_its_word": None, "calibration_error": None, "verdict": None}, "trusts the probabilities as they came"),
    (PROMISED, {"keeps_its_word": False}, "it warns of nothing"),
    (PROMISED, {"keeps_its_word": None, "calibration_error": None}, "was not kept"),
])
def test_how_far_its_probabilities_are_to_be_trusted_is_said(page, replies, promise, changed, text):
    told = monitoring(expected=EXPECTED | changed)
    told["model"]["promised_accuracy"] = promise
    replies.table["GET /monitoring"] = 200, told
    page.goto("/monitor.html")
    expect(page.locator("#expected")).to_contain_text(text)
    if promise is None:
        expect(page.locator("#promised")).to_contain_text("was not trained here")
        expect(page.locator("#expected .badge")).to_have_count(0)


def test_too_few_is_said_plainly(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring(busy=False, **TOO_FEW)
    page.goto("/monitor.html")
    expect(page.locator("#drift")).to_contain_text("12 recent patients; from 50 on, they are compared.")
    expect(page.locator("#accuracy")).to_contain_text("3 recorded outcomes; from 20 on")
    expect(page.locator("#expected")).to_contain_text("About 60 recent predictions of this model")
    expect(page.locator("#traffic")).to_contain_text("No request in the last hour.")
    expect(page.locator("#latency")).to_contain_text("No prediction yet.")
    expect(page.locator("#model")).to_contain_text("None yet")


def test_patients_of_other_fields_are_counted_where_there_are_any(page, replies):
    told = monitoring()
    told["drift"]["other_fields"] = 90
    replies.table["GET /monitoring"] = 200, told
    page.goto("/monitor.html")
    expect(page.locator("#drift")).to_contain_text("Left out: up to 90 recent patients of whom other fields")
    replies.table["GET /monitoring"] = 200, monitoring()
    page.reload()
    expect(page.locator("#drift")).to_contain_text("Compared: about 200 recent patients")
    expect(page.locator("#drift")).not_to_contain_text("Left out")


def test_a_model_that_does_not_tell_of_its_rows_is_said_to_be_incomparable(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring(**NO_REFERENCE)
    page.goto("/monitor.html")
    expect(page.locator("#drift")).to_contain_text("There is nothing to compare with")
    expect(page.locator("#drift").get_by_role("row", name="Age")).to_contain_text("Not known")


@pytest.mark.parametrize("status, text", [("full", "Not written: full"), ("off", "Off")])
def test_a_log_that_is_not_written_is_seen(page, replies, status, text):
    replies.table["GET /monitoring"] = 200, monitoring() | {
        "log": {"status": status, "size_bytes": None}, "disk": None}
    page.goto("/monitor.html")
    expect(page.locator("#health .danger")).to_have_text(text)


def test_it_renews_itself_until_it_is_held(page, replies):
    page.clock.install()
    replies.table["GET /monitoring"] = 200, monitoring()
    page.goto("/monitor.html")
    expect(page.locator("#updated")).to_be_visible()
    replies.table["GET /monitoring"] = 200, monitoring() | {"time": "2026-11-25T01:23:45Z"}
    page.clock.run_for(11_000)
    expect(page.locator("#updated")).to_contain_text("23:45")
    page.get_by_role("button", name="Pause").click()
    replies.asked.clear()
    page.clock.run_for(60_000)
    assert replies.asked == []
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.clock.run_for(11_000)
    assert "GET /monitoring" in replies.asked


@pytest.mark.expects("503")
def test_an_outage_leaves_the_old_numbers_and_says_so(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring()
    page.clock.install()
    page.goto("/monitor.html")
    expect(page.locator("#health")).to_contain_text("61 GB free")
    replies.table["GET /monitoring"] = 503, problem("unavailable", 503, "Not now.")
    page.clock.run_for(11_000)
    expect(page.get_by_role("status")).to_contain_text("what is shown may be old")
    expect(page.locator("#health")).to_be_visible()
    replies.table["GET /monitoring"] = 200, monitoring()
    page.clock.run_for(3_000)
    expect(page.get_by_role("status")).to_have_text("Nothing needs you")


ICON = "document.querySelector('link[rel=icon]').getAttribute('href')"


@pytest.mark.expects("503")
def test_an_outage_that_lasts_needs_somebody(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring()
    page.clock.install()
    page.goto("/monitor.html")
    expect(page.get_by_role("status")).to_have_text("Nothing needs you")
    replies.table["GET /monitoring"] = 503, problem("unavailable", 503, "Not now.")
    page.clock.run_for(45_000)
    expect(page.get_by_role("status")).to_contain_text("One thing needs you")
    expect(page.get_by_role("status")).to_contain_text("The service does not answer. Since ")
    expect(page).to_have_title("(1) Monitor · Drug Classifier")
    assert page.evaluate(ICON) == "/favicon-now.svg"


def test_the_first_line_says_who_is_needed_and_for_what(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring() | {"attention": ATTENTION}
    page.goto("/monitor.html")
    state = page.get_by_role("status")
    expect(state.locator(".headline")).to_have_text("Two things need you")
    expect(state).to_have_attribute("data-state", "now")
    items = state.get_by_role("listitem")
    expect(items).to_have_count(2)
    expect(items.first).to_contain_text("because the disk is full. Since 25 Nov 2026, 02:51")
    expect(items.first).to_contain_text("Make room on the disk of the log")
    expect(items.last).not_to_contain_text("Since")
    expect(page).to_have_title("(2) Monitor · Drug Classifier")
    assert page.evaluate(ICON) == "/favicon-now.svg"
    for name in ("favicon-now.svg", "favicon-today.svg"):
        assert page.request.get(f"/{name}").headers["content-type"] == "image/svg+xml"


def test_a_tab_that_nobody_sees_tells_by_its_title(page, replies):
    page.clock.install()
    replies.table["GET /monitoring"] = 200, monitoring()
    page.goto("/monitor.html")
    expect(page.get_by_role("status")).to_have_text("Nothing needs you")
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })")
    replies.table["GET /monitoring"] = 200, monitoring() | {"attention": ATTENTION[1:]}
    page.clock.run_for(15_000)
    expect(page).to_have_title("(1) Monitor · Drug Classifier")
    assert page.evaluate(ICON) == "/favicon-today.svg"
    replies.asked.clear()
    page.clock.run_for(50_000)
    assert replies.asked == []


def test_who_has_not_signed_in_is_not_told_that_all_is_well(page, replies):
    replies.table["GET /monitoring"] = 200, nameless(monitoring())
    page.goto("/monitor.html")
    expect(page.get_by_role("status")).to_contain_text("Whether patients, or the accuracy that is expected, have changed is looked at once you sign in.")


def test_changes_of_a_process_or_a_model_are_marked(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring()
    page.goto("/monitor.html")
    marks = page.locator("#traffic .marks li")
    expect(marks.first).to_contain_text("00:20 two responders ended and were replaced")
    expect(marks.last).to_contain_text("00:41 model 5efa337897a3 is served")
    places = page.locator("#traffic > svg .mark").evaluate_all("all => all.map((one) => parseFloat(one.getAttribute('x1')))")
    assert [round(place) for place in places] == [34, 69]


def test_refused_requests_and_reviews_are_counted(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring()
    page.goto("/monitor.html")
    figures = page.locator("#figures > div")
    expect(figures.filter(has_text="Refused, last hour")).to_contain_text("since the start 68 wrong values, 12 not signed in")
    # 46 of 1,561 in the last day.
    expect(figures.filter(has_text="Need review")).to_contain_text("1.4% since the start")


def test_drift_comes_first_with_both_distributions_and_its_size(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring()
    page.goto("/monitor.html")
    rows = page.locator("#drift > .scroll tbody tr")
    expect(rows.first).to_contain_text("Age")
    expect(rows.first).to_contain_text("Large (0.41)")
    # What is told as 0.001 may be less.
    expect(rows.first).to_contain_text("≤ 0.001")
    expect(rows.nth(1)).to_contain_text("Moderate (0.12)")
    charts = page.locator("#drift figure")
    expect(charts).to_have_count(5)
    expect(charts.first).to_contain_text("drift, a large change (0.41)")
    assert charts.first.locator("svg rect[class]").count() == 13
    expect(charts.first.locator(".ends")).to_have_text("below 2070 or more")
    expect(charts.filter(has_text="Blood pressure").locator(".ends span")).to_have_count(3)
    charts.first.get_by_text("The numbers").click()
    expect(charts.first.get_by_role("row", name="60 to 70")).to_contain_text("30.0%")


def test_many_patients_that_cannot_be_compared_are_not_called_few(page, replies):
    told = monitoring(**TOO_FEW)
    told["drift"]["sample_size"] = 1000
    replies.table["GET /monitoring"] = 200, told
    page.goto("/monitor.html")
    expect(page.locator("#drift")).to_contain_text("There are 1,000 recent patients, but no measurement")
    expect(page.locator("#drift")).not_to_contain_text("from 50 on")
