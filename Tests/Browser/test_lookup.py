"""The page on which a prediction that was quoted is looked up."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import expect

from replies import KEPT, REPLAY, problem
from service import PASSWORD
from shows import show_found, show_look_up, show_newest, sign_in

PATIENT = {"Age": 45, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 15.5}
FIELD = "Quoted under the answer"


def look_up(page, text):
    page.get_by_label(FIELD).fill(text)
    page.keyboard.press("Enter")


def predict(service, patient):
    request = urllib.request.Request(
        f"{service.url}/predict", json.dumps(patient).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_what_was_quoted_is_found_explained_recorded_and_corrected(page, service):
    """The real service, with nothing in its place."""
    said = predict(service, PATIENT | {"Age": 118})
    show_look_up(page)
    look_up(page, f"  “{said['id']}”. ")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    found = page.locator("#found")
    expect(found).to_be_focused()
    expect(found).to_contain_text("118")
    expect(found).to_contain_text(said["model_version"])
    expect(found).to_contain_text("The version that answered was asked again now, and says the same.")
    expect(found.get_by_role("heading", name=f"Why {said['prediction']}")).to_be_visible()
    expect(found.locator(".nearest")).to_have_text(
        re.compile(r"^Sodium to potassium ratio 15\.5: down to about 14\.\d+ it would be drug[A-Z]\.$"))
    expect(found.locator(".note.caution")).to_contain_text("Age lies outside of what the model was trained on")
    found.get_by_role("button", name="No, another").click()
    found.get_by_text("drugX", exact=True).last.click()
    found.get_by_label("The reason").select_option("Allergy")
    found.get_by_role("button", name="Record").click()
    expect(found).to_contain_text("Recorded: drugX was given instead.")
    look_up(page, said["id"])
    expect(found).to_contain_text("The reason: Allergy. Recorded by admin")
    found.get_by_role("button", name="Correct it").click()
    found.get_by_role("button", name=f"Yes, {said['prediction']}").click()
    expect(found).to_contain_text(f"Recorded: {said['prediction']} was given, as recommended.")
    look_up(page, said["id"])
    expect(found).to_contain_text("was given, as recommended. Recorded by admin")
    page.get_by_role("button", name="Show the newest").click()
    expect(page.locator("#list tbody tr").first).to_contain_text("as recommended")


@pytest.mark.parametrize("trace", ["4bf92f3577b34da6a3ce929d0e0e4736", None])
def test_the_trace_is_told_where_there_is_one(page, service, trace):
    request = urllib.request.Request(
        f"{service.url}/predict", json.dumps(PATIENT).encode(), {"Content-Type": "application/json"} | (
            {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"} if trace else {}))
    with urllib.request.urlopen(request) as answer:
        said = json.load(answer)
    show_look_up(page)
    look_up(page, said["id"])
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text(said["id"])
    if trace:
        expect(page.locator("#found dl.facts").nth(1)).to_contain_text(f"Trace{trace}")
    else:
        expect(page.locator("#found").get_by_text("Trace", exact=True)).to_have_count(0)


@pytest.mark.expects("404")
def test_an_id_that_is_not_kept_is_told_at_its_field(page):
    replies = show_found(page)
    replies.table["GET /predictions/x"] = replies.signed_in(
        (404, problem("unknown-prediction", 404, "There is no such prediction.")))
    look_up(page, "x")
    field = page.get_by_label(FIELD)
    expect(page.locator("#id-error")).to_have_text(
        "No prediction is kept under this id. It may be mistyped, or deleted.")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#found")).to_be_hidden()
    look_up(page, " ")
    expect(page.locator("#id-error")).to_have_text("Paste the id of a prediction.")


@pytest.mark.parametrize(("replay", "told"), [
    (None, "It is not known any more: the version that answered is not kept"),
    (REPLAY | {"same": False}, "Still DrugY, with 97.0%. The files of the version"),
])
def test_a_version_that_is_gone_or_says_something_else_is_told(page, replay, told):
    replies = show_found(page)
    one = KEPT[0]
    replies.table[f"GET /predictions/{one['id']}"] = replies.signed_in((200, one | {"replay": replay}))
    look_up(page, one["id"])
    expect(page.locator("#found-body")).to_contain_text(told)
    page.get_by_role("button", name="No, another").click()
    expect(page.get_by_role("radio")).to_have_count(4)


def test_the_newest_are_filtered_and_lead_to_each(page):
    show_newest(page)
    rows = page.locator("#list tbody tr")
    for label, choice, number in [
            ("Review", "A person must look", 1), ("Review", "All", 4), ("What was given", "Not recorded", 2),
            ("What was given", "Another drug", 1), ("What was given", "All", 4), ("Drug", "drugA", 1),
            ("Drug", "All", 4), ("Model version", KEPT[2]["model_version"], 1)]:
        page.locator("#newest").get_by_label(label, exact=True).select_option(choice)
        expect(rows).to_have_count(number)
    expect(page.locator("#shown")).to_have_text("1 prediction of the 4 that were asked for")
    rows.get_by_role("button").click()
    expect(page.locator("#found-body")).to_contain_text(KEPT[2]["id"])
    expect(page.locator("#found-body")).to_contain_text("a program, with the key ward-7")


def test_older_ones_are_added_to_those_that_are_listed(page):
    replies = show_found(page)
    pages = [{"predictions": KEPT[:2], "next": "/predictions?limit=200&before=9"},
             {"predictions": KEPT[2:], "next": None}]
    replies.table["GET /predictions"] = replies.signed_in(
        lambda request: (200, pages["before=9" in request.url]))
    page.get_by_role("button", name="Show the newest").click()
    expect(page.locator("#list tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Show older ones").click()
    expect(page.locator("#list tbody tr")).to_have_count(4)
    expect(page.get_by_role("button", name="Show older ones")).to_be_hidden()


def test_clinicians_look_up_and_do_not_list(page):
    show_found(page, roles=("clinician",))
    button = page.get_by_role("button", name="Show the newest")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "This needs the role auditor.")
    expect(page.get_by_role("button", name="Correct it")).to_be_visible()


def test_auditors_do_not_correct(page):
    show_found(page, roles=("auditor",))
    expect(page.locator("#outcome-body")).to_contain_text("Recorded: drugX was given instead.")
    expect(page.get_by_role("button", name="Correct it")).to_have_count(0)


def test_nothing_of_a_patient_stays_when_somebody_signs_out(page):
    show_newest(page)
    page.get_by_role("button", name="Sign out admin").click()
    expect(page.locator("#found")).to_be_hidden()
    expect(page.locator("#list")).to_have_count(0)
    assert "Allergy" not in page.locator("main").inner_text()


@pytest.mark.expects("401")
def test_a_session_that_ends_in_the_middle_is_asked_for_and_the_work_goes_on(page):
    replies = show_found(page)
    asked = []

    def refuse_once(request):
        asked.append(request.post_data_json)
        return (401, problem("unauthorized", 401, "Sign in.")) if len(asked) == 1 else (
            200, {"drug": "DrugY", "agreed": True, "reason": None, "user": "admin", "time": "2026-11-25T03:00:00Z"})
    replies.table[f"PUT /predictions/{KEPT[3]['id']}/outcome"] = refuse_once
    page.get_by_role("button", name="Correct it").click()
    sign_in(page, page.get_by_role("button", name="Yes, DrugY"))
    expect(page.locator("#outcome-body")).to_contain_text("Recorded: DrugY was given, as recommended.")
    assert asked == [{"drug": "DrugY", "reason": None}] * 2
