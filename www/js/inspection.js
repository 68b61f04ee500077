// What a look inside of a model shows: how its percentages and sets kept their word, how it answers as one
// measurement changes, whom it was wrong about, and its trees.

import { modelMisses, modelTree, Problem, SignedOut, Unavailable } from "./api.js";
import { drugKinds, part, swatch } from "./charts.js";
import { byId, head, make, note, put, row, say } from "./dom.js";
import { count, interval, percent, plural } from "./numbers.js";
import { forRole } from "./roles.js";
import { described, drugName, spoken, titleOf } from "./schema.js";
import { signedIn } from "./signin.js";
import { inspection as words } from "./texts/models.js";

const side = 100;
const kindOf = (index) => drugKinds[Math.min(index, drugKinds.length - 1)];

/** A drawing of `side` × `side` that follows the width of what it is in; lines keep theirs. */
function plot(label, ...parts) {
  return make(
    "svg",
    { class: "plot", viewBox: `0 0 ${side} ${side}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    [0, 25, 50, 75, 100].map((y) => make("line", { class: "grid-line", x1: 0, x2: side, y1: y, y2: y })),
    parts,
  );
}

/** A plot between the words of its axes. */
function framed(drawing, [low, high], axis) {
  return make(
    "div",
    { class: "framed" },
    make("div", { class: "upright", "aria-hidden": "true" }, make("span", {}, "100%"), make("span", {}, "50%"), make("span", {}, "0%")),
    drawing,
    make("div", { class: "level", "aria-hidden": "true" }, make("span", {}, low), make("bdi", {}, axis), make("span", {}, high)),
  );
}

const line = (points, kind) =>
  make("path", { class: kind, d: points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(2)} ${((1 - y) * side).toFixed(2)}`).join("") });

/** What percentages were worth: said across, right upwards; a column is as wide as its patients are many. */
export function reliability(bins) {
  const total = bins.reduce((sum, { samples }) => sum + samples, 0);
  const drawing = plot(
    words.reliabilityLabel,
    line([[0, 0], [side, 1]], "ideal"),
    bins.map(({ range: [from, to], accuracy, samples }) => make(
      "rect",
      { class: "worth", x: from * side, width: (to - from) * side, y: (1 - accuracy) * side, height: accuracy * side, opacity: 0.35 + 0.65 * (samples / total) },
    )),
  );
  return [
    framed(drawing, ["0%", "100%"], words.said),
    make(
      "table",
      { class: "part" },
      head(words.reliabilityColumns, ["", "end", "end", "end optional"]),
      make(
        "tbody",
        {},
        bins.map(({ range: [from, to], samples, confidence, accuracy }) =>
          row(words.between(percent(from), percent(to)), [
            count(samples), `${percent(confidence)} → ${percent(accuracy)}`, interval(accuracy, samples),
          ], { classes: ["end", "end", "end optional"] })),
      ),
    ),
  ];
}

/** How often the sets held the right drug, and how large they were. */
export function setCoverage({ coverage, measured, sizes }) {
  const [low, high] = measured.interval;
  return [
    make("p", {}, words.covered(count(measured.correct), plural(measured.samples, "patient"), percent(coverage),
      `${percent(low)} to ${percent(high)}`)),
    coverage > high ? note("danger", words.uncovered, words.uncoveredText) : null,
    make("p", { class: "quiet small" }, sizes.map((patients, index) => patients > 0 && words.setsOf(plural(patients, "patient"), index + 1))
      .filter(Boolean).join(" · ")),
  ];
}

/** How the model answers as one measurement changes; of a chosen drug each patient's curve as well. */
export function curves({ curves: all, drugs, samples }) {
  const panel = make("div", { class: "curves" });
  const choice = make(
    "select",
    { class: "input", id: "curve-drug", onchange: () => draw() },
    make("option", { value: "" }, words.allDrugs),
    drugs.map((drug, index) => make("option", { value: index }, drugName(drug))),
  );
  function draw() {
    const chosen = choice.value === "" ? null : Number(choice.value);
    put(panel, all.map((curve) => make(
      "figure",
      {},
      make("figcaption", {}, make("bdi", {}, titleOf(curve.name))),
      curve.values ? numberCurve(curve, drugs, chosen) : categoryCurve(curve, drugs, chosen),
    )));
  }
  draw();
  return [
    make("p", { class: "quiet small prose" }, words.curvesText(plural(samples, "held-out patient"))),
    make("div", { class: "field" }, make("label", { for: "curve-drug" }, words.curveDrug), choice),
    legend(drugs),
    panel,
  ];
}

function legend(drugs) {
  return make("ul", { class: "legend" }, drugs.map((drug, index) =>
    make("li", {}, swatch(kindOf(index)), make("bdi", {}, drugName(drug)))));
}

