// What would be recommended if a value were another: a slider for each number under the probabilities over its
// range, buttons for each category, and a map of two numbers. The service keeps and counts none of it.

import { verdictOf } from "./answer.js";
import { Problem, SignedOut, Unavailable, whatIf } from "./api.js";
import { member, patientOf } from "./description.js";
import { byId, make, note, put, say } from "./dom.js";
import { percent, plain } from "./numbers.js";
import { bands, colour, course, hatching, letters, map } from "./ranges.js";
import { described } from "./schema.js";
import { session, user } from "./session.js";
import { session as sessionTexts } from "./texts/common.js";
import { answer as answerTexts, form as formTexts, whatIf as words } from "./texts/predict.js";

/** Its styles, which come with it. */
const styles = new Promise((resolve) => {
  const href = new URL("../css/what-if.css", import.meta.url).pathname;
  document.head.append(make("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve }));
});
/** A number as finely as a chart shows it. */
const brief = (value) => plain(Number(value.toPrecision(4)));

/** What is shown where a name is needed and nobody has signed in, or not any more. */
const gate = note("caution", sessionTexts.signIn, sessionTexts.predict,
  make("div", { class: "row" }, make("button", {
    type: "button", class: "button small", onclick: async () => (await import("./signin.js")).signIn(sessionTexts.predict),
  }, sessionTexts.signIn)));
gate.setAttribute("role", "status");

/** The patient that was recommended a drug, and the one that is asked about. */
let [real, asked] = [];
let take;
/** The last answer; the numbers that have a curve, and which two the map has. */
let [found, numbers, sides] = [];
let description;
let drugs;
let parts;
let current = new AbortController();
/** Whether a question is on its way, and whether another waits for it. */
let [isAsking, isLate] = [false, false];

/** Draws the panel for a patient; `takeOver` gets the values that are to be entered in the form. */
export async function draw(patient, takeOver) {
  current.abort();
  current = new AbortController();
  [real, take, asked, found, isAsking] = [patient, takeOver, { ...patient }, null, false];
  description = described();
  const names = description.drugs.map((drug) => description.drug(drug));
  const marks = letters(names);
  drugs = description.drugs.map((drug, place) => [drug, marks[place], names[place]]);
  const { signal } = current;
  await styles;
  if (!signal.aborted) await ask();
}

const value = (field) => member(asked, field.name) ?? undefined;

function change(field, next) {
  const pairs = description.fields.map((one) => [one.name, one === field ? next : value(one)]);
  asked = patientOf(pairs);
  ask();
}

/** Asks for what is entered; while an answer is on its way, for the newest of what comes meanwhile. */
async function ask() {
  if (isAsking) {
    isLate = true;
    return;
  }
  const { signal } = current;
  isAsking = true;
  try {
    do {
      isLate = false;
      const places = sides?.map((field) => field.index);
      const answer = await whatIf(asked, places?.length === 2 ? places : null, signal);
      if (signal.aborted) return;
      show(answer);
    } while (isLate);
  } catch (failure) {
    if (signal.aborted) return;
    if (failure instanceof SignedOut) offerToSignIn();
    else if (failure instanceof Problem || failure instanceof Unavailable) say(parts?.says ?? byId("what-if-body"), failure.message);
    else throw failure;
  } finally {
    if (!signal.aborted) isAsking = false;
  }
}

/** Beside what is shown already: whoever signs in, here or elsewhere on the page, goes on from there. */
function offerToSignIn() {
  if (gate.isConnected) return;
  if (!found) put(byId("what-if-body"));
  byId("what-if-body").prepend(gate);
}

session.addEventListener("change", () => {
  if (user() && gate.isConnected) ask();
});

function show(answer) {
  gate.remove();
  const isFirst = !found;
  found = answer;
  if (isFirst) {
    numbers = answer.curves.map(({ field }) => description.field(field));
    const kept = sides?.filter((field) => numbers.includes(field)) ?? [];
    sides = kept.length === 2 ? kept : numbers.length > 1 ? [numbers.at(-1), numbers[0]] : [];
    build();
    if (sides.length === 2) ask();
  }
  const kind = verdictOf(answer);
  const { prediction, probabilities, prediction_set: set } = answer;
  parts.verdict.dataset.kind = kind;
  say(parts.says, answerTexts.verdict[kind](set.map((drug) => description.drug(drug)), []));
  parts.share.textContent = `${description.drug(prediction)} ${words.now(percent(probabilities[prediction]))}`;
  answer.curves.forEach((curve, index) => parts.numbers[index].show(curve));
  if (answer.map) showMap(answer.map);
}

/** Makes all that stays while values change. */
function build() {
  const shape = byId("verdict").querySelector("svg").cloneNode(true);
  parts = {
    says: make("p", { class: "says", role: "status" }),
    share: make("p", {}),
    numbers: numbers.map((field, index) => numberOf(field, found.curves[index])),
    map: make("div", {}),
  };
  parts.verdict = make("div", { class: "verdict brief" }, shape, make("div", {}, parts.says, parts.share));
  put(byId("what-if-body"),
    hatching(),
    parts.verdict,
    make("ul", { class: "legend", "aria-label": words.legend },
      drugs.map(([, letter, name], place) => make("li", {}, make("span", { class: `swatch ${colour(place)}` }), make("b", {}, letter), " ", name))),
    make("div", { class: "what-if-columns" },
      make("div", {}, parts.numbers.map(({ element }) => element),
        make("div", { class: "categories" }, description.fields.filter(({ categories }) => categories).map(categoryOf))),
      sides.length === 2 && make("div", {}, mapHead(), parts.map)),
    make("div", { class: "row" },
      make("button", { type: "button", class: "button small", onclick: () => draw(real, take) }, words.reset),
      make("button", { type: "button", class: "button small", onclick: () => take(asked) }, words.take)));
}

/** A number: its bands, and a slider beneath. */
function numberOf(field, { edges }) {
  const id = `what-if-${field.index}`;
  const step = field.isWhole ? 1 : 10 ** Math.floor(Math.log10((edges.at(-1) - edges[0]) / 200));
  const least = field.limits.exclusiveMinimum === edges[0] ? edges[0] + step : edges[0];
  const slider = make("input", { type: "range", id, min: least, max: edges.at(-1), step, autocomplete: "off" });
  const output = make("output", { for: id, class: "number", "aria-live": "off" });
  const chart = make("div", { class: "chart" });
  const said = make("p", { class: "small quiet" });
  slider.addEventListener("input", () => change(field, Number(Number(slider.value).toPrecision(6))));
  return {
    element: make("div", { class: "what-if-number" },
      make("p", { class: "name" }, make("label", { for: id, dir: "auto" }, field.title), " ", output), chart, slider, said),
    show(curve) {
      const now = value(field);
      const { prediction, probabilities } = found;
      output.textContent = [field.spoken(now), now !== undefined && field.unit].filter(Boolean).join(" ");
      if (now !== undefined && document.activeElement !== slider) slider.value = now;
      slider.setAttribute("aria-valuetext", words.spoken(
        field.spoken(now), field.unit, description.drug(prediction), percent(probabilities[prediction])));
      const leading = words.course(course(curve, drugs.map(([drug]) => drug)).map(([place, end]) => [drugs[place][2], brief(end)]));
      put(chart, bands(curve, drugs, [["before", member(real, field.name)], ["now", now]], words.curve(field.inside, leading)));
      const [low, high] = [curve.edges[0], curve.edges.at(-1)];
      const [below, above] = curve.trained ?? [low, high];
      said.textContent = `${leading}. ${words.range(brief(low), brief(high), below > low && brief(below), above < high && brief(above))}.`;
    },
  };
}

/** A category: a button for each value, and for none where it may be missing. */
function categoryOf(field) {
  const name = `what-if-${field.index}`;
  const all = field.isRequired ? field.categories : [...field.categories, null];
  const chosen = field.category(value(field)) ?? null;
  return make("fieldset", { class: "field", role: "radiogroup" },
    make("legend", { dir: "auto" }, field.title),
    make("div", { class: all.length > 3 ? "choices wide-choices" : "choices" },
      all.flatMap((category, place) => [
        make("input", {
          type: "radio", name, id: `${name}-${place}`, checked: category === chosen, autocomplete: "off",
          onchange: () => change(field, category?.value),
        }),
        make("label", { for: `${name}-${place}`, dir: "auto" }, category?.title ?? formTexts.notMeasured),
      ])));
}

function mapHead() {
  const choose = (side, label) =>
    make("label", { class: "side" }, label,
      make("select", { class: "input", onchange: ({ target }) => {
        const next = numbers[target.value];
        // The two are never the same.
        sides = sides.map((field, index) => (index === side ? next : field === next ? sides[side] : field));
        for (const [index, select] of [...parts.selects.entries()]) select.value = numbers.indexOf(sides[index]);
        ask();
      } }, numbers.map((field, index) => make("option", { value: index, selected: field === sides[side] }, field.title))));
  const both = [choose(0, words.across), choose(1, words.up)];
  parts.selects = both.map((label) => label.querySelector("select"));
  return [make("h3", {}, words.map), make("p", { class: "small quiet" }, words.mapHint),
    numbers.length > 2 && make("div", { class: "sides-of-map" }, both)];
}

function showMap(drawn) {
  const [x, y] = [drawn.x, drawn.y].map(({ field }) => description.field(field));
  const whole = (field, number) => (field.isWhole ? Math.round(number) : Number(number.toPrecision(4)));
  const ends = ({ edges }) => [brief(edges[0]), brief(edges.at(-1))];
  put(parts.map,
    make("p", { class: "axis-name", dir: "auto" }, `${y.title} ↑`, make("span", {}, ends(drawn.y).join(" – "))),
    map(drawn, drugs, [value(x), value(y)], words.mapLabel(x.inside, y.inside, description.drug(found.prediction)), (pair) => {
      const pairs = description.fields.map((field) => {
        const place = [x, y].indexOf(field);
        return [field.name, place === -1 ? value(field) : whole(field, pair[place])];
      });
      asked = patientOf(pairs);
      ask();
    }),
    make("p", { class: "axis-name", dir: "auto" }, `${x.title} →`, make("span", {}, ends(drawn.x).join(" – "))));
}
