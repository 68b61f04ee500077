"""The tab of tables: a file goes in, an answered one comes out."""

import csv
import io
import urllib.request

import pytest
from playwright.sync_api import expect

HEADER = "Age,Sex,BP,Cholesterol,Na_to_K"
GOOD = "45,M,HIGH,NORMAL,15.5"
WRONG = "52,F,HIGH,NORMAL,183"


def open_table(page, text, name="patients.csv"):
    page.goto("/predict.html#many")
    content = text if isinstance(text, bytes) else text.encode()
    page.locator("#file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def drop(page, text):
    """Drops a file on the page, as a person who drags it does."""
    transfer = page.evaluate_handle(
        """(text) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
          return transfer;
        }""", text)
    for kind in ("dragenter", "dragover", "drop"):
        page.locator("#drop").dispatch_event(kind, {"dataTransfer": transfer})


def test_a_table_of_sodium_and_potassium_is_answered(page, service):
    open_table(page, "Age,Sex,BP,Cholesterol,Na,K\n45,M,HIGH,NORMAL,3.1,0.2\n45,M,HIGH,NORMAL,79,0.2\n")
    page.get_by_role("button", name="Recommend for every row").click()
    expect(page.locator("tr.bad")).to_contain_text("Na_to_K, which is Na divided by K, must be a number above 0")
    shown = page.locator("#table-body table").last
    expect(shown.get_by_role("columnheader")).to_have_text(
        ["Row", "Recommendation", "Probability", "To note", "Age", "Sex", "BP", "Cholesterol", "Na", "K"])
    expect(shown.locator("tbody tr").first).to_contain_text("DrugY")
    page.get_by_text("What the columns hold").click()
    expect(page.locator("#columns-table")).to_contain_text("Na_to_K or Na and K")
    open_table(page, "Age,Sex,BP,Cholesterol,Na\n45,M,HIGH,NORMAL,3.1\n")
    expect(page.locator("#table-body")).to_contain_text("The first line does not name K.")


def test_a_dropped_table_comes_back_answered(page, service):
    page.goto("/predict.html")
    page.get_by_role("tab", name="A table (CSV)").click()
    drop(page, f"{HEADER},ward\n{GOOD},7\n{WRONG},8\n")
    preview = page.locator("#table-body table")
    expect(preview.locator("tbody tr")).to_have_count(2)
    expect(preview).to_contain_text("ward")
    page.get_by_role("button", name="Recommend for every row").click()
    expect(page.locator("tr.bad")).to_contain_text("Na_to_K must be a number above 0, at most 100")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the answered table").click()
    assert download.value.suggested_filename == "dropped-answered.csv"
    with open(download.value.path(), newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["prediction"] for row in rows] == ["DrugY", ""]
    assert [row["ward"] for row in rows] == ["7", "8"]
    assert "line 3" in rows[1]["error"]


def test_the_keyboard_alone_gets_a_table_answered(page):
    page.goto("/predict.html")
    page.get_by_role("tab", name="One patient").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="A table (CSV)")).to_be_focused()
    expect(page.locator("#drop")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#file")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Recommend for every row")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Download the answered table")).to_be_focused()
    expect(page.locator("#table-announcement")).to_contain_text("3 rows answered")


def test_counts_and_marks_are_those_of_the_service(page, service):
    ages = range(20, 70)
    text = "\r\n".join([HEADER, *(f"{age},F,HIGH,NORMAL,14.8" for age in ages), WRONG, GOOD])
    request = urllib.request.Request(
        f"{service.url}/predict/batch", text.encode(), {"Content-Type": "text/csv"})
    with urllib.request.urlopen(request) as answer:
        rows = list(csv.DictReader(io.StringIO(answer.read().decode())))
    open_table(page, text)
    page.get_by_role("button", name="Recommend for every row").click()
    doubtful = sum(row["needs_review"] == "true" for row in rows)
    assert doubtful > 0
    expect(page.locator("tr.doubt")).to_have_count(doubtful)
    figures = page.locator("#table-body .figures dd:first-of-type")
    expect(figures).to_have_text([str(len(rows) - 1), str(doubtful), "1"])


def test_a_long_table_shows_what_needs_a_person_first(page):
    text = "\n".join([HEADER, *[GOOD] * 5000, WRONG])
    open_table(page, text)
    page.get_by_role("button", name="Recommend for every row").click()
    expect(page.get_by_text("5,001 rows answered").first).to_be_visible()
    rows = page.locator("#table-body .scroll tbody tr")
    expect(rows).to_have_count(100)
    expect(rows.first).to_have_class("bad")
    expect(rows.first.get_by_role("rowheader")).to_have_text("5,001")


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("Age,Sex\n45,M\n", "does not name BP, Cholesterol or Na_to_K"),
        (f"{HEADER}\n", "The file holds no row."),
        ("", "does not name Age, Sex, BP, Cholesterol or Na_to_K"),
        (b"\x00\x00 not text", "not text"),
    ],
)
def test_a_table_that_cannot_be_asked_for_is_told_before_it_is_sent(page, text, complaint):
    asked = []
    page.on("request", lambda request: asked.append(request.method))
    open_table(page, text)
    expect(page.locator("#table-body .note")).to_contain_text(complaint)
    assert "POST" not in asked
    page.get_by_role("button", name="Choose another").click()
    expect(page.locator("#file")).to_be_focused()


