// How it works: the chosen patient's values go through every step of the page.

import { predict, Problem, Unavailable } from "./api.js";
import { bar } from "./charts.js";
import { member, patientOf } from "./description.js";
import { byId, head, make, put, row } from "./dom.js";
import { drugOf, isDrug200, tell } from "./drug200.js";
import { percent } from "./numbers.js";
import { described, drugName, whenDescribed } from "./schema.js";
import { about as words } from "./texts/about.js";

/** How many columns of one measurement are shown. */
const most = 12;

let patient;

/** Tells the steps with the described measurements. */
function draw(description) {
  byId("content").removeAttribute("data-undrawn");
  if (!description) return;
  const { fields, examples, limits, notFor } = description;
  const isStory = isDrug200(description);
  byId("content").dataset.story = isStory ? "drug200" : "others";
  byId("lead").textContent = words.lead(fields.length);
  byId("checked").textContent = words.checked(fields.length);
  put(byId("limits"), fields.map((field) => make("li", { dir: "auto" }, words.limits(field.title, possible(field)))));
  const numbers = fields.filter(({ isNumber }) => isNumber);
  byId("binned-panel").hidden = !numbers.some(({ bins }) => bins);
  byId("two-ways").hidden = byId("binned-panel").hidden;
  byId("questions").textContent = words.questions(fields.slice(0, 2).map(question));
  const told = isStory ? [] : [notFor, ...limits].filter(Boolean);
  for (const item of byId("not-for-list").querySelectorAll("[data-told]")) item.remove();
  byId("not-for-list").prepend(...told.map((text) => make("li", { dir: "auto", "data-told": true }, text)));
  put(
    byId("patients"),
    examples.map(({ title, patient: example }) =>
      make("button", {
        type: "button", class: "button small", dir: "auto", "aria-pressed": false, onclick: () => show(example),
      }, title)),
  );
  byId("ask").disabled = false;
  show(addressed(description) ?? description.typical);
}

function possible({ categories, isNumber, range, unit, isRequired }) {
  const text = categories
    ? words.oneOf(categories.map(({ label }) => label))
    : isNumber ? [range || words.anyNumber, unit].filter(Boolean).join(" ") : words.anyText;
  return isRequired ? text : words.maybe(text);
}

/** What a tree could ask of a field. */
function question(field) {
  const value = field.typical(described().ranges.get(field.name));
  if (field.isNumber) return words.isOrMore(field.inside, field.spoken(value));
  return words.isOne(field.inside, field.spoken(value));
}

/** The columns of a field, each with its number: the value itself, or one for each word. */
function columnsOf(field, value, inBins) {
  const titled = (text) => `${field.title} ${text}`;
  if (field.isNumber && !(inBins && field.bins)) {
    return [{ name: field.name, title: field.title, value: value ?? words.missing, isOn: value !== undefined }];
  }
  const chosen = field.isNumber ? value !== undefined && field.bin(value) : field.category(value)?.value;
  const all = field.isNumber
    ? field.bins.labels.map((label) => ({ value: label, label }))
    : (field.categories ?? []);
  return all.map(({ value: one, label }) => ({
    name: `${field.name}=${one}`, title: titled(label), value: one === chosen ? 1 : 0, isOn: one === chosen,
  }));
}

/** Shows the columns of a patient; of many that belong to one measurement, those that say something. */
function showColumns(place, inBins) {
  const { fields } = described();
  const all = fields.map((field) => columnsOf(field, member(patient, field.name) ?? undefined, inBins));
  const chips = all.flatMap((columns) => {
    const shown = columns.length <= most ? columns : columns.filter(({ isOn }) => isOn);
    const rest = columns.length - shown.length;
    return [
      ...shown.map(({ name, title, value, isOn }) =>
        make("li", { class: isOn ? "on" : null, dir: "auto", "data-column": name }, `${title} `, make("b", {}, String(value)))),
      rest > 0 && make("li", {}, words.more(rest)),
    ];
  });
  put(byId(place), chips);
  const number = all.reduce((sum, columns) => sum + columns.length, 0);
  byId(`${place}-title`).textContent = words[place](number);
}

function show(next) {
  patient = next;
  const description = described();
  const { fields, examples } = description;
  byId("patient").textContent = description.describe(patient);
  const numbers = fields.filter(({ isNumber, name }) => isNumber && typeof member(patient, name) === "number");
  const binned = numbers.filter(({ bins }) => bins);
  const value = ({ name }) => member(patient, name);
  const parts = (some, text) => some.flatMap((field, index) => [index > 0 && ", ", text(field)]);
  put(byId("binned-text"), parts(binned, (field) => [
    make("bdi", {}, field.title), " ", make("b", { class: "number" }, field.spoken(value(field))), " → ",
    make("b", { "data-bin": field.name }, field.bin(value(field))),
  ]));
  put(byId("continuous-text"), numbers.length > 0 && words.stay(
    description.titles(numbers), numbers.length === 1));
  showColumns("binned", true);
  showColumns("continuous", false);
  [...byId("patients").children].forEach((button, index) =>
    button.setAttribute("aria-pressed", JSON.stringify(examples[index].patient) === JSON.stringify(patient)));
  put(byId("votes-chart"));
  byId("votes-text").textContent = words.askFor;
  byId("ask").hidden = false;
  if (isDrug200(description)) tell(patient, description);
}

async function ask() {
  const asked = patient;
  byId("ask").disabled = true;
  try {
    const answer = await predict(asked);
    if (asked === patient) showVotes(answer);
  } catch (failure) {
    if (!(failure instanceof Unavailable || failure instanceof Problem)) throw failure;
    byId("votes-text").textContent = failure.message;
  } finally {
    byId("ask").disabled = false;
  }
}

function showVotes({ prediction, votes, probabilities, prediction_set: set, warnings }) {
  const trees = Object.values(votes).reduce((sum, number) => sum + number, 0);
  const drugs = Object.entries(votes).sort((one, other) => other[1] - one[1]);
  const told = isDrug200(described()) && drugOf(patient);
  byId("votes-text").textContent = words.voted(votes[prediction], trees, drugName(prediction), set.map(drugName), warnings.length > 0);
  byId("ask").hidden = true;
  put(
    byId("votes-chart"),
    make(
      "table",
      { class: "bars" },
      head(words.voteColumns, ["", "unseen", "end", "end"]),
      make(
        "tbody",
        {},
        drugs.map(([drug, number]) =>
          row(make("bdi", {}, drugName(drug)), [bar(number / trees), String(number), percent(probabilities[drug])], {
            classes: ["draw", "end", "end"],
            rowClass: drug === prediction ? "first" : null,
          })),
      ),
    ),
    told && told !== prediction && make("p", { class: "note caution" }, words.contradicted(drugName(told), drugName(prediction))),
  );
}

/** The patient that the address names, or null when it names none or a wrong one. */
function addressed({ fields }) {
  const asked = new URLSearchParams(location.search);
  const patient = patientOf(fields.map((field) => {
    const text = asked.get(field.name) ?? "";
    return [field.name, text === "" ? null : field.categories ? field.category(text)?.value : field.read(text)];
  }));
  const isRight = (field) => {
    const value = member(patient, field.name);
    if (value === undefined) return !field.isRequired && !asked.has(field.name);
    return !field.isNumber || typeof value === "number";
  };
  return asked.size > 0 && fields.every(isRight) ? patient : null;
}

byId("ask").addEventListener("click", ask);
whenDescribed(draw);
