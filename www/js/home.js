// The home page: the served model's state, which follows the service by itself.

import { modelInfo, pause, serviceState, sleep } from "./api.js";
import { byId, make } from "./dom.js";
import { day, interval, percent } from "./numbers.js";
import { whenDescribed } from "./schema.js";
import { common, states as statesTexts } from "./texts/common.js";
import { home as words } from "./texts/home.js";

/** Measurements are named in the lead where that takes no more characters than this. */
const longest = 120;

function show(state) {
  // A live region is read aloud at each change, so it is changed only when there is news.
  if (byId("state").dataset.state === state) return;
  byId("state").dataset.state = state;
  byId("state").textContent = statesTexts[state];
}

function describe(info) {
  const { training_data: data, evaluation, features: set } = info;
  const facts = {
    version: info.model_version,
    trees: words.trees(info.n_estimators),
    inputs: common.sets[set],
    trained: day(info.trained_at),
    training: data ? String(data.training_samples) : "–",
    "held-out": evaluation
      ? words.heldOut(Math.round(evaluation.accuracy * evaluation.samples), evaluation.samples,
        interval(evaluation.accuracy, evaluation.samples))
      : words.notDone,
    "cross-validation": inWords(info.feature_sets[set]?.cross_validation),
  };
  for (const [id, text] of Object.entries(facts)) byId(id).textContent = text;
}

function inWords(validation) {
  if (!validation) return words.notDone;
  const { accuracy, folds, repeats, samples } = validation;
  return words.crossValidation(percent(accuracy.mean), folds, repeats, samples && interval(accuracy.mean, samples));
}

/** Tells of the measurements, once they are known. */
function draw(description) {
  if (description) {
    const { fields, drugs, limits, notFor, typical } = description;
    const number = fields.length;
    const names = description.titles(fields);
    byId("title").textContent = words.title(number);
    byId("lead").textContent = words.lead(names.length <= longest ? names : words.measurements(number), drugs.length);
    byId("measurements").textContent = words.few(number);
    byId("example").textContent = JSON.stringify(typical).replaceAll("'", "'\\''");
    const told = [words.knows(number), ...limits, notFor && words.notFor(notFor)].filter(Boolean);
    for (const item of byId("limits").querySelectorAll("[data-told]")) item.remove();
    byId("limits").prepend(...told.map((text) => make("li", { dir: "auto", "data-told": true }, text)));
  }
  byId("content").removeAttribute("data-undrawn");
}

byId("origin").textContent = location.origin;
whenDescribed(draw);
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
