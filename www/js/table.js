// The tab of tables: a file is looked at here, answered by the service, and given back.

import { bar } from "./charts.js";
import { cellsOf, firstRows, readRows, writeRows } from "./csv.js";
import { member } from "./description.js";
import { byId, head, make, note, put, row, say } from "./dom.js";
import { bytes, count, percent } from "./numbers.js";
import { described, drugName, learn, whenDescribed, whenKnown } from "./schema.js";
import { texts } from "./texts.js";
import { predictTable } from "./upload.js";

const words = texts.table;
const body = byId("table-body");
const drop = byId("drop");
const input = byId("file");
const limit = 256 * 1024 * 1024;
/** How many rows of a table are shown. */
const previewed = 6;
const shown = 100;
/** How many columns the service adds. */
const answerColumns = 7;

/** The answered table's address, let go when another takes its place. */
let address;

function announce(text) {
  say(byId("table-announcement"), text);
}

/** Looks at a file and shows its first rows, or why it cannot be asked for. */
async function open(file) {
  drop.hidden = true;
  let rows;
  try {
    if (file.size > limit) return refuse(words.tooLarge);
    if (!described()) await whenKnown();
    rows = await firstRows(file, previewed + 1);
  } catch {
    return refuse(words.notText);
  }
  const names = rows.shift()?.map((name) => name.replace(/^\ufeff/, "").trim()) ?? [];
  const missing = missingIn(names);
  if (missing.length > 0) return refuse(words.missing(missing));
  if (rows.length === 0) return refuse(words.empty);
  const ask = button(words.ask, () => send(file), "primary");
  put(
    body,
    make("h3", {}, words.preview(file.name, bytes(file.size))),
    scroll(make(
      "table",
      {},
      head(names),
      make("tbody", {}, rows.map((cells) => make("tr", {}, cells.map((cell) => make("td", {}, cell))))),
    ), words.preview(file.name, bytes(file.size))),
    make("div", { class: "row" }, ask, button(words.choose, choose)),
  );
  ask.focus();
}

/** The columns that a table must have and lacks. */
function missingIn(names) {
  // Without a description the service says it.
  if (!described()) return [];
  return described().columns(names).filter(({ field, place }) => field.isRequired && place === -1).map(({ field }) => field.name);
}

function refuse(text) {
  announce(text);
  put(body, note("danger", words.missingTitle, text), button(words.choose, choose));
}

function choose() {
  put(body);
  drop.hidden = false;
  input.value = "";
  input.focus();
}

/** Sends the table, tells how far it is, and shows what comes back. */
async function send(file) {
  const control = new AbortController();
  const meter = make("progress", { max: 1, "aria-label": words.ask });
  const text = make("p", { class: "quiet" }, words.sending("0%"));
  const cancel = button(words.cancel, () => control.abort());
  put(body, make("h3", {}, file.name), meter, text, cancel);
  cancel.focus();
  const progress = (share) => {
    if (share < 1) {
      meter.value = share;
      text.textContent = words.sending(`${Math.floor(share * 100)}%`);
    } else {
      meter.removeAttribute("value");
      text.textContent = words.working;
    }
  };
  try {
    const { signedIn } = await import("./signin.js");
    const ask = () => predictTable(file, { progress, signal: control.signal });
    const answered = await signedIn(ask, texts.session.predict);
    show(file, answered, await summarize(answered));
  } catch (failure) {
    if (failure.name === "AbortError") {
      announce(words.cancelled);
      return open(file);
    }
    // It may be wrong of the page to have sent it so.
    learn().catch(() => {});
    const reason = failure.message;
    const errors = (failure.errors ?? []).map(({ detail }) => make("p", {}, `${detail}.`));
    announce(`${words.failed}. ${reason}`);
    const again = button(words.again, () => send(file), "primary");
    put(
      body,
      note("danger", words.failed, reason, ...errors),
      make("div", { class: "row" }, again, button(words.choose, choose)),
    );
    again.focus();
  }
}

/** Counts an answered table, and picks the rows that a person should look at first. */
async function summarize(answered) {
  let place;
  let columns;
  let renamed = [];
  let rows = 0;
  const byDrug = new Map();
  const picked = { wrong: [], review: [], good: [] };
  const counts = { wrong: 0, review: 0, good: 0 };
  await readRows(answered, (cells) => {
    if (!place) {
      // What the service adds stands last. A name that the table had already has another before it.
      place = new Map(cells.map((name, index) => [name.replace(/^(answer_)+/, ""), index]));
      renamed = cells.slice(-answerColumns).filter((name) => name.startsWith("answer_"));
      columns = described()?.columns(cells) ?? [];
      return;
    }
    rows += 1;
    const cell = (name) => cells[place.get(name)] ?? "";
    const kind = cell("error") ? "wrong" : cell("needs_review") === "true" ? "review" : "good";
    counts[kind] += 1;
    if (kind !== "wrong") byDrug.set(cell("prediction"), (byDrug.get(cell("prediction")) ?? 0) + 1);
    if (picked[kind].length < shown) {
      picked[kind].push({
        kind,
        number: rows,
        patient: columns.map(({ place }) => cells[place] ?? ""),
        prediction: cell("prediction"),
        probability: cell("probability"),
        remark: cell("error") || remark(cell("prediction_set"), kind, cell("warnings")),
      });
    }
  });
  const first = [...picked.wrong, ...picked.review, ...picked.good].slice(0, shown);
  // A table that is shown whole keeps its order.
  if (first.length === rows) first.sort((one, other) => one.number - other.number);
  return { rows, counts, byDrug, first, renamed, fields: columns.map(({ field }) => field) };
}

