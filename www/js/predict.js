// The prediction page: asks for the patient of the form, again by itself while there is no answer.

import { markOutdated, show, showAnswer, showWaiting } from "./answer.js";
import { modelInfo, pause, predict, Problem, SignedOut, sleep, Unavailable } from "./api.js";
import { byId } from "./dom.js";
import { clearErrors, fill, patient, showErrors, showRanges } from "./form.js";
import { askFor } from "./outcome.js";
import "./table.js";
import { followTabs } from "./tabs.js";
import { texts } from "./texts.js";

const form = byId("patient");
/** The wait before a slow answer is spoken of, in milliseconds. */
const patience = 400;

/** The question that goes on; a new one ends it. */
let current = new AbortController();
/** The patient that was asked for. */
let asked;
/** The version of the model whose ranges stand in the form. */
let version;

/** Ends the question that goes on, and returns the signal of the next. */
function begin() {
  current.abort();
  current = new AbortController();
  clearErrors();
  return current.signal;
}

async function recommend() {
  const signal = begin();
  asked = patient();
  const timer = setTimeout(() => signal.aborted || show("asking"), patience);
  while (!signal.aborted) {
    try {
      const answer = await predict(asked, signal).finally(() => clearTimeout(timer));
      if (signal.aborted) return;
      showAnswer(answer);
      askFor(answer);
      compare();
      if (answer.model_version !== version) learnRanges();
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem) {
        show("empty");
        showErrors(error);
        return;
      }
      if (error instanceof SignedOut) {
        show("empty");
        const { signIn } = await import("./signin.js");
        if (signal.aborted || !(await signIn(texts.session.predict))) return;
        continue;
      }
      if (!(error instanceof Unavailable)) throw error;
      showWaiting(error.hasNoModel ? "no-model" : "silent");
      await sleep(pause, signal);
    }
  }
}

/** Says so when the form no longer holds what was answered. */
function compare() {
  markOutdated(JSON.stringify(patient()) !== JSON.stringify(asked));
}

/** Shows what the served model was trained on; the form does without when it cannot be had. */
async function learnRanges() {
  try {
    const info = await modelInfo();
    version = info.model_version;
    showRanges(info.training_ranges);
  } catch {
    version = undefined;
  }
}

async function copy() {
  await navigator.clipboard.writeText(byId("prediction-id").textContent);
  byId("copy").textContent = texts.answer.copied;
  await sleep(pause);
  byId("copy").textContent = texts.answer.copy;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  recommend();
});
form.addEventListener("input", compare);
form.addEventListener("reset", () => {
  begin();
  show("empty");
  byId("Age").focus();
});
for (const example of form.querySelectorAll("[data-patient]")) {
  example.addEventListener("click", () => {
    fill(JSON.parse(example.dataset.patient));
    recommend();
  });
}
byId("print").addEventListener("click", () => print());
// Browsers give the clipboard to secure pages only; the text can be selected everywhere.
if (navigator.clipboard) {
  byId("copy").hidden = false;
  byId("copy").addEventListener("click", copy);
}
byId("submit").disabled = false;
followTabs();
learnRanges();
