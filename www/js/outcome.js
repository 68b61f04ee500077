// What was really given: agreement, or another drug with a reason, from whoever is signed in.

import { correctOutcome, recordOutcome, SignedOut } from "./api.js";
import { byId, make, put } from "./dom.js";
import { dayAndTime } from "./numbers.js";
import { may } from "./roles.js";
import { drugName } from "./schema.js";
import { askWho, session, user } from "./session.js";
import { outcome as words } from "./texts/predict.js";

const body = byId("outcome-body");
/** Up to how many drugs lie side by side; more are a list to open. */
const most = 6;

/** The answer that is judged. */
let answer;

/** Asks what was given for an answer; of one whose `outcome` is known, this is shown, and can be corrected. */
export function askFor(next) {
  answer = next;
  showQuestion();
}

/** What was recorded, by whom, and a way to correct it. */
function showOutcome({ drug, agreed, reason, user: by, time }) {
  const told = [words.recorded(drugName(drug), agreed), reason && `${words.reason}: ${words.reasons[reason]}.`, words.toldBy(by, dayAndTime(time))];
  put(
    body,
    make("p", {}, told.filter(Boolean).join(" ")),
    may("clinician") && make("button", { type: "button", class: "button small", onclick: showChoices }, words.correct),
  );
}

function showQuestion() {
  if (answer.outcome) return showOutcome(answer.outcome);
  if (!user()) {
    put(
      body,
      make("p", { class: "quiet small" }, words.invite),
      make("button", { type: "button", class: "button small", onclick: () => askWho() }, words.signIn),
    );
    return;
  }
  if (!may("clinician")) {
    put(body, make("p", { class: "quiet small" }, words.forClinicians));
    return;
  }
  showChoices();
}

/** The question, with a button for the recommended drug and one for the others. */
function showChoices() {
  put(
    body,
    make(
      "div",
      { class: "row" },
      make("button", { type: "button", class: "button small", onclick: () => save(answer.prediction, null) },
        words.agree(drugName(answer.prediction))),
      make("button", { type: "button", class: "button small", onclick: showOverride }, words.override),
      answer.outcome && make("button", { type: "button", class: "button small", onclick: showQuestion }, words.cancel),
    ),
    make("p", { class: "error", role: "alert", id: "outcome-error" }),
  );
}

function drugChoices(drugs) {
  return make(
    "fieldset",
    { class: "field", role: "radiogroup" },
    make("legend", {}, words.drug),
    make(
      "div",
      { class: `choices ${drugs.length > 4 || drugs.some((drug) => drugName(drug).length > 12) ? "wide-choices" : ""}` },
      drugs.flatMap((drug, place) => [
        make("input", { type: "radio", name: "drug", value: drug, id: `given-${place}` }),
        make("label", { for: `given-${place}`, dir: "auto" }, drugName(drug)),
      ]),
    ),
  );
}

function drugList(drugs) {
  return make(
    "div",
    { class: "field" },
    make("label", { for: "given" }, words.drug),
    make(
      "select",
      { class: "input", id: "given", name: "drug" },
      make("option", { value: "" }, "–"),
      drugs.map((drug) => make("option", { value: drug }, drugName(drug))),
    ),
  );
}

function showOverride() {
  const others = Object.keys(answer.probabilities).filter((drug) => drug !== answer.prediction);
  const form = make(
    "form",
    { class: "override", novalidate: true },
    others.length <= most ? drugChoices(others) : drugList(others),
    make(
      "div",
      { class: "field" },
      make("label", { for: "reason-given" }, words.reason),
      make(
        "select",
        { class: "input", id: "reason-given", name: "reason" },
        make("option", { value: "" }, "–"),
        Object.entries(words.reasons).map(([code, text]) => make("option", { value: code }, text)),
      ),
    ),
    make("p", { class: "error", role: "alert", id: "outcome-error" }),
    make(
      "div",
      { class: "row" },
      make("button", { class: "button primary small" }, words.save),
      make("button", { type: "button", class: "button small", onclick: showQuestion }, words.cancel),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { drug, reason } = Object.fromEntries(new FormData(form));
    if (!drug) return showError(words.chooseDrug);
    if (!reason) return showError(words.chooseReason);
    save(drug, reason);
  });
  put(body, form);
  form.querySelector("input, select").focus();
}

async function save(drug, reason) {
  const { id } = answer;
  try {
    const { signedIn } = await import("./signin.js");
    const record = answer.outcome ? correctOutcome : recordOutcome;
    const outcome = await signedIn(() => record(id, drug, reason));
    if (id !== answer.id) return;
    answer.outcome = outcome;
    const done = make("p", { class: "note good", role: "status", tabindex: "-1" }, words.recorded(drugName(drug), outcome.agreed));
    // Who has pressed the wrong button sees it here.
    put(body, done, make("button", { type: "button", class: "button small", onclick: showChoices }, words.correct));
    done.focus();
  } catch (failure) {
    if (failure instanceof SignedOut) return;
    showError(failure.message);
  }
}

function showError(text) {
  byId("outcome-error").textContent = text;
}

// An open question follows who is signed in; an entry that has been begun stays.
session.addEventListener("change", () => {
  if (answer && !body.querySelector("form, .note")) showQuestion();
});
