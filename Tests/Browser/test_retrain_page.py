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
        "force": False, "promote": False,
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


def show_result(page, replies=None, **changes):
    """The training that has ended with this result."""
    replies = replies or show_room(page)
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded", result=RESULT | changes)))
    page.locator("#jobs button").first.click()
    expect(page.locator("#job h3").first).to_be_visible()
    return replies


def serve(replies, version, before, sent=None):
    """Lets a version be served in another's place; what is sent goes into a list."""
    def take(request):
        if sent is not None:
            sent.append(request.post_data_json)
        return 200, {"status": "success", "model_version": version, "previous_version": before}
    replies.table[f"POST /models/{version}/activate"] = replies.signed_in(take)


FIGURES = {"candidate": RESULT["comparison"]["champion"] | {"version": NEW}}
NOBODY = {"documented": [], "rows": [], "row_count": 0, "become_right": 0, "become_wrong": 0}


def compared(mean, low, high):
    """A comparison whose macro-F1 differ by so much."""
    return RESULT["comparison"] | FIGURES | {
        "difference": {"mean": mean, "interval": [low, high], "confidence": 0.95}}


def test_nothing_is_served_before_somebody_has_looked_and_said_why(page):
    replies = show_result(page)
    sent = []
    serve(replies, NEW, OLD, sent)
    serve(replies, OLD, NEW, sent)
    page.get_by_role("button", name="Serve it nevertheless").click()
    dialog = page.get_by_role("dialog", name=f"Serve {NEW}?")
    checks = dialog.get_by_role("listitem")
    expect(checks).to_have_text([
        "GoodFields and drugsThe same as the served model's.",
        "LookWhose drug changesThat of 1 patient in the table and of 1 documented patient.",
        "WorseWho becomes wrong1 patient for whom the served model is right (row 17).",
        "WorseDifference in macro-F1− 0.2001; 95% interval − 0.2611 to − 0.1391. "
        "The challenger is worse beyond what chance explains."])
    expect(page.get_by_label("Why", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Say why")
    assert sent == []
    page.get_by_label("Why", exact=True).fill("  asked by ward 7 ")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert sent == [{"reason": "asked by ward 7"}]
    told = page.locator("#job .settled")
    expect(told).to_be_focused()
    expect(told).to_contain_text(f"{NEW} is served now")
    expect(told).to_contain_text(f"It took the place of {OLD}.")
    expect(told).to_contain_text("“asked by ward 7”")
    expect(page.locator("#job")).not_to_contain_text("The champion stays")
    expect(page.locator("#announcement")).to_have_text(f"{NEW} is served now")
    # One click and Enter lead back.
    told.get_by_role("button", name=f"Go back to {OLD}").click()
    page.keyboard.press("Enter")
    expect(told).to_contain_text(f"{OLD} is served now")
    assert sent[1] == {}


@pytest.mark.parametrize("view", [{"viewport": {"width": 320, "height": 568}, "color_scheme": "light"}])
def test_in_a_small_window_what_is_to_be_looked_at_comes_first(page, view):
    show_result(page)
    page.get_by_role("button", name="Serve it nevertheless").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_be_focused()
    expect(dialog.get_by_role("listitem").first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_who_thinks_better_of_it_serves_nothing(page):
    replies = show_result(page)
    page.get_by_role("button", name="Serve it nevertheless").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Serve it nevertheless").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Keep the champion").click()
    expect(page.locator("#job .settled")).to_contain_text(f"{OLD} is served as before.")
    assert [one for one in replies.asked if "activate" in one] == []


def test_what_is_served_meanwhile_is_told_before_it_is_replaced(page):
    replies = show_result(page)
    replies.table["GET /models"] = 200, {"current": "f" * 12, "models": [], "total": 0, "next": None}
    page.get_by_role("button", name="Serve it nevertheless").click()
    expect(page.get_by_role("dialog").get_by_role("listitem").first).to_contain_text("Another model is served meanwhile")


def test_what_was_promoted_can_be_taken_back(page):
    replies = show_room(page)
    replies.table["GET /models"] = 200, {"current": NEW, "models": [], "total": 0, "next": None}
    show_result(page, replies, promoted=True)
    expect(page.locator("#job h3").first).to_have_text("The challenger is served now")
    serve(replies, OLD, NEW)
    page.get_by_role("button", name="Go back to the champion").click()
    page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    expect(page.locator("#job .settled")).to_contain_text(f"{OLD} is served now")


def test_what_was_replaced_since_is_not_called_served(page):
    show_result(page, promoted=True)
    expect(page.locator("#job h3").first).to_have_text("The challenger was served, and is not any more")


def test_what_waits_for_a_decision_says_so(page):
    show_result(page, parameters=RESULT["parameters"] | {"promote": False})
    expect(page.locator("#job h3").first).to_have_text("The challenger waits for a decision")


@pytest.mark.parametrize("mean, low, high, changed, kind, said, button", [
    (0, 0, 0, NOBODY, "", "there is no difference", "Serve the challenger"),
    (0.00001, -0.01, 0.01, RESULT["changed"], "caution", "1 patient for whom the champion is right",
     "Serve it nevertheless"),
    (0.02, -0.01, 0.05, NOBODY, "", "slightly higher than the champion, which chance alone explains",
     "Serve the challenger"),
    (0.02, -0.01, 0.05, NOBODY | {"row_count": 140, "become_right": 3}, "good",
     "3 patients more would be told the right drug", "Serve the challenger"),
    (0.2, 0.1, 0.3, RESULT["changed"], "caution", "better than the champion, beyond what chance explains",
     "Serve it nevertheless"),
    (0.2, 0.1, 0.3, NOBODY, "good", "better than the champion, beyond what chance explains", "Serve the challenger"),
])
def test_a_challenger_is_praised_only_when_it_is_better_and_takes_a_right_drug_from_nobody(
        page, mean, low, high, changed, kind, said, button):
    show_result(page, comparison=compared(mean, low, high), changed=changed)
    told = page.locator("#job .note").first
    expect(told).to_contain_text(said)
    expect(told).to_have_class(f"note {kind}".strip() if kind else "note ")
    expect(page.get_by_role("button", name=button)).to_be_visible()


def test_no_difference_is_told_as_none_and_one_repeat_has_no_spread(page):
    show_result(page, comparison=compared(0, -0.01, 0.01) | {"repeats": 1}, changed=NOBODY)
    expect(page.locator(".difference")).to_contain_text("Challenger minus champion: no difference, with 95%")
    expect(page.locator(".difference")).to_contain_text("Neither is better.")
    row = page.locator(".versus").get_by_role("row", name="Macro-F1, mean of the folds")
    expect(row.locator("td")).to_have_text(["0.9862 ± –", "0.9862 ± –"])
    expect(row.locator(".better")).to_have_count(0)
    expect(page.locator(".versus caption")).to_have_text(
        "Cross-validated on the same held-out patients: mean of 10 folds × 1")


def test_a_spread_over_folds_of_older_programs_is_not_shown_as_one_over_repeats(page):
    show_result(page, comparison=RESULT["comparison"] | {"spread": None})
    expect(page.locator(".versus").get_by_role("row", name="Macro-F1").locator(".better")).to_have_text("0.9862 ± –")


def test_what_could_not_be_compared_is_not_called_worse(page):
    replies = show_room(page)
    alone = {key: value for key, value in RESULT["comparison"].items()} | {"champion": None, "difference": None}
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in(
        (200, job("succeeded", result=RESULT | {"comparison": alone})))
    page.locator("#jobs button").first.click()
    expect(page.locator("#job")).to_contain_text("cannot be compared")
    expect(page.locator("#job")).not_to_contain_text("worse")
    page.get_by_role("button", name="Keep the champion").click()
    expect(page.locator("#job .settled")).to_have_text("The served model is the same as before.")


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
    button = page.get_by_role("button", name="Serve it nevertheless").bounding_box()
    assert 0 < button["y"] - lowest["y"] < 120


def test_what_was_promoted_by_force_is_told_with_what_is_other(page):
    alone = RESULT["comparison"] | {"champion": None, "difference": None}
    show_other_questions(page, RESULT | {"comparison": alone, "differences": DIFFERENCES, "promoted": True, "forced": True})
    expect(page.locator("#job .note")).to_contain_text("as you asked. The model before cannot be compared with it.")
    expect(page.locator("#job .differences li")).to_have_count(10)


def test_a_table_of_few_patients_of_a_drug_is_not_called_worse(page):
    rare = DIFFERENCES | {"comparable": True, "fields": [], "omitted": 0, "drugs": DIFFERENCES["drugs"][2:]}
    show_other_questions(page, RESULT | {
        "differences": rare, "comparison": compared(0, -0.01, 0.01), "changed": NOBODY})
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
    page.get_by_role("button", name="Serve it nevertheless").click()
    page.get_by_label("Why", exact=True).fill("to try")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("The version fails its check.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Serve it nevertheless")).to_be_enabled()


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
    expect(page.locator("#job .note")).to_contain_text("Yours has not begun")
    expect(page.locator("#job .note")).to_contain_text("admin began one at")
    expect(page.locator("#job")).to_contain_text("on drug200 with 100 trees")


@pytest.mark.parametrize("choice, sent", [
    ("Show it to me first", {"promote": False, "force": False}),
    ("Serve it, unless it is worse", {"promote": True, "force": False}),
    ("Serve it in any case", {"promote": True, "force": True})])
def test_being_served_by_itself_is_a_choice(page, choice, sent):
    replies = show_room(page)
    asked = []

    def take(request):
        asked.append(request.post_data_json)
        return 202, job()
    replies.table["POST /retrain"] = replies.signed_in(take)
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded")))
    page.get_by_label("When it is trained").select_option(choice)
    page.get_by_role("button", name="Train the challenger").click()
    expect(page.locator("#matrices table")).to_have_count(2)
    assert {name: asked[0][name] for name in sent} == sent


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
        problem_count=12, errors=[
            {"pointer": "", "code": "unknown_category", "detail": "must be F or M", "line": line, "column": "Sex"}
            for line in range(3, 13)])))
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
    expect(result.get_by_role("listitem")).to_have_text(
        [*(f"Line {line}, column Sex: must be F or M" for line in range(3, 11)), "and 4 more"])
    replies.table["PUT /datasets/ward-7"] = replies.signed_in(
        (201, {"name": "ward-7", "digest": "0123456789ab", "samples": 80, "rows": 80, "class_counts": {}}))
    replies.table["GET /datasets"] = 200, {"datasets": [
        {"name": name, "digest": "0123456789ab", "samples": 80, "uploaded_at": None}
        for name in ("drug200", "ward-7")]}
    page.get_by_role("button", name="Add it").click()
    expect(result).to_contain_text("ward-7 holds 80 patients")
    expect(page.locator("#dataset")).to_have_value("ward-7")
