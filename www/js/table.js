// The tab of tables: a file is looked at here, answered by the service, and given back.

import { member } from "./description.js";
import { byId, head, make, note, put, row, say } from "./dom.js";
import { bytes } from "./numbers.js";
import { described, learn, whenDescribed, whenKnown } from "./schema.js";
import { common, session as sessionTexts } from "./texts/common.js";
import { form as formTexts } from "./texts/predict.js";
import { table as words } from "./texts/table.js";
import { predictTable } from "./upload.js";

const body = byId("table-body");
const drop = byId("drop");
const input = byId("file");
const limit = 256 * 1024 * 1024;
/** How many rows of a table are shown. */
const previewed = 6;
/** How much of a table is looked at before it is sent, in bytes. */
const looked = 4 * 1024 * 1024;

/** The answered table's address, let go when another takes its place. */
let address;

function announce(text) {
  say(byId("table-announcement"), text);
}

/** What only tables need, fetched when the first one comes: all of it, so that no outage divides it. */
async function load() {
  const parts = await Promise.all([import("./csv.js"), import("./match.js"), import("./results.js")]);
  return Object.assign({}, ...parts);
}

/** Looks at a file and shows its first rows, or why it cannot be asked for. */
async function open(file) {
  drop.hidden = true;
  let table;
  const parts = await load().catch(() => null);
  if (!parts) return refuse(common.silent);
  const { beginningOf, Matching } = parts;
  try {
    if (file.size > limit) return refuse(words.tooLarge);
    if (!described()) await whenKnown();
    table = await beginningOf(file, looked);
  } catch {
    return refuse(words.notText);
  }
  const names = table.rows.shift()?.map((name) => name.trim()) ?? [];
  // Without a description the service says what is missing.
  const matching = described() && new Matching(names, table.rows, described());
  if (matching && names.length < described().columns(names).filter(({ field }) => field.isRequired).length) {
    return refuse(words.missing(matching.missing));
  }
  if (table.rows.length === 0) return refuse(words.empty);
  preview({ file, names, table, matching });
}

/** Shows the first rows of a table, and what is picked for it. */
function preview(chosen) {
  const { file, names, table, matching } = chosen;
  const problem = make("p", { class: "error", role: "alert" });
  const missing = matching?.missing ?? [];
  const ask = button(words.ask, () => {
    const wrong = matching?.problem;
    if (!wrong) return send(chosen);
    problem.textContent = wrong.text;
    matching.open();
    wrong.place.focus();
  }, "primary");
  const title = words.preview(file.name, bytes(file.size));
  put(
    body,
    make("h3", {}, title),
    scroll(make(
      "table",
      {},
      head(names),
      make("tbody", {}, table.rows.slice(0, previewed).map((cells) =>
        make("tr", {}, cells.map((cell) => make("td", {}, cell))))),
    ), title),
    missing.length > 0 && note("caution", words.missing(missing), words.pick),
    matching?.element,
    problem,
    make("div", { class: "row" }, ask, button(words.choose, choose)),
  );
  const open = missing.length > 0 && matching.problem.place;
  (open || ask).focus();
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

/** Sends a table, tells how far it is, and shows what comes back. */
async function send(chosen) {
  const { file, table, matching } = chosen;
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
    const plan = matching?.plan;
    const { rewritten } = await load();
    const sent = plan ? await rewritten(file, table, plan) : file;
    const { signedIn } = await import("./signin.js");
    const ask = () => predictTable(sent, { progress, signal: control.signal });
    const answered = await signedIn(ask, sessionTexts.predict);
    await show(chosen, answered);
  } catch (failure) {
    if (failure.name === "AbortError") {
      announce(words.cancelled);
      return preview(chosen);
    }
    // It may be wrong of the page to have sent it so.
    learn().catch(() => {});
    const reason = failure.message;
    const errors = (failure.errors ?? []).map(({ detail }) => make("p", {}, `${detail}.`));
    announce(`${words.failed}. ${reason}`);
    const again = button(words.again, () => send(chosen), "primary");
    put(
      body,
      note("danger", words.failed, reason, ...errors),
      make("div", { class: "row" }, again, button(words.choose, choose)),
    );
    again.focus();
  }
}

/** Shows an answered table. */
async function show(chosen, answered) {
  const { file, table: asked, matching } = chosen;
  const { figures, read, results, summary } = await load();
  const table = await read(answered, asked.isWhole ? asked.rows.map(({ line }) => line) : undefined);
  URL.revokeObjectURL(address);
  address = URL.createObjectURL(answered);
  const download = make(
    "a",
    { class: "button primary", href: address, download: words.answeredName(file.name) },
    words.download,
  );
  const { count: rows, counts, renamed } = table;
  put(
    body,
    make("h3", {}, `${file.name}: ${words.done(rows, rows - counts.wrong)}`),
    figures(table),
    make("div", { class: "row" }, download, button(words.print, () => print()), button(words.choose, choose),
      counts.wrong > 0 && matching && button(words.rematch, () => {
        matching.open();
        preview(chosen);
      })),
    renamed.length > 0 && make("p", { class: "quiet" }, words.renamed(renamed)),
    results(table),
  );
  announce(summary(table));
  download.focus();
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
  const kind = !isNumber ? "" : isWhole ? formTexts.whole : formTexts.number;
  const named = categories?.map(({ value, label }) => (String(value) === label ? label : `${value} (${label})`));
  const limits = [named?.join(", "), [kind, range].filter(Boolean).join(", "), unit && `in ${unit}`];
  return [...limits, !isRequired && words.maybe].filter(Boolean).join("; ");
}

/** Three patients to try, one of them with a wrong value. */
async function sample() {
  const { writeRow } = await import("./csv.js");
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
  return [fields.map(({ name }) => name), ...patients.map(cells)].map((cells) => writeRow(cells)).join("");
}

whenDescribed(drawHelp);
input.addEventListener("change", () => input.files[0] && open(input.files[0]));
byId("sample").addEventListener("click", async () =>
  open(new File([await sample()], words.sampleName, { type: "text/csv" })),
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
