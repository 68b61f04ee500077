// Texts of the monitor.

import { count, counted, plural } from "../numbers.js";
import { first, jobStates } from "./common.js";

/** What a request was refused for. */
const refusals = {
  400: "malformed", 401: "not signed in", 403: "not allowed", 404: "no such address", 405: "wrong method", 409: "not now",
  413: "too large", 415: "another type", 422: "wrong values", 429: "too many", 500: "a fault", 503: "no room, log or model",
};

export const monitor = {
  needs: (number) => (number === 0 ? "Nothing needs you" : `${first(counted(number, "thing"))} ${number === 1 ? "needs" : "need"} you`),
  notAll: "Whether patients, or the accuracy that is expected, have changed is looked at once you sign in.",
  since: (time) => `Since ${time}.`,
  silence: "The service does not answer.",
  silenceAction: "See whether it runs, by ‘docker ps’ or ‘systemctl status drug-classifier’; the last lines of its output say why not.",
  mayBeOld: "What is shown below may be old. It is asked again by itself.",
  silent: "The service does not answer at the moment. Trying again; what is shown may be old.",
  updated: (time) => `As of ${time}`,
  hold: "Pause",
  goOn: "Go on",
  requests: "Requests, last hour",
  sinceStart: (total, start) => `${total} since ${start}`,
  errors: "Errors, last hour",
  refused: "Refused, last hour",
  refusedBy: (codes) => {
    const most = Object.entries(codes).filter(([code]) => code < 500).toSorted(([, one], [, other]) => other - one).slice(0, 2);
    return most.length === 0 ? "none since the start"
      : `since the start ${most.map(([code, number]) => `${count(number)} ${refusals[code] ?? `with ${code}`}`).join(", ")}`;
  },
  serverErrors: (number) => `${number} of the service itself since its start`,
  typical: "Typical answer",
  answersOf: (number) =>
    number === 0 ? "no answer yet" : `half of ${plural(number, "answer")} took no longer`,
  predictions: "Predictions",
  sinceStartOnly: (start) => `since ${start}`,
  reviewed: "Need review",
  reviewedOf: (all, share) => `of about ${all} predictions in the last day; ${share} since the start`,
  reviewForNamed: "told once you sign in",
  forNamed: "Sign in to see this",
  forNamedText: "Whoever sends patients could learn of the next from these figures, so they are told only to people with a name here.",
  signIn: "Sign in",
  atMost: (most, unit) => `The highest column: ${most} ${unit}`,
  aMinute: "a minute",
  anHour: "an hour",
  numbers: "The numbers",
  numbersOf: { traffic: "Requests by minute", drugs: "Recommended drugs by hour", expected: "Accuracy by hundred predictions" },
  now: "now",
  hour: "Hour",
  trafficColumns: ["Minute", "Requests", "Refused", "Errors"],
  trafficKinds: ["answered", "refused", "errors"],
  event: (time, kind, number, version) => `${time} ${{
    process_started: number === 1 ? "a responder was started" : `${counted(number, "responder")} were started`,
    process_replaced: number === 1 ? "a responder ended and was replaced" : `${counted(number, "responder")} ended and were replaced`,
    model_changed: `model ${version} is served`,
  }[kind]}`,
  noTraffic: "No request in the last hour.",
  noPredictions: "No prediction yet.",
  noneYet: "no prediction yet",
  others: (number) => counted(number, "other"),
  noDrugs: (step) => `None to show: which drugs were recommended is told once ${step} predictions have come.`,
  asOfStep: (step) => `As of the last step of ${step} predictions, rounded to tens, so that no single patient shows.`,
  half: "Half of them",
  most: "95 of 100",
  nearlyAll: "99 of 100",
  share: "Answers",
  bar: "Bar",
  within: "Within",
  latencyCaption: (number) => `POST /predict, ${plural(number, "answer")} in the last hour`,
  tooFew: "Too few to say",
  outcomesNeeded: (number, needed) =>
    `${plural(number, "recorded outcome")}; from ${needed} on, the accuracy is shown. Record what was given on the prediction page.`,
  agreed: (agreed, outcomes) => `${agreed} of ${plural(outcomes, "recorded outcome")} agree with the recommendation.`,
  outcomesOfStep: (step) => `As of the last step of ${step} outcomes.`,
  interval: (low, high) => `With 95% confidence between ${low} and ${high}.`,
  promisedBy: {
    cross_validation: (samples) => `In cross-validation with ${samples} patients.`,
    test: (samples) => `On ${samples} held-out patients.`,
  },
  noPromise: "Nothing",
  noPromiseText: "The model was not trained here, and nobody here has tried it on patients whose drug is known.",
  reach: (low, high) => `Between ${low} and ${high}: three sampling errors to both sides.`,
  ofAll: (some, all) => `${some} of ${all}`,
  expectedOf: (number) => `About ${count(number)} predictions of this model, as of the last step.`,
  predictionsNeeded: (number, needed) =>
    `About ${count(number)} recent predictions of this model, asked for one by one; from ${needed} on, its accuracy is estimated.`,
  beside: { below: "less than promised", within: "as promised", above: "more than promised" },
  unseen: "Fewer were right than the probabilities say: what is given to such patients may have changed.",
  trust: (promise, keeps, error) => {
    if (!promise) return "It trusts the probabilities as they came with the model.";
    if (keeps === false) return "On the held-out patients the probabilities were wrong on average, and so may this be; it warns of nothing.";
    if (error === null) return "It trusts the probabilities; whether they were right on held-out patients was not kept.";
    return `On the held-out patients probability and accuracy lay ${(error * 100).toFixed(1)} points apart on average.`;
  },
  chunk: (from, share, interval, outcomes, agreed) =>
    `From ${from}: expected ${share}. ${interval} ${outcomes > 0 ? `Recorded: ${agreed} of ${plural(outcomes, "outcome")} agree.` : "No outcome recorded."}`,
  chunkKinds: { promised: "promised", expected: "expected, each of 100 predictions, with its interval", recorded: "recorded, from 20 outcomes of them on" },
  chunkLabel: (number, first, last) => `Expected accuracy over ${plural(number, "chunk")} of 100 predictions: ${first} in the first, ${last} in the last.`,
  chunkColumns: ["From", "Expected", "Interval", "Recorded"],
  otherVersions: (number) => `${first(counted(number, "other version"))} that answered lately`,
  otherVersion: (share, interval, number) => `expected ${share}. ${interval} About ${count(number)} predictions.`,
  tooFewOf: (number) => `too few to say, about ${count(number)} predictions`,
  patientsNeeded: (number, least) => (number < least
    ? `${plural(number, "recent patient")}; from ${least} on, they are compared.`
    : `There are ${plural(number, "recent patient")}, but no measurement is known of ${least} of them and of ${least} training rows.`),
  sample: (number) => `Compared: about ${plural(number, "recent patient")}, as of the last step.`,
  otherFields: (number) =>
    `Left out: up to ${plural(number, "recent patient")} of whom other fields were measured than this model asks for.`,
  driftTable: "Drift by measurement",
  driftColumns: ["Measurement", "Verdict", "Change", "p-value", "Statistic", "Test"],
  driftKinds: ["In training", "Recent"],
  effect: (size, value) => `${first(size)} (${value})`,
  change: (status, size, value) => `${status === "drift" ? "drift, a" : "a"} ${size} change (${value})`,
  effectText:
    "Change is the population stability index over the columns below: below 0.1 it is small, to 0.25 moderate, above " +
    "large (Siddiqi, Credit Risk Scorecards, 2006). Recent patients count in tens.",
  moreFields: (number) => `${counted(number, "further measurement")}`,
  otherLevels: "others",
  below: (end) => `below ${end}`,
  between: (start, end) => `${start} to ${end}`,
  from: (start) => `${start} or more`,
  tests: { ks: "Kolmogorov–Smirnov", chi2: "Chi-squared", fisher: "Fisher's exact" },
  drift: { ok: "Alike", drift: "Drift", too_few: "Too few", no_reference: "Not known" },
  noReference: "There is nothing to compare with",
  noReferenceText: "The served model's card does not tell of its training rows. A model that is trained now will.",
  version: "Version",
  trained: "Trained",
  loaded: "Served since",
  noModel: "No model is loaded",
  retraining: "Last retraining",
  never: "None yet",
  finished: "Finished",
  retrained: ({ state, promoted, model_version: version }) => {
    if (state !== "succeeded") return jobStates[state] ?? state;
    return promoted ? `Done: ${version} was promoted` : `Done: ${version} was not promoted`;
  },
  log: "Prediction log",
  written: "Written",
  notWritten: {
    off: "Off",
    full: "Not written: full",
    not_writable: "Not written: no permission",
    unreachable: "Not written: its database does not answer",
    corrupt: "Not written: damaged",
    other: "Not written",
  },
  disk: "Disk",
  enough: "Enough",
  low: "Low",
  free: (size, share) => `${size} free (${share})`,
  started: "Running since",
};