function numberCurve({ name, values, means, patients }, drugs, chosen) {
  const [least, greatest] = [values[0], values.at(-1)];
  const along = (index) => ((values[index] - least) / (greatest - least)) * side;
  const points = (rows, drug) => rows.map((shares, index) => [along(index), shares[drug]]);
  const shown = chosen === null ? drugs.map((_, index) => index) : [chosen];
  const lines = [
    chosen === null ? [] : patients.map((one) => line(points(one, chosen), "single")),
    shown.map((drug) => line(points(means, drug), `mean ${kindOf(drug)}`)),
  ];
  const label = shown.map((drug) =>
    words.curveLabel(drugName(drugs[drug]), spoken(name, least), percent(means[0][drug]), spoken(name, greatest), percent(means.at(-1)[drug]))).join(" ");
  return framed(plot(label, lines), [spoken(name, tidy(least)), spoken(name, tidy(greatest))], "");
}

/** Three digits, for the ends of an axis. */
const tidy = (value) => Number(value.toPrecision(3));

function categoryCurve({ name, levels, means, patients }, drugs, chosen) {
  return make(
    "table",
    { class: "bars" },
    head([words.value, words.bar, ...(chosen === null ? [] : [words.share])], ["", "unseen", "end"]),
    make("tbody", {}, levels.map((level, index) => row(
      make("bdi", {}, spoken(name, level)),
      [
        chosen === null
          ? stack(means[index], drugs)
          : make("svg", { "aria-hidden": "true" },
              make("rect", { class: "track", width: "100%", height: "100%", rx: 4 }),
              part(kindOf(chosen), { width: `${means[index][chosen] * 100}%`, height: "100%" }),
              patients.map((one) => make("line", { class: "tick", x1: `${one[index][chosen] * 100}%`, x2: `${one[index][chosen] * 100}%`, y1: 0, y2: "100%" }))),
        ...(chosen === null ? [] : [percent(means[index][chosen])]),
      ],
      { classes: ["draw", "end"] },
    ))),
  );
}

/** A bar of parts that make a whole. */
function stack(shares, drugs) {
  let start = 0;
  const label = shares.map((share, index) => `${drugName(drugs[index])} ${percent(share)}`).join(", ");
  return make("svg", { role: "img", "aria-label": label }, shares.map((share, index) => {
    const drawn = part(kindOf(index), { x: `${start * 100}%`, width: `${share * 100}%`, height: "100%" });
    start += share;
    return drawn;
  }));
}

/** A button for who may see patients, and behind it those about whom the model was wrong. */
export function misses(version, wrong) {
  if (wrong === 0) return null;
  const place = make("div", { class: "misses" });
  const error = make("p", { class: "error", role: "alert" });
  const button = forRole("engineer", make("button", { type: "button", class: "button small", onclick: show }, words.showMisses(plural(wrong, "patient"))));
  async function show() {
    say(error, "");
    try {
      put(place, missTable(await signedIn(() => modelMisses(version))));
      button.hidden = true;
    } catch (failure) {
      if (failure instanceof SignedOut) return;
      say(error, failure.message);
    }
  }
  return [button, error, place];
}

function missTable({ misses: all, count: number }) {
  const fields = Object.keys(all[0]?.patient ?? {});
  return make(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": words.missesLabel },
    make(
      "table",
      {},
      make("caption", {}, all.length < number ? words.someMisses(all.length, count(number)) : words.allMisses),
      head([...words.missColumns, ...fields.map((name) => make("bdi", {}, titleOf(name)))]),
      make("tbody", {}, all.map(({ patient, actual, recommended, probability, prediction_set: set }) => row(
        make("bdi", {}, drugName(actual)),
        [drugName(recommended), percent(probability), set.map(drugName).join(", "), ...fields.map((name) => spoken(name, patient[name]))],
      ))),
    ),
  );
}

