"""Every page in the states that a reader meets, for the tests of appearance and for pictures."""

from playwright.sync_api import expect

from replies import (
    ATTENTION, DIFFERENCES, KEPT, MODELS, NEW, OLD, PASSWORD, RESULT, Replies, TOO_FEW, brief, job, listed, monitoring, nameless, problem, shadow_told)


def show_home(page):
    page.goto("/")
    expect(page.get_by_role("status")).to_have_text("Ready to answer")
    expect(page.locator("#version")).not_to_have_text("–")


def show_form(page):
    page.goto("/predict.html")
    expect(page.locator("#field-0-hint")).to_contain_text("trained on")


def show_errors(page):
    show_form(page)
    page.get_by_role("button", name="Recommend").click()
    expect(page.locator(".error:visible")).to_have_count(5)


def show_ratio(page):
    show_form(page)
    page.get_by_role("button", name="I have sodium and potassium").click()
    page.get_by_label("Sodium", exact=True).fill("0.79")
    page.get_by_label("Potassium", exact=True).fill("0.03")
    expect(page.locator("#field-4")).to_have_value("26.333")


def show_answer(page):
    show_form(page)
    page.get_by_role("button", name="Uncertain").click()
    expect(page.locator("#drug")).to_be_visible()


def show_warnings(page):
    show_form(page)
    page.get_by_role("button", name="Man, 45").click()
    page.fill("#field-0", "99")
    page.keyboard.press("Enter")
    expect(page.locator("#warnings")).to_be_visible()
    page.fill("#field-0", "98")
    expect(page.locator("#outdated")).to_be_visible()


def show_what_if(page):
    show_answer(page)
    page.get_by_text("What if a value were another").click()
    expect(page.locator(".map .letter").first).to_be_visible()


def show_override(page):
    replies = Replies(page)
    replies.know_trainings()
    show_answer(page)
    sign_in(page, page.get_by_role("button", name="Sign in to record it"))
    page.get_by_role("button", name="No, another").click()
    expect(page.get_by_label("The reason")).to_be_visible()


def show_empty_table(page):
    page.goto("/predict.html#many")
    expect(page.get_by_text("Choose a file")).to_be_visible()


def show_chosen_table(page):
    show_empty_table(page)
    page.get_by_role("button", name="Try three rows").click()
    expect(page.get_by_role("button", name="Recommend for every row")).to_be_focused()


def show_answered_table(page):
    show_chosen_table(page)
    page.keyboard.press("Enter")
    expect(page.locator("tr.bad")).to_have_count(1)


