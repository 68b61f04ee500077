// What was really given: agreement, or another drug with a reason, from whoever is signed in.

import { recordOutcome, SignedOut } from "./api.js";
import { byId, make, put } from "./dom.js";
import { may } from "./roles.js";
import { askWho, session, user } from "./session.js";
import { texts } from "./texts.js";

const words = texts.outcome;
const body = byId("outcome-body");

/** The answer that is judged. */
let answer;

/** Asks what was given for an answer. */
export function askFor(next) {
  answer = next;
  showQuestion();
}

function showQuestion() {
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
  put(
    body,
    make(
      "div",
      { class: "row" },
      make("button", { type: "button", class: "button small", onclick: () => save(answer.prediction, null) },
        words.agree(answer.prediction)),
      make("button", { type: "button", class: "button small", onclick: showOverride }, words.override),
    ),
    make("p", { class: "error", role: "alert", id: "outcome-error" }),
  );
}

function showOverride() {
  const others = Object.keys(answer.probabilities).filter((drug) => drug !== answer.prediction);
  const form = make(
    "form",
    { class: "override", novalidate: true },
    make(
      "fieldset",
      { class: "field", role: "radiogroup" },
      make("legend", {}, words.drug),
      make(
        "div",
        { class: "choices" },
        others.flatMap((drug) => [
          make("input", { type: "radio", name: "drug", value: drug, id: `given-${drug}` }),
          make("label", { for: `given-${drug}` }, drug),
        ]),
      ),
    ),
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
  form.querySelector("input").focus();
}

async function save(drug, reason) {
  const { id } = answer;
  try {
    const { signedIn } = await import("./signin.js");
    const { agreed } = await signedIn(() => recordOutcome(id, drug, reason));
    if (id !== answer.id) return;
    const done = make("p", { class: "note good", role: "status", tabindex: "-1" }, words.recorded(drug, agreed));
    put(body, done);
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
