// Runs: the list of all, what tells some of them apart, and one with the trials of its search.

import { models, pause, Problem, run, runs, SignedOut, sleep, Unavailable } from "./api.js";
import { scoreTable } from "./comparison.js";
import { byId, facts, head, make, put, row, say } from "./dom.js";
import { editButton, labelsOf } from "./labels.js";
import { count, dayAndTime, duration, percent } from "./numbers.js";
import { afterwards, askToServe } from "./promote.js";
import { remarkForm } from "./remark.js";
import { forRole, may } from "./roles.js";
import { searchPlots, trialTable } from "./search.js";
import { session, user } from "./session.js";
import { signedIn, signIn } from "./signin.js";
import { session as sessionTexts } from "./texts/common.js";
import { runs as words } from "./texts/runs.js";

/** So many can be held against each other. */
const most = 5;

/** What is listed, where the rest is, the models that are kept, what is chosen, and by what it is sorted. */
const shown = { runs: [], next: null, models: new Map(), chosen: new Set(), sort: "number", isRising: false };

/** A cross-validated score with its spread: one repeat has none, and older runs have kept none. */
function score({ metrics }, name) {
  const mean = metrics[`cv_${name}`];
  if (mean === undefined) return "–";
  const spread = metrics[`cv_${name}_sd`];
  return `${mean.toFixed(3)} ± ${spread === undefined ? "–" : spread.toFixed(3)}`;
}

const state = ({ state }) => make("span", { class: `badge ${words.stateKinds[state] ?? ""}` }, words.states[state] ?? state);
const taken = ({ duration_s: seconds }) => (seconds === null ? "–" : duration(seconds));

/** The columns: what is told, and by what it is sorted. */
const columns = [
  { key: "number", cell: numberCell, sorted: ({ number }) => number },
  { key: "cv_macro_f1", isNumber: true, cell: (one) => score(one, "macro_f1"), sorted: (one) => one.metrics.cv_macro_f1 ?? -1 },
  { key: "state", cell: state, sorted: (one) => one.state },
  { key: "started_at", cell: (one) => dayAndTime(one.started_at), sorted: (one) => one.started_at },
  { key: "user", cell: (one) => one.user ?? "–", sorted: (one) => one.user ?? "" },
  { key: "command", cell: (one) => words.commands[one.command] ?? one.command, sorted: (one) => one.command },
  { key: "dataset", cell: (one) => one.dataset ?? "–", sorted: (one) => one.dataset ?? "" },
  { key: "cv_accuracy", isNumber: true, cell: (one) => score(one, "accuracy"), sorted: (one) => one.metrics.cv_accuracy ?? -1 },
  {
    key: "test_accuracy", isNumber: true, sorted: (one) => one.metrics.test_accuracy ?? -1,
    cell: ({ metrics: { test_accuracy: share } }) => (share === undefined ? "–" : percent(share)),
  },
  { key: "duration_s", isNumber: true, cell: taken, sorted: (one) => one.duration_s ?? -1 },
];

function numberCell({ number, name, version }) {
  return [
    make("button", { type: "button", class: "button plain small", onclick: () => showOne(number, true) }, words.number(count(number))),
    name && make("bdi", { class: "hint" }, name),
    labelsOf(shown.models.get(version) ?? {}, { isBrief: true }),
  ];
}

function sorted() {
  const { sorted: by } = columns.find(({ key }) => key === shown.sort);
  const rising = [...shown.runs].sort((one, other) => {
    const [left, right] = [by(one), by(other)];
    return (left > right) - (left < right) || one.number - other.number;
  });
  return shown.isRising ? rising : rising.reverse();
}

function headCell({ key, isNumber }) {
  const isSorted = shown.sort === key;
  const button = make("button", {
    type: "button", class: "sort", "data-sort": key, onclick: () => {
      Object.assign(shown, { sort: key, isRising: isSorted && !shown.isRising });
      drawList();
      byId("list").querySelector(`[data-sort="${key}"]`).focus();
    },
  }, words.columns[key], make("span", { "aria-hidden": "true" }, isSorted ? (shown.isRising ? " ↑" : " ↓") : ""));
  return make("th", {
    scope: "col", class: isNumber && "end", "aria-sort": isSorted && (shown.isRising ? "ascending" : "descending"),
  }, button);
}

function listRow(one) {
  const { number } = one;
  const box = make("input", {
    type: "checkbox", "aria-label": words.choose(count(number)), checked: shown.chosen.has(number),
    onchange: () => choose(number, box),
  });
  return make("tr", { class: shown.chosen.has(number) && "chosen" },
    make("td", {}, box),
    columns.map((column, place) => make(place === 0 ? "th" : "td", {
      scope: place === 0 && "row", class: column.isNumber && "end",
    }, column.cell(one))));
}

