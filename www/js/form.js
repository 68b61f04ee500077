// The form of a patient, drawn from the description. What is right is the service's to say: the form
// sends what was entered and shows what the service says of each field.

import { byId, make, put } from "./dom.js";
import { patientOf } from "./description.js";
import { entryOf } from "./fields.js";
import { form as words } from "./texts/predict.js";

const form = byId("patient");
const problem = byId("problem");
const title = document.title;
/** From how many fields on they lie in columns, with the answer below. */
const many = 9;

let entries = [];
let described;

/** The entries of the fields, and of the numbers whose ratios some are. */
const allEntries = () => entries.flatMap((entry) => [entry, ...entry.parts]);

/** Draws the fields; what was entered before is kept where it still fits. Returns what is told of that, if anything. */
export function draw(description) {
  const before = described && { patient: patient(), fields: described.fields };
  const entered = entries.find(({ element }) => element.contains(document.activeElement))?.field.name;
  described = description;
  entries = description.fields.map((field) => entryOf(field, description.ranges.get(field.name)));
  for (const entry of allEntries()) entry.element.addEventListener("input", () => clearError(entry));
  put(byId("fields"), entries.map(({ element }) => element));
  byId("beside").classList.toggle("many-fields", entries.length >= many);
  closeSummary();
  if (!before) return "";
  fill(before.patient);
  entries.find(({ field }) => field.name === entered)?.first.focus();
  const missing = (these, those) =>
    these.filter(({ name }) => !those.some((other) => other.name === name)).map(({ title }) => title);
  return words.redrawn(missing(description.fields, before.fields), missing(before.fields, description.fields));
}

/** Draws a button for each example, which `choose` gets. */
export function drawExamples({ examples }, choose) {
  byId("examples").hidden = examples.length === 0;
  put(
    byId("example-buttons"),
    examples.map(({ title, patient }) =>
      make("button", { type: "button", class: "button small", dir: "auto", onclick: () => choose(patient) }, title)),
  );
}

/** The patient as entered; what was left out is left out here too. */
export function patient() {
  return patientOf(entries.flatMap(({ given }) => given()));
}

/** Enters a patient. */
export function fill(patient) {
  for (const { take } of entries) take(patient);
}

/** Goes to the first field. */
export function focusFirst() {
  entries[0]?.first.focus();
}

/** Takes back what was said of the fields. */
export function clearErrors() {
  closeSummary();
  allEntries().forEach(clearError);
}

/**
 * Shows what the service found wrong: each at its field, and all above the form, where a link leads to each. The
 * focus goes there, and the title says so (the error summary of GOV.UK and the NHS).
 */
export function showErrors(found) {
  const places = new Map(found.errors.map((error) => [described?.named(error)?.index, error]));
  const elsewhere = places.get(undefined);
  const wrong = allEntries().filter((entry) => {
    const error = places.get(entry.field.index);
    if (error) showError(entry, `${described.inWords(error)}.`);
    return error;
  });
  byId("problem-text").textContent = [found.message, elsewhere && `${elsewhere.detail}.`].filter(Boolean).join(" ");
  put(byId("problem-list"), wrong.map(linkTo));
  problem.hidden = false;
  document.title = words.errorTitle(title);
  problem.focus();
}

/** A link to a field that is wrong: to what is entered, with its name in sight. */
function linkTo({ error, element, first }) {
  const follow = (event) => {
    event.preventDefault();
    element.scrollIntoView({ block: "nearest" });
    first.focus();
  };
  return make("li", {}, make("a", { href: `#${first.id}`, dir: "auto", onclick: follow }, error.textContent));
}

function closeSummary() {
  problem.hidden = true;
  document.title = title;
}

/** Shows what the served model was trained on beside the fields. */
export function showRanges({ ranges }) {
  for (const { field, showHint } of entries) showHint(ranges.get(field.name));
}

function showError({ error, control }, text) {
  error.textContent = text;
  error.hidden = false;
  control.setAttribute("aria-invalid", "true");
}

function clearError({ error, control, first }) {
  // What is hidden still describes its field to assistive technology.
  error.textContent = "";
  error.hidden = true;
  control.removeAttribute("aria-invalid");
  byId("problem-list").querySelector(`[href="#${first.id}"]`)?.parentElement.remove();
  if (!form.querySelector("[aria-invalid]")) closeSummary();
}
