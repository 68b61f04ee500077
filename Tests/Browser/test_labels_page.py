"""What versions are called and noted of them: shown as small labels, and written by who may train."""

import json

import pytest
from playwright.sync_api import expect

from replies import MODELS, NEW, OLD, PASSWORD, listed, problem
from shows import show_labels, show_runs

LABELS = {"version": NEW, "aliases": ["ward-3"], "tags": {}, "note": None}


def test_the_list_and_the_card_show_them(page):
    show_labels(page)
    page.keyboard.press("Escape")
    labels = page.locator("#labels").get_by_role("list", name=f"Labels of {NEW}").get_by_role("listitem")
    expect(labels).to_have_text(["ward-3", "approved-by: ada", "ward: 3"])
    expect(page.locator("#labels .noted")).to_contain_text("for the ward's own table")
    rows = page.locator("#versions tbody tr")
    expect(rows.nth(0).get_by_role("listitem")).to_have_text(["ward-3"])
    expect(rows.nth(1).get_by_role("listitem")).to_have_text(["champion"])


@pytest.mark.expects("422")
def test_who_may_train_writes_them_and_what_is_refused_is_told_in_the_form(page):
    replies = show_labels(page)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Aliases")).to_be_focused()
    expect(dialog.get_by_label("Aliases")).to_have_value("ward-3")
    expect(dialog.get_by_label("Tags")).to_have_value("approved-by = ada\nward = 3")

    dialog.get_by_label("Tags").fill("ward")
    dialog.get_by_role("button", name="Keep labels").click()
    expect(dialog.locator("#labels-error")).to_have_text("“ward” is no tag: write key = value.")
    expect(dialog.get_by_label("Tags")).to_be_focused()

    sent = []

    def keep(request):
        sent.append(json.loads(request.post_data))
        return 200, LABELS | sent[-1]

    def move(request):
        sent.append((request.method, request.url.split("/aliases/")[1]))
        return 200, LABELS | {"aliases": ["second-opinion", "ward-3"] if request.method == "PUT" else ["second-opinion"]}
    address = f"/models/{NEW}"
    replies.table |= {
        f"PUT {address}/labels": replies.signed_in(keep),
        f"PUT {address}/aliases/shadow": replies.signed_in((422, problem(
            "invalid-label", 422, "Nothing was kept: the name shadow is reserved."))),
        f"PUT {address}/aliases/second-opinion": replies.signed_in(move),
        f"DELETE {address}/aliases/ward-3": replies.signed_in(move)}
    dialog.get_by_label("Aliases").fill("shadow")
    dialog.get_by_label("Tags").fill("why = a = b\n\n")
    dialog.get_by_label("Note").fill(" of May <b> ")
    page.keyboard.press("Enter")
    # Who has not signed in is asked to, and goes on.
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog.locator("#labels-error")).to_have_text("Nothing was kept: the name shadow is reserved.")
    assert sent == [{"tags": {"why": "a = b"}, "note": "of May <b>"}]

    dialog.get_by_label("Aliases").fill("second-opinion")
    replies.table[f"GET {address}"] = 200, MODELS[NEW] | {
        "aliases": ["second-opinion"], "tags": {"why": "a = b"}, "note": "of May <b>"}
    dialog.get_by_role("button", name="Keep labels").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert sent[2:] == [("PUT", "second-opinion"), ("DELETE", "ward-3")]
    expect(page.locator("#labels").get_by_role("listitem")).to_have_text(["second-opinion", "why: a = b"])
    expect(page.locator("#labels .noted")).to_have_text("of May <b>")
    expect(page.get_by_role("button", name=f"Edit labels of {NEW}")).to_be_focused()


def test_who_may_not_train_is_told_so(page):
    replies = show_labels(page)
    page.keyboard.press("Escape")
    replies.know_who("clinician")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name=f"Edit labels of {NEW}")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "This needs the role engineer.")


def test_a_run_is_known_by_its_models_labels(page):
    replies = show_runs(page)
    row = page.locator(".runs tbody tr").nth(2)
    expect(row.get_by_role("listitem")).to_have_text(["champion"])
    page.get_by_role("button", name="#2").click()
    expect(page.locator("#labels").get_by_role("listitem")).to_have_text(["champion"])
    page.get_by_role("button", name=f"Edit labels of {OLD}").click()
    replies.table[f"PUT /models/{OLD}/labels"] = replies.signed_in(
        (200, {"version": OLD, "aliases": ["champion"], "tags": {"ward": "3"}, "note": None}))
    replies.table["GET /models"] = 200, {
        "current": OLD, "models": [listed(NEW), listed(OLD) | {"tags": {"ward": "3"}}], "total": 2, "next": None}
    page.get_by_label("Tags").fill("ward=3")
    page.get_by_role("button", name="Keep labels").click()
    expect(page.locator("#labels").get_by_role("listitem")).to_have_text(["champion", "ward: 3"])
    expect(row.get_by_role("listitem")).to_have_text(["champion", "ward: 3"])


@pytest.mark.expects("422")
def test_the_real_service_keeps_them(page, service):
    from test_loop import sign_in as really
    page.goto("/model.html")
    really(page, page.get_by_role("button", name="Sign in"))
    page.get_by_role("button", name="Edit labels of").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Aliases").fill("ward-3, champion")
    dialog.get_by_role("button", name="Keep labels").click()
    expect(dialog.locator("#labels-error")).to_contain_text("the name champion is reserved")
    dialog.get_by_label("Aliases").fill("ward-3 second-opinion")
    dialog.get_by_label("Tags").fill("ward = 3")
    dialog.get_by_label("Note").fill("of May")
    dialog.get_by_role("button", name="Keep labels").click()
    labels = page.locator("#labels").get_by_role("listitem")
    expect(labels).to_have_text(["champion", "second-opinion", "ward-3", "ward: 3"])
    page.goto("/model.html?version=ward-3")
    expect(labels).to_have_text(["champion", "second-opinion", "ward-3", "ward: 3"])
    page.get_by_role("button", name="Edit labels of").click()
    dialog.get_by_label("Aliases").fill("")
    dialog.get_by_label("Tags").fill("")
    dialog.get_by_label("Note").fill("")
    dialog.get_by_role("button", name="Keep labels").click()
    expect(labels).to_have_text(["champion"])