function drawList() {
  if (shown.runs.length === 0) return put(byId("list"), make("p", { class: "quiet" }, words.none));
  put(byId("list"), make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.all },
    make("table", { class: "runs" },
      make("thead", {}, make("tr", {},
        make("th", { scope: "col" }, make("span", { class: "visually-hidden" }, words.choosing)), columns.map(headCell))),
      make("tbody", {}, sorted().map(listRow)))));
  put(byId("older"), shown.next && make("button", { type: "button", class: "button small", onclick: more }, words.older));
}

function choose(number, box) {
  const { chosen } = shown;
  if (!box.checked) chosen.delete(number);
  else if (chosen.size < most) chosen.add(number);
  else {
    box.checked = false;
    say(byId("problem"), words.tooMany(most));
    return;
  }
  say(byId("problem"), "");
  box.closest("tr").className = box.checked ? "chosen" : "";
  drawCompared();
}

/** The chosen runs side by side: every decision in which they differ, and what came of each. */
function drawCompared() {
  const chosen = shown.runs.filter(({ number }) => shown.chosen.has(number)).sort((one, other) => one.number - other.number);
  byId("compared").hidden = chosen.length < 2;
  if (chosen.length < 2) return;
  const differs = (value) => new Set(chosen.map(value)).size > 1;
  const names = (part) => [...new Set(chosen.flatMap((one) => Object.keys(one[part])))].sort();
  const parameters = names("parameters").filter((name) => differs((one) => one.parameters[name]));
  const decided = [
    [words.columns.command, ({ command }) => words.commands[command] ?? command],
    [words.columns.dataset, ({ dataset }) => dataset ?? "–"],
    [words.digest, ({ data_sha256: digest }) => digest?.slice(0, 12) ?? "–"],
  ].filter(([, value]) => differs(value));
  const ends = chosen.map(() => "end");
  const line = (name, value) => row(name, chosen.map(value), { classes: ends });
  const metric = (name) => ({ metrics: { [name]: value } }) => (value === undefined ? "–" : String(Number(value.toFixed(4))));
  const group = (text) => make("tr", {}, make("th", { scope: "rowgroup", class: "group", colspan: chosen.length + 1 }, text));
  put(byId("compared-body"),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.compared },
      make("table", { class: "compared" },
        head([words.columns.number, ...chosen.map(({ number, name }) => [words.number(count(number)), name && make("bdi", { class: "hint" }, name)])], ["", ...ends]),
        make("tbody", {},
          group(words.decided),
          decided.map(([name, value]) => line(name, value)),
          parameters.map((name) => line(parameterName(name), (one) => one.parameters[name] ?? "–")),
          decided.length + parameters.length === 0 && make("tr", {}, make("td", { colspan: chosen.length + 1 }, words.sameDecisions))),
        make("tbody", {},
          group(words.cameOfIt),
          line(words.columns.state, state),
          line(words.columns.cv_macro_f1, (one) => score(one, "macro_f1")),
          line(words.columns.cv_accuracy, (one) => score(one, "accuracy")),
          line(words.metrics.cv_log_loss, (one) => score(one, "log_loss")),
          ["test_accuracy", "test_macro_f1", "test_log_loss"].map((name) => line(words.metrics[name], metric(name))),
          line(words.version, version),
          line(words.columns.duration_s, taken)))));
  say(byId("announcement"), words.comparing(chosen.length));
}

const parameterName = (name) => words.parameters[name] ?? name;

function version({ version: name }) {
  return name ? make("a", { class: "mono", href: `/model.html?version=${encodeURIComponent(name)}` }, name) : "–";
}

/** Shows one run, and goes there when it was asked for. */
async function showOne(number, isAsked) {
  say(byId("problem"), "");
  try {
    const one = await signedIn(() => run(number));
    history.replaceState(null, "", `#run-${number}`);
    byId("one").hidden = false;
    say(byId("one-title"), words.title(count(number)));
    put(byId("one-body"), oneRun(one));
    if (one.version) {
      offerToServe(one.version).catch(tell);
      drawLabels(one.version);
    }
    if (isAsked) byId("one").focus();
  } catch (failure) {
    if (!(failure instanceof SignedOut)) tell(failure);
  }
}

/** What the models are called, which runs that have made them are known by too. */
async function knowModels() {
  const { models: kept } = await models("/models?limit=1000");
  shown.models = new Map(kept.map((one) => [one.version, one]));
  drawList();
}

