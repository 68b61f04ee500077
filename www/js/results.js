// An answered table as people read it: what became of its rows, whether it agrees with the drugs that the table
// gives, and the rows themselves, filtered and page by page.

import { Answered, kinds } from "./answered.js";
import { bar, heatMap } from "./charts.js";
import { cellsOf } from "./csv.js";
import { head, make, put, row, say } from "./dom.js";
import { count, interval, percent } from "./numbers.js";
import { described, drugName } from "./schema.js";
import { answer as answerTexts } from "./texts/predict.js";
import { table as words } from "./texts/table.js";

/** How many rows are shown at once. */
const pageSize = 100;

/** How rows of a kind are coloured; words and marks say it too. */
const classes = { wrong: "bad", unlike: "unlike", review: "doubt" };

/** Reads an answered table, with the drugs that the description knows; `lines` are those of its rows, if known. */
export function read(blob, lines) {
  const description = described();
  return Answered.read(blob, {
    lines,
    drugs: description?.drugs ?? [],
    targetIn: (header) => description?.targetIn(header) ?? -1,
    drugOf: (text) => String(description?.targetField.category(text)?.value ?? text),
  });
}

/** What an answered table is in a sentence. */
export function summary(answered) {
  const { wrong, unlike, review } = answered.counts;
  return `${words.done(answered.count, answered.count - wrong)}. ${words.wrong}: ${count(wrong)}. `
    + `${words.unlike}: ${count(unlike)}. ${words.review}: ${count(review)}.`;
}

/** The parts of the page that show an answered table, below its title and its buttons. */
export function results(answered) {
  return [agreement(answered), byDrug(answered), rowsOf(answered)];
}

/** The figures above all. */
export function figures(answered) {
  const { wrong, unlike, review } = answered.counts;
  const figure = (name, value, hint) => make("div", {}, make("dt", {}, name), make("dd", {}, count(value)), make("dd", {}, hint));
  return make(
    "dl",
    { class: "figures" },
    figure(words.answered, answered.count - wrong, words.answeredHint),
    figure(words.review, review, words.reviewHint),
    figure(words.unlike, unlike, words.unlikeHint),
    figure(words.wrong, wrong, words.wrongHint),
  );
}

function byDrug({ byDrug: drugs }) {
  return make(
    "section",
    { class: "part" },
    make("h3", {}, words.byDrug),
    make(
      "table",
      { class: "bars" },
      head([words.drug, words.bar, words.rows], ["", "unseen", "end"]),
      make("tbody", {}, drugs.map(([drug, number], index) =>
        row(make("bdi", {}, drugName(drug)), [bar(number / drugs[0][1], index === 0 ? "first" : ""), count(number)], {
          classes: ["draw", "end"],
        }))),
    ),
  );
}

/** Where the table gives drugs itself: how often they are those that are recommended. */
function agreement(answered) {
  if (answered.target === -1) return null;
  const { classes, matrix, others } = answered.agreement(described()?.drugs ?? []);
  const compared = matrix.flat().reduce((sum, rows) => sum + rows, 0);
  if (compared === 0) return null;
  const agreed = matrix.reduce((sum, rows, place) => sum + rows[place], 0);
  const column = answered.header[answered.target];
  return make(
    "section",
    { class: "part" },
    make("h3", {}, words.agreement(column)),
    make("p", {}, words.agreed(agreed, compared, percent(agreed / compared), interval(agreed / compared, compared)),
      others > 0 && ` ${words.others(others)}`),
    make("p", { class: "quiet small" }, words.agreementCaution),
    heatMap(matrix, classes.map(drugName), { caption: words.matrix, corner: words.corner }),
  );
}

/** A list to choose from, under a label. `options` are pairs of value and text. */
function choice(id, label, options, value, onchange) {
  const select = make("select", { class: "input", id, onchange: () => onchange(select.value) },
    options.map(([own, text]) => make("option", { value: own, selected: own === value }, text)));
  return make("div", {}, make("label", { for: id }, label), select);
}

