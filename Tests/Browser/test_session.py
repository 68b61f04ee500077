"""Signing in and out: calm when it is refused, when it ends in the middle, and on a shared screen."""

import pytest
from playwright.sync_api import expect

from replies import NEW, PASSWORD, job, problem
from shows import show_answer, show_room, sign_in


@pytest.fixture(autouse=True)
def known(replies):
    replies.know_trainings()


def open_dialog(page):
    page.goto("/")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()


def test_the_keyboard_alone_signs_in_and_out(page):
    page.goto("/")
    page.get_by_role("button", name="Sign in").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    out = page.get_by_role("button", name="Sign out admin")
    expect(out).to_be_visible()
    out.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.expects("401")
def test_a_wrong_password_is_told_and_asked_again(page):
    open_dialog(page)
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This name and password do not go together.")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_an_empty_password_is_not_sent(page, replies):
    open_dialog(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Password is missing.")
    assert "GET /me" not in replies.asked


@pytest.mark.expects("429")
def test_too_many_attempts_are_told_as_such(page, replies):
    replies.table["GET /me"] = 429, problem("too-many-requests", 429, "Wait.")
    open_dialog(page)
    page.get_by_label("Password").fill("x")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("too many attempts")


def test_escape_leaves_without_signing_in(page):
    open_dialog(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_other_pages_of_the_tab_know_it_and_other_tabs_do_not(page):
    open_dialog(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out admin")).to_be_visible()
    page.goto("/retrain.html")
    expect(page.get_by_role("button", name="Train the challenger")).to_be_visible()
    other = page.context.new_page()
    other.goto("/retrain.html")
    expect(other.get_by_role("heading", name="Sign in to train")).to_be_visible()


def test_who_does_nothing_for_half_an_hour_is_forgotten(page):
    page.clock.install()
    open_dialog(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out admin")).to_be_visible()
    page.clock.fast_forward("31:00")
    page.goto("/retrain.html")
    expect(page.get_by_role("heading", name="Sign in to train")).to_be_visible()


@pytest.mark.expects("401")
def test_a_session_that_ends_in_the_middle_is_asked_for_and_the_work_goes_on(page):
    replies = show_room(page)
    refused = 401, problem("unauthorized", 401, "Sign in.")
    replies.table["POST /retrain"] = refused
    page.fill("#n_estimators", "250")
    page.get_by_role("button", name="Train the challenger").click()
    dialog = page.get_by_role("dialog", name="Sign in")
    expect(dialog).to_contain_text("what you entered is kept")
    # The service knows the password again.
    sent = []

    def start(request):
        sent.append(request.post_data_json)
        return 202, job()
    replies.table["POST /retrain"] = replies.signed_in(start)
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded")))
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#matrices table")).to_have_count(2)
    assert sent[0]["n_estimators"] == 250


@pytest.mark.expects("401")
def test_a_training_goes_on_for_who_is_signed_out_and_does_not_come_back(page):
    replies = show_room(page)
    replies.table["POST /retrain"] = replies.signed_in((202, job()))
    replies.table["GET /retrain/jobs/j2"] = 401, problem("unauthorized", 401, "Sign in.")
    page.get_by_role("button", name="Train the challenger").click()
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#job")).to_contain_text("The training goes on; sign in above to follow it.")


def test_only_what_needs_a_password_carries_one(page):
    seen = []
    page.on("request", lambda request: seen.append(request.headers.get("authorization")))
    show_answer(page)
    assert set(seen) == {None}
    sign_in(page, page.get_by_role("button", name="Sign in to record it"))
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Man, 45").click()
    expect(page.locator("#drug")).to_have_text("DrugY")
    # Known to the one request that asks who it is, and to no prediction.
    assert len([value for value in seen if value]) == 1


def test_who_signs_out_leaves_nothing_to_be_seen(page):
    show_room(page)
    page.get_by_role("button", name="Sign out admin").click()
    expect(page.get_by_role("heading", name="Sign in to train")).to_be_visible()
    expect(page.locator("#jobs tr")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Sign in to train")).to_be_visible()


@pytest.mark.expects("401")
def test_predictions_that_need_a_name_ask_for_it_and_go_on(page, replies):
    page.goto("/predict.html")
    answered = []

    def predict(request):
        answered.append(request.headers.get("authorization"))
        return 401, problem("unauthorized", 401, "Sign in.")
    replies.table["POST /predict"] = predict
    page.get_by_role("button", name="Man, 45").click()
    dialog = page.get_by_role("dialog", name="Sign in")
    expect(dialog).to_contain_text("Predictions are for people with a name")
    replies.table.pop("POST /predict")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#drug")).to_have_text("DrugY")
    assert answered == [None]


def test_the_room_offers_nothing_that_the_role_does_not_allow(page, replies):
    replies.know_who("auditor")
    page.goto("/retrain.html")
    sign_in(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    for name in ["#start", "#upload"]:
        button = page.locator(name)
        expect(button).to_be_disabled()
        expect(button).to_have_attribute("title", "This needs the role engineer.")
    expect(page.locator("#jobs tbody tr")).to_have_count(2)
    # Somebody else may.
    page.get_by_role("button", name="Sign out admin").click()
    replies.know_who("engineer")
    sign_in(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    expect(page.locator("#start")).to_be_enabled()
    expect(page.locator("#upload")).to_be_enabled()


def test_who_may_neither_train_nor_look_is_told_so_without_a_refusal(page, replies):
    replies.know_who("clinician")
    page.goto("/retrain.html")
    sign_in(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    expect(page.locator("#problem")).to_have_text("This needs the role engineer.")
    assert "GET /retrain/jobs" not in replies.asked


def test_a_training_that_is_only_watched_cannot_be_cancelled_or_promoted(page, replies):
    replies.know_who("auditor")
    replies.table["GET /retrain/jobs"] = replies.signed_in((200, {"jobs": [job()]}))
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job()))
    page.goto("/retrain.html")
    sign_in(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    expect(page.locator("#job").get_by_role("button", name="Cancel")).to_be_disabled()
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded")))
    expect(page.get_by_role("button", name="Serve it nevertheless")).to_be_disabled()
    expect(page.get_by_role("button", name="Train the challenger")).to_be_disabled()


def test_a_version_is_served_by_engineers_and_asked_for_by_whoever_may_be_one(page, replies):
    replies.know_who("clinician")
    page.goto(f"/model.html?version={NEW}")
    serve = page.get_by_role("button", name=f"Serve version {NEW}")
    expect(serve).to_be_enabled()
    sign_in(page, page.locator("#session"))
    expect(serve).to_be_disabled()
    expect(serve).to_have_attribute("title", "This needs the role engineer.")
    page.reload()
    expect(serve).to_be_disabled()


def test_outcomes_are_recorded_by_clinicians(page, replies):
    replies.know_who("engineer")
    show_answer(page)
    sign_in(page, page.get_by_role("button", name="Sign in to record it"))
    expect(page.locator("#outcome-body")).to_have_text(
        "Recording which drug was really given needs the role clinician.")
    expect(page.locator("#outcome-body button")).to_have_count(0)


@pytest.mark.expects("403")
def test_who_lacks_the_role_is_told_which_it_is(page, replies):
    detail = "This needs the role engineer or auditor."
    replies.table["GET /retrain/jobs"] = 403, problem("forbidden", 403, detail)
    page.goto("/retrain.html")
    sign_in(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    expect(page.locator("#problem")).to_have_text(detail)
