// A prediction that was quoted: the patient, the answer, why, and what was given; and the newest of all.

import { keptPrediction, keptPredictions, Problem, SignedOut, Unavailable } from "./api.js";
import { bar, diverging } from "./charts.js";
import { member } from "./description.js";
import { byId, facts, head, make, note, put, row, say } from "./dom.js";
import { dayAndTime, percent, plural, points } from "./numbers.js";
import { askFor } from "./outcome.js";
import { forRole } from "./roles.js";
import { described, drugName, inWords, knownIn, spoken, titleOf, whenDescribed } from "./schema.js";
import { session, user } from "./session.js";
import { lookup as words } from "./texts/lookup.js";
import { answer as answerTexts } from "./texts/predict.js";

const form = byId("find");
const input = byId("id");

/** The predictions that are listed, and where those before them are asked for. */
let listed = [];
let next;

async function signedIn(action) {
  const { signedIn } = await import("./signin.js");
  return signedIn(action, words.signIn);
}

/** Looks up what was entered, with the blanks and marks that come along when it is copied taken off. */
async function find() {
  const id = input.value.replace(/[\s"'“”.,;]+$|^[\s"'“”]+/g, "");
  input.value = id;
  complain("");
  if (id === "") return complain(words.empty);
  byId("submit").disabled = true;
  try {
    show(await signedIn(() => keptPrediction(id)));
  } catch (failure) {
    if (failure instanceof SignedOut) return;
    if (!(failure instanceof Problem || failure instanceof Unavailable)) throw failure;
    complain(failure.status === 404 ? words.unknown : failure.message);
  } finally {
    byId("submit").disabled = false;
  }
}

function complain(text) {
  const error = byId("id-error");
  error.textContent = text;
  error.hidden = text === "";
  if (text === "") return input.removeAttribute("aria-invalid");
  input.setAttribute("aria-invalid", "true");
  byId("found").hidden = true;
  input.focus();
}

function show(kept) {
  const { id, time, patient_data: patient, prediction, probability, prediction_set: set, replay } = kept;
  const { needs_review: needsReview, model_version: version, requested_by: by, trace } = kept;
  put(
    byId("found-body"),
    make(
      "p",
      { class: "verdict" },
      make("strong", { class: "drug", dir: "auto" }, drugName(prediction)),
      make("span", {}, answerTexts.leaning.good(percent(probability))),
      make("span", { class: `badge ${needsReview ? "caution" : "good"}` }, needsReview ? words.review : words.noReview),
    ),
    set.length > 1 && make("p", {}, answerTexts.notRuledOut(set.map(drugName))),
    make(
      "div",
      { class: "columns two" },
      make("div", {}, make("h3", {}, words.patient), make("dl", { class: "facts" }, facts(Object.entries(patient).map(([name, value]) =>
        [make("bdi", {}, titleOf(name)), measured(name, value)])))),
      make("div", {}, make("h3", {}, words.about), make("dl", { class: "facts" }, facts([
        [words.id, make("span", { class: "mono" }, id)],
        [words.answered, dayAndTime(time)],
        [words.by, by ? who(by) : words.notAsked],
        [words.version, make("a", { class: "mono", href: `/model.html?version=${encodeURIComponent(version)}` }, version)],
        ...(trace ? [[words.trace, make("span", { class: "mono" }, trace)]] : []),
      ]))),
    ),
    why(replay, prediction),
  );
  byId("found").hidden = false;
  askFor({
    id, prediction, outcome: kept.outcome,
    // Of a version that is gone, the drugs of the served one are offered, and those that it named.
    probabilities: replay?.probabilities ?? Object.fromEntries([...new Set([...set, ...(described()?.drugs ?? [])])].map((drug) => [drug, 0])),
  });
  byId("found").focus();
}

const who = (name) => (name.startsWith("key:") ? words.key(name.slice(4)) : name);

function measured(name, value) {
  const unit = described()?.field(name)?.unit;
  return [make("bdi", {}, spoken(name, value)), value !== null && unit ? ` ${unit}` : ""];
}

/** What the version that answered says of it now. */
function why(replay, prediction) {
  if (!replay) return section(words.why, make("p", {}, words.noReplay));
  const { same, probabilities, votes, warnings, explanation } = replay;
  const drugs = Object.entries(probabilities).sort((one, other) => other[1] - one[1]);
  const share = probabilities[replay.prediction];
  return [
    warnings.length > 0 && note("caution", words.unlike, make("ul", {}, warnings.map((warning) =>
      make("li", {}, `${inWords(warning)} (${knownIn(warning)}).`)))),
    same
      ? make("p", { class: "note good" }, words.same)
      : note("danger", words.notSame, words.saysNow(drugName(replay.prediction), percent(share), replay.prediction === prediction)),
    make(
      "div",
      { class: "columns two" },
      section(words.shares, make(
        "table",
        { class: "bars" },
        head([words.drug, words.bar, words.probability, words.votes], ["", "unseen", "end", "end optional"]),
        make("tbody", {}, drugs.map(([drug, share], index) =>
          row(make("bdi", {}, drugName(drug)), [bar(share), percent(share), String(votes[drug])],
            { classes: ["draw", "end", "end optional"], rowClass: index === 0 ? "first" : null }))),
      )),
      section(answerTexts.why(drugName(explanation.drug)), reasons(explanation, share)),
    ),
  ];
}

function reasons({ base_value: base, contributions, nearest_flip: flip, omitted = [] }, share) {
  const nearest = make("p", { class: "nearest" }, flip ? `${inWords({
    pointer: `/${flip.field.replaceAll("~", "~0").replaceAll("/", "~1")}`, detail: flip.detail,
  })}.` : omitted.includes("too_many_thresholds") ? answerTexts.flipOmitted : answerTexts.noFlip);
  if (contributions === null) {
    return [make("p", {}, omitted.length > 0 ? answerTexts.explanationOmitted : answerTexts.unexplained), nearest];
  }
  const added = Object.entries(contributions).sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]));
  const limit = Math.max(...added.map(([, value]) => Math.abs(value)));
  return [
    make(
      "table",
      { class: "bars" },
      head([words.measurement, words.bar, words.points], ["", "unseen", "end"]),
      make("tbody", {}, added.map(([name, value]) =>
        row(make("bdi", {}, titleOf(name)), [diverging(value, limit), points(value)], { classes: ["draw", "end"] }))),
      make("tfoot", {},
        row(answerTexts.average, ["", percent(base)], { classes: ["", "end"] }),
        row(answerTexts.thisPatient, ["", percent(share)], { classes: ["", "end"] })),
    ),
    nearest,
  ];
}

