// The panel beside the form: what was answered, or why there is no answer yet.

import { bar, diverging } from "./charts.js";
import { member, patientOf } from "./description.js";
import { byId, make, put, row, say } from "./dom.js";
import { dayAndTime, percent, points } from "./numbers.js";
import { described, drugName, inWords, knownIn, spoken, titleOf } from "./schema.js";
import { texts } from "./texts.js";

const panel = byId("answer");
const words = texts.answer;
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
  const { prediction, probabilities, patient_data: patient, needs_review: needsReview } = answer;
  const share = probabilities[prediction];
  const name = drugName(prediction);
  byId("drug").textContent = name;
  byId("probability").textContent = words.with(percent(share));
  byId("asked").textContent = words.asked(described()?.describe(patient) ?? "");
  byId("model-version").textContent = answer.model_version;
  byId("prediction-id").textContent = answer.id;
  byId("answered-at").textContent = dayAndTime(new Date());
  byId("steps").href = `/about.html?${new URLSearchParams(patientOf(Object.entries(patient)))}`;
  showReview(answer);
  showWarnings(answer.warnings);
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
  announce(
    `${name}, ${words.with(percent(share))}.` + (needsReview ? ` ${words.mustLook}` : ""),
  );
  // On a narrow screen the panel lies under the form.
  if (byId("drug").getBoundingClientRect().bottom > innerHeight) panel.scrollIntoView();
}

/** Notes whether the form has changed since what was asked. */
export function markOutdated(isOutdated) {
  byId("outdated").hidden = !isOutdated;
}

function showReview({ needs_review: needsReview, prediction_set: set }) {
  const drugs = set.map(drugName);
  panel.toggleAttribute("data-doubt", needsReview);
  const badge = byId("sure");
  badge.textContent = needsReview ? words.review : words.sure;
  badge.className = `badge ${needsReview ? "caution" : "good"}`;
  byId("review").hidden = !needsReview;
  byId("review-set").textContent = words.notRuledOut(drugs);
  byId("set").textContent = words.set(drugs);
}

function showWarnings(warnings) {
  byId("warnings").hidden = warnings.length === 0;
  put(
    byId("warnings").querySelector("ul"),
    warnings.map((warning) => make("li", {}, `${inWords(warning)} (${knownIn(warning)}).`)),
  );
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
    ? words.flip(inWords({ pointer: pointerTo(flip.field), detail: naming(flip) }))
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

/** The nearest change, which ends with the drug, with the drug's label. */
const naming = ({ detail, prediction }) =>
  detail.endsWith(prediction) ? detail.slice(0, detail.length - prediction.length) + drugName(prediction) : detail;

const pointerTo = (name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

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