function remark(set, kind, warnings) {
  const parts = [];
  if (kind === "review") parts.push(texts.answer.notRuledOut(cellsOf(set, " ")));
  if (warnings) parts.push(warnings);
  return parts.join(" ");
}

function show(file, answered, { rows, counts, byDrug, first, renamed, fields }) {
  URL.revokeObjectURL(address);
  address = URL.createObjectURL(answered);
  const download = make(
    "a",
    { class: "button primary", href: address, download: words.answeredName(file.name) },
    words.download,
  );
  const drugs = [...byDrug].sort((one, other) => other[1] - one[1]);
  put(
    body,
    make("h3", {}, `${file.name}: ${words.done(rows)}`),
    make(
      "dl",
      { class: "figures" },
      figure(words.answered, count(rows - counts.wrong)),
      figure(words.review, count(counts.review), words.reviewHint),
      figure(words.wrong, count(counts.wrong), words.wrongHint),
    ),
    make("div", { class: "row" }, download, button(words.choose, choose)),
    renamed.length ? make("p", { class: "quiet" }, words.renamed(renamed)) : null,
    make("h3", { class: "part" }, words.byDrug),
    make(
      "table",
      { class: "bars" },
      head([words.drug, words.bar, words.rows], ["", "unseen", "end"]),
      make(
        "tbody",
        {},
        drugs.map(([drug, number], index) =>
          row(make("bdi", {}, drugName(drug)), [bar(number / drugs[0][1], index === 0 ? "first" : ""), count(number)], {
            classes: ["draw", "end"],
          }),
        ),
      ),
    ),
    make("h3", { class: "part" }, words.shown(first.length, rows)),
    scroll(
      make(
        "table",
        {},
        head([words.row, words.says, words.probability, words.note, ...fields.map(({ name }) => name)]),
        make("tbody", {}, first.map(answeredRow)),
      ),
      words.shown(first.length, rows),
    ),
  );
  announce(`${words.done(rows)}. ${words.wrong}: ${counts.wrong}. ${words.review}: ${counts.review}.`);
  download.focus();
}

function answeredRow({ kind, number, patient, prediction, probability, remark }) {
  const rowClass = { wrong: "bad", review: "doubt" }[kind];
  const share = probability === "" ? "" : percent(Number(probability));
  return row(count(number), [prediction, share, remark, ...patient], {
    classes: ["", "number", "wide-text"],
    rowClass,
  });
}

function figure(name, value, hint) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value), hint && make("dd", {}, hint));
}

/** A table in a window of its own, which the keyboard can scroll. */
function scroll(table, name) {
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": name }, table);
}

function button(text, onclick, kind = "") {
  return make("button", { type: "button", class: `button ${kind}`, onclick }, text);
}

/** Tells which columns a table has, and what they hold. */
function drawHelp(description) {
  if (!description) return;
  const { fields } = description;
  const names = fields.map(({ name }, index) => [
    index === 0 ? " " : index === fields.length - 1 ? " and " : ", ", make("code", { dir: "auto" }, name),
  ]);
  put(byId("columns"), names);
  put(
    byId("columns-table"),
    make(
      "table",
      {},
      head([words.column, words.measurement, words.holds]),
      make("tbody", {}, fields.map((field) =>
        row(columnOf(field), [make("bdi", {}, field.title), holds(field)]))),
    ),
  );
  byId("table").removeAttribute("data-undrawn");
}

/** The name of a field's column, and those that may stand in its place. */
function columnOf({ name, parts }) {
  const code = (name) => make("code", { dir: "auto" }, name);
  return parts.length === 0 ? code(name) : [code(name), words.orBoth[0], code(parts[0].name), words.orBoth[1], code(parts[1].name)];
}

function holds({ categories, range, unit, isWhole, isNumber, isRequired }) {
  const kind = !isNumber ? "" : isWhole ? texts.form.whole : texts.form.number;
  const named = categories?.map(({ value, label }) => (String(value) === label ? label : `${value} (${label})`));
  const limits = [named?.join(", "), [kind, range].filter(Boolean).join(", "), unit && `in ${unit}`];
  return [...limits, !isRequired && words.maybe].filter(Boolean).join("; ");
}

/** Three patients to try, one of them with a wrong value. */
function sample() {
  const { fields, examples, typical } = described();
  const number = fields.findLast(({ isNumber, limits }) => isNumber && limits.maximum !== undefined);
  const wrong = number ?? fields.at(-1);
  const patients = [0, 1, 2].map((place) => examples[place]?.patient ?? typical);
  const cells = (patient, row) =>
    fields.map((field) => {
      const value = member(patient, field.name);
      if (row !== 1 || field !== wrong) return value === undefined || value === null ? "" : field.plain(value);
      return number ? field.plain(Math.max(value * 10 || 0, Number(number.limits.maximum) + 1)) : "?";
    });
  return writeRows([fields.map(({ name }) => name), ...patients.map(cells)]);
}

whenDescribed(drawHelp);
input.addEventListener("change", () => input.files[0] && open(input.files[0]));
byId("sample").addEventListener("click", () =>
  open(new File([sample()], words.sampleName, { type: "text/csv" })),
);
const target = byId("many");
for (const kind of ["dragenter", "dragover"]) {
  target.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) {
  target.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.remove("over");
  });
}
target.addEventListener("drop", (event) => {
  const [file] = event.dataTransfer.files;
  if (file) open(file);
});