def test_quotes_line_breaks_and_a_byte_order_mark_are_read(page):
    open_table(page, f'\ufeff"Age",Sex,BP,Cholesterol,Na_to_K,"a ""note"""\r\n{GOOD},"one\nand, two"\r\n')
    preview = page.locator("#table-body table")
    expect(preview.get_by_role("columnheader")).to_have_text(
        ["Age", "Sex", "BP", "Cholesterol", "Na_to_K", 'a "note"'])
    expect(preview.locator("td").last).to_have_text("one and, two")


@pytest.mark.parametrize("encoding, delimiter", [("latin-1", ";"), ("utf-16", "\t"), ("utf-8", ";")])
def test_a_table_of_a_spreadsheet_is_shown_and_answered(page, encoding, delimiter):
    text = f"{HEADER},Name\r\n{GOOD},Jürgen\r\n".replace(",", delimiter).replace(".", ",")
    open_table(page, text.encode(encoding))
    preview = page.locator("#table-body table")
    expect(preview.locator("td")).to_have_text(["45", "M", "HIGH", "NORMAL", "15,5", "Jürgen"])
    page.get_by_role("button", name="Recommend for every row").click()
    expect(page.locator("#table-body .scroll tbody tr")).to_contain_text("DrugY")


@pytest.mark.expects("503")
def test_a_dead_responder_leaves_the_table_to_be_sent_again(page, service):
    open_table(page, f"{HEADER}\n{GOOD}\n")
    service.detach_responders()
    try:
        page.get_by_role("button", name="Recommend for every row").click()
        expect(page.locator("#table-body .note")).to_contain_text("cannot answer at the moment")
    finally:
        service.attach_responders()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name="Download the answered table")).to_be_visible()


def test_a_table_on_its_way_can_be_cancelled(page):
    held = []
    page.route("**/predict/batch", lambda route: held.append(route))
    open_table(page, f"{HEADER}\n{GOOD}\n")
    page.get_by_role("button", name="Recommend for every row").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#table-announcement")).to_contain_text("Cancelled")
    expect(page.get_by_role("button", name="Recommend for every row")).to_be_visible()


def test_a_table_can_be_cancelled_before_it_is_on_its_way(page):
    held = []
    page.route("**/js/signin.js", lambda route: held.append(route))
    open_table(page, f"{HEADER}\n{GOOD}\n")
    page.get_by_role("button", name="Recommend for every row").click()
    page.get_by_role("button", name="Cancel").click()
    for route in held:
        route.continue_()
    expect(page.locator("#table-announcement")).to_contain_text("Cancelled")
    expect(page.get_by_role("button", name="Recommend for every row")).to_be_visible()


@pytest.mark.expects("422")
def test_what_the_service_refuses_is_told_as_it_says_it(page, replies):
    replies.table["POST /predict/batch"] = 422, {
        "type": "urn:drug-classifier:problem:invalid-table", "title": "Invalid table", "status": 422,
        "detail": "The table cannot be read.", "errors": [
            {"pointer": "", "code": "duplicate_column", "detail": "line 1: Age stands there twice"}]}
    open_table(page, f"{HEADER}\n{GOOD}\n")
    page.get_by_role("button", name="Recommend for every row").click()
    note = page.locator("#table-body .note")
    expect(note).to_contain_text("The table cannot be read.")
    expect(note).to_contain_text("line 1: Age stands there twice.")


def ask_for_a_table(page, table, answered):
    """Opens a table and asks for it; the service's answer is given."""
    page.route("**/predict/batch", lambda route: route.fulfill(
        body=answered, content_type="text/csv; charset=utf-8"))
    open_table(page, table)
    page.get_by_role("button", name="Recommend for every row").click()


def test_columns_that_are_called_as_the_answers_are_told(page):
    answered = f'id,{HEADER},prediction,probability,prediction_set,needs_review,warnings,error,answer_id\r\n' \
        f'mine,{GOOD},DrugY,1.0,DrugY,false,,,1-0\r\n'
    ask_for_a_table(page, f"id,{HEADER}\nmine,{GOOD}\n", answered)
    expect(page.locator("#table-body")).to_contain_text("those of the answer are answer_id.")


def test_a_prediction_set_of_names_with_blanks_is_shown_name_by_name(page):
    answered = f'{HEADER},prediction,probability,prediction_set,needs_review,warnings,error,id\r\n' \
        f'{GOOD},tablet B drip,0.5,"""tablet B drip"" drugX ""the """"new"""" one""",true,,,1-0\r\n'
    ask_for_a_table(page, f"{HEADER}\n{GOOD}\n", answered)
    expect(page.locator("tr.doubt")).to_contain_text('cannot rule out tablet B drip, drugX or the "new" one.')
