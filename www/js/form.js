// The form of a patient. What is right is the service's to say: the form sends what was entered and
// shows what the service says of each field.

import { byId } from "./dom.js";
import { texts } from "./texts.js";

const form = byId("patient");
const problem = byId("problem");
const fields = [...form.querySelectorAll("[data-field]")];
const numbers = new Set(["Age", "Na_to_K"]);

const name = (field) => field.dataset.field;
const inputs = (field) => [...field.querySelectorAll("input")];
/** What assistive technology takes for the field: the input, or the group of choices. */
const control = (field) =>
  field.getAttribute("role") === "radiogroup" ? field : inputs(field)[0];

/** The patient as entered; what was left out is left out here too. */
export function patient() {
  const patient = {};
  for (const [name, text] of new FormData(form)) {
    const value = text.trim();
    if (value === "") continue;
    // What is no number goes as it is, for the service to refuse.
    patient[name] = numbers.has(name) && /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  return patient;
}

/** Enters a patient. */
export function fill(patient) {
  for (const field of fields) {
    const value = String(patient[name(field)]);
    for (const input of inputs(field)) {
      if (input.type === "radio") input.checked = input.value === value;
      else input.value = value;
    }
  }
}

/** What the service says of a field, under the field's label instead of its name in JSON. */
export function inWords({ pointer, detail }) {
  const name = pointer.slice(1);
  const label = texts.fields[name];
  return label && detail.startsWith(name) ? label + detail.slice(name.length) : detail;
}

/** Takes back what was said of the fields. */
export function clearErrors() {
  problem.hidden = true;
  fields.forEach(clearError);
}

/** Shows what the service found wrong, each at its field, and goes to the first. */
export function showErrors(found) {
  problem.textContent = found.message;
  problem.hidden = false;
  const wrong = fields.filter((field) => {
    const error = found.errors.find((error) => error.pointer === `/${name(field)}`);
    if (error) showError(field, error);
    return error;
  });
  if (wrong.length > 0) inputs(wrong[0])[0].focus();
}

/** Shows what the served model was trained on beside the fields. */
export function showRanges(ranges) {
  for (const place of form.querySelectorAll("[data-range]")) {
    const range = ranges[place.dataset.range];
    place.textContent = range ? texts.answer.range(...range) : "";
  }
}

function showError(field, error) {
  const message = field.querySelector(".error");
  message.textContent = `${inWords(error)}.`;
  message.hidden = false;
  control(field).setAttribute("aria-invalid", "true");
}

function clearError(field) {
  const message = field.querySelector(".error");
  // What is hidden still describes its field to assistive technology.
  message.textContent = "";
  message.hidden = true;
  control(field).removeAttribute("aria-invalid");
}

for (const field of fields) field.addEventListener("input", () => clearError(field));
