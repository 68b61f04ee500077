"""What was really given: agreement or another drug, from whoever is signed in."""

import pytest
from playwright.sync_api import expect

from replies import problem
from shows import show_answer, show_override, sign_in


def outcome(drug, agreed, reason=None):
    return 201, {"drug": drug, "agreed": agreed, "reason": reason, "user": "admin",
                 "time": "2026-11-25T01:00:00Z"}


@pytest.fixture
def sent(page, replies):
    """What was recorded, for the prediction that is shown."""
    replies.know_trainings()
    show_answer(page)
    sent = []

    def record(request):
        sent.append(request.post_data_json)
        body = request.post_data_json
        return outcome(body["drug"], body["drug"] == "drugA", body["reason"])
    prediction = page.locator("#prediction-id").inner_text()
    replies.table[f"POST /predictions/{prediction}/outcome"] = replies.signed_in(record)
    sign_in(page, page.get_by_role("button", name="Sign in to record it"))
    return sent


def test_agreement_is_one_click(page, sent):
    page.get_by_role("button", name="Yes, drugA").click()
    expect(page.locator("#outcome")).to_contain_text("Recorded: drugA was given, as recommended.")
    assert sent == [{"drug": "drugA", "reason": None}]


def test_another_drug_needs_a_reason_and_the_keyboard_is_enough(page, sent):
    page.get_by_role("button", name="No, another").focus()
    page.keyboard.press("Enter")
    # The first of the other drugs is focused; Enter asks for what is missing.
    page.keyboard.press("Enter")
    expect(page.locator("#outcome-error")).to_have_text("Choose the drug that was given.")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#outcome-error")).to_have_text("Choose a reason.")
    page.keyboard.press("Tab")
    page.keyboard.type("Allergy")
    page.get_by_role("button", name="Record").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_contain_text("Recorded: DrugY was given instead.")
    assert sent == [{"drug": "DrugY", "reason": "allergy"}]


def test_a_slip_is_corrected_at_once(page, sent, replies):
    page.get_by_role("button", name="Yes, drugA").click()
    prediction = page.locator("#prediction-id").inner_text()
    replies.table[f"PUT /predictions/{prediction}/outcome"] = replies.signed_in(outcome("drugX", False, "allergy"))
    page.get_by_role("button", name="Correct it").click()
    page.get_by_role("button", name="No, another").click()
    page.get_by_text("drugX", exact=True).last.click()
    page.get_by_label("The reason").select_option("Allergy")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#outcome")).to_contain_text("Recorded: drugX was given instead.")


def test_the_next_patient_is_asked_about_anew(page, sent):
    page.get_by_role("button", name="Yes, drugA").click()
    expect(page.locator("#outcome")).to_contain_text("Recorded")
    page.get_by_role("button", name="Man, 45").click()
    expect(page.get_by_role("button", name="Yes, DrugY")).to_be_visible()


@pytest.mark.expects("409")
def test_what_somebody_else_recorded_is_told(page, replies):
    show_override(page)
    prediction = page.locator("#prediction-id").inner_text()
    replies.table[f"POST /predictions/{prediction}/outcome"] = 409, problem(
        "outcome-exists", 409, "Another outcome is recorded.")
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Yes, drugA").click()
    expect(page.locator("#outcome-error")).to_have_text("Another outcome is recorded.")
