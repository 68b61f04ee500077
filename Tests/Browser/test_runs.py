"""The page of runs: a list that is sorted, what tells some apart, the plots of a search, names and notes."""

import pytest
from playwright.sync_api import expect

from replies import MODELS, NEW, OLD, RESULT, RUNS, Replies, problem
from shows import show_compared_runs, show_room, show_runs, show_search, sign_in


def numbers(page):
    return page.locator(".runs tbody th button").all_inner_texts()


def test_runs_are_told_with_their_scores_and_spreads(page):
    show_runs(page)
    rows = page.locator(".runs tbody tr")
    expect(rows.nth(0).locator("th, td")).to_have_text(
        ["", "#4fewer leaves", "0.983 ± –", "Done", "25 Nov 2026, 04:00", "ada", "Search", "drug200.csv", "–", "–", "12 s"])
    expect(rows.nth(1)).to_contain_text("Failed")
    expect(rows.nth(2).locator("td").nth(1)).to_have_text("0.986 ± –")
    expect(rows.nth(3).locator("td").nth(4)).to_have_text("–")
    expect(page.locator("#room")).to_contain_text("behind ± their standard deviation")


def test_they_are_sorted_by_any_column_and_by_keyboard(page):
    show_runs(page)
    assert numbers(page) == ["#4", "#3", "#2", "#1"]
    button = page.get_by_role("columnheader", name="CV macro-F1").get_by_role("button")
    button.click()
    assert numbers(page) == ["#2", "#4", "#3", "#1"]
    header = page.get_by_role("columnheader", name="CV macro-F1")
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    assert numbers(page) == ["#1", "#3", "#4", "#2"]
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("[aria-sort]")).to_have_count(1)


def test_two_to_five_stand_side_by_side_by_what_tells_them_apart(page):
    show_compared_runs(page)
    table = page.locator("#compared table")
    expect(table.locator("thead th")).to_have_text(["Run", "#1", "#2", "#4fewer leaves"])

    def line(name):
        return table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))
    expect(line("Trees")).to_have_text("Trees10050–")
    expect(line("What")).to_have_text("WhatTrainingRetrainingSearch")
    expect(line("CV macro-F1")).to_have_text("CV macro-F1–0.986 ± –0.983 ± –")
    # What they have in common is left out.
    expect(line("Digest of the table")).to_have_count(0)
    page.get_by_label("Choose run 2").uncheck()
    page.get_by_label("Choose run 4").uncheck()
    expect(page.locator("#compared")).to_be_hidden()


def test_no_more_than_five_are_chosen(page):
    replies = show_runs(page)
    many = [RUNS[1] | {"number": number} for number in range(7, 0, -1)]
    replies.table["GET /runs"] = replies.signed_in((200, {"runs": many, "total": 7, "next": None}))
    page.reload()
    for number in range(1, 6):
        page.get_by_label(f"Choose run {number}").check()
    page.get_by_label("Choose run 6").click()
    expect(page.get_by_label("Choose run 6")).not_to_be_checked()
    expect(page.get_by_role("alert")).to_contain_text("At most 5")
    expect(page.locator("#compared thead th")).to_have_count(6)
    expect(page.locator("#compared")).to_contain_text("Nothing: they were decided alike.")


def test_a_search_is_drawn_by_parameter_and_by_all_of_them(page):
    show_search(page)
    scatter = page.locator("#one svg").first
    expect(scatter).to_have_accessible_name(
        "CV macro-F1 of each trial against Numbers are read. The best, the highest, is 0.9830 at continuous.")
    expect(scatter.locator(".given-up")).to_have_count(3)
    expect(scatter.locator(".best title")).to_have_text(
        "Trial 12: 0.9830. Numbers are read continuous, Trees 300, Leaves, at most 60, SMOTE yes, Columns tried all.")
    page.get_by_label("Against", exact=True).select_option("Leaves, at most")
    expect(scatter.locator(".middle-text")).to_have_text(["5", "10", "30", "60", "Leaves, at most"])
    page.get_by_label("Score", exact=True).select_option("CV log loss")
    expect(scatter).to_have_accessible_name(
        "CV log loss of each trial against Leaves, at most. The best, the lowest, is 0.0900 at 60.")
    lines = page.get_by_role("region", name="All parameters at once").locator(".way")
    expect(lines).to_have_count(12)
    # The parameter that all share has no axis: four parameters and the score.
    expect(lines.first.locator("line")).to_have_count(4)
    page.get_by_text("The trials as a table").click()
    expect(page.get_by_role("region", name="The trials as a table").get_by_role("row")).to_have_count(13)


def test_a_run_is_told_whole_and_found_again_by_its_address(page):
    show_runs(page)
    page.get_by_role("button", name="#2").click()
    expect(page.get_by_role("heading", name="Run 2")).to_be_visible()
    expect(page.locator("#one")).to_be_focused()
    expect(page.locator("#one")).to_contain_text("Beside the model served then")
    expect(page.locator("#one").get_by_role("link", name=OLD).first).to_have_attribute("href", f"/model.html?version={OLD}")
    assert page.url.endswith("#run-2")
    page.reload()
    expect(page.get_by_role("heading", name="Run 2")).to_be_visible()
    page.get_by_role("button", name="#3").click()
    expect(page.locator("#one")).to_contain_text("3 samples are too few for 10 folds")