/** A tree to walk through, and the way of a patient of the documentation in it. */
export function trees(version) {
  const place = make("div", { class: "scroll tree", tabindex: 0, role: "region", "aria-label": words.treeLabel });
  const error = make("p", { class: "error", role: "alert" });
  const examples = described()?.examples ?? [];
  const which = make("input", { class: "input", id: "tree-number", inputmode: "numeric", value: 1, onchange: () => show() });
  const whose = make(
    "select",
    { class: "input", id: "tree-patient", onchange: () => draw() },
    make("option", { value: "" }, words.nobody),
    examples.map(({ title }, index) => make("option", { value: index, selected: index === 0 }, title)),
  );
  const label = make("label", { for: "tree-number" }, words.tree);
  let shown = null;
  function draw() {
    if (shown) put(place, branch(shown, 0, whose.value === "" ? null : examples[whose.value].patient, true));
  }
  async function show() {
    say(error, "");
    const wanted = Math.round(Number(which.value));
    if (!(wanted >= 1 && wanted <= (shown?.trees ?? 1))) {
      say(error, words.noTree(count(shown?.trees ?? 1)));
      return;
    }
    try {
      shown = await modelTree(version, wanted - 1);
      say(label, words.treeNumber(count(shown.trees)));
      draw();
    } catch (failure) {
      if (!(failure instanceof Problem || failure instanceof Unavailable)) throw failure;
      put(place);
      say(error, failure.message);
    }
  }
  const step = (by) => () => {
    const { tree, trees: number } = shown ?? { tree: 0, trees: 1 };
    which.value = ((tree + by + number) % number) + 1;
    show();
  };
  show();
  return [
    make(
      "div",
      { class: "row tree-choice" },
      make("div", { class: "field" }, label, make("div", { class: "row" },
        make("button", { type: "button", class: "button small", "aria-label": words.previous, onclick: step(-1) }, "‹"), which,
        make("button", { type: "button", class: "button small", "aria-label": words.next, onclick: step(1) }, "›"))),
      make("div", { class: "field" }, make("label", { for: "tree-patient" }, words.follow), whose),
    ),
    error,
    place,
  ];
}

/** A node and all below it; `isOn` where the patient comes through. */
function branch(tree, place, patient, isOn) {
  const node = tree.nodes[place];
  if (node.shares) return make("span", { class: "leaf" }, outcome(node.shares, tree.drugs), samples(tree, place));
  const goesLeft = patient && isLeft(node, patient);
  const arm = (isLeftArm) => {
    const next = node.left + (isLeftArm ? 0 : 1);
    const isTaken = Boolean(patient) && isOn && goesLeft === isLeftArm;
    const item = make("li", { class: isTaken ? "taken" : null }, make("span", { class: "test" }, isTaken && make("span", { class: "visually-hidden" }, words.taken), question(node, isLeftArm)));
    item.append(branch(tree, next, patient, isTaken));
    return item;
  };
  return make("ul", {}, arm(true), arm(false));
}

function outcome(shares, drugs) {
  return shares
    .map((share, index) => ({ share, drug: drugName(drugs[index]), kind: kindOf(index) }))
    .filter(({ share }) => share > 0)
    .sort((one, other) => other.share - one.share)
    .map(({ share, drug, kind }) => [swatch(kind), make("bdi", {}, share === 1 ? drug : `${drug} ${percent(share)}`), " "]);
}

const samples = (tree, place) =>
  tree.samples.length > 0 && make("span", { class: "quiet small" }, words.samples(count(Math.round(tree.samples[place]))));

/** Whether a patient goes left at a node, as the forest's walk has it. */
function isLeft({ test, field, threshold, missing, value, lower, upper, values }, patient) {
  const own = patient[field];
  const isMissing = own === null || own === undefined;
  switch (test) {
    case "at_most": return isMissing ? missing === "left" : own <= threshold;
    case "measured": return !isMissing;
    case "is_not": return own !== value;
    case "outside": return isMissing || !(own > (lower ?? -Infinity) && own <= (upper ?? Infinity));
    case "among": return values.includes(own);
    default: return test === "all";
  }
}

/** What is true of those who go left, or right. */
function question({ test, field, threshold, missing, value, values }, isLeftArm) {
  const name = make("bdi", {}, titleOf(field));
  const also = missing && (missing === "left") === isLeftArm ? words.orMissing : "";
  switch (test) {
    case "at_most": return [name, ` ${isLeftArm ? "≤" : ">"} ${Number(threshold.toPrecision(6))}${also}`];
    case "measured": return [name, isLeftArm ? words.isMeasured : words.isMissing];
    case "is_not": return [name, isLeftArm ? words.isNot : words.is, spoken(field, value)];
    case "outside": return [name, isLeftArm ? words.isNot : words.is, value];
    case "among": return [name, isLeftArm ? words.isAmong : words.isNotAmong, values.map((one) => spoken(field, one)).join(", ")];
    default: return [name, (test === "all") === isLeftArm ? words.everybody : words.noone];
  }
}

/** Fills the panels of a model that was trained here. */
export function showInspection(found, evaluation) {
  byId("reliability-panel").hidden = !evaluation.reliability?.length;
  if (evaluation.reliability) put(byId("reliability"), reliability(evaluation.reliability));
  byId("coverage-panel").hidden = byId("curves-panel").hidden = !found;
  if (!found) return;
  put(byId("coverage"), setCoverage(found.sets));
  byId("curves-panel").hidden = found.curves.length === 0;
  put(byId("curves"), curves(found));
}
