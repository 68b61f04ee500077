// What the served model measures and recommends. The last description is remembered, so that a page is
// drawn at once and stays where it is; the service is asked each time whether it is still the same.

import { modelInfo, modelSchema, pause, Problem, sleep, Unavailable } from "./api.js";
import { Description } from "./description.js";

const key = "description";
/** The longest wait for a description before a page is drawn without one, in milliseconds. */
const patience = 2000;

/** Tells of `change`, when another description has come, and of `trained`, when another model with the same. */
export const schema = new EventTarget();

let kept = recall();

/** The description that is known, or null. */
export const described = () => kept?.description ?? null;

function recall() {
  try {
    const text = localStorage.getItem(key);
    return text && { text, description: new Description(JSON.parse(text)) };
  } catch {
    // What cannot be read, or may not be kept, is asked for.
    return null;
  }
}

function keep(text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // It is drawn a moment later on the next page.
  }
}

let asking;

/** Asks for the served description. Throws as the requests of api.js do. */
export function learn() {
  asking ??= ask().finally(() => (asking = undefined));
  return asking;
}

async function ask() {
  const [given, info] = await Promise.all([modelSchema(), modelInfo().catch(() => null)]);
  const text = JSON.stringify({
    given, ranges: info?.training_ranges, version: info?.model_version, coverage: info?.coverage,
    counts: info?.training_data?.class_counts,
  });
  if (text === kept?.text) return;
  let description;
  try {
    description = new Description(JSON.parse(text));
  } catch {
    throw new Unavailable();
  }
  const isSame = description.digest === described()?.digest;
  kept = { text, description };
  keep(text);
  schema.dispatchEvent(new Event(isSame ? "trained" : "change"));
}

/**
 * Draws what is described: at once if it is known, and whenever there is another description.
 *
 * `draw` gets null when there is none for now, which is asked for again; then the failure as well.
 */
export async function whenDescribed(draw) {
  let isDrawn = false;
  const show = (failure) => {
    isDrawn = true;
    draw(described(), failure);
  };
  schema.addEventListener("change", () => show());
  if (described()) show();
  const timer = setTimeout(() => isDrawn || show(), patience);
  for (;;) {
    try {
      await learn();
      clearTimeout(timer);
      return;
    } catch (failure) {
      if (!(failure instanceof Unavailable || failure instanceof Problem)) throw failure;
      if (!described()) show(failure);
      await sleep(pause);
    }
  }
}

/** Resolves when there is a description, or none for now. */
export function whenKnown() {
  return new Promise((resolve) => whenDescribed(resolve));
}

export const titleOf = (name) => described()?.field(name)?.title ?? name;
export const drugName = (drug) => described()?.drug(drug) ?? drug;
export const inWords = (problem) => described()?.inWords(problem) ?? problem.detail;
export const knownIn = (warning) => described()?.known(warning) ?? warning.allowed;
/** A value of a field as people say it. */
export const spoken = (name, value) => described()?.field(name)?.spoken(value) ?? String(value);