/** The rows, with what they may be filtered by. */
function rowsOf(answered) {
  const description = described();
  const fields = (description?.columns(answered.header) ?? []).filter(({ place }) => place !== -1);
  const taken = new Set([...fields.map(({ place }) => place), answered.target]);
  const own = answered.header.slice(0, -7).map((name, place) => ({ name, place }));
  const carried = own.filter(({ place }) => !taken.has(place));
  const state = { kind: "", drug: "", sight: carried[0]?.place ?? -1, page: 0 };

  const title = make("h3", { tabindex: "-1" });
  const table = make("table", { class: "rows" });
  const told = make("p", { class: "visually-hidden", role: "status" });
  const region = make("div", { class: "scroll", tabindex: 0, role: "region" }, table);
  const earlier = make("button", { type: "button", class: "button small", onclick: () => turn(-1) }, words.earlier);
  const later = make("button", { type: "button", class: "button small", onclick: () => turn(1) }, words.later);
  const pages = make("p", { class: "row no-print" }, earlier, later);
  let picked = [];
  let latest;

  function turn(step) {
    state.page += step;
    show();
    region.scrollTop = 0;
    title.focus();
  }

  function filter(change) {
    Object.assign(state, change, { page: 0 });
    picked = answered.pick({ ...state, isFirst: answered.count > pageSize });
    show().then(() => say(told, title.textContent));
  }

  async function show() {
    const from = state.page * pageSize;
    const numbers = picked.slice(from, from + pageSize);
    const asked = (latest = answered.rows(numbers));
    const rows = await asked;
    if (asked !== latest) return;
    const isFirst = state.kind === "" && answered.count > pageSize;
    title.textContent = words.shown(from + Math.min(1, rows.length), from + rows.length, picked.length, isFirst);
    region.setAttribute("aria-label", title.textContent);
    pages.hidden = picked.length <= pageSize;
    earlier.disabled = from === 0;
    later.disabled = from + pageSize >= picked.length;
    const rest = [...own].filter(({ place }) => place !== state.sight);
    // What is measured stands before what is carried along.
    rest.sort((one, other) => Number(!taken.has(one.place)) - Number(!taken.has(other.place)));
    put(
      table,
      head([
        state.sight === -1 ? words.line : answered.header[state.sight],
        words.says, words.probability, words.note, ...rest.map(({ name }) => name),
      ]),
      make("tbody", {}, rows.map((one) => answeredRow(one, state.sight, rest, answered.target))),
    );
  }

  const { counts } = answered;
  const isGiven = answered.target !== -1;
  const shows = [
    ["", words.every(answered.count)],
    ...kinds.map((kind) => [kind, words.kind[kind](counts[kind])]),
    ...(isGiven ? [["differs", words.kind.differs(answered.pick({ kind: "differs" }).length)]] : []),
  ].filter(([kind]) => kind === "" || kind === "differs" || counts[kind] > 0);
  const drugs = answered.byDrug.map(([drug, rows]) => [drug, words.ofDrug(drugName(drug), rows)]);
  filter({});
  return make(
    "section",
    { class: "part", id: "answered-rows" },
    title,
    make(
      "div",
      { class: "filters no-print" },
      choice("show-kind", words.show, shows, "", (kind) => filter({ kind })),
      drugs.length > 1 && choice("show-drug", words.withDrug, [["", words.everyDrug], ...drugs], "", (drug) => filter({ drug })),
      carried.length > 1 && choice("in-sight", words.sight, carried.map(({ name, place }) => [String(place), name]), String(state.sight),
        (place) => filter({ sight: Number(place) })),
    ),
    told,
    region,
    pages,
  );
}

function answeredRow({ line, kind, differs, cells, answer }, sight, rest, target) {
  const { prediction, probability } = answer;
  const header = sight === -1 ? count(line) : [
    make("bdi", {}, cells[sight] || "–"), " ", make("span", { class: "quiet" }, words.onLine(line)),
  ];
  const says = [make("span", { class: "mark", "aria-hidden": "true" }, words.marks[kind]), " ", make("bdi", {}, prediction && drugName(prediction))];
  return row(header, [
    says, probability === "" ? "" : percent(Number(probability)), remark(kind, answer),
    ...rest.map(({ place }) => cells[place] ?? ""),
  ], {
    classes: ["says", "number", "wide-text", ...rest.map(({ place }) => (place === target && differs ? "differs" : undefined))],
    rowClass: classes[kind],
  });
}

/** What is to be said of a row; of a wrong one without its line, which stands beside it. */
function remark(kind, { error, prediction_set: set, warnings }) {
  if (kind === "wrong") return error.replace(/^line \d+: /, "");
  const drugs = cellsOf(set, " ").map(drugName);
  return [
    kind === "unlike" && words.doNotRely(cellsOf(warnings, ";").map((warning) => warning.trim()).join("; ")),
    drugs.length > 1 && answerTexts.notRuledOut(drugs),
  ].filter(Boolean).join(" ");
}
