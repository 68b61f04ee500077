"""The page of retraining: parameters, a job that is followed, a challenger that is judged."""

import pytest
from playwright.sync_api import expect

from replies import DIFFERENCES, NEW, OLD, RESULT, job, problem
from shows import show_challenger, show_other_questions, show_refused_training, show_room, show_training


def start(page, replies, *states):
    """Starts a training whose job is in these states, one after another; the last one stays."""
    rest = list(states)
    replies.table["POST /retrain"] = replies.signed_in((202, job()))
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in(
        lambda _: (200, rest.pop(0) if len(rest) > 1 else rest[0]))
    page.get_by_role("button", name="Train the challenger").click()


def test_what_is_entered_is_what_is_asked_for(page):
    replies = show_room(page)
    sent = []

    def take(request):
        sent.append((request.post_data_json, request.headers.get("prefer")))
        return 202, job()
    replies.table["POST /retrain"] = replies.signed_in(take)
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded")))
    page.fill("#n_estimators", "200")
    page.fill("#test_size", "0.25")
    page.click("label[for=features-binned]")
    page.select_option("#apply_smote", "false")
    page.check("#include_outcomes")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Train the challenger").click()
    expect(page.locator("#matrices table")).to_have_count(2)
    assert sent == [({
        "dataset": "drug200", "features": "binned", "n_estimators": 200, "max_leaf_nodes": 30,
        "test_size": 0.25, "apply_smote": False, "random_state": 0, "include_outcomes": True,
        "force": False,
    }, "respond-async")]


def test_the_keyboard_alone_trains(page):
    replies = show_room(page)
    replies.table["POST /retrain"] = replies.signed_in((202, job()))
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded")))
    page.locator("#n_estimators").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("150")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The champion stays")).to_be_visible()
    expect(page.locator("#announcement")).to_have_text("The champion stays")


def test_a_running_training_shows_how_far_it_is(page):
    show_training(page)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "0.41")
    expect(page.locator("#job")).to_contain_text("About 1.2 s left")
    expect(page.get_by_role("button", name="Train the challenger")).to_be_disabled()


def test_a_running_training_can_be_cancelled(page):
    replies = show_training(page)

    def cancel(_):
        replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("cancelled")))
        return 200, job("cancelled")
    replies.table["DELETE /retrain/jobs/j2"] = replies.signed_in(cancel)
    page.get_by_role("button", name="Cancel the training").click()
    expect(page.locator("#job")).to_contain_text("Cancelled")
    expect(page.get_by_role("button", name="Train the challenger")).to_be_enabled()


def test_champion_and_challenger_stand_side_by_side(page):
    show_challenger(page)
    scores = page.locator(".versus")
    expect(scores).to_contain_text(OLD)
    expect(scores).to_contain_text(NEW)
    expect(scores.get_by_role("row", name="Macro-F1").locator(".better")).to_have_text("0.9862 ± 0.0040")
    expect(page.locator("#job")).to_contain_text("95% confidence between − 0.2611 and − 0.1391")
    expect(page.locator("#job")).to_contain_text("worse beyond what chance explains")
    changed = page.get_by_role("region", name="Changed patients").get_by_role("row")
    expect(changed).to_have_count(3)
    expect(changed.last).to_have_class("bad")
    expect(changed.last.locator("th, td")).to_have_text(
        ["17", "drugX", "drugX", "DrugY", "69", "male", "high", "normal", "11.9"])
    expect(page.locator("#job")).to_contain_text("0 would become right and 1 wrong")
    matrices = page.locator("#matrices .heat")
    expect(matrices.last.locator("tbody tr").first.locator("td")).to_have_text(["20", "2", "1", "1", "3"])


