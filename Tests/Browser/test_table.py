"""The tab of tables: a file goes in, an answered one comes out."""

import csv
import io
import urllib.request

import pytest
from playwright.sync_api import expect

from descriptions import choice, described, number, yes_or_no

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
        ["Line", "Recommendation", "Probability", "To note", "Age", "Sex", "BP", "Cholesterol", "Na", "K"])
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
    expect(page.locator("#table-announcement")).to_contain_text("3 rows, 2 of them answered")


def test_counts_and_marks_are_those_of_the_service(page, service):
    ages = [*range(20, 70), 110, 120]
    text = "\r\n".join([HEADER, *(f"{age},F,HIGH,NORMAL,14.8" for age in ages), WRONG, GOOD])
    request = urllib.request.Request(
        f"{service.url}/predict/batch", text.encode(), {"Content-Type": "text/csv"})
    with urllib.request.urlopen(request) as answer:
        rows = list(csv.DictReader(io.StringIO(answer.read().decode())))
    open_table(page, text)
    page.get_by_role("button", name="Recommend for every row").click()
    unlike = sum(row["warnings"] != "" for row in rows)
    doubtful = sum(row["needs_review"] == "true" and not row["warnings"] for row in rows)
    assert doubtful > 0 and unlike == 2
    expect(page.locator("tr.doubt")).to_have_count(doubtful)
    expect(page.locator("tr.unlike").first).to_contain_text("Do not rely on this: Age lies outside of")
    figures = page.locator("#table-body .figures dd:first-of-type")
    expect(figures).to_have_text([str(len(rows) - 1), str(doubtful), str(unlike), "1"])
    expect(page.get_by_role("heading", name=f"{len(rows)} rows, {len(rows) - 1} of them answered")).to_be_visible()
    rows_of = {f"A person must look ({doubtful})": doubtful, f"Do not rely on ({unlike})": unlike, "Wrong rows (1)": 1,
               f"Only one drug fits ({len(rows) - 1 - doubtful - unlike})": len(rows) - 1 - doubtful - unlike}
    for kind, number in rows_of.items():
        page.get_by_label("Show").select_option(kind)
        expect(page.locator("#answered-rows tbody tr")).to_have_count(number)


def test_a_long_table_shows_what_needs_a_person_first(page):
    text = "\n".join([HEADER, *[GOOD] * 5000, WRONG])
    open_table(page, text)
    page.get_by_role("button", name="Recommend for every row").click()
    expect(page.get_by_text("5,001 rows, 5,000 of them answered").first).to_be_visible()
    rows = page.locator("#table-body .scroll tbody tr")
    expect(rows).to_have_count(100)
    expect(rows.first).to_have_class("bad")
    expect(rows.first.get_by_role("rowheader")).to_have_text("5,002")
    page.get_by_role("button", name="Later rows").click()
    expect(page.get_by_role("heading", name="Rows 101 to 200 of 5,001, those to look at first")).to_be_focused()
    page.get_by_label("Show").select_option("Wrong rows (1)")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("button", name="Later rows")).to_be_hidden()


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


