// The home page: the served model's state, which follows the service by itself.

import { modelInfo, pause, serviceState, sleep } from "./api.js";

const words = {
  ready: "Ready to answer",
  "no-model": "Running, but no model is loaded. Training one makes it answer.",
  silent: "The service does not answer at the moment. Trying again…",
};
const inputs = {
  continuous: "As measured",
  binned: "In bins",
};

const element = (id) => document.getElementById(id);
const percent = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1 });
const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

function show(state) {
  // A live region is read aloud at each change, so it is changed only when there is news.
  if (element("state").dataset.state === state) return;
  element("state").dataset.state = state;
  element("state").textContent = words[state];
}

function describe(info) {
  const { training_data: data, evaluation, features: set } = info;
  const right = Math.round(evaluation.accuracy * evaluation.samples);
  const facts = {
    version: info.model_version,
    trees: `${info.n_estimators} trees`,
    inputs: inputs[set],
    trained: date.format(new Date(info.trained_at)),
    training: data.training_samples,
    "held-out": `${right} of ${evaluation.samples} right`,
    "cross-validation": inWords(info.feature_sets[set]?.cross_validation),
  };
  for (const [id, text] of Object.entries(facts)) element(id).textContent = text;
}

function inWords(validation) {
  if (!validation) return "Not done";
  const { accuracy, folds, repeats } = validation;
  return `${percent.format(accuracy.mean)} (${folds} folds × ${repeats})`;
}

element("origin").textContent = location.origin;
for (;;) {
  let state = await serviceState();
  if (state === "ready") {
    try {
      describe(await modelInfo());
    } catch {
      state = "silent";
    }
  }
  show(state);
  await sleep(state === "ready" ? 15000 : pause);
}
