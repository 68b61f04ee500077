"""The version that answers the same patients unseen, on its card and before it is served."""

import json
import shutil

import pytest
from playwright.sync_api import expect

from replies import NEW, OLD, SHADOW_DISAGREEMENTS, shadow_day, shadow_none, shadow_told
from service import PASSWORD as REAL_PASSWORD, Service, train
from shows import show_shadow
from watch import watch


def test_both_stand_side_by_side_with_a_plot_by_day(page):
    told = shadow_told()
    show_shadow(page, told)
    panel = page.locator("#shadow")
    found = told["comparison"]
    expect(panel).to_contain_text("Answers unseen")
    expect(panel.locator(".shadow-share")).to_contain_text(
        f"{found['changed']['count']} of {found['answered']:,} patients would have been recommended another drug")
    expect(panel.locator("svg.days circle")).to_have_count(21)
    expect(panel.locator("svg.days title").first).to_have_text("5 Nov 2026: 1 of 40 patients")
    cells = panel.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Right in 44 outcomes")).locator("td")
    expect(cells).to_have_text(["95.5% (42)", "86.4% (38)"])
    expect(panel).to_contain_text("The answered one alone was right for 5 patients, the shadow alone for 1 patient")
    expect(panel).to_contain_text("drugX → DrugY")
    panel.get_by_text("The numbers by day").click()
    expect(panel.locator("details tbody tr")).to_have_count(21)


def test_whom_it_would_change_is_shown_to_who_may_see_it(page):
    show_shadow(page)
    page.get_by_role("button", name="Show whom").click()
    rows = page.get_by_role("region", name="Predictions that would have been others").locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first.locator("td").nth(1)).to_have_text("DrugY 56.0% or drugX")
    expect(rows.first.get_by_role("link")).to_have_attribute(
        "href", f"/lookup.html?id={SHADOW_DISAGREEMENTS['disagreements'][0]['id']}")


def test_a_clinician_sees_the_comparison_and_not_whom(page):
    show_shadow(page, roles=("clinician",))
    expect(page.get_by_role("button", name="Show whom")).to_be_disabled()
    expect(page.get_by_role("button", name="End the shadow")).to_be_disabled()


@pytest.mark.parametrize("told, text", [
    (shadow_none(), "It has answered nobody yet"),
    (shadow_none("failed", "model 0c91b7d2e4f6 is damaged"), "The reason: model 0c91b7d2e4f6 is damaged."),
    (shadow_none("running", None, shadow_day(1, 0) | {
        "answered": 0, "left_out": 31, "changed": {"count": 0, "share": None, "interval": None}, "behind": 0,
        "champions": [], "changes": [], "outcomes": None, "days": []}), "31 patients had other fields than it asks for"),
    (shadow_told("served"), "It is served itself now"),
])
def test_what_keeps_it_from_answering_is_said(page, told, text):
    show_shadow(page, told)
    expect(page.locator("#shadow")).to_contain_text(text)


def test_before_it_is_served_what_it_did_unseen_comes_first(page):
    show_shadow(page)
    page.locator("#versions").get_by_role("button", name=f"Serve version {NEW}").click()
    dialog = page.get_by_role("dialog", name=f"Serve {NEW}?")
    expect(dialog.get_by_role("listitem")).to_have_count(5)
    expect(dialog.get_by_role("listitem").first).to_contain_text("Unseen, on real patients")
    expect(dialog.get_by_role("listitem").first).to_contain_text("Of 44 recorded outcomes it is right in 38, the served model in 42.")


def test_the_card_of_the_served_model_shows_it_too(page, replies):
    replies.know_shadow(shadow_told(), "engineer")
    page.goto("/model.html")
    expect(page.locator("#facts")).to_contain_text(OLD)
    expect(page.locator("#shadow")).to_contain_text(f"Version {NEW} answers the same patients unseen")
    expect(page.locator("#versions span.badge.accent")).to_have_text("Shadow")


def test_it_is_begun_looked_at_and_ended_on_the_real_service(browser, models, tmp_path):
    folder = shutil.copytree(models, tmp_path / "models", symlinks=True)
    champion = (folder / "current").readlink().name
    train(folder, "--trees", "3", "--features", "binned")
    shadow = (folder / "current").readlink().name
    (folder / "current").unlink()
    (folder / "current").symlink_to(f"registry/{champion}")
    with Service(folder) as service, browser.new_context(base_url=service.url) as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        faults = watch(page, service.url)
        page.goto(f"/model.html?version={shadow}")
        page.get_by_role("button", name="Let it answer unseen").click()
        page.get_by_label("Password").fill(REAL_PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#shadow .verdict-line")).to_contain_text("since")
        for number in range(20):
            patient = {"Age": 20 + number, "Sex": "F", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 8 + number}
            answer = context.request.post("/predict", data=json.dumps(patient), headers={"Content-Type": "application/json"})
            assert answer.status == 200
        expect(looked_at_again(page)).to_contain_text("of 20 patients would have been recommended another drug", timeout=30_000)
        page.evaluate("() => clearInterval(window.looking)")
        page.get_by_role("button", name="Show whom").click()
        region = page.get_by_role("region", name="Predictions that would have been others")
        expect(region.locator("tbody tr").first).to_be_visible()
        page.get_by_role("button", name="End the shadow").click()
        page.get_by_role("button", name="Yes, end it").click()
        expect(page.get_by_role("button", name="Let it answer unseen")).to_be_visible()
        assert not (folder / "shadow.json").exists() and faults == []


def looked_at_again(page):
    """The panel, looked at again until it says what is waited for."""
    page.evaluate("""() => window.looking = setInterval(() => document.querySelector("#shadow .row button:not([data-role])")?.click(), 500)""")
    return page.locator("#shadow")