/** The labels of the shown run's model, while that is kept. */
function drawLabels(version) {
  const known = shown.models.get(version);
  const place = byId("labels");
  if (!place) return;
  put(place, known && [labelsOf(known), editButton(known, async () => {
    await knowModels().catch(tell);
    drawLabels(version);
    place.querySelector("button").focus();
  })]);
}

/** A button that serves a run's model, when it is there and another one is served. */
async function offerToServe(version) {
  const place = byId("serve");
  const { current, models: kept, next } = await models();
  // A model that was pruned is in no list; what is not listed here may be on a later page.
  if (version === current || (!next && !kept.some((one) => one.version === version))) return;
  const serve = async (ask) => {
    const done = await askToServe(ask);
    if (!done) return;
    put(place, afterwards(done, () => serve({ version: done.previous, champion: done.version, isBack: true })));
    say(byId("announcement"), place.querySelector("h3").textContent);
  };
  put(place, forRole("engineer", make("button", {
    type: "button", class: "button", onclick: () => serve({ version, champion: current }),
  }, words.serve(version))));
}

function oneRun(one) {
  const { comparison, trials, parameters } = one;
  return [
    remarkForm(one, (changed) => {
      shown.runs = shown.runs.map((listed) => (listed.number === changed.number ? { ...listed, ...changed } : listed));
      drawList();
      drawCompared();
    }),
    make("dl", { class: "facts part" }, facts([
      [words.columns.state, state(one)],
      ...(one.error ? [[words.error, one.error]] : []),
      [words.columns.started_at, dayAndTime(one.started_at)],
      [words.columns.user, one.user ?? "–"],
      [words.columns.command, words.commands[one.command] ?? one.command],
      [words.columns.dataset, one.dataset ?? "–"],
      [words.digest, make("span", { class: "mono" }, one.data_sha256?.slice(0, 16) ?? "–")],
      [words.columns.cv_macro_f1, score(one, "macro_f1")],
      [words.columns.cv_accuracy, score(one, "accuracy")],
      [words.columns.duration_s, taken(one)],
      [words.version, [version(one), one.version && [" · ",
        make("a", { href: `/models/${encodeURIComponent(one.version)}/report`, download: true }, words.report)]]],
      ...(one.promoted === null ? [] : [[words.served, one.promoted ? words.yes : words.no]]),
    ])),
    make("div", { class: "labelled", id: "labels" }),
    make("div", { id: "serve" }),
    make("details", { class: "part" }, make("summary", {}, words.allParameters),
      make("dl", { class: "facts" }, facts(Object.entries(parameters).map(([name, value]) => [parameterName(name), value])))),
    trials.length > 0 && [searchPlots(trials, parameterName), trialTable(trials, parameterName)],
    comparison?.champion && make("section", { class: "part" }, make("h3", {}, words.besideServed), scoreTable(comparison)),
  ];
}

function tell(failure) {
  if (!(failure instanceof Unavailable || failure instanceof Problem)) throw failure;
  say(byId("problem"), failure.message);
}

async function more() {
  try {
    const { runs: older, next } = await signedIn(() => runs(shown.next));
    shown.runs.push(...older);
    shown.next = next;
    drawList();
  } catch (failure) {
    if (!(failure instanceof SignedOut)) tell(failure);
  }
}

function leave() {
  Object.assign(shown, { runs: [], next: null, models: new Map(), chosen: new Set() });
  for (const id of ["list", "older", "compared-body", "one-body"]) put(byId(id));
  for (const id of ["compared", "one", "room"]) byId(id).hidden = true;
  byId("gate").hidden = false;
}

/** Shows the runs to those who are signed in, and the gate to all others. */
async function enter() {
  const isIn = user() !== null;
  byId("gate").hidden = isIn;
  byId("room").hidden = !isIn;
  if (!isIn) return;
  if (!may("engineer", "auditor")) return say(byId("problem"), sessionTexts.needs("engineer"));
  while (user()) {
    try {
      const first = await signedIn(() => runs());
      Object.assign(shown, { runs: first.runs, next: first.next });
      break;
    } catch (failure) {
      if (failure instanceof SignedOut) return;
      tell(failure);
      if (failure instanceof Problem) return;
      await sleep(pause);
    }
  }
  say(byId("problem"), "");
  drawList();
  await knowModels().catch(tell);
  const wanted = /^#run-(\d+)$/.exec(location.hash);
  if (wanted) showOne(Number(wanted[1]), false);
}

byId("enter").addEventListener("click", () => signIn());
byId("enter").disabled = false;
session.addEventListener("leave", leave);
session.addEventListener("change", () => {
  if (user() && byId("room").hidden) enter();
});
enter();
