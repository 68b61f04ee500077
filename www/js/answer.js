// The panel beside the form: what was answered, or why there is no answer yet.

import { bar, diverging } from "./charts.js";
import { isolated, member, patientOf } from "./description.js";
import { byId, make, put, row, say } from "./dom.js";
import { dayAndTime, percent, plain, points } from "./numbers.js";
import { described, drugName, inWords, knownIn, spoken, titleOf } from "./schema.js";
import { answer as words } from "./texts/predict.js";

const panel = byId("answer");
/** From how many points on a measurement is named in the sentence of reasons. */
const worthNaming = 0.02;

/** Shows one view of the panel: `empty`, `asking`, `waiting` or `answered`. */
export function show(view) {
  panel.dataset.view = view;
  panel.setAttribute("aria-busy", view === "asking" || view === "waiting");
  if (view === "empty") announce("");
}

/** Says why there is no answer yet: `silent` or `no-model`. */
export function showWaiting(state) {
  say(byId("waiting"), words.waits[state]);
  if (panel.dataset.view !== "waiting") announce(`${words.waits[state]} ${words.again}`);
  show("waiting");
}

/** Shows a recommendation as POST /predict gives it. */
export function showAnswer(answer) {
  const { prediction, probabilities, patient_data: patient } = answer;
  const share = probabilities[prediction];
  byId("asked").textContent = words.asked(described()?.describe(patient) ?? "");
  byId("model-version").textContent = answer.model_version;
  byId("prediction-id").textContent = answer.id;
  byId("answered-at").textContent = dayAndTime(new Date());
  byId("steps").href = `/about.html?${new URLSearchParams(patientOf(Object.entries(patient)))}`;
  showVerdict(answer);
  const drugs = Object.entries(probabilities).sort((one, other) => other[1] - one[1]);
  put(
    byId("rows"),
    drugs.map(([drug, share], index) =>
      row(make("bdi", {}, drugName(drug)), [bar(share), percent(share), String(answer.votes[drug])], {
        classes: ["draw", "end share", "end votes"],
        rowClass: index === 0 ? "first" : null,
      }),
    ),
  );
  showReasons(answer.explanation, patient, share);
  show("answered");
  announce(`${byId("says").textContent}. ${byId("leaning").textContent}`);
  // Under the form on a narrow screen, above the window after reading on.
  const { top, bottom } = byId("verdict").getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) panel.scrollIntoView();
}

/** Notes whether the form has changed since what was asked. */
export function markOutdated(isOutdated) {
  byId("outdated").hidden = !isOutdated;
}

/** How far an answer may be relied on: `good`, `caution` or `danger`. */
export const verdictOf = ({ warnings, needs_review: needsReview }) =>
  warnings.length > 0 ? "danger" : needsReview ? "caution" : "good";

/** Says in a sentence which drugs fit, and what is known of how often that holds. */
function showVerdict(answer) {
  const { prediction, probabilities, prediction_set: set, warnings } = answer;
  const kind = verdictOf(answer);
  const unknown = (described()?.untrained ?? []).map(drugName);
  byId("verdict").dataset.kind = kind;
  byId("says").textContent = words.verdict[kind](set.map(drugName), unknown);
  byId("drug").textContent = drugName(prediction);
  const others = set.filter((drug) => drug !== prediction).slice(0, 2);
  byId("probability").textContent = words.leaning[kind](
    percent(probabilities[prediction]), others.map((drug) => `${drugName(drug)} ${percent(probabilities[drug])}`));
  byId("set").textContent =
    kind === "danger" ? words.uncovered : words.covered(described()?.coverage, unknown);
  byId("warnings").hidden = kind !== "danger";
  put(byId("warnings"), warnings.map((warning) => make("li", {}, `${inWords(warning)} (${knownIn(warning)}).`)));
  byId("flip").hidden = kind === "danger";
}

/** The nearest change that would change the drug, as a sentence. */
function nearest({ field: name, from, to, prediction }) {
  const field = described()?.field(name);
  const drug = drugName(prediction);
  if (!field?.isNumber) return words.flipWith(field?.inside ?? name, spoken(name, to), spoken(name, from), drug);
  // A threshold lies between two numbers of three decimals.
  const distance = plain(Number(Math.abs(to - from).toFixed(3)));
  return words.flip(isolated(field.title), plain(from), distance, to > from, drug);
}

/** Shows what each measurement adds to the drug's probability, the most first. */
function showReasons(
  { drug, base_value: base, contributions, nearest_flip: flip, omitted = [] },
  patient,
  share,
) {
  const name = drugName(drug);
  byId("reasons-title").textContent = words.why(name);
  byId("flip").textContent = flip
    ? nearest(flip)
    : omitted.includes("too_many_thresholds")
      ? words.flipOmitted
      : words.noFlip;
  if (contributions === null) {
    const isOmitted = omitted.includes("too_deep") || omitted.includes("too_large");
    byId("reason").textContent = isOmitted ? words.explanationOmitted : words.unexplained;
    put(byId("reasons"));
    put(byId("sums"));
    return;
  }
  const added = Object.entries(contributions).sort(
    (one, other) => Math.abs(other[1]) - Math.abs(one[1]),
  );
  const limit = Math.max(...added.map(([, value]) => Math.abs(value)));
  const spokenFor = added.filter(([, value]) => value >= worthNaming).slice(0, 2);
  const spokenAgainst = added.filter(([, value]) => value <= -worthNaming).slice(0, 2);
  byId("reason").textContent = sentence(spokenFor, spokenAgainst, patient, name);
  put(
    byId("reasons"),
    added.map(([name, share]) => {
      const value = make("span", { class: "value", dir: "auto" }, spoken(name, member(patient, name)));
      const label = [make("bdi", {}, titleOf(name)), " ", value];
      return row(label, [diverging(share, limit), points(share)], { classes: ["draw", "end"] });
    }),
  );
  put(
    byId("sums"),
    row(words.average, ["", percent(base)], { classes: ["", "end"] }),
    row(words.thisPatient, ["", percent(share)], { classes: ["", "end"] }),
  );
}

function sentence(spokenFor, spokenAgainst, patient, drug) {
  if (spokenFor.length + spokenAgainst.length === 0) return words.nothing(drug);
  const named = (entries) =>
    entries.map(([name]) => `${described()?.field(name)?.inside ?? name} (${spoken(name, member(patient, name))})`);
  const parts = [];
  if (spokenFor.length > 0) parts.push(words.mostFor(named(spokenFor), drug));
  if (spokenAgainst.length > 0) parts.push(words.mostAgainst(named(spokenAgainst)));
  const text = parts.join("; ");
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

function announce(text) {
  say(byId("announcement"), text);
}