@pytest.mark.expects("503")
def test_a_name_and_a_note_are_kept(page):
    replies = show_runs(page)
    sent = []

    def keep(request):
        sent.append(request.post_data_json)
        return 200, RUNS[2] | sent[-1] | {"noted_by": "admin", "noted_at": "2026-11-25T05:00:00Z", "trials": [], "comparison": None}
    page.get_by_role("button", name="#2").click()
    replies.table["PUT /runs/2/remark"] = replies.signed_in((503, problem("not-stored", 503, "The disk is full.")))
    page.get_by_label("Name", exact=True).fill("the best <b>")
    page.keyboard.press("Enter")
    expect(page.locator("#one").get_by_role("status")).to_have_text("The disk is full.")
    replies.table["PUT /runs/2/remark"] = replies.signed_in(keep)
    page.get_by_label("Note").fill("of May")
    page.get_by_role("button", name="Keep name and note").click()
    expect(page.locator("#one").get_by_role("status")).to_have_text("Kept.")
    assert sent == [{"name": "the best <b>", "note": "of May"}]
    expect(page.locator(".runs tbody tr").nth(2)).to_contain_text("the best <b>")


def show_new_model(page, changes):
    """The run that made a model that is not served, and the dialog that serves it."""
    replies = show_runs(page)
    made = RUNS[1] | {"state": "succeeded", "version": NEW, "trials": [], "comparison": None}
    replies.table["GET /runs/3"] = replies.signed_in((200, made))
    replies.table[f"GET /models/{NEW}/changes"] = replies.signed_in(changes)
    page.get_by_role("button", name="#3").click()
    page.get_by_role("button", name=f"Serve {NEW}").click()
    return replies, page.get_by_role("dialog", name=f"Serve {NEW}?")


def test_the_model_of_a_run_is_served_after_a_look_at_what_would_change(page):
    told = {"version": NEW, "champion": OLD, "dataset": "drug200", "changed": RESULT["changed"]}
    replies, dialog = show_new_model(page, (200, told))
    checks = dialog.get_by_role("listitem")
    expect(checks).to_have_count(4)
    expect(checks.nth(2)).to_have_text("WorseWho becomes wrong1 patient for whom the served model is right (row 17).")
    replies.table[f"POST /models/{NEW}/activate"] = replies.signed_in(
        (200, {"status": "success", "model_version": NEW, "previous_version": OLD}))
    dialog.get_by_label("Why", exact=True).fill("to see")
    dialog.get_by_role("button", name="Serve it nevertheless").click()
    expect(page.locator("#serve")).to_contain_text(f"{NEW} is served now")


@pytest.mark.expects("404")
def test_what_nobody_can_tell_is_not_called_good(page):
    replies, dialog = show_new_model(page, (404, problem("unknown-model", 404, "There is no such model.")))
    checks = dialog.get_by_role("listitem")
    expect(checks.nth(1)).to_contain_text("UnknownWhose drug changesNobody can tell")
    expect(dialog.get_by_role("button", name="Serve it nevertheless")).to_be_visible()
    # Its scores were taken beside the model that is served now.
    assert MODELS[NEW]["comparison"]["champion"]["version"] == OLD
    expect(checks.nth(3)).to_contain_text("− 0.2001")


def test_the_served_model_is_not_offered_again(page):
    show_runs(page)
    page.get_by_role("button", name="#2").click()
    expect(page.locator("#one")).to_contain_text("Beside the model served then")
    expect(page.get_by_role("button", name=f"Serve {OLD}")).to_have_count(0)


def test_older_runs_come_when_they_are_asked_for(page):
    replies = show_runs(page)
    replies.table["GET /runs"] = replies.signed_in(lambda request: (200, {
        "runs": RUNS[2:] if "from=2" in request.url else RUNS[:2], "total": 4,
        "next": None if "from=2" in request.url else "/runs?limit=2&from=2"}))
    page.reload()
    expect(page.locator(".runs tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Show older runs").click()
    expect(page.locator(".runs tbody tr")).to_have_count(4)
    expect(page.get_by_role("button", name="Show older runs")).to_have_count(0)


def test_who_may_not_see_them_is_told_so_and_who_leaves_leaves_nothing(page):
    replies = Replies(page)
    replies.know_runs()
    replies.know_who("clinician")
    page.goto("/runs.html")
    sign_in(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    expect(page.get_by_role("alert")).to_have_text("This needs the role engineer.")
    page.get_by_role("button", name="Sign out admin").click()
    expect(page.get_by_role("heading", name="Sign in to see the runs")).to_be_visible()


def test_the_page_of_training_leads_to_the_runs(page):
    replies = show_room(page)
    replies.know_runs()
    page.get_by_role("link", name="All runs").click()
    expect(page.locator(".runs tbody tr")).to_have_count(4)


def test_the_real_service_tells_of_its_first_training(page, service):
    from test_loop import sign_in as really
    page.goto("/runs.html")
    really(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    page.get_by_role("button", name="#1").click()
    expect(page.locator("#one")).to_contain_text("drug200.csv")
    page.get_by_label("Name", exact=True).fill("the first")
    page.keyboard.press("Enter")
    expect(page.locator("#one").get_by_role("status")).to_have_text("Kept.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Its report (HTML)").click()
    assert download.value.suggested_filename.startswith("model-")
    page.reload()
    expect(page.locator(".runs")).to_contain_text("the first")