@pytest.mark.parametrize(
    "button, asked, text",
    [("Promote it anyway", [f"POST /models/{NEW}/activate"], f"{NEW} is served."),
     ("Keep the champion", [], f"{OLD} is served.")],
)
def test_a_person_decides_between_the_two(page, button, asked, text):
    replies = show_room(page)
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded")))
    replies.table[f"POST /models/{NEW}/activate"] = replies.signed_in(
        (200, {"status": "success", "model_version": NEW, "previous_version": OLD}))
    page.locator("#jobs button").first.click()
    page.get_by_role("button", name=button).click()
    expect(page.locator("#job .state")).to_have_text(text)
    assert [one for one in replies.asked if "activate" in one] == asked


def test_what_was_promoted_can_be_taken_back(page):
    replies = show_room(page)
    promoted = job("succeeded", result=RESULT | {"promoted": True})
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, promoted))
    replies.table[f"POST /models/{OLD}/activate"] = replies.signed_in(
        (200, {"status": "success", "model_version": OLD, "previous_version": NEW}))
    page.locator("#jobs button").first.click()
    page.get_by_role("button", name="Go back to the champion").click()
    expect(page.locator("#job .state")).to_have_text(f"{OLD} is served.")


def test_what_could_not_be_compared_is_not_called_worse(page):
    replies = show_room(page)
    alone = {key: value for key, value in RESULT["comparison"].items()} | {"champion": None, "difference": None}
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in(
        (200, job("succeeded", result=RESULT | {"comparison": alone})))
    page.locator("#jobs button").first.click()
    expect(page.locator("#job")).to_contain_text("cannot be compared")
    expect(page.locator("#job")).not_to_contain_text("worse")
    page.get_by_role("button", name="Keep the champion").click()
    expect(page.locator("#job .state")).to_have_text("The served model is the same as before.")


def test_what_is_other_stands_beside_the_buttons_that_decide(page):
    show_other_questions(page)
    told = page.locator("#job .differences li")
    expect(told).to_have_text([
        "Cholesterol: is not asked for any more",
        "Weight: is new: number from 2 to 300, in kg, may be missing",
        "Age: whole number from 0 to 120 → whole number from 18 to 120; may be missing now; unit years → months",
        "Blood pressure: VERY HIGH and VERY LOW are new, NORMAL is gone",
        "Sex: F, M → 0, 1",
        "drugC: is not recommended any more", "tablet B drip: is a new drug",
        "drugX: only 3 patients of it in the new table, though it is recommended now",
        "drugB: no patient of it was in the new table, though it is recommended now", "and 4 more"])
    expect(page.locator("#job")).to_contain_text("cannot be compared with it: what differs stands below")
    for text in ("There was no model", "Whose drug changes"):
        expect(page.locator("#job")).not_to_contain_text(text)
    lowest = told.last.bounding_box()
    button = page.get_by_role("button", name="Promote it anyway").bounding_box()
    assert 0 < button["y"] - lowest["y"] < 120


def test_what_was_promoted_by_force_is_told_with_what_is_other(page):
    alone = RESULT["comparison"] | {"champion": None, "difference": None}
    show_other_questions(page, RESULT | {"comparison": alone, "differences": DIFFERENCES, "promoted": True, "forced": True})
    expect(page.locator("#job .note")).to_contain_text("as you asked. The model before cannot be compared with it.")
    expect(page.locator("#job .differences li")).to_have_count(10)


def test_a_table_of_few_patients_of_a_drug_is_not_called_worse(page):
    rare = DIFFERENCES | {"comparable": True, "fields": [], "omitted": 0, "drugs": DIFFERENCES["drugs"][2:]}
    show_other_questions(page, RESULT | {"differences": rare})
    expect(page.locator("#job .note").first).to_contain_text("of drugs that are recommended now, the new table has few")
    expect(page.locator("#job .note").first).not_to_contain_text("worse")
    expect(page.locator("#job .differences li")).to_have_count(2)