@pytest.mark.expects("net::ERR_FAILED")
def test_a_server_that_is_gone_is_told_before_the_table_is_looked_at(page):
    page.goto("/predict.html#many")
    page.route("**/js/match.js", lambda route: route.abort())
    page.locator("#file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"Age"})
    expect(page.locator("#table-body .note")).to_contain_text("The service does not answer at the moment.")


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


def test_a_row_is_known_by_its_line_and_what_is_said_of_it_does_not_contradict_it(page):
    # The second and the fourth line are empty, and the third row takes two lines.
    text = f'{HEADER},note\n  \n{GOOD},a\n\n{WRONG},b\n{GOOD},"c\nd"\n{WRONG},e\n'
    open_table(page, text)
    page.get_by_role("button", name="Recommend for every row").click()
    rows = page.locator("#answered-rows tbody tr")
    expect(rows.get_by_role("rowheader")).to_have_text(["a line 3", "b line 5", "c d line 6", "e line 8"])
    expect(rows.nth(3)).not_to_contain_text("line 8:")
    expect(rows.nth(3)).to_contain_text("Na_to_K must be a number above 0, at most 100")


def test_the_column_that_tells_who_it_is_stays_in_sight_and_can_be_another(page):
    page.set_viewport_size({"width": 390, "height": 800})
    open_table(page, f"patient,ward,{HEADER}\nP-1,north,{GOOD}\n")
    page.get_by_role("button", name="Recommend for every row").click()
    header = page.locator("#answered-rows tbody th")
    expect(header).to_contain_text("P-1")
    before = header.bounding_box()["x"]
    page.locator("#answered-rows .scroll").evaluate("(element) => (element.scrollLeft = 300)")
    assert header.bounding_box()["x"] == pytest.approx(before, abs=2)
    page.get_by_label("Keep in sight").select_option("ward")
    expect(header).to_contain_text("north")


def test_where_the_table_has_the_drug_agreement_is_shown(page):
    open_table(page, f"{HEADER},Drug\n{GOOD},DrugY\n{GOOD},drugX\n{GOOD},aspirin\n{GOOD},\n{WRONG},drugA\n")
    page.get_by_role("button", name="Recommend for every row").click()
    body = page.locator("#table-body")
    expect(body).to_contain_text("Agreement with the column Drug")
    expect(body).to_contain_text("In 1 of 2 rows the recommended drug is the one in the table (50.0%;")
    expect(body).to_contain_text("2 rows more have none, or one that is not recommended here.")
    heat = page.locator(".heat tbody tr")
    expect(heat.first.locator("td")).to_have_text(["1", "0", "0", "0", "0"])
    expect(heat.last.locator("td")).to_have_text(["1", "0", "0", "0", "0"])
    page.get_by_label("Show").select_option("Another drug than the table's (2)")
    expect(page.locator("#answered-rows tbody tr")).to_have_count(2)


def test_what_tables_may_write_for_a_value_need_not_be_picked(page, replies):
    """Other names of a value, what stands for yes and no, and for what is missing."""
    drug = choice("Drug", "A", "B")
    drug["categories"][0]["aliases"] = ["old A"]
    replies.describe(described(
        number("age", 0, 120), yes_or_no("smoker", trueValues=["true", "y"], falseValues=["false", "n"], required=False),
        drug, target="Drug") | {"missingValues": ["", "n/a"]})
    answered = "age,smoker,Drug,prediction,probability,prediction_set,needs_review,warnings,error,id\r\n" \
        "45,y,old A,A,1.0,A,false,,,1-0\r\n46,n/a,A,A,1.0,A,false,,,1-1\r\n47,n,B,A,1.0,A,false,,,1-2\r\n"
    page.route("**/predict/batch", lambda route: route.fulfill(
        body=answered, content_type="text/csv; charset=utf-8"))
    open_table(page, "age,smoker,Drug\n45,y,old A\n46,n/a,A\n47,n,B\n")
    expect(page.get_by_text("Match columns and values")).to_be_visible()
    expect(page.locator(".matching")).not_to_have_attribute("open", "")
    page.get_by_role("button", name="Recommend for every row").click()
    expect(page.locator("#table-body")).to_contain_text("In 2 of 3 rows the recommended drug is the one in the table")
    expect(page.locator("td.differs")).to_have_text("B")


def test_columns_and_values_of_other_names_are_picked_by_hand(page):
    text = "Nr;age in years;gender;pressure;chol;ratio;given\r\n" \
        "7;45;male;HIGH;normal;15,5;Y\r\n8;52;female;HIGH;normal;18,3;X\r\n"
    open_table(page, text.encode("utf-16"))
    matching = page.locator(".matching")
    ask = page.get_by_role("button", name="Recommend for every row")
    expect(page.locator("#table-body .note")).to_contain_text("does not name Age, Sex, BP, Cholesterol or Na_to_K")
    expect(matching.get_by_label("Age", exact=True)).to_be_focused()
    for field, column in [("Age", "age in years"), ("Sex", "gender"), ("Blood pressure", "pressure"),
                          ("Cholesterol", "chol")]:
        matching.get_by_label(field, exact=True).select_option(column)
    ask.click()
    expect(page.get_by_role("alert").filter(has_text="Pick the column")).to_have_text(
        "Pick the column that holds Sodium to potassium ratio.")
    matching.get_by_label("Sodium to potassium ratio").select_option("chol")
    ask.click()
    expect(page.get_by_role("alert").filter(has_text="twice")).to_have_text("The column chol is picked twice.")
    matching.get_by_label("Sodium to potassium ratio").select_option("ratio")
    matching.get_by_label("“male” means").select_option("M")
    matching.get_by_label("“female” means").select_option("F")
    matching.get_by_label("“normal” means").select_option("NORMAL")
    matching.get_by_label("The drug in the table").select_option("given")
    matching.get_by_label("“Y” means").select_option("DrugY")
    ask.click()
    rows = page.locator("#answered-rows tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("DrugY")
    expect(rows.first.get_by_role("rowheader")).to_contain_text("7")
    expect(page.locator("#table-body")).to_contain_text("In 1 of 1 row ")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the answered table").click()
    with open(download.value.path(), newline="") as file:
        answered = list(csv.DictReader(file))
    assert [(row["Nr"], row["Sex"], row["Na_to_K"], row["Drug"]) for row in answered] == [
        ("7", "M", "15,5", "DrugY"), ("8", "F", "18,3", "X")]


def test_wrong_values_are_picked_for_after_the_answer(page):
    open_table(page, f"{HEADER}\n{GOOD}\n{GOOD.replace(',M,', ',x,')}\n")
    ask = page.get_by_role("button", name="Recommend for every row")
    expect(page.get_by_label("“x” means")).to_be_visible()
    ask.click()
    expect(page.locator("tr.bad")).to_have_count(1)
    page.get_by_role("button", name="Match columns and values").click()
    page.get_by_label("“x” means").select_option("M")
    ask.click()
    expect(page.get_by_role("heading", name="2 rows answered")).to_be_visible()


def test_a_table_that_was_answered_is_recognised(page, service):
    request = urllib.request.Request(
        f"{service.url}/predict/batch", f"{HEADER}\n{GOOD}\n".encode(), {"Content-Type": "text/csv"})
    with urllib.request.urlopen(request) as answer:
        answered = answer.read()

    def columns():
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the answered table").click()
        with open(download.value.path(), newline="") as file:
            return next(csv.reader(file))
    open_table(page, answered)
    expect(page.locator("#table-body .note")).to_contain_text("This table was answered before")
    page.get_by_role("button", name="Recommend for every row").click()
    assert columns() == answered.decode().splitlines()[0].split(",")
    open_table(page, answered)
    page.get_by_label("Leave its earlier answers out").uncheck()
    page.get_by_role("button", name="Recommend for every row").click()
    assert columns()[-7:] == ["answer_" + name for name in columns()[5:12]]
    expect(page.locator("#table-body")).to_contain_text("those of the answer are answer_prediction, ")


def test_all_rows_of_a_table_are_printed(page):
    text = "\n".join([f"patient,{HEADER}", *(f"P-{place},{GOOD}" for place in range(80))])
    open_table(page, text)
    page.get_by_role("button", name="Recommend for every row").click()
    rows = page.locator("#answered-rows tbody tr")
    expect(rows).to_have_count(80)
    page.emulate_media(media="print")
    window = page.locator("#answered-rows .scroll")
    height = window.evaluate("(element) => [element.scrollHeight, element.clientHeight]")
    assert height[0] <= height[1] + 1 and height[1] > 80 * 10
    for part in (".filters", "#drop", ".columns-help", "#table-body .button"):
        expect(page.locator(part).first).to_be_hidden()


def test_a_million_rows_do_not_block_the_page(page):
    """An answer of a million rows, made on the page, is read while the page goes on."""
    header = f"{HEADER},prediction,probability,prediction_set,needs_review,warnings,error,id\r\n"
    row = f"{GOOD},DrugY,1.0,DrugY,false,,,599b4b585a21b02719186de71b4f808b-123456\r\n"
    page.goto("/predict.html#many")
    found = page.evaluate("""async ([header, row]) => {
      const script = document.querySelector('script[src*="predict.js"]').src;
      const { Answered } = await import(script.replace("predict.js", "answered.js"));
      const blob = new Blob([header, ...Array(100).fill(row.repeat(10_000))]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      let longest = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration);
      }).observe({ type: "longtask" });
      const answered = await Answered.read(blob, { drugs: ["DrugY"], targetIn: () => -1 });
      const [last] = await answered.rows([999_999]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { count: answered.count, line: last.line, drug: last.answer.prediction, longest };
    }""", [header, row])
    assert (found["count"], found["line"], found["drug"]) == (1_000_000, 1_000_001, "DrugY")
    assert found["longest"] < 1000
