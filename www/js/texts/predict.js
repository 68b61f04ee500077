// Texts of a prediction: its form, its answer, what if, and what was given.

import { list } from "../numbers.js";
import { first } from "./common.js";

export const form = {
  errorTitle: (title) => `Error: ${title}`,
  ifMeasured: "if measured",
  readAs: (number) => `Read as ${number}`,
  notMeasured: "Not measured",
  choose: "Choose",
  iHave: (names) => `I have ${list(names, "and")}`,
  iHaveRatio: (name) => `I have the ${name}`,
  whole: "Whole number",
  number: "Number",
  trained: (low, high) => `trained on ${low} to ${high}`,
  /** What else is said of a field: its help, then its limits. */
  hint: (help, ...limits) => {
    const end = limits.filter(Boolean).join("; ");
    const start = help && !/[.!?。؟]$/u.test(help) && end ? `${help}.` : help;
    return [start, end && first(end)].filter(Boolean).join(" ");
  },
  redrawn: (fresh, gone) =>
    "Another model is served now, and it measures something else. What still fits is kept." +
    (fresh.length > 0 ? ` New: ${list(fresh, "and")}.` : "") +
    (gone.length > 0 ? ` Not asked for any more: ${list(gone, "and")}.` : ""),
};

export const answer = {
  waits: {
    silent: "The service does not answer at the moment.",
    "no-model": "The service runs, but no model is loaded yet.",
  },
  again: "It is asked again by itself.",
  asked: (patient) => `Asked for: ${patient}`,
  verdict: {
    good: ([drug], unknown) => (unknown.length > 0 ? `Of the drugs it knows, only ${drug} fits` : `Only ${drug} fits`),
    caution: (drugs) => `${list(drugs, "or")}: a person must look`,
    danger: () => "Not like its patients: do not rely on this",
  },
  leaning: {
    good: (share) => `with a probability of ${share}`,
    caution: (share, others) => ["with a probability of " + share, ...others].join(", "),
    danger: (share) => `is what its trees say, with a probability of ${share}. They learned from nobody like this:`,
  },
  notRuledOut: (drugs) => `The model cannot rule out ${list(drugs, "or")}.`,
  covered: (coverage, unknown) =>
    (coverage
      ? `In about ${Math.round(coverage * 100)} of 100 patients like those it learned from, the drug given is among those named here.`
      : "How often the drug given is among those named here is not known of this model.") +
    (unknown.length > 0 ? ` It never learned of ${list(unknown, "and")}, of which this says nothing.` : ""),
  uncovered: "How often it is right is known of patients like those it learned from, not of this one. No drug is ruled out.",
  why: (drug) => `Why ${drug}`,
  average: "On average, over the training rows",
  thisPatient: "This patient",
  mostFor: (names, drug) => `${list(names, "and")} ${names.length === 1 ? "speaks" : "speak"} most for ${drug}`,
  mostAgainst: (names) => `${list(names, "and")} ${names.length === 1 ? "speaks" : "speak"} against it`,
  nothing: (drug) => `No measurement moves ${drug} far from its average.`,
  unexplained: "How much each measurement adds is not known: the model was not trained here.",
  explanationOmitted: "How much each measurement adds is not told: the model is too large for that.",
  noFlip: "No change of one measurement alone would change the drug.",
  flipOmitted: "The nearest change of the drug was not looked for: the model is too large for that.",
  notFor: (text) => `What the model is not for: ${text}`,
  flip: (name, from, distance, isBelow, drug) =>
    `${name}: ${from} is ${distance} ${isBelow ? "below" : "above"} where it becomes ${drug}.`,
  flipWith: (name, to, from, drug) => `With ${name} ${to} instead of ${from} it would be ${drug}.`,
  copy: "Copy",
  copied: "Copied",
};

export const whatIf = {
  legend: "Drugs",
  of: (field, value) => `${field}: ${value}`,
  range: (low, high, below, above) => {
    const outside = [below && `below ${below}`, above && `above ${above}`].filter(Boolean);
    return `${low} to ${high}` + (outside.length > 0 ? `; hatched where nobody in the training was, ${list(outside, "and")}` : "");
  },
  /** Which drug leads where: pairs of drug and upper end. */
  course: (parts) => parts.map(([drug, end], index) =>
    `${index > 0 ? "then " : ""}${drug}${index < parts.length - 1 ? ` to ${end}` : ""}`).join(", "),
  curve: (field, course) => `The probability of each drug over ${field}: ${course}`,
  spoken: (value, unit, drug, share) => `${[value, unit].filter(Boolean).join(" ")}: ${drug} ${share}`,
  now: (share) => `with a probability of ${share}, if these were the values`,
  map: "Two numbers at once",
  mapHint: "The drug by colour and letter, paler where it is less sure. Press on the map to go there.",
  mapLabel: (x, y, drug) => `The likeliest drug over ${x}, from left to right, and ${y}, from below to above; here ${drug}.`,
  across: "From left to right",
  up: "From below to above",
  reset: "Back to the patient",
  take: "Take these values into the form",
};

export const outcome = {
  signIn: "Sign in to record it",
  invite: "Clinicians who are signed in can record which drug was really given. It is what the model is judged by later.",
  forClinicians: "Recording which drug was really given needs the role clinician.",
  question: (drug) => `Was ${drug} given?`,
  agree: (drug) => `Yes, ${drug}`,
  override: "No, another",
  drug: "The drug that was given",
  reason: "The reason",
  chooseDrug: "Choose the drug that was given.",
  chooseReason: "Choose a reason.",
  save: "Record",
  cancel: "Back",
  reasons: {
    allergy: "Allergy",
    contraindication: "Contraindication",
    interaction: "Interaction with another drug",
    guideline: "Guideline",
    patient_choice: "The patient's choice",
    other: "Another reason",
  },
  toldBy: (user, time) => `Recorded by ${user}, ${time}.`,
  correct: "Correct it",
  recorded: (drug, agreed) =>
    agreed ? `Recorded: ${drug} was given, as recommended.` : `Recorded: ${drug} was given instead.`,
};