@pytest.mark.expects("409")
def test_a_version_that_fails_its_check_is_not_promoted(page):
    replies = show_room(page)
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded")))
    replies.table[f"POST /models/{NEW}/activate"] = replies.signed_in(
        (409, problem("unsound-model", 409, "The version fails its check.")))
    page.locator("#jobs button").first.click()
    page.get_by_role("button", name="Promote it anyway").click()
    expect(page.locator("#job [role=alert]")).to_have_text("The version fails its check.")


@pytest.mark.expects("422")
def test_what_is_wrong_is_told_at_its_field(page):
    show_refused_training(page)
    field = page.locator("#n_estimators")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".error:visible")).to_have_text(["Trees must be a whole number from 1 to 2000."])


@pytest.mark.expects("409")
def test_a_training_of_somebody_else_is_followed(page):
    replies = show_room(page)
    replies.table["POST /retrain"] = replies.signed_in(
        (409, problem("retraining-in-progress", 409, "A training is running.", job="j2")))
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job()))
    page.get_by_role("button", name="Train the challenger").click()
    expect(page.get_by_text("Step 3 of 6: cross-validating").first).to_be_visible()


@pytest.mark.expects("503")
def test_an_outage_in_the_middle_is_waited_out(page):
    replies = show_room(page)
    start(page, replies, job())
    expect(page.get_by_role("progressbar")).to_be_visible()
    replies.table["GET /retrain/jobs/j2"] = 503, problem("unavailable", 503, "Not now.")
    expect(page.locator("#job")).to_contain_text("The training goes on; asking again")
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded")))
    expect(page.locator("#matrices table")).to_have_count(2)


@pytest.mark.parametrize(
    "state, text",
    [(job("failed", error={"code": "interrupted", "detail": "The training was interrupted."}),
      "The training was interrupted."),
     (job("cancelled"), "Nothing was changed.")],
)
def test_a_training_without_a_result_says_that_nothing_changed(page, state, text):
    replies = show_room(page)
    start(page, replies, state)
    expect(page.locator("#job .note")).to_contain_text(text)
    expect(page.locator("#job .note")).to_contain_text("The served model is the same as before.")
    expect(page.get_by_role("button", name="Train again")).to_be_visible()


def test_a_running_training_is_found_again_after_a_reload(page):
    replies = show_room(page)
    replies.table["GET /retrain/jobs"] = replies.signed_in((200, {"jobs": [job()]}))
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job()))
    page.reload()
    expect(page.get_by_role("progressbar")).to_be_visible()


@pytest.mark.expects("422")
def test_a_table_is_added_and_a_wrong_one_is_named_row_by_row(page):
    replies = show_room(page)
    replies.table["PUT /datasets/ward-7"] = replies.signed_in((422, problem(
        "invalid-table", 422, "The table has wrong rows.",
        errors=[{"pointer": "", "code": "unknown_category", "detail": "line 3: Sex must be F or M"}])))
    page.get_by_text("Add a table").click()
    page.get_by_label("Its name").fill("Ward 7")
    page.get_by_role("button", name="Add it").click()
    result = page.locator("#upload-result")
    expect(result).to_contain_text("small letters, digits and dashes")
    page.get_by_label("Its name").fill("ward-7")
    page.get_by_role("button", name="Add it").click()
    expect(result).to_contain_text("Choose a CSV file.")
    page.locator("#table-file").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"Age,Sex\n"})
    page.get_by_role("button", name="Add it").click()
    expect(result).to_contain_text("line 3: Sex must be F or M")
    replies.table["PUT /datasets/ward-7"] = replies.signed_in(
        (201, {"name": "ward-7", "digest": "0123456789ab", "samples": 80, "rows": 80, "class_counts": {}}))
    replies.table["GET /datasets"] = 200, {"datasets": [
        {"name": name, "digest": "0123456789ab", "samples": 80, "uploaded_at": None}
        for name in ("drug200", "ward-7")]}
    page.get_by_role("button", name="Add it").click()
    expect(result).to_contain_text("ward-7 holds 80 patients")
    expect(page.locator("#dataset")).to_have_value("ward-7")