def show_unmatched_table(page):
    """A table of other names, whose columns and values are picked."""
    show_empty_table(page)
    text = "Nr,age,gender,pressure,Cholesterol,ratio\n1,45,male,HIGH,NORMAL,15.5\n"
    page.locator("#file").set_input_files({"name": "other.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.locator(".matching").get_by_label("Sex").select_option("gender")
    expect(page.get_by_label("“male” means")).to_be_visible()


def show_agreement(page):
    """An answered table of all kinds of rows that has the drug itself."""
    show_empty_table(page)
    ages = [45, 118, *range(20, 60)]
    text = "patient,ward,Age,Sex,BP,Cholesterol,Na_to_K,Drug\n" + "".join(
        f"P-{place},{place % 3},{age},F,HIGH,NORMAL,{'183' if place == 3 else '14.8'},drugA\n"
        for place, age in enumerate(ages))
    page.locator("#file").set_input_files({"name": "ward.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Recommend for every row").click()
    expect(page.locator("tr.unlike")).to_have_count(1)


def show_look_up(page):
    page.goto("/lookup.html")
    expect(page.get_by_role("button", name="Show the newest")).to_be_visible()


def show_found(page, number=3, roles=("clinician", "auditor")):
    """A prediction that was looked up, and the newest."""
    replies = Replies(page)
    replies.know_predictions(*roles)
    show_look_up(page)
    page.get_by_label("Quoted under the answer").fill(KEPT[number]["id"])
    sign_in(page, page.get_by_role("button", name="Look up"))
    expect(page.locator("#found")).to_be_visible()
    return replies


def show_newest(page):
    show_found(page)
    page.get_by_role("button", name="Show the newest").click()
    expect(page.locator("#list tbody tr")).to_have_count(len(KEPT))


def show_model(page):
    Replies(page).know_models()
    page.goto(f"/model.html?version={NEW}")
    expect(page.locator("#versions tbody tr")).to_have_count(2)


def show_shadow(page, told=None, roles=("engineer",)):
    """The card of the shadow, for who has signed in."""
    replies = Replies(page)
    replies.know_shadow(told or shadow_told(), *roles)
    page.goto(f"/model.html?version={NEW}")
    sign_in(page, page.get_by_role("button", name="Sign in to see how it does"))
    expect(page.locator("#shadow .verdict-line")).to_be_visible()
    return replies


def show_model_of_others(page):
    """A version that asks for other things than the served one, and its place in the list."""
    replies = Replies(page)
    replies.know_trainings()
    replies.table[f"GET /models/{NEW}"] = 200, MODELS[NEW] | {"differences": DIFFERENCES}
    replies.table["GET /models"] = 200, {
        "current": OLD, "models": [listed(NEW) | {"differences": brief(DIFFERENCES)}, listed(OLD)], "total": 2,
        "next": None}
    page.goto(f"/model.html?version={NEW}")
    expect(page.locator("#versions tbody tr")).to_have_count(2)
    return replies


def show_labels(page):
    """The form of a version's labels, some of them long."""
    replies = Replies(page)
    replies.know_trainings()
    replies.table[f"GET /models/{NEW}"] = 200, MODELS[NEW] | {
        "tags": {"approved-by": "ada", "ward": "3"}, "note": "for the ward's own table, " * 12}
    page.goto(f"/model.html?version={NEW}")
    page.get_by_role("button", name=f"Edit labels of {NEW}").click()
    expect(page.get_by_role("dialog", name=f"Labels of {NEW}")).to_be_visible()
    return replies


def show_no_model(page):
    Replies(page).table["GET /models"] = 200, {"current": None, "models": []}
    page.goto("/model.html")
    expect(page.get_by_role("status")).to_contain_text("There is no model yet")


def show_gate(page):
    page.goto("/retrain.html")
    expect(page.get_by_role("heading", name="Sign in to train")).to_be_visible()


def show_sign_in(page):
    Replies(page).know_trainings()
    show_gate(page)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not go together")


def sign_in(page, button):
    button.click()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()


def show_room(page):
    replies = Replies(page)
    replies.know_trainings()
    show_gate(page)
    sign_in(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    expect(page.locator("#jobs tbody tr")).to_have_count(2)
    return replies


def show_training(page):
    replies = show_room(page)
    replies.table["POST /retrain"] = replies.signed_in((202, job()))
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job()))
    page.get_by_role("button", name="Train the challenger").click()
    expect(page.get_by_text("Step 3 of 6: cross-validating").first).to_be_visible()
    return replies


def show_challenger(page):
    replies = show_room(page)
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded")))
    page.locator("#jobs button").first.click()
    expect(page.locator("#matrices table")).to_have_count(2)


def show_other_questions(page, result=None):
    """A training whose challenger asks for other things than the champion."""
    replies = show_room(page)
    alone = RESULT["comparison"] | {"champion": None, "difference": None}
    told = result or RESULT | {"comparison": alone, "differences": DIFFERENCES}
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded", result=told)))
    page.locator("#jobs button").first.click()
    expect(page.locator("#job .differences li").first).to_be_visible()


def show_promotion(page):
    show_challenger(page)
    page.get_by_role("button", name="Serve it nevertheless").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(4)


def show_promoted(page):
    replies = show_room(page)
    replies.table["GET /retrain/jobs/j2"] = replies.signed_in((200, job("succeeded")))
    replies.table[f"POST /models/{NEW}/activate"] = replies.signed_in(
        (200, {"status": "success", "model_version": NEW, "previous_version": OLD}))
    page.locator("#jobs button").first.click()
    page.get_by_role("button", name="Serve it nevertheless").click()
    page.get_by_label("Why", exact=True).fill("asked by ward 7")
    page.keyboard.press("Enter")
    expect(page.locator("#job .settled")).to_be_visible()


def show_refused_training(page):
    replies = show_room(page)
    replies.table["POST /retrain"] = replies.signed_in((422, problem(
        "invalid-parameters", 422, "The parameters are not right.",
        errors=[{"pointer": "/n_estimators", "code": "out_of_range",
                 "detail": "n_estimators must be a whole number from 1 to 2000",
                 "allowed": "1 to 2000"}])))
    page.get_by_role("button", name="Train the challenger").click()
    expect(page.locator(".error:visible")).to_have_count(1)


def show_runs(page):
    """The list of runs, for who has signed in."""
    replies = Replies(page)
    replies.know_runs()
    page.goto("/runs.html")
    sign_in(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    expect(page.locator(".runs tbody tr")).to_have_count(4)
    return replies


def show_compared_runs(page):
    replies = show_runs(page)
    for number in (1, 2, 4):
        page.get_by_label(f"Choose run {number}").check()
    expect(page.locator("#compared table")).to_be_visible()
    return replies


def show_search(page):
    replies = show_runs(page)
    page.get_by_role("button", name="#4").click()
    expect(page.locator("#one .trial")).to_have_count(12)
    return replies


def show_monitor(page):
    Replies(page).table["GET /monitoring"] = 200, monitoring()
    page.goto("/monitor.html")
    expect(page.locator("#health")).to_contain_text("61 GB free")


def show_needy_monitor(page):
    Replies(page).table["GET /monitoring"] = 200, monitoring() | {"attention": ATTENTION}
    page.goto("/monitor.html")
    expect(page.get_by_role("status")).to_contain_text("Two things need you")


def show_quiet_monitor(page):
    Replies(page).table["GET /monitoring"] = 200, monitoring(busy=False, **TOO_FEW)
    page.goto("/monitor.html")
    expect(page.locator("#drift")).to_contain_text("Too few to say")


def show_open_monitor(page):
    Replies(page).table["GET /monitoring"] = 200, nameless(monitoring())
    page.goto("/monitor.html")
    expect(page.locator("#drift")).to_contain_text("Sign in to see this")


def show_about(page):
    page.goto("/about.html")
    page.get_by_role("button", name="Ask the forest").click()
    expect(page.locator("#votes-chart table")).to_be_visible()


def show_docs(page):
    """Not among `PAGES`: what lies inside the frame there is Swagger UI's own."""
    page.goto("/docs")
    expect(page.locator(".opblock").first).to_be_visible()


def show_missing_page(page):
    page.goto("/nothing")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no page here")


PAGES = [
    show_home, show_form, show_errors, show_ratio, show_answer, show_warnings, show_what_if, show_override,
    show_empty_table, show_chosen_table, show_answered_table, show_unmatched_table, show_agreement, show_look_up,
    show_newest, show_model, show_shadow, show_model_of_others, show_no_model, show_gate, show_sign_in, show_room, show_training,
    show_challenger, show_promotion, show_promoted, show_other_questions, show_refused_training, show_runs,
    show_compared_runs, show_search, show_labels, show_monitor, show_needy_monitor, show_quiet_monitor,
    show_open_monitor, show_about, show_missing_page,
]