const section = (title, ...content) => make("section", { class: "part" }, make("h3", {}, title), content);

/** The newest predictions: asked for by a button, then filtered here. */
function offerNewest() {
  put(byId("newest-body"), forRole("auditor", make(
    "button", { type: "button", class: "button", onclick: () => loadNewest() }, words.showNewest)));
}

async function loadNewest(from) {
  try {
    const page = await signedIn(() => keptPredictions(from));
    listed = from ? [...listed, ...page.predictions] : page.predictions;
    next = page.next;
    if (!byId("list")) drawNewest();
    showNewest();
  } catch (failure) {
    if (failure instanceof SignedOut) return;
    if (!(failure instanceof Problem || failure instanceof Unavailable)) throw failure;
    offerNewest();
    byId("newest-body").append(note("danger", words.failed, failure.message));
  }
}

/** What a list can be filtered by: for each a label, its choices, and whether a prediction is of one. */
const filters = {
  review: [words.reviewLabel, words.reviews, ({ needs_review: review }, value) => review === (value === "yes")],
  outcome: [words.outcomeLabel, words.outcomes, ({ outcome }, value) =>
    value === (outcome === null ? "none" : outcome.agreed ? "agreed" : "other")],
  drug: [words.drug, null, ({ prediction }, value) => prediction === value],
  version: [words.version, null, ({ model_version: version }, value) => version === value],
};

function drawNewest() {
  const choice = (name, [label]) => make(
    "div", {}, make("label", { for: `by-${name}` }, label),
    make("select", { class: "input", id: `by-${name}`, onchange: showNewest }));
  put(
    byId("newest-body"),
    make("div", { class: "filters" }, Object.entries(filters).map(([name, filter]) => choice(name, filter))),
    make("p", { class: "quiet small", id: "shown" }),
    make("div", { class: "scroll", id: "list", tabindex: 0, role: "region", "aria-label": words.list }),
    make("div", { class: "row list-buttons" },
      make("button", { type: "button", class: "button small", id: "older", onclick: () => loadNewest(next) }, words.older),
      make("button", { type: "button", class: "button small", onclick: () => loadNewest() }, words.again)),
  );
}

function showNewest() {
  for (const [name, [, choices]] of Object.entries(filters)) fillChoice(byId(`by-${name}`), choices, name);
  const picked = listed.filter((kept) => Object.entries(filters).every(([name, [, , isOf]]) => {
    const { value } = byId(`by-${name}`);
    return value === "" || isOf(kept, value);
  }));
  byId("shown").textContent = words.shown(picked.length, listed.length);
  say(byId("newest-announcement"), words.shown(picked.length, listed.length));
  byId("older").hidden = next === null;
  put(byId("list"), make(
    "table",
    {},
    head(words.columns),
    make("tbody", {}, picked.map((kept) => row(
      make("button", { type: "button", class: "button plain small", "aria-label": words.open(dayAndTime(kept.time)), onclick: () => {
        input.value = kept.id;
        find();
      } }, dayAndTime(kept.time)),
      [
        make("bdi", {}, drugName(kept.prediction)), percent(kept.probability), kept.needs_review ? words.review : "",
        given(kept.outcome), patientIn(kept.patient_data), make("span", { class: "mono" }, kept.model_version),
      ],
      { classes: ["", "number", "", "", "patient"], rowClass: kept.needs_review ? "doubt" : null },
    ))),
  ));
}

/** The choices of a filter, with the one that is made kept. Drugs and versions are those that are listed. */
function fillChoice(select, choices, name) {
  const chosen = select.value;
  const key = { drug: "prediction", version: "model_version" }[name];
  const own = choices ?? [...new Set(listed.map((kept) => kept[key]))].map((value) => [value, name === "drug" ? drugName(value) : value]);
  put(select, [["", words.all], ...own].map(([value, text]) => make("option", { value, selected: value === chosen }, text)));
}

const given = (outcome) => (outcome ? (outcome.agreed ? words.asRecommended : drugName(outcome.drug)) : "");

const patientIn = (patient) => Object.entries(patient).filter(([, value]) => value !== null)
  .map(([name]) => spoken(name, member(patient, name))).join(", ");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  find();
});
/** What was shown to somebody is not shown to who comes after. */
function clear() {
  byId("found").hidden = true;
  for (const id of ["found-body", "outcome-body"]) put(byId(id));
  input.value = "";
  listed = [];
  offerNewest();
}

session.addEventListener("leave", clear);
// A session that is not used ends without a word.
let wasIn = false;
setInterval(() => {
  const isIn = user() !== null;
  if (wasIn && !isIn) clear();
  wasIn = isIn;
}, 10_000);
byId("submit").disabled = false;
offerNewest();
const asked = new URLSearchParams(location.search).get("id");
if (asked) input.value = asked;
whenDescribed(() => {});
