"""The page that watches the service."""

import pytest
from playwright.sync_api import expect

from replies import NO_REFERENCE, TOO_FEW, monitoring, nameless, problem
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
    for place in ["#drugs", "#drift"]:
        expect(page.locator(place)).to_contain_text("told only to people with a name")
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
    expect(page.get_by_role("status")).to_be_hidden()


def test_the_numbers_of_a_chart_stand_in_a_table(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring()
    page.goto("/monitor.html")
    traffic = page.locator("#traffic")
    traffic.get_by_text("The numbers").click()
    expect(traffic.locator("tbody tr")).to_have_count(60)


def test_too_few_is_said_plainly(page, replies):
    replies.table["GET /monitoring"] = 200, monitoring(busy=False, **TOO_FEW)
    page.goto("/monitor.html")
    expect(page.locator("#drift")).to_contain_text("12 recent patients; from 50 on, they are compared.")
    expect(page.locator("#accuracy")).to_contain_text("3 recorded outcomes; from 20 on")
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
    expect(page.get_by_role("status")).to_be_hidden()
