// The home page: the served model's state, which follows the service by itself.

import { modelInfo, pause, serviceState, sleep } from "./api.js";
import { byId } from "./dom.js";
import { day, percent } from "./numbers.js";
import { texts } from "./texts.js";

const words = texts.home;

function show(state) {
  // A live region is read aloud at each change, so it is changed only when there is news.
  if (byId("state").dataset.state === state) return;
  byId("state").dataset.state = state;
  byId("state").textContent = texts.states[state];
}

function describe(info) {
  const { training_data: data, evaluation, features: set } = info;
  const facts = {
    version: info.model_version,
    trees: words.trees(info.n_estimators),
    inputs: texts.sets[set],
    trained: day(info.trained_at),
    training: data ? String(data.training_samples) : "–",
    "held-out": evaluation
      ? words.heldOut(Math.round(evaluation.accuracy * evaluation.samples), evaluation.samples)
      : words.notDone,
    "cross-validation": inWords(info.feature_sets[set]?.cross_validation),
  };
  for (const [id, text] of Object.entries(facts)) byId(id).textContent = text;
}

function inWords(validation) {
  if (!validation) return words.notDone;
  const { accuracy, folds, repeats } = validation;
  return words.crossValidation(percent(accuracy.mean), folds, repeats);
}

byId("origin").textContent = location.origin;
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
  await sleep(state === "ready" ? 15_000 : pause);
}
