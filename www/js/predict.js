// The prediction page: asks for the patient of the form, again by itself while there is no answer.

import { markOutdated, show, showAnswer, showWaiting } from "./answer.js";
import { pause, predict, Problem, SignedOut, sleep, Unavailable } from "./api.js";
import { byId, say } from "./dom.js";
import { clearErrors, draw, drawExamples, fill, focusFirst, patient, showErrors, showRanges } from "./form.js";
import { askFor } from "./outcome.js";
import { described, learn, schema, whenDescribed } from "./schema.js";
import "./table.js";
import { followTabs } from "./tabs.js";
import { session as sessionTexts } from "./texts/common.js";
import { answer as answerTexts } from "./texts/predict.js";

const form = byId("patient");
/** The wait before a slow answer is spoken of, in milliseconds. */
const patience = 400;

/** The question that goes on; a new one ends it. */
let current = new AbortController();
/** The patient that was asked for. */
let asked;
/** The patient of the answer that is shown. */
let answered;

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
      // What another model measures is known before its answer is shown.
      if (answer.model_version !== described()?.version) await learnAgain();
      if (signal.aborted) return;
      showAnswer(answer);
      askFor(answer);
      compare();
      answered = answer.patient_data;
      showWhatIf();
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem) {
        // It may be wrong of the form to have asked so.
        await learnAgain();
        if (signal.aborted) return;
        show("empty");
        showErrors(error);
        return;
      }
      if (error instanceof SignedOut) {
        show("empty");
        const { signIn } = await import("./signin.js");
        if (signal.aborted || !(await signIn(sessionTexts.predict))) return;
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

/** Asks whether another model is served by now; the form stays as it is when that cannot be told. */
async function learnAgain() {
  try {
    await learn();
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Unavailable)) throw error;
  }
}

/** Draws the form, and says so when it was another. */
function drawForm(description) {
  const isFirst = byId("patient").hasAttribute("data-undrawn");
  const told = draw(description);
  drawExamples(description, (example) => {
    fill(example);
    recommend();
  });
  byId("not-for").textContent = description.notFor && answerTexts.notFor(description.notFor);
  byId("redrawn").textContent = told;
  byId("redrawn").hidden = told === "";
  if (told) say(byId("announcement"), told);
  // The patient of before may lack what is asked for now.
  if (!isFirst) answered = undefined;
  for (const id of ["patient", "answer", "what-if"]) byId(id).removeAttribute("data-undrawn");
  showWhatIf();
  if (isFirst && byId("answer").dataset.view === "waiting") show("empty");
}

/** Draws what would be if values were others, once somebody wants to see it. */
async function showWhatIf() {
  if (!byId("what-if").open || !described()) return;
  const { draw } = await import("./what-if.js");
  if (!byId("what-if").open) return;
  draw(answered ?? described().typical, (patient) => {
    fill(patient);
    compare();
    byId("patient").scrollIntoView();
    byId("submit").focus({ preventScroll: true });
  });
}

/** Says why there is no form yet. */
function drawNothing(failure) {
  byId("answer").removeAttribute("data-undrawn");
  showWaiting(failure?.hasNoModel ? "no-model" : "silent");
}

async function copy() {
  await navigator.clipboard.writeText(byId("prediction-id").textContent);
  byId("copy").textContent = answerTexts.copied;
  await sleep(pause);
  byId("copy").textContent = answerTexts.copy;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  recommend();
});
form.addEventListener("input", compare);
form.addEventListener("reset", () => {
  begin();
  show("empty");
  byId("redrawn").hidden = true;
  focusFirst();
});
byId("what-if").addEventListener("toggle", showWhatIf);
byId("print").addEventListener("click", () => print());
// What is folded is printed all the same; browsers differ in whether a style can do that.
addEventListener("beforeprint", () => (byId("numbers").open = true));
// Browsers give the clipboard to secure pages only; the text can be selected everywhere.
if (navigator.clipboard) {
  byId("copy").hidden = false;
  byId("copy").addEventListener("click", copy);
}
byId("submit").disabled = false;
followTabs();
schema.addEventListener("trained", () => showRanges(described()));
whenDescribed((description, failure) => (description ? drawForm(description) : drawNothing(failure)));
