// The panel beside the form: what was answered, or why there is no answer yet.

import { describe, inWords, labelOf } from "./form.js";

const panel = document.getElementById("answer");
const element = (id) => document.getElementById(id);

const waits = {
  silent: "The service does not answer at the moment.",
  "no-model": "The service runs, but no model is loaded yet.",
};

/** A share in percent that never rounds a doubt away. */
export function percent(share) {
  if (share > 0 && share < 0.0005) return "< 0.1%";
  if (share < 1 && share >= 0.9995) return "> 99.9%";
  return `${(share * 100).toFixed(1)}%`;
}

/** Shows one view of the panel: `empty`, `asking`, `waiting` or `answered`. */
export function show(view) {
  panel.dataset.view = view;
  panel.setAttribute("aria-busy", view === "asking" || view === "waiting");
  if (view === "empty") announce("");
}

/** Says why there is no answer yet: `silent` or `no-model`. */
export function showWaiting(state) {
  element("waiting").textContent = waits[state];
  if (panel.dataset.view !== "waiting") announce(`${waits[state]} It is asked again by itself.`);
  show("waiting");
}

/** Shows a recommendation as POST /predict gives it. */
export function showAnswer(answer) {
  const share = answer.probabilities[answer.prediction];
  element("drug").textContent = answer.prediction;
  element("probability").textContent = `with a probability of ${percent(share)}`;
  element("asked").textContent = `Asked for: ${describe(answer.patient_data)}`;
  element("model-version").textContent = answer.model_version;
  element("prediction-id").textContent = answer.id;
  element("warnings").hidden = answer.warnings.length === 0;
  element("warnings").querySelector("ul").replaceChildren(
    ...answer.warnings.map((warning) => {
      const item = document.createElement("li");
      item.textContent = `${inWords(warning)} (${warning.allowed}).`;
      return item;
    }),
  );
  showReview(answer);
  showReasons(answer.explanation, share);
  const drugs = Object.entries(answer.probabilities).sort((one, other) => other[1] - one[1]);
  element("rows").replaceChildren(
    ...drugs.map(([drug, share]) => row(drug, share, answer.votes[drug])),
  );
  show("answered");
  announce(
    `${answer.prediction}, with a probability of ${percent(share)}.` +
      (answer.needs_review ? " A person must look at this one." : ""),
  );
  // On a narrow screen the panel lies under the form.
  if (element("drug").getBoundingClientRect().bottom > innerHeight) panel.scrollIntoView();
}

/** Notes whether the form has changed since what was asked. */
export function markOutdated(isOutdated) {
  element("outdated").hidden = !isOutdated;
}

function showReview({ needs_review: needsReview, prediction_set: drugs }) {
  element("review").hidden = !needsReview;
  const last = drugs.at(-1);
  element("review-set").textContent =
    `The model cannot rule out ${drugs.slice(0, -1).join(", ")} or ${last}.`;
}

/** Shows what each measurement adds to the drug's probability, the most first. */
function showReasons({ drug, base_value: base, contributions, nearest_flip: flip }, share) {
  element("reasons-title").textContent = `Why ${drug}`;
  const added = Object.entries(contributions)
    .sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]))
    .map(([name, value]) => [labelOf(name), points(value)]);
  element("reasons").replaceChildren(
    fact("On average", percent(base)),
    ...added.map(([name, value]) => fact(name, value)),
    fact("This patient", percent(share)),
  );
  element("flip").textContent = flip
    ? `${inWords({ pointer: `/${flip.field}`, detail: flip.detail })}.`
    : "No change of one measurement alone would change the drug.";
}

/** A change of a share in percentage points, with its sign. */
function points(value) {
  const text = Math.abs(value * 100).toFixed(1);
  if (text === "0.0") return "± 0.0";
  return `${value > 0 ? "+" : "−"} ${text}`;
}

function fact(name, value) {
  const fact = document.createElement("div");
  fact.append(document.createElement("dt"), document.createElement("dd"));
  fact.firstChild.textContent = name;
  fact.lastChild.textContent = value;
  return fact;
}

function row(drug, share, votes) {
  const row = element("row").content.cloneNode(true);
  row.querySelector("th").textContent = drug;
  row.querySelector(".bar").setAttribute("width", `${share * 100}%`);
  row.querySelector(".share span").textContent = percent(share);
  row.querySelector(".votes").textContent = votes;
  return row;
}

function announce(text) {
  element("announcement").textContent = text;
}
